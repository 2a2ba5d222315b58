"""Messages for what a user can mend. Everything of this kind is raised as a ValueError or an OSError."""

from __future__ import annotations

import errno

FULL = (errno.ENOSPC, errno.EDQUOT)
"""Of an OSError: there is no room left. A run can go on when there is."""


class Mismatch(Exception):
    """A record, a table or a file is not what comes of playing again."""


def one_line(error: Exception) -> str:
    """The message of an error, on one line; what would move the cursor of a terminal is spelled out."""
    from textenvs.errors import printable  # not before something is wrong: it loads the whole package

    known = isinstance(error, OSError) and error.filename is not None
    text = f"{error.filename}: {error.strerror}" if known else " ".join(str(error).split())  # type: ignore[attr-defined]
    return printable(text) or type(error).__name__
