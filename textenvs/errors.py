"""Messages for what a user can mend."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from types import ModuleType


def unknown(what: str, name: object, known: Iterable[str]) -> ValueError:
    """An error for a name that does not exist, with the near ones."""
    names = list(known)
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"choose one of {', '.join(map(repr, names))}"
    return ValueError(f"unknown {what} {name!r}: {hint}")


def require(module: str, extra: str) -> ModuleType:
    """A module of an optional package.

    Raises:
        ImportError: If it cannot be imported, with the extra of this package to install.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(
            f'{package} is needed here and cannot be imported ({error}): pip install "textenvs[{extra}]"', name=package
        ) from error
