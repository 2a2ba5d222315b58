"""The jobs of a suite: one agent in one environment with one training seed, and the files it makes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product, takewhile
from pathlib import Path
from typing import Any

from textenvs import SPLITS
from textenvs.errors import shown
from textenvs.evaluation import (
    Agent,
    BatchAgent,
    EpisodeRecord,
    Header,
    NoRecords,
    RecordFile,
    check_options,
    episode_seed,
    find_agent,
    load_agent,
    play_episodes,
    read_records,
)
from textenvs_benchmarks.external.agent import NO_TERMS, External, ExternalAgent, Terms, train_external
from textenvs_benchmarks.external.protocol import Limits
from textenvs_benchmarks.folder import ResultsFolder, agent_source, environment_source, package_versions
from textenvs_benchmarks.seeds import Secret, seed_of
from textenvs_benchmarks.suite import Suite
from textenvs_benchmarks.training import Progress, find_saved, is_learner, train_and_save

EVALUATION_STREAM = 3
"""Marks the seeds of evaluations, apart from those of splits and agents."""
LARGEST_LOG = 1 << 20
"""Bytes of a log after which no more is written to it."""


@dataclass(frozen=True)
class Job:
    """One agent in one environment with one training seed.

    Attributes:
        agent: Name of the agent.
        env_id: The environment.
        seed: Training seed; 0 for references.
        splits: On which it is evaluated.
        reference: Whether the agent is constructed for its one split.
        steps: Environment steps of training.
        episodes: Episodes of evaluation on each split.
        evaluation_seed: From which the episodes' seeds are derived.
        secret: From which they are derived instead, if it is given.
        external: How the agent is reached, if it is not ours.
        installed: The name under which it is installed, if it is ours.
        environments: Ids that the agent plays in the whole run.
        options: With which it is made.
    """

    agent: str
    env_id: str
    seed: int
    splits: tuple[str, ...]
    reference: bool
    steps: int
    episodes: int
    evaluation_seed: int
    secret: Secret | None = None
    external: External | None = None
    installed: str = ""
    environments: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def episodes_seed(self) -> int:
        """Seed of the episodes: one for each training seed, so that their scores are independent."""
        return 0 if self.secret else episode_seed(self.evaluation_seed, EVALUATION_STREAM, self.seed)

    @property
    def commitment(self) -> str:
        """Hash of the secret; "" where the seeds are public."""
        return self.secret.commitment if self.secret else ""

    def seed_of(self, split: str, number: int) -> int:
        """The seed of an episode."""
        return seed_of(self.secret, self.episodes_seed, split, self.seed, number)

    @property
    def agent_source(self) -> str:
        """Hash of what is known of the agent's sources."""
        return agent_source(self.installed, self.external.reach if self.external else None, self.environments)

    @property
    def name(self) -> str:
        """Its name, which can be a path."""
        return f"{self.agent}/{self.env_id}/" + (f"{self.splits[0]}-" if self.reference else "") + str(self.seed)

    @property
    def env_kwargs(self) -> dict[str, Any]:
        """What the agent is told about the environment beyond its id."""
        return {"split": self.splits[0]} if self.reference else {}

    def units(self) -> int:
        """Steps and episodes, as far as they are told while it runs."""
        trained = self.external is None and not self.reference and is_learner(find_agent(self.installed))
        return self.steps * trained + self.episodes * len(self.splits)


@dataclass(frozen=True)
class Seconds:
    """Wall-clock time of a job."""

    training: float
    evaluation: float


def plays(suite: Suite, agent: str, env_id: str) -> bool:
    """Whether an agent is for an environment: all are, but those of ours whose factory has a `plays` that denies it."""
    if suite.reach(agent) is not None:
        return True
    tells = getattr(find_agent(suite.installed(agent)), "plays", None)
    if env_id in suite.tasks:  # which may not be known here, and names no policies
        return tells is None
    return tells is None or bool(tells(env_id))


def plan_jobs(suite: Suite, secret: Secret | None = None, terms: Terms = NO_TERMS) -> list[Job]:
    """All jobs of a suite.

    Args:
        suite: The suite.
        secret: From which the episodes' seeds are derived, if they are not public.
        terms: On which agents that are not ours play.
    """
    limits = Limits(**suite.limits)
    external = {
        name: External(reach, limits, terms) for name in suite.agents if (reach := suite.reach(name)) is not None
    }
    jobs = []
    for env_id in suite.environments:
        job = partial(
            Job,
            env_id=env_id,
            episodes=suite.episodes,
            evaluation_seed=suite.evaluation_seed,
            secret=secret,
            environments=suite.environments,
        )
        for agent, split in product((name for name in suite.references if plays(suite, name, env_id)), SPLITS):
            jobs.append(job(agent, seed=0, splits=(split,), reference=True, steps=suite.steps, installed=agent))
        for agent, seed in product(
            (name for name in suite.agents if plays(suite, name, env_id)), range(suite.training_seeds)
        ):
            steps = suite.agent_steps.get(agent, suite.steps)
            reached = external.get(agent)
            made = job(agent, seed=seed, splits=SPLITS, reference=False, steps=steps, external=reached)
            if reached is None:
                made = replace(made, installed=suite.installed(agent), options=suite.options_of(agent))
            jobs.append(made)
    return jobs


def check_agents(jobs: Iterable[Job]) -> None:
    """Raises ValueError, with its name, if an agent of ours cannot be made here with the options of its job."""
    ours = {job.agent: job for job in jobs if job.external is None}
    for name, job in ours.items():
        try:
            check_options(job.installed, job.options)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None


def files_of(job: Job, folder: ResultsFolder) -> list[Path]:
    """The files of a job that are there, whether it is complete or not."""
    place = (job.agent, job.env_id, job.seed)
    paths = [
        folder.log(job.name),
        folder.curve(*place),
        find_saved(folder.agent(*place)),
        *(folder.records(job.agent, job.env_id, split, job.seed) for split in job.splits),
    ]
    return [path for path in paths if path is not None and path.is_file()]


class Unfinished(ValueError):
    """A job has not been run to its end."""


def is_complete(job: Job, folder: ResultsFolder) -> bool:
    """Whether the records of a job are whole; they are what it writes last."""
    return all(_is_played(job, split, folder) for split in job.splits)


def _is_played(job: Job, split: str, folder: ResultsFolder) -> bool:
    try:
        return bool(read_job(job, split, folder))
    except (Unfinished, FileNotFoundError):
        return False
    except ValueError as error:
        raise ValueError(f"{error}; remove the file, and 'textenvs run' plays them again") from None


def read_job(job: Job, split: str, folder: ResultsFolder) -> tuple[Header, list[EpisodeRecord]]:
    """The header and the records of a job on a split.

    Raises:
        FileNotFoundError: If it has not been run.
        Unfinished: If it lacks episodes.
        ValueError: If the file is damaged, or that of another job.
    """
    path = folder.records(job.agent, job.env_id, split, job.seed)
    try:
        header, records = read_records(path)
    except NoRecords as error:
        raise Unfinished(str(error)) from None
    due = {
        "agent": job.agent,
        "env_id": job.env_id,
        "env_kwargs": {},
        "split": split,
        "seed": job.seed,
        "evaluation_seed": job.episodes_seed,
        "commitment": job.commitment,
    }
    for name, value in due.items():
        if getattr(header, name) != value:
            raise ValueError(f"{path}: {name} of {job.name} is {shown(getattr(header, name))}, not {shown(value)}")
    if job.external is None and not _may_fail(job.installed) and any(record.failure for record in records):
        raise ValueError(f"{path}: {job.agent} is one of ours, and cannot fail as others do")
    if len(records) > job.episodes:
        raise ValueError(f"{path} holds {len(records)} episodes instead of {job.episodes}")
    if len(records) < job.episodes:
        raise Unfinished(f"{path} holds {len(records)} of {job.episodes} episodes")
    return header, records


def _may_fail(name: str) -> bool:
    """Whether an agent of ours may lose an episode, as one that asks others."""
    return bool(getattr(find_agent(name), "may_fail", False))


def run_job(job: Job, folder: ResultsFolder, progress: Progress, hidden: Sequence[Path] = ()) -> Seconds:
    """Trains if the agent learns, and evaluates. What another process has left is continued.

    A training is begun again if it was not finished; an evaluation goes on after its last whole episode.

    Args:
        job: The job.
        folder: Where its files are written.
        progress: Called now and then with the steps or episodes since the last call.
        hidden: Folders that agents in a sandbox do not see, beside that one.
    """
    began = time.perf_counter()
    saved = _train(job, folder, progress, hidden)
    trained = time.perf_counter()
    for split in job.splits:
        if _is_played(job, split, folder):
            progress(job.episodes)
        else:
            _play(job, split, saved, folder, progress, hidden)
    ended = time.perf_counter()
    return Seconds(round(trained - began, 3) if saved else 0.0, round(ended - trained, 3))


def _train(job: Job, folder: ResultsFolder, progress: Progress, hidden: Sequence[Path]) -> Path | None:
    """What an agent that learns has learned, in its file; None for the others."""
    stem = folder.agent(job.agent, job.env_id, job.seed)
    if job.reference:
        return None
    if saved := find_saved(stem):
        progress(job.steps)
        return saved
    curve = folder.curve(job.agent, job.env_id, job.seed)
    if job.external is not None:
        return train_external(job.external, job.env_id, job.steps, job.seed, stem, curve, [folder.path, *hidden])
    agent = load_agent(job.installed, job.env_id, **job.options)
    if not is_learner(agent):
        return None
    return train_and_save(agent, job.env_id, job.steps, job.seed, stem, curve, progress)


def _play(
    job: Job, split: str, saved: Path | None, folder: ResultsFolder, progress: Progress, hidden: Sequence[Path]
) -> None:
    """Plays the episodes of a split that were not played yet."""
    path = folder.records(job.agent, job.env_id, split, job.seed)
    with ExitStack() as stack:
        agent: Agent
        if job.external is not None:
            unseen = [folder.path, *hidden]
            agent = stack.enter_context(closing(ExternalAgent(job.external, job.env_id, saved, unseen)))
        elif saved is not None:
            agent = find_agent(job.installed).load(saved, job.env_id, {})  # type: ignore[attr-defined]
        else:
            agent = load_agent(job.installed, job.env_id, job.env_kwargs, **job.options)
        header = make_header(
            job.agent,
            agent,
            job.env_id,
            split,
            job.seed,
            job.episodes_seed,
            commitment=job.commitment,
            source=job.agent_source,
        )
        if isinstance(agent, ExternalAgent) and agent.failure is not None and _has_started(path):
            raise ValueError(f"{job.agent} does not start any more: {agent.failure}")
        file = stack.enter_context(RecordFile(path, header))
        if isinstance(agent, ExternalAgent):
            agent.lost = _lost_at_the_end(path)
        progress(file.episodes)
        begun = file.episodes - file.episodes % (agent.rows if isinstance(agent, BatchAgent) else 1)
        left = ((number, job.seed_of(split, number)) for number in range(begun, job.episodes))
        for record in play_episodes(agent, job.env_id, split, left, agent_seed=job.seed):
            if record.episode < file.episodes:  # played with others that were lost
                continue
            progress(1)
            if isinstance(agent, ExternalAgent):
                record = _judged(job, record, agent, folder.log(job.name))
            file.append(record)


def _judged(job: Job, record: EpisodeRecord, agent: ExternalAgent, log: Path) -> EpisodeRecord:
    """The record of an agent that is not ours, with what it does wrong when it is ended after the last episode."""
    if record.episode == job.episodes - 1 and not record.failure:
        record = replace(record, failure=agent.finish())
    if record.failure:
        log.parent.mkdir(parents=True, exist_ok=True)
        if not log.exists() or log.stat().st_size < LARGEST_LOG:
            with log.open("ab") as file:
                file.write(f"--- episode {record.episode}: {record.failure}\n".encode() + agent.tail + b"\n")
    return record


def _has_started(path: Path) -> bool:
    """Whether an agent that is not ours has started when these records were begun."""
    try:
        return "protocol" in read_records(path)[0].agent_config
    except (OSError, ValueError):
        return False


def _lost_at_the_end(path: Path) -> int:
    """How many of the last episodes were lost, one after the other."""
    _, records = read_records(path)
    return sum(1 for _ in takewhile(lambda record: record.failure, reversed(records)))


def make_header(
    name: str,
    agent: Agent,
    env_id: str,
    split: str,
    seed: int,
    evaluation_seed: int,
    env_kwargs: dict[str, Any] | None = None,
    commitment: str = "",
    source: str | None = None,
) -> Header:
    """The header of an agent's records."""
    return Header(
        agent=name,
        agent_config=getattr(agent, "config", {}),
        env_id=env_id,
        env_kwargs=env_kwargs or {},
        obs_type=agent.obs_type,
        action_type=agent.action_type,
        split=split,
        seed=seed,
        evaluation_seed=evaluation_seed,
        commitment=commitment,
        source=environment_source(env_id),
        agent_source=agent_source(name, environments=[env_id]) if source is None else source,
        versions=package_versions(),
    )
