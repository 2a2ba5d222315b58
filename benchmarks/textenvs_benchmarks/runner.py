"""Playing a suite in parallel processes, and going on where a run has stopped."""

from __future__ import annotations

import os
import platform
import sys
import traceback
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import asdict, dataclass
from multiprocessing import reduction
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from textenvs.evaluation import Halt
from textenvs_benchmarks.errors import FULL
from textenvs_benchmarks.external.agent import NO_TERMS, Terms
from textenvs_benchmarks.folder import ResultsFolder, describe_run
from textenvs_benchmarks.jobs import Job, Seconds, check_agents, is_complete, plan_jobs, run_job
from textenvs_benchmarks.report import write_results
from textenvs_benchmarks.seeds import Secret
from textenvs_benchmarks.suite import Suite
from textenvs_benchmarks.tasks import import_tasks
from textenvs_benchmarks.training import Progress
from textenvs_benchmarks.workers import CONTEXT, shared_out

TICK = 0.1
"""Seconds between two looks at the workers' progress."""
DIED = "The process died: it was killed, or it crashed.\n"
"""What is written of a job whose worker was lost."""


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes:
        units: Steps and episodes that it reported.
        seconds: Time it took; None if it failed.
        error: Traceback if it failed.
        halted: Why it was stopped by its agent; "" if it was not.
    """

    units: int
    seconds: Seconds | None = None
    error: str | None = None
    halted: str = ""


@dataclass(frozen=True)
class Summary:
    """How a run ended.

    Attributes:
        found: Jobs that were complete before it began.
        finished: Jobs that it has completed.
        failed: Jobs that have failed.
        table: The table of the results.
        halted: Why an agent has stopped it; "" if none has.
    """

    found: int
    finished: int
    failed: int
    table: pd.DataFrame
    halted: str = ""


class Monitor(Protocol):
    """Who watches a run."""

    def begin(self, jobs: int, found: int, units: int) -> None:
        """The run begins; so many jobs are to be run, so many were found complete."""

    def advance(self, units: int) -> None:
        """So many steps and episodes were done since the last call."""

    def finish(self, job: Job, outcome: Outcome) -> None:
        """A job has ended."""


class Executor(Protocol):
    """What runs jobs in parallel."""

    def __call__(
        self, jobs: list[Job], folder: ResultsFolder, workers: int, monitor: Monitor, lock: int
    ) -> Generator[tuple[Job, Outcome], None, None]:
        """Runs jobs; gives each when it has ended and its files are in the folder.

        What still runs when the generator is closed is ended.

        Args:
            jobs: The jobs, in the order in which they begin.
            folder: Where their files go.
            workers: How many run at a time, at most.
            monitor: Is told what was done.
            lock: Number of the open file with the lock on the folder; processes that write there inherit it.

        Raises:
            OSError: If a disk is full.
        """


def run_suite(
    suite: Suite,
    folder: ResultsFolder,
    workers: int,
    monitor: Monitor,
    *,
    secret: Secret | None = None,
    command: str = "",
    allow_drift: bool = False,
    terms: Terms = NO_TERMS,
    executor: Executor | None = None,
) -> Summary:
    """Runs the jobs of a suite that are not complete yet.

    All files but `timings.json` are the same for any number of workers, wherever they are.

    Args:
        suite: What to play.
        folder: Where the results go.
        workers: Number of processes.
        monitor: Is told how it goes.
        secret: From which the seeds of the episodes are derived, if they are not public.
        command: The command line, for the manifest.
        allow_drift: Whether to go on where other sources or versions began.
        terms: On which agents that are not ours play.
        executor: What runs the jobs; by default `execute`, in processes on this machine.

    Raises:
        ValueError: If the folder holds something else, or another process writes in it, or an agent cannot be made, or
            a task that the suite names is not there.
        Drift: If it was begun under other sources or versions.
        Halt: If an agent has stopped it before there was anything to put into a table.
        OSError: If the disk is full; the same call goes on when it no longer is.
    """
    import_tasks(suite)
    if secret is not None:
        secret.check(suite)
    run = describe_run(suite, secret.commitment if secret else "", command)
    jobs = plan_jobs(suite, secret, terms)
    if not jobs:
        agents, environments = ", ".join((*suite.agents, *suite.references)), ", ".join(suite.environments)
        raise ValueError(
            f"there is nothing to play: none of the agents {agents} can play any of {environments}, "
            "whose tasks name no such policy"
        )
    if not folder.manifest.exists():
        check_agents(jobs)
    with folder.held() as lock:
        if folder.holds_another(run) and _is_bare(folder):
            folder.clear()
        folder.begin(run, allow_drift)
        found, failed, halted = _run_jobs(jobs, folder, workers, monitor, lock.fileno(), executor or execute)
        if halted and not failed and not any(is_complete(job, folder) for job in jobs):
            raise Halt(halted)
        table = write_results(folder)
        if not halted:
            folder.finish()
    return Summary(found, len(jobs) - found - failed, failed, table, halted)


def _is_bare(folder: ResultsFolder) -> bool:
    """Whether a run has left nothing to keep: no job that is complete, and no agent that was trained."""
    try:
        return not folder.has_agents() and not any(
            is_complete(job, folder) for job in plan_jobs(folder.read()[0].suite)
        )
    except ValueError:  # damaged, or played on hidden seeds
        return False


def _run_jobs(
    jobs: list[Job], folder: ResultsFolder, workers: int, monitor: Monitor, lock: int, executor: Executor
) -> tuple[int, int, str]:
    """Runs the jobs that are not complete; gives how many were, how many have failed, and why it was stopped."""
    todo = [job for job in jobs if not is_complete(job, folder)]
    todo.sort(key=Job.units, reverse=True)
    check_agents(todo)
    if todo:
        folder.reopen()
    for job in todo:
        folder.forget_failure(job.name)
    monitor.begin(len(todo), len(jobs) - len(todo), sum(job.units() for job in todo))
    timings = folder.read_timings()
    failed, halted = 0, ""
    with closing(executor(todo, folder, workers, monitor, lock)) as ended:
        for job, outcome in ended:
            if outcome.error is not None:
                failed += 1
                folder.write_failure(job.name, outcome.error)
            elif outcome.seconds is not None:
                timings[job.name] = asdict(outcome.seconds)
                folder.write_timings(_machine(), timings)
            elif outcome.halted:
                halted = outcome.halted
            monitor.finish(job, outcome)
    return len(jobs) - len(todo), failed, halted


def _machine() -> dict[str, Any]:
    return {"platform": platform.platform(), "cpus": os.cpu_count(), "python": platform.python_version()}


def execute(
    jobs: list[Job], folder: ResultsFolder, workers: int, monitor: Monitor, lock: int
) -> Generator[tuple[Job, Outcome], None, None]:
    """Runs jobs in processes on this machine; the `Executor` that needs nothing else.

    A worker that dies takes all jobs that have not ended along; these are run again, each with a worker of its own.
    """
    lost = []
    for job, outcome in _share(jobs, folder, workers, monitor, lock):
        if outcome is None:
            lost.append(job)
        else:
            yield job, outcome
    for job in lost:
        for _, outcome in _share([job], folder, 1, monitor, lock):
            yield job, outcome or Outcome(units=0, error=DIED)


def _share(
    jobs: list[Job], folder: ResultsFolder, workers: int, monitor: Monitor, lock: int
) -> Generator[tuple[Job, Outcome | None], None, None]:
    """Shares jobs among workers; gives each when it has ended, with None if a worker has died before that."""
    if not jobs:
        return
    done_units = CONTEXT.Value("q", 0)
    calls = [(job, folder) for job in jobs]
    with shared_out(_work, calls, workers, _begin_worker, (done_units, _Inherited(lock))) as futures:
        pending = dict(zip(futures, jobs, strict=True))
        seen = 0
        while pending:
            ended, _ = wait(pending, TICK, FIRST_COMPLETED)
            units = done_units.get_obj().value
            monitor.advance(units - seen)
            seen = units
            for future in ended:
                died = isinstance(future.exception(), BrokenProcessPool)
                yield pending.pop(future), None if died else future.result()


class _Inherited:
    """An open file that workers inherit, and with it the lock on it: the last of them releases it.

    Args:
        number: Number of the open file.
    """

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> tuple[Any, ...]:
        return (_Inherited, (-1,)) if sys.platform == "win32" else (_take, (reduction.DupFd(self._number),))


def _take(inherited: Any) -> _Inherited:
    return _Inherited(inherited.detach())


_done_units: Any = None
"""In a worker: the counter of steps and episodes that all workers share."""


def _begin_worker(done_units: Any, lock: _Inherited) -> None:
    global _done_units
    _done_units = done_units


def _work(job: Job, folder: ResultsFolder) -> Outcome:
    return attempt(job, folder, _tell)


def _tell(units: int) -> None:
    with _done_units.get_lock():
        _done_units.value += units


def attempt(
    job: Job, folder: ResultsFolder, progress: Progress = lambda units: None, hidden: Sequence[Path] = ()
) -> Outcome:
    """Runs a job here; an exception becomes a part of the outcome.

    Args:
        job: The job.
        folder: Where its files are written.
        progress: Called now and then with the steps or episodes since the last call.
        hidden: Further folders that agents in a sandbox do not see.

    Raises:
        OSError: If the disk is full.
    """
    units = 0

    def count(more: int) -> None:
        nonlocal units
        units += more
        progress(more)

    try:
        return Outcome(seconds=run_job(job, folder, count, hidden), units=units)
    except Halt as halt:
        return Outcome(units=units, halted=str(halt))
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        return Outcome(units=units, error=traceback.format_exc())
