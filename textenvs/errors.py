"""Messages for what a user can mend."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

SHOWN = 60
"""Characters of a value that an error shows."""
LISTED = 30
"""Names that an error lists at most."""


def shown(value: object) -> str:
    """A value that came from elsewhere, as an error shows it: on one line, and not long."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # nested too deeply, or of too many digits
        return f"a {type(value).__name__}"
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def printable(text: str) -> str:
    """A text that came from elsewhere on one line; what would move the cursor of a terminal is spelled out."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def unknown(what: str, name: object, known: Iterable[str], always_list: bool = False) -> ValueError:
    """An error for a name that does not exist, with the near ones, and all where none is near or it is asked for."""
    names = list(known)
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.5)
    listed = ", ".join(map(shown, names[:LISTED])) + (", ..." if len(names) > LISTED else "")
    hint = f"did you mean {' or '.join(map(shown, near))}?" if near else f"choose one of {listed}"
    if near and always_list:
        hint += f" There are {listed}"
    return ValueError(f"unknown {what} {shown(name)}: {hint}")


class Halt(Exception):
    """Raised by what stops a whole run, such as where a budget is spent: the same command goes on later."""


class Drift(Exception):
    """Environments, agents or packages are not those that made results or stored scores."""


class UnknownRenderMode(ValueError, TypeError):
    """There is no such render mode. As a TypeError it tells Stable-Baselines3 to make the environment without one."""


class MissingExtra(ImportError):
    """An optional package is not installed.

    Args:
        package: Its name.
        extra: The extra of this package that installs it.
        reason: Why it cannot be imported, if that is known.
    """

    def __init__(self, package: str, extra: str, reason: str = "") -> None:
        why = f" and cannot be imported ({reason})" if reason else ""
        super().__init__(
            f'{package} is needed here{why}: pip install ".[{extra}]" in the folder of the sources', name=package
        )
        self.extra = extra
        self._made_of = (package, extra, reason)

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str, str]]:
        """As an exception that takes other arguments than its message must, to come from another process."""
        return MissingExtra, self._made_of


def find_folder(package: str) -> Path | None:
    """The folder of a package, which is not imported; None where it is not installed."""
    spec = importlib.util.find_spec(package)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


def folder_of(package: str, extra: str) -> Path:
    """The folder of an optional package, which is not imported.

    Raises:
        MissingExtra: If it is not installed, with the extra of this package to install.
    """
    folder = find_folder(package)
    if folder is None:
        raise MissingExtra(package, extra)
    return folder


def require(module: str, extra: str) -> ModuleType:
    """A module of an optional package.

    Raises:
        MissingExtra: If it cannot be imported, with the extra of this package to install.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(module.partition(".")[0], extra, str(error)) from error
