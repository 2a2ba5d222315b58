"""Whether records are true: every episode is played again from its seed and its actions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import product
from pathlib import Path

from gymnasium.error import Error

import textenvs
from textenvs import SPLITS
from textenvs.evaluation import EpisodeRecord, Header, Replayer, episode_seed, read_records
from textenvs_benchmarks.folder import ResultsFolder, environment_source
from textenvs_benchmarks.jobs import plan_jobs, read_job
from textenvs_benchmarks.report import rendered


class Mismatch(Exception):
    """A record, or a table, is not what comes of playing again."""


class Drift(Exception):
    """The environment is not the one that was recorded."""


def verify_file(path: Path) -> Iterator[int]:
    """Plays all episodes of a file of records again.

    Yields:
        The number of each episode that is true.

    Raises:
        Mismatch: At the first that is not; the message names file, line, field and both values.
        Drift: If the environment has other sources now.
        ValueError: If the file holds no records.
    """
    return verify_records(path, *read_records(path))


def verify_records(path: Path, header: Header, records: Sequence[EpisodeRecord]) -> Iterator[int]:
    """Does so with what was read from a file."""
    if header.source != environment_source(header.env_id):
        said = ", ".join(f"{name} {version}" for name, version in header.versions.items())
        raise Drift(f"{path} was recorded with other sources of {header.env_id} ({said}): verify it with these")
    replayer = Replayer(header)
    for number, record in enumerate(records):
        where = f"{path}, line {number + 2}"
        seed = episode_seed(header.evaluation_seed, SPLITS.index(header.split), number)
        for field, recorded, due in (("episode", record.episode, number), ("seed", record.seed, seed)):
            if recorded != due:
                raise Mismatch(f"{where}: {field} is {recorded!r}, and should be {due!r}")
        try:
            played = replayer.play(record)
        except (ValueError, TypeError, OverflowError, Error) as error:
            raise Mismatch(f"{where}: it cannot be played again: {error}") from None
        _compare(where, record, played)
        yield number


def verify_run(folder: ResultsFolder) -> Iterator[int]:
    """Plays all episodes of a run again, and makes its tables again.

    Yields:
        The number of each episode that is true.

    Raises:
        Mismatch: At the first episode or table that is not, or at a job whose records are not there.
        Drift: If an environment has other sources now.
        ValueError: If the folder holds no run.
    """
    run, scores = folder.read()
    for job in plan_jobs(run.suite):
        for split in job.splits:
            try:
                header, records = read_job(job, split, folder)
            except (ValueError, OSError) as error:
                raise Mismatch(f"the records of {job.name} on {split} are not whole: {error}") from None
            yield from verify_records(folder.records(job.agent, job.env_id, split, job.seed), header, records)
    for env_id, split in product(run.suite.environments, SPLITS):
        if scores[env_id][split] != textenvs.reference_scores(env_id, split):
            raise Mismatch(f"{folder.path / 'run.json'} has other reference scores of {env_id} on {split}")
    for name, text in rendered(folder).items():
        path = folder.path / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            raise Mismatch(f"{path} is not the table of these records: 'textenvs report' makes it")


def _compare(where: str, record: EpisodeRecord, played: EpisodeRecord) -> None:
    for field in fields(EpisodeRecord):
        recorded, found = getattr(record, field.name), getattr(played, field.name)
        if recorded != found or type(recorded) is not type(found):
            raise Mismatch(f"{where}: {field.name} is recorded as {recorded!r}, and comes out as {found!r}")
