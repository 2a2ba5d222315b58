"""How a run is shown while it goes on: a bar on a terminal, a line for each job elsewhere. All of it on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from textenvs_benchmarks.jobs import Job
from textenvs_benchmarks.runner import Outcome


def counted(episodes: Iterable[object], console: Console) -> int:
    """How many there are; on a terminal shown while they come."""
    number = 0
    with console.status("verifying", spinner="line") as status:
        for number, _ in enumerate(episodes, start=1):
            if number % 100 == 0:
                status.update(f"{number:,d} episodes verified")
    return number


class Silent:
    """Says nothing."""

    def begin(self, jobs: int, found: int, units: int) -> None:
        """Is not shown."""

    def advance(self, units: int) -> None:
        """Is not shown."""

    def finish(self, job: Job, outcome: Outcome) -> None:
        """Is not shown."""


class Lines:
    """Writes a line for each job that has ended."""

    def begin(self, jobs: int, found: int, units: int) -> None:
        """Says how much there is to do."""
        self._jobs = jobs
        self._ended = 0
        self._say(opening(jobs, found))

    def advance(self, units: int) -> None:
        """Is not shown."""

    def finish(self, job: Job, outcome: Outcome) -> None:
        """Says how a job ended."""
        self._ended += 1
        self._say(f"[{self._ended}/{self._jobs}] {closing(job, outcome)}")

    def close(self) -> None:
        """Leaves the lines as they are."""

    def _say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)


class Bar:
    """Shows one bar over the steps and episodes of all jobs, and a line for each job that has failed.

    Args:
        console: The terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("{task.fields[ended]} of {task.fields[jobs]} jobs"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )

    def begin(self, jobs: int, found: int, units: int) -> None:
        """Shows the empty bar."""
        self._console.print(opening(jobs, found), highlight=False)
        self._ended = 0
        self._total = units
        self._task = self._bar.add_task("", total=units, ended=0, jobs=jobs)
        self._bar.start()

    def advance(self, units: int) -> None:
        """Moves the bar."""
        self._bar.advance(self._task, units)

    def finish(self, job: Job, outcome: Outcome) -> None:
        """Takes what the job will not do any more from what is left, and says so if it has failed."""
        self._ended += 1
        self._total -= job.units() - outcome.units
        self._bar.update(self._task, total=self._total, ended=self._ended)
        if outcome.error is not None or outcome.halted:
            self._bar.console.print(closing(job, outcome), style="red", highlight=False, markup=False)

    def close(self) -> None:
        """Takes the bar away."""
        self._bar.stop()


def opening(jobs: int, found: int) -> str:
    """What is said when a run begins."""
    return f"{jobs} job{'' if jobs == 1 else 's'} to run" + (f", {found} found complete" if found else "")


def closing(job: Job, outcome: Outcome) -> str:
    """What is said when a job has ended."""
    if outcome.error is not None:
        return f"{job.name} failed: {outcome.error.strip().splitlines()[-1]}"
    if outcome.halted:
        return f"{job.name} stopped: {outcome.halted}"
    assert outcome.seconds is not None
    return f"{job.name}: {outcome.seconds.training + outcome.seconds.evaluation:.1f} s"
