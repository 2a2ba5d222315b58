"""Messages for what a user can mend. Everything of this kind is raised as a ValueError or an OSError."""

from __future__ import annotations


def one_line(error: Exception) -> str:
    """The message of an error, on one line."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__
