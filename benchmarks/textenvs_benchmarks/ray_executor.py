"""Running the jobs of a suite on a cluster, by Ray (extra `ray`).

A worker need not see the files of the run. It is sent those that a job has so far, plays on in a folder of its own, and
sends back all that the job has then. They are written here, the records last: a job is what a run goes on from.
"""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from textenvs.errors import require
from textenvs.manifest import Entry
from textenvs.registration import add_entries, added_entries
from textenvs_benchmarks.errors import FULL
from textenvs_benchmarks.external.process import THREADS
from textenvs_benchmarks.folder import ResultsFolder, environment_source, package_versions, write_whole
from textenvs_benchmarks.jobs import Job, files_of
from textenvs_benchmarks.runner import DIED, Executor, Monitor, Outcome, attempt

KINDS = ("logs", "curves", "agents", "episodes")
"""Folders of the files of a job, in the order in which they are written: where an agent is, its curve is too."""
RETRIES = 1
"""How often a job is run again whose worker was lost."""
GRACE = 2.0
"""Seconds that a task has to end when it is cancelled."""
Files = Mapping[str, bytes]
"""Contents by path in the folder of the results."""


def ray_executor(address: str | None = None) -> Executor:
    """What runs jobs on Ray.

    Args:
        address: That of a cluster; None for a Ray on this machine, which ends with the run.

    Raises:
        MissingExtra: If Ray is not installed.
    """
    return partial(_execute, require("ray", "ray"), address)


def _execute(
    ray: Any,
    address: str | None,
    jobs: list[Job],
    folder: ResultsFolder,
    workers: int,
    monitor: Monitor,
    lock: int,
) -> Generator[tuple[Job, Outcome], None, None]:
    if not jobs:
        return
    environment = {"env_vars": dict.fromkeys(THREADS, "1")}
    with _connected(ray, address, min(workers, len(jobs))):
        play = ray.remote(num_cpus=1, max_retries=RETRIES, runtime_env=environment)(_play)
        left = iter(jobs)
        pending: dict[Any, Job] = {}
        try:
            while True:
                while len(pending) < workers and (job := next(left, None)) is not None:
                    pending[play.remote(job, _read(files_of(job, folder), folder.path), _Home.of(job, folder))] = job
                if not pending:
                    return
                (ended, *_), _ = ray.wait(list(pending))
                job = pending.pop(ended)
                outcome, files, full = _receive(ray, ended)
                _write(files, folder.path)
                if full is not None:
                    raise full
                monitor.advance(outcome.units)
                yield job, outcome
        finally:
            _cancel(ray, list(pending))


def _cancel(ray: Any, tasks: list[Any]) -> None:
    """Ends tasks: at first so that they remove what they have left there, and by force where that takes too long."""
    for force in (False, True):
        for task in tasks:
            ray.cancel(task, force=force)
        if tasks:
            _, tasks = ray.wait(tasks, num_returns=len(tasks), timeout=GRACE)


@contextmanager
def _connected(ray: Any, address: str | None, workers: int) -> Iterator[None]:
    """Connects with Ray, unless this process has done so before, and starts one if there is no address."""
    if ray.is_initialized():
        yield
        return
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    place = {"address": "local", "num_cpus": workers, "include_dashboard": False} if address is None else {}
    try:
        ray.init(**{"address": address, **place}, log_to_driver=False, logging_level=logging.ERROR)
        yield
    finally:
        ray.shutdown()


@dataclass(frozen=True)
class _Home:
    """What a worker is told of the process that has sent it a job.

    Attributes:
        folder: The folder of the results.
        directory: The working directory; the files of agents may be named from there.
        sources: Hashes of the sources of the environment and of the agent, and the versions of the packages.
        variables: Environment variables for agents that are not ours.
        added: Environments that were added there.
    """

    folder: str
    directory: str
    sources: Mapping[str, str]
    variables: Mapping[str, str]
    added: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, job: Job, folder: ResultsFolder) -> _Home:
        """What is told with a job."""
        passed = job.external.terms.passed if job.external else ()
        variables = {name: os.environ[name] for name in passed if name in os.environ}
        return cls(str(folder.path), os.getcwd(), _sources(job), variables, added_entries())


def _sources(job: Job) -> dict[str, str]:
    return {
        f"environment {job.env_id}": environment_source(job.env_id),
        f"agent {job.agent}": job.agent_source,
        **{f"package {name}": version for name, version in package_versions().items()},
    }


def _play(job: Job, files: Files, home: _Home) -> tuple[Outcome, Files, OSError | None]:
    """Runs a job in a worker.

    Returns:
        How it ended, all its files, and the error if the disk there is full.
    """
    if os.path.isdir(home.directory):
        os.chdir(home.directory)
    os.environ.update(home.variables)
    add_entries(home.added)
    sources = _sources(job)
    if other := [name for name, source in home.sources.items() if sources.get(name) != source]:
        error = f"{platform.node()} has other sources or versions of {', '.join(other)}: install the same there\n"
        return Outcome(units=0, error=error), {}, None
    hidden = [path for path in [Path(home.folder)] if path.is_dir()]
    with TemporaryDirectory() as place:
        path = Path(place)
        full = None
        try:
            _write(files, path)
            outcome = attempt(job, ResultsFolder(path), hidden=hidden)
        except OSError as error:
            if error.errno not in FULL:
                raise
            outcome = Outcome(units=0)
            full = OSError(error.errno, f"{error.strerror} on {platform.node()}")
        if outcome.error is not None:
            outcome = replace(outcome, error=outcome.error.replace(place, home.folder))
        made = [file for kind in KINDS for file in sorted((path / kind).rglob("*")) if file.suffix != ".partial"]
        return outcome, _read(made, path), full


def _receive(ray: Any, task: Any) -> tuple[Outcome, Files, OSError | None]:
    """What a task has returned; where its worker was lost, that is the outcome."""
    errors = ray.exceptions
    try:
        outcome, files, full = ray.get(task)
    except (errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError, errors.ObjectLostError):
        return Outcome(units=0, error=DIED), {}, None
    except errors.RayError as error:
        return Outcome(units=0, error=f"{error}\n"), {}, None
    return outcome, files, full


def _read(paths: Iterable[Path], folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def _write(files: Files, folder: Path) -> None:
    for name, content in files.items():
        write_whole(folder / name, content)
