"""Whether records are true: every episode is played again from its seed and its actions.

What a run says of itself is "self-reported". It is "replayed" when every episode and table came out the same here,
which proves the scores and not who chose the actions; "re-run" when the agents themselves were trained and played
again, and all files came out the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from gymnasium.error import Error

import textenvs
from textenvs import SPLITS, ReferenceScores
from textenvs.errors import Drift, shown
from textenvs.evaluation import EpisodeRecord, Halt, Header, Replayer, read_records
from textenvs.registration import known_entry
from textenvs_benchmarks.errors import Mismatch, one_line
from textenvs_benchmarks.external.agent import NO_TERMS, Terms
from textenvs_benchmarks.folder import ResultsFolder, environment_source
from textenvs_benchmarks.jobs import Unfinished, plan_jobs, read_job
from textenvs_benchmarks.report import rendered, without_references
from textenvs_benchmarks.runner import Monitor, run_suite
from textenvs_benchmarks.seeds import Secret, seed_of
from textenvs_benchmarks.suite import DECIDING, WITH, Suite, is_shipped, load_suite
from textenvs_benchmarks.tasks import require_tasks

SeedOf = Callable[[int], int]
EQUAL = 1e-9
"""Reference scores that differ by less, or by this share, are equal."""


def verify_file(path: Path, secret: Secret | None = None) -> Iterator[int]:
    """Plays all episodes of a file of records again.

    Args:
        path: The file.
        secret: From which its seeds are derived, if they were committed.

    Yields:
        The number of each episode that is true.

    Raises:
        Mismatch: At the first that is not; the message names file, line, field and both values.
        Drift: If the environment has other sources now.
        ValueError: If the file holds no records, or its seeds were committed and the secret is not given.
    """
    header, records = read_records(path)
    _check_secret(path, header.commitment, secret)
    due = partial(seed_of, secret, header.evaluation_seed, header.split, header.seed)
    yield from verify_records(path, header, records, due)


def verify_records(path: Path, header: Header, records: Sequence[EpisodeRecord], due: SeedOf) -> Iterator[int]:
    """Does so with what was read from a file; `due` gives the seed that an episode must have."""
    if known_entry(header.env_id) is None:
        raise ValueError(
            f"{path}: no environment {shown(header.env_id)} is registered: install the package of its task, or name "
            "the task with --task module:Class"
        )
    if header.source != environment_source(header.env_id):
        said = ", ".join(f"{name} {version}" for name, version in header.versions.items())
        raise Drift(f"{path} was recorded with other sources of {header.env_id} ({said}): verify it with these")
    replayer = Replayer(header)
    for number, record in enumerate(records):
        where = f"{path}, line {number + 2}"
        for field, recorded, right in (("episode", record.episode, number), ("seed", record.seed, due(number))):
            if recorded != right:
                raise Mismatch(f"{where}: {field} is {recorded!r}, and should be {right!r}")
        try:
            played = replayer.play(record)
        except (ValueError, TypeError, OverflowError, Error) as error:
            raise Mismatch(f"{where}: it cannot be played again: {error}") from None
        _compare(where, record, played)
        yield number


def verify_run(folder: ResultsFolder, secret: Secret | None = None) -> Iterator[int]:
    """Plays all episodes of a run again, and makes its tables again.

    Args:
        folder: The run.
        secret: From which its seeds are derived, if they were committed; by default the one that was revealed in it.

    Yields:
        The number of each episode that is true.

    Raises:
        Mismatch: At the first episode, table or file that is not, or at a job whose records are not there.
        Drift: If an environment has other sources now.
        ValueError: If the folder holds no run, or its seeds were committed and the secret is not known, or it
            has a task that is not imported unless its reader names it.
    """
    run, scores = folder.read()
    require_tasks(run.suite)
    secret = secret or folder.revealed()
    _check_secret(folder.path, run.commitment, secret)
    _check_suite(folder.manifest, run.suite)
    if secret:
        _check_commitment(folder.manifest, run.suite, secret)
    for job in plan_jobs(run.suite, secret):
        for split in job.splits:
            try:
                header, records = read_job(job, split, folder)
            except (Unfinished, FileNotFoundError) as error:
                if folder.has_failed(job.name):
                    break
                raise Mismatch(f"the records of {job.name} on {split} are not whole: {error}") from None
            except (ValueError, OSError) as error:
                raise Mismatch(one_line(error)) from None
            path = folder.records(job.agent, job.env_id, split, job.seed)
            yield from verify_records(path, header, records, partial(job.seed_of, split))
    for env_id, split in product(run.suite.environments, SPLITS):
        if not _are_same(env_id, scores[env_id][split], textenvs.reference_scores(env_id, split)):
            raise Mismatch(f"{folder.manifest} has other reference scores of {env_id} on {split}")
    for name, text in rendered(folder).items():
        path = folder.path / name
        if not path.is_file() or not _same_results(path, text):
            raise Mismatch(f"{path} is not the table of these records: 'textenvs report' makes it")
    _compare_files(folder.manifest, folder.hashes(), folder.hash_files())


def _are_same(env_id: str, recorded: ReferenceScores, found: ReferenceScores) -> bool:
    """Whether scores are equal, but for their last digits: where none are stored, each machine computes its own.

    For tasks of others, a floor that was not measured when the run began may be known now.
    """
    if recorded.floor is None and env_id not in textenvs.IDS:
        found = replace(found, floor=None, floor_agent=None)
    near = all(
        math.isclose(getattr(recorded, name), getattr(found, name), rel_tol=EQUAL, abs_tol=EQUAL)
        for name in ("random", "optimal")
    )
    return near and replace(found, random=recorded.random, optimal=recorded.optimal) == recorded


def rerun(
    folder: ResultsFolder, workers: int, monitor: Monitor, secret: Secret | None = None, terms: Terms = NO_TERMS
) -> None:
    """Trains and plays all agents of a run again, elsewhere, and compares all files.

    Agents that are not ours are started as the manifest says: whoever wrote it decides what is executed.

    Raises:
        Mismatch: At the first file that is another.
        Halt: If an agent stops it, as where its budget is spent.
    """
    run, _ = folder.read()
    with TemporaryDirectory() as place:
        again = ResultsFolder(Path(place) / "run")
        summary = run_suite(run.suite, again, workers, monitor, secret=secret or folder.revealed(), terms=terms)
        if summary.halted:
            raise Halt(summary.halted)
        failed = [job for job in plan_jobs(run.suite) if again.has_failed(job.name) and not folder.has_failed(job.name)]
        if summary.failed and failed:
            raise ValueError(
                f"{', '.join(job.name for job in failed)} could not be run again: run it where its agent is"
            )
        try:
            _compare_files(folder.manifest, folder.hashes(), again.hash_files())
        except Mismatch as error:
            raise Mismatch(
                f"made again, {error}: its agent draws chance from more than its seed, or is another"
            ) from None


def _check_suite(manifest: Path, suite: Suite) -> None:
    """Raises Mismatch if a suite has the name of one that ships with the package, and is another."""
    if is_shipped(suite):
        name, _, _ = suite.name.partition(WITH)
        shipped = load_suite(name)
        for part in ("version", *DECIDING):
            ours, theirs = getattr(shipped, part), getattr(suite, part)
            if ours != theirs:
                raise Mismatch(f"{manifest}: {part} of the suite {name} is {theirs!r}, and should be {ours!r}")
        for agent in shipped.agents:
            if suite.options.get(agent) != shipped.options.get(agent):
                raise Mismatch(f"{manifest}: {agent} has other options than in the suite {name}")


def _check_commitment(manifest: Path, suite: Suite, secret: Secret) -> None:
    """Raises Mismatch if the seeds were committed for other episodes than those of a run."""
    try:
        secret.check(suite)
    except ValueError as error:
        raise Mismatch(f"{manifest}: {error}") from None


def _check_secret(path: Path, commitment: str, secret: Secret | None) -> None:
    if commitment and secret is None:
        raise ValueError(f"the seeds of {path} are hidden: give the secret with --seeds-file, when it was revealed")
    if secret is not None and secret.commitment != commitment:
        raise Mismatch(f"the seeds of {path} were not committed with this secret")


def _compare(where: str, record: EpisodeRecord, played: EpisodeRecord) -> None:
    for field in fields(EpisodeRecord):
        recorded, found = getattr(record, field.name), getattr(played, field.name)
        if recorded != found or type(recorded) is not type(found):
            raise Mismatch(f"{where}: {field.name} is recorded as {recorded!r}, and comes out as {found!r}")


def _same_results(path: Path, text: str) -> bool:
    """Whether a file holds the results that were made again; what references are may be told in other words."""
    found = path.read_bytes()
    if path.suffix == ".md":
        return without_references(found.decode(errors="replace")) == without_references(text)
    return found == text.encode()


def _compare_files(manifest: Path, named: Mapping[str, str], found: Mapping[str, str]) -> None:
    for name in sorted({*named, *found}):
        if name not in named:
            raise Mismatch(f"{manifest} does not name {name}")
        if name not in found:
            raise Mismatch(f"{manifest} names {name}, which is not there")
        if named[name] != found[name]:
            raise Mismatch(f"{name} is not the file that {manifest} names")
