"""Messages for what a user can mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def unknown(what: str, name: object, known: Iterable[str]) -> ValueError:
    """An error for a name that does not exist, with the near ones."""
    names = list(known)
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"choose one of {', '.join(map(repr, names))}"
    return ValueError(f"unknown {what} {name!r}: {hint}")
