"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def markdown_table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, without a line break at its end.

    Args:
        heading: The names of the columns.
        rows: The cells of each row, in Markdown; a bar in a cell is escaped.
    """
    return "\n".join(map(_row, (heading, ["---"] * len(heading), *rows)))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
