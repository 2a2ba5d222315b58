"""What a text is compared with: one reference or several."""

from __future__ import annotations

from collections.abc import Sequence


def as_references(references: str | Sequence[str]) -> tuple[str, ...]:
    """The references as a tuple; a string is one reference.

    Raises:
        ValueError: If there is no reference: a score against nothing means nothing.
    """
    if isinstance(references, str):
        return (references,)
    if not references:
        raise ValueError("there are no references: give a string, or a sequence of at least one string")
    return tuple(references)
