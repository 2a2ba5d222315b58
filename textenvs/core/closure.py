"""The import closure of a module: which files decide what it does, and a hash of them.

Edges are read from the syntax trees, so nothing is imported. A name that is taken from a package leads to the module
that defines it: the `__init__` that hands it on is left out, and so are the package's other modules. Imports inside
functions count too. Beside the modules, the closure holds the data files that they name, and all files that stand in
the folder of a task.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

KERNEL = "textenvs.core.env"
"""Where the modules begin that decide how any task is played."""
INFRASTRUCTURE = ("textenvs.core.cache", "textenvs.core.closure", "textenvs.core.lock", "textenvs.data.folder")
"""Modules that are not followed: they find and keep what others decide."""
DATA = Path(__file__).parents[1] / "data"
"""Where the data files of this package lie."""
GENERATED = ("scores", "__pycache__")
"""Folders of a task whose files are made from it."""
BESIDE = ("task.toml", "agents.toml", "policies.py")
"""Files of a task that do not decide how it behaves: what is told of it, settings of agents, hand-written policies."""
MOST_FILES, MOST_BYTES = 2000, 1 << 26
"""A package of others with more than these is not hashed, and nothing of it is cached."""


@dataclass(frozen=True)
class Module:
    """What the source of a module tells.

    Attributes:
        name: Its full name.
        path: Its file.
        imports: Every import, inside functions too: the module that is named, the name taken from it (None: itself),
            and the name given.
        attributes: The attributes that are taken of each name, also of a dotted one, such as "textenvs.rewards".
        texts: The strings in it; an f-string has "*" where it is filled in.
    """

    name: str
    path: Path
    imports: tuple[tuple[str, str | None, str], ...]
    attributes: Mapping[str, set[str]]
    texts: frozenset[str]

    @property
    def is_package(self) -> bool:
        """Whether it is the `__init__` of a package."""
        return self.path.name == "__init__.py"


@cache
def _folders(package: str) -> tuple[Path, ...]:
    """The folder of a top-level package, or that in which a top-level module lies; a namespace can have several."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return ()
    if spec is not None and spec.has_location and spec.origin:
        return (Path(spec.origin).parent,)
    return tuple(map(Path, (spec and spec.submodule_search_locations) or ()))


@lru_cache(maxsize=1024)
def find_module(name: str) -> Module | None:
    """A module by its full name; None where there is no such file of Python source."""
    top, *rest = name.split(".")
    candidates: list[Path] = []
    for folder in _folders(top):
        place = folder.joinpath(*rest)
        found = [place / "__init__.py", place.with_suffix(".py") if rest else folder / f"{top}.py"]
        candidates += found if rest or folder.name == top else reversed(found)
    return next((_read(name, path) for path in candidates if path.is_file()), None)


def _read(name: str, path: Path) -> Module:
    """Reads a module; its syntax tree is walked once."""
    imports: list[tuple[str, str | None, str]] = []
    attributes: dict[str, set[str]] = {}
    texts: set[str] = set()
    due: list[ast.AST] = []
    with suppress(SyntaxError, ValueError, RecursionError):  # such a module is hashed, and not followed
        due.append(ast.parse(path.read_bytes(), str(path)))
    while due:
        node = due.pop()
        if isinstance(node, ast.Constant):
            texts |= {node.value} if type(node.value) is str else set()
        elif isinstance(node, ast.Import):
            imports += [(alias.name, None, alias.asname or alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(name, path.name == "__init__.py", node)
            imports += [(source, alias.name, alias.asname or alias.name) for alias in node.names]
        else:
            if isinstance(node, ast.Attribute) and (owner := _dotted(node.value)):
                attributes.setdefault(owner, set()).add(node.attr)
            elif isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "*" for part in node.values)
                texts.add("".join(map(str, parts)))
            due += ast.iter_child_nodes(node)
    return Module(name, path, tuple(imports), attributes, frozenset(texts))


def _dotted(node: ast.AST) -> str:
    """A name with its attributes, such as "textenvs.rewards"; "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := _dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def _absolute(name: str, is_package: bool, node: ast.ImportFrom) -> str:
    """The module that an import takes names from, by its full name."""
    if not node.level:
        return node.module or ""
    parts = name.split(".")
    base = parts[: len(parts) - node.level + is_package]
    return ".".join([*base, node.module] if node.module else base)


def _defining(source: str, name: str, seen: frozenset[tuple[str, str]] = frozenset()) -> str | None:
    """The module that defines a name which is imported from a module or package; None where it is not found."""
    if find_module(f"{source}.{name}"):
        return f"{source}.{name}"
    module = find_module(source)
    if module is None:
        return None
    if module.is_package and (source, name) not in seen:
        for origin, taken, given in module.imports:
            if given == name and taken is not None and origin != source:
                return _defining(origin, taken, seen | {(source, name)})
    return source


def _edges(module: Module, follows: Callable[[str], bool]) -> set[str]:
    """The modules that define what a module uses, of those that are followed."""
    found: set[str | None] = set()
    for source, taken, given in module.imports:
        imported = find_module(source) if follows(source) else None
        if imported is None:  # others, or a package without an __init__
            found.add(f"{source}.{taken}" if taken is not None and follows(source) else None)
        elif taken is None and imported.is_package:
            found |= {_defining(source, name) for name in module.attributes.get(given, ())}
        elif taken is None:
            found.add(source)
        else:
            found.add(_defining(source, taken))
    return {name for name in found if name is not None}


def _named_files(module: Module) -> Iterator[Path]:
    """The data files that a module names: beside it, or among the data of this package."""
    places = [module.path.parent, *([DATA] if module.name.startswith("textenvs.") else [])]
    for text in module.texts:
        if "." in text.strip("*.") and not {"/", "\\"} & {*text} and len(text) < 100 and text.isprintable():
            if "*" in text:
                yield from (path for place in places for path in place.glob(text) if path.suffix != ".py")
            else:
                yield from (place / text for place in places if (place / text).is_file())


def import_closure(roots: Iterable[str], within: Iterable[str], without: Iterable[str] = ()) -> dict[str, Path]:
    """The modules that some modules use, directly or not, and the data files that these name.

    Args:
        roots: Full names of modules.
        within: Packages or modules whose modules are followed; all others are left out.
        without: Modules that are left out all the same.

    Returns:
        The file of each, by the name under which it is hashed.
    """
    followed, left_out = tuple(within), {*without, *INFRASTRUCTURE}
    tops = {each.partition(".")[0] for each in followed}

    def inside(name: str) -> bool:
        return any(name == each or name.startswith(f"{each}.") for each in followed)

    def follows(name: str) -> bool:
        return name.partition(".")[0] in tops

    due, found = list(roots), dict[str, Path]()
    while due:
        name = due.pop()
        module = find_module(name) if name not in found and name not in left_out and inside(name) else None
        if module is not None:
            found[name] = module.path
            due += _edges(module, follows)
            found |= {f"{name}: {path.name}": path for path in _named_files(module)}
    return found


def files_beside(folder: Path, modules: bool) -> dict[str, Path]:
    """All files in the folder of a task or package but what is made from it and what only tells of it.

    Args:
        folder: The folder.
        modules: Whether the modules are wanted too.
    """
    left_out = (".pyc",) if modules else (".py", ".pyc")
    return {
        path.relative_to(folder.parent).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file()
        and path.name not in BESIDE
        and path.suffix not in left_out
        and not {*path.relative_to(folder).parts} & {*GENERATED}
    }


@cache
def source_hash(task: str) -> str:
    """A hash of all files that decide how a task behaves; it tells when to look anew.

    Of a task of this package these are its import closure and the files of its folder. Of a task of others they are all
    files of its top-level package, what these import of this package, and the versions of what else they import.

    Args:
        task: Entry point, "module:Class".

    Returns:
        32 hexadecimal digits; "" where it is not known which files decide: the task has no file of Python source, is a
        module without a package, or its package is very large. Then nothing of it is cached.
    """
    module, _, name = task.partition(":")
    origin, top = defining_module(module, name), module.partition(".")[0]
    defining, own = find_module(origin), find_module(module)
    if defining is None or own is None:
        return ""
    files = import_closure([origin, KERNEL], ["textenvs", top])
    if top == "textenvs":
        return hash_files(files | (files_beside(own.path.parent, modules=False) if own.is_package else {}))
    folder = own.path.parent
    if not (folder / "__init__.py").is_file():
        return ""
    while (folder.parent / "__init__.py").is_file():
        folder = folder.parent
    package = files_beside(folder, modules=True)
    if len(package) > MOST_FILES or sum(path.stat().st_size for path in package.values()) > MOST_BYTES:
        return ""
    return hash_files(files | package, _versions(files))


def _versions(names: Iterable[str]) -> list[str]:
    """The distributions that modules import, with their versions, as far as they are called like their packages."""
    modules = [module for module in map(find_module, names) if module is not None]
    tops = {source.partition(".")[0] for module in modules for source, _, _ in module.imports}
    found = []
    for top in sorted(tops - {*sys.stdlib_module_names, "textenvs", ""}):
        with suppress(PackageNotFoundError):
            found.append(f"{top} {version(top)}")
    return found


def defining_module(source: str, name: str) -> str:
    """The module in which a name is defined that is imported from a module or package."""
    return _defining(source, name) or source


def hash_files(files: Mapping[str, Path], told: Iterable[str] = ()) -> str:
    """A hash of the names and contents of files, and of what is told beside; how lines end makes no difference."""
    digest = blake2b("\n".join(told).encode(), digest_size=16)
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + files[name].read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()
