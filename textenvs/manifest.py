"""What a task's package says of itself: its file `task.toml`, which names its environments; nothing else names it.

Those of this package stand in `textenvs/tasks`; those of other distributions are named by entry points of the group
`textenvs.tasks`, whose value is the package of the task. Reading them imports nothing.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import parse_env_id

from textenvs.core.closure import source_hash
from textenvs.errors import shown, unknown

GROUP = "textenvs.tasks"
"""Entry points of this group name packages of tasks."""
MANIFEST = "task.toml"
"""The file of a task's package that names its environments."""
TASK_KEYS = ("class", "rule", "references", "environments")
REFERENCE_KEYS = ("policy", "summary", "blind")
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}")
"""An id can be the name of a folder."""
ENTRY_KEYS = ("id", "parameters", "capabilities", "summary", "credits")


@dataclass(frozen=True)
class Reference:
    """A hand-written policy that shows what can be had; it is not ranked.

    Attributes:
        policy: Entry point of its class, "module:Class".
        summary: What it does, in a sentence.
        blind: Whether it decides nothing by what it reads: the best of these is the floor.
    """

    policy: str
    summary: str = ""
    blind: bool = False


@dataclass(frozen=True)
class Entry:
    """One registered environment.

    Attributes:
        id: Its Gymnasium id; a variant goes before the version.
        task: Entry point of its task, "module:Class".
        parameters: The task's parameters.
        capabilities: What it asks of an agent.
        summary: What is to be done, in a sentence.
        credits: Whose texts and facts are shown in it, and under which licence; "" where they are our own.
        folder: The folder of the task's package; None where the task is a module without one.
        rule: Entry point of its hand-written policy, "module:Class"; "" if it has none.
        references: Its further policies, by name.
        added: Whether a program or a command has added it: other processes know it only if they are told.
    """

    id: str
    task: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    summary: str = ""
    credits: str = ""
    folder: Path | None = None
    rule: str = ""
    references: Mapping[str, Reference] = field(default_factory=dict)
    added: bool = False

    @property
    def source(self) -> str:
        """A hash of its parameters and of all files that decide how it behaves; "" where these are not known."""
        files = source_hash(self.task)
        told = json.dumps([files, dict(self.parameters)], sort_keys=True)
        return blake2b(told.encode(), digest_size=16).hexdigest() if files else ""

    @property
    def scores_file(self) -> Path | None:
        """Where its reference scores, its sizes and its fingerprint are stored; None where there is no place."""
        return self.folder / "scores" / f"{self.id}.json" if self.folder else None


def read_manifest(package: str, folder: Path) -> list[Entry]:
    """The environments of a task's package.

    Args:
        package: Its full name.
        folder: Where it lies.

    Raises:
        ValueError: If the manifest is missing or not well formed; the message names the file and the cure.
    """
    path = folder / MANIFEST
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        _check_keys("the file", values, TASK_KEYS, ("class", "environments"))
        rule = _entry_point(package, "rule", values["rule"]) if "rule" in values else ""
        references = {}
        for name, row in _of_kind("references", values.get("references", {}), dict).items():
            _check_keys(f"references.{name}", row, REFERENCE_KEYS, ("policy", "summary"))
            _of_kind("summary", row["summary"], str)
            _of_kind("blind", row.get("blind", False), bool)
            references[name] = Reference(**{**row, "policy": _entry_point(package, "policy", row["policy"])})
        if not _of_kind("class", values["class"], str).isidentifier():
            raise ValueError(f"class must be the name of a class, got {shown(values['class'])}")
        task = f"{package}:{values['class']}"
        return [
            _read_entry(row, Entry("", task, folder=folder, rule=rule, references=references))
            for row in _of_kind("environments", values["environments"], list)
        ]
    except FileNotFoundError:
        raise ValueError(f"{package} has no {MANIFEST}: a task's package needs one") from None
    except (OSError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None


def _read_entry(row: Any, task: Entry) -> Entry:
    """One of the environments of a task."""
    _check_keys("environments", row, ENTRY_KEYS, ("id",))
    check_id(row["id"])
    parameters = _of_kind("parameters", row.get("parameters", {}), dict)
    json.dumps(parameters)  # raises TypeError for dates and times
    listed = _of_kind("capabilities", row.get("capabilities", []), list)
    capabilities = tuple(_of_kind("capability", each, str) for each in listed)
    for key in ("summary", "credits"):
        if not _of_kind(key, row.get(key, ""), str).isprintable():
            raise ValueError(f"{key} must be one line of printable text, got {shown(row[key])}")
    return replace(task, **{**row, "parameters": parameters, "capabilities": capabilities})


def _entry_point(package: str, key: str, value: Any) -> str:
    """The entry point of a policy, which is named by its module in the package."""
    if not isinstance(value, str) or value.count(":") != 1:
        raise ValueError(f'{key} must be "module:Class", with a module of the package, got {shown(value)}')
    return f"{package}.{value}"


def _of_kind(key: str, value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"{key} must be a {KINDS[kind]}, got {shown(value)}")
    return value


KINDS: dict[type, str] = {dict: "table", list: "list", str: "text", bool: "truth value"}


def _check_keys(where: str, table: Any, known: tuple[str, ...], needed: tuple[str, ...]) -> None:
    for key in _of_kind(where, table, dict):
        if key not in known:
            raise unknown("key", key, known)
    for key in needed:
        if key not in table:
            raise ValueError(f"the key {key!r} is missing in {where}")


def check_id(env_id: Any) -> None:
    """Raises ValueError where an id is none of Gymnasium's, or has no version, or a namespace: it names folders."""
    try:
        space, _, version = parse_env_id(env_id) if isinstance(env_id, str) else (None, "", None)
    except gym.error.Error:
        space = version = None
    if version is None or space is not None or not ID.fullmatch(env_id):
        raise ValueError(f'an id is a name with a version, such as "MyTask-v0", got {shown(env_id)}')


def own_entries() -> list[Entry]:
    """The environments of this package, in the order of the names of their tasks."""
    tasks = Path(__file__).parent / "tasks"
    folders = sorted(path.parent for path in tasks.glob(f"*/{MANIFEST}"))
    return [entry for folder in folders for entry in read_manifest(f"textenvs.tasks.{folder.name}", folder)]


def foreign_tasks() -> Iterator[EntryPoint]:
    """The entry points of tasks of other distributions."""
    yield from entry_points(group=GROUP)


def package_folder(package: str) -> Path:
    """The folder of a package; neither it nor the packages that it lies in are imported.

    Raises:
        ValueError: If there is no such package, or it is a module without a folder, or a folder without `__init__.py`.
    """
    top, *rest = package.split(".")
    spec = importlib.util.find_spec(top)
    name = top
    for part in rest:
        places = spec.submodule_search_locations if spec else None
        name = f"{name}.{part}"
        spec = importlib.machinery.PathFinder.find_spec(name, list(places)) if places else None
    if spec is None or not spec.submodule_search_locations or not spec.origin:
        raise ValueError(f"there is no package {package!r}, a folder with __init__.py: reinstall what names it")
    return Path(next(iter(spec.submodule_search_locations)))
