"""The jobs of a suite: one agent in one environment with one training seed, and the files it makes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, TypeGuard
from zipfile import is_zipfile

import gymnasium as gym

import textenvs
from textenvs import SPLITS
from textenvs.evaluation import (
    Agent,
    EpisodeRecord,
    Header,
    Learner,
    RecordFile,
    Training,
    episode_seed,
    find_agent,
    load_agent,
    play_episodes,
    read_records,
)
from textenvs_benchmarks.folder import ResultsFolder, agent_source, environment_source, package_versions
from textenvs_benchmarks.seeds import Secret
from textenvs_benchmarks.suite import Suite

EVALUATION_STREAM = 3
"""Marks the seeds of evaluations, apart from those of splits and agents."""
BINS = 200
"""Points of a learning curve."""
RESERVED = ("obs_type", "action_type", "split", "render_mode")
"""Arguments of an environment that are not the task's; agents and options decide on them."""
Progress = Callable[[int], None]


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
        if self.secret:
            return self.secret.seed_of(split, self.seed, number)
        return episode_seed(self.episodes_seed, SPLITS.index(split), number)

    @property
    def name(self) -> str:
        """Its name, which can be a path."""
        return f"{self.agent}/{self.env_id}/" + (f"{self.splits[0]}-" if self.reference else "") + str(self.seed)

    @property
    def env_kwargs(self) -> dict[str, Any]:
        """What the agent is told about the environment beyond its id."""
        return {"split": self.splits[0]} if self.reference else {}

    def units(self) -> int:
        """Steps and episodes, about: an agent whose factory is not its class may learn without showing it."""
        trained = is_learner(find_agent(self.agent)) and not self.reference
        return self.steps * trained + self.episodes * len(self.splits)


@dataclass(frozen=True)
class Seconds:
    """Wall-clock time of a job."""

    training: float
    evaluation: float


def is_learner(agent: object) -> TypeGuard[Learner]:
    """Whether an agent, or its class, can be trained."""
    return hasattr(agent, "train")


def plays(agent: str, env_id: str) -> bool:
    """Whether an agent is for an environment: all are, but those whose factory has a `plays` that denies it."""
    tells = getattr(find_agent(agent), "plays", None)
    return tells is None or bool(tells(env_id))


def plan_jobs(suite: Suite, secret: Secret | None = None) -> list[Job]:
    """All jobs of a suite.

    Args:
        suite: The suite.
        secret: From which the episodes' seeds are derived, if they are not public.
    """
    jobs = []
    for env_id in suite.environments:
        job = partial(Job, env_id=env_id, episodes=suite.episodes, evaluation_seed=suite.evaluation_seed, secret=secret)
        for agent, split in product((name for name in suite.references if plays(name, env_id)), SPLITS):
            jobs.append(job(agent, seed=0, splits=(split,), reference=True, steps=suite.steps))
        for agent, seed in product((name for name in suite.agents if plays(name, env_id)), range(suite.training_seeds)):
            steps = suite.agent_steps.get(agent, suite.steps)
            jobs.append(job(agent, seed=seed, splits=SPLITS, reference=False, steps=steps))
    return jobs


class Unfinished(ValueError):
    """A job has not been run to its end."""


def is_complete(job: Job, folder: ResultsFolder) -> bool:
    """Whether the records of a job are whole; they are what it writes last."""
    try:
        return all(read_job(job, split, folder) for split in job.splits)
    except (Unfinished, FileNotFoundError):
        return False


def read_job(job: Job, split: str, folder: ResultsFolder) -> tuple[Header, list[EpisodeRecord]]:
    """The header and the records of a job on a split.

    Raises:
        FileNotFoundError: If it has not been run.
        Unfinished: If it lacks episodes.
        ValueError: If the file is damaged, or that of another job.
    """
    path = folder.records(job.agent, job.env_id, split, job.seed)
    if not path.read_bytes().count(b"\n"):
        raise Unfinished(f"{path} has no whole line yet")
    header, records = read_records(path)
    found = (header.agent, header.env_id, header.split, header.seed, header.evaluation_seed, header.commitment)
    if found != (job.agent, job.env_id, split, job.seed, job.episodes_seed, job.commitment):
        raise ValueError(f"{path} does not hold the episodes of {job.name}: remove it and run again")
    if len(records) < job.episodes:
        raise Unfinished(f"{path} holds {len(records)} of {job.episodes} episodes")
    if len(records) > job.episodes:
        raise ValueError(f"{path} holds {len(records)} episodes instead of {job.episodes}: remove it and run again")
    return header, records


def run_job(job: Job, folder: ResultsFolder, progress: Progress) -> Seconds:
    """Trains if the agent learns, and evaluates. What another process has left is continued.

    A training is begun again if it was not finished; an evaluation goes on after its last whole episode.

    Args:
        job: The job.
        folder: Where its files are written.
        progress: Called now and then with the steps or episodes since the last call.
    """
    began = time.perf_counter()
    agent = _make_agent(job, folder, progress)
    trained = time.perf_counter()
    for split in job.splits:
        header = make_header(
            job.agent, agent, job.env_id, split, job.seed, job.episodes_seed, commitment=job.commitment
        )
        with RecordFile(folder.records(job.agent, job.env_id, split, job.seed), header) as file:
            progress(file.episodes)
            left = ((number, job.seed_of(split, number)) for number in range(file.episodes, job.episodes))
            for record in play_episodes(agent, job.env_id, split, left, agent_seed=job.seed, progress=progress):
                file.append(record)
    return Seconds(round(trained - began, 3), round(time.perf_counter() - trained, 3))


def _make_agent(job: Job, folder: ResultsFolder, progress: Progress) -> Agent:
    """The agent of a job. One that learns always plays as loaded from its file, whoever has written that."""
    agent = load_agent(job.agent, job.env_id, job.env_kwargs)
    if not is_learner(agent) or job.reference:
        return agent
    stem = folder.agent(job.agent, job.env_id, job.seed)
    saved = find_saved(stem)
    if saved is None:
        training = train(agent, job.env_id, job.steps, job.seed, progress=progress)
        _write_curve(folder.curve(job.agent, job.env_id, job.seed), training, job.steps)
        saved = save_agent(agent, stem)
    else:
        progress(job.steps)
    return type(agent).load(saved, job.env_id, job.env_kwargs)


def train(
    agent: Learner,
    env_id: str,
    steps: int,
    seed: int,
    env_kwargs: dict[str, Any] | None = None,
    progress: Progress | None = None,
    **more: Any,
) -> Training:
    """Trains an agent on the train split, or on a batch of it if the agent has `num_envs`.

    Args:
        agent: The agent.
        env_id: A registered id.
        steps: Environment steps.
        seed: Training seed.
        env_kwargs: Parameters of the task, and `reward`.
        progress: Called now and then with the steps since the last call.
        **more: What this agent's `train` takes beside that.
    """
    told = {"obs_type": agent.obs_type, "action_type": agent.action_type, "split": "train", **(env_kwargs or {})}
    rows: int | None = getattr(agent, "num_envs", None)
    env = gym.make(env_id, **told) if rows is None else make_batch(env_id, rows, **told)
    try:
        return agent.train(env, steps, seed, progress, **more)
    finally:
        env.close()


def task_parameters(env_kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the arguments of an environment that are the task's."""
    return {name: value for name, value in env_kwargs.items() if name not in (*RESERVED, "reward")}


def make_batch(env_id: str, rows: int, split: str = "train", **told: Any) -> Any:
    """A batch in autoreset mode SAME_STEP.

    It plays single environments in turn where there are many scenarios: to compile each of them whole, for the few
    episodes that it is played, would take longer.
    """
    if textenvs.task_of(env_id, **task_parameters(told)).n_scenarios(split) == 1:
        return gym.make_vec(env_id, rows, split=split, autoreset_mode="SameStep", **told)
    mode = {"autoreset_mode": gym.vector.AutoresetMode.SAME_STEP}
    return gym.make_vec(env_id, rows, vectorization_mode="sync", vector_kwargs=mode, split=split, **told)


def find_saved(stem: Path) -> Path | None:
    """What `save_agent` has saved under a name; None if it has not."""
    return next((path for path in sorted(stem.parent.glob(f"{stem.name}.*")) if path.suffix != ".partial"), None)


def save_agent(agent: Learner, stem: Path) -> Path:
    """Saves an agent under a name to which the suffix of its format is added: its own `suffix`, else npz or json."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    partial = stem.with_name(stem.name + ".partial")
    agent.save(partial)
    with partial.open("rb+") as file:
        os.fsync(file.fileno())
    suffix = getattr(agent, "suffix", ".npz" if is_zipfile(partial) else ".json")
    return partial.replace(stem.with_name(stem.name + suffix))


def make_header(
    name: str,
    agent: Agent,
    env_id: str,
    split: str,
    seed: int,
    evaluation_seed: int,
    env_kwargs: dict[str, Any] | None = None,
    commitment: str = "",
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
        agent_source=agent_source(name),
        versions=package_versions(),
    )


def bin_curve(training: Training, total_steps: int) -> list[tuple[int, float | None]]:
    """The mean return of the episodes that ended in each of `BINS` equal parts of the steps.

    Returns:
        (global step at the end of the bin, mean return; None where no episode ended), up to the last step taken.
    """
    width = -(-total_steps // BINS)
    returns: list[list[float]] = [[] for _ in range(-(-training.steps // width))]
    for step, episodic_return in training.curve:
        returns[(step - 1) // width].append(episodic_return)
    return [
        (min((k + 1) * width, training.steps), sum(bin_) / len(bin_) if bin_ else None)
        for k, bin_ in enumerate(returns)
    ]


def _write_curve(path: Path, training: Training, total_steps: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{step},{'' if mean is None else mean}\n" for step, mean in bin_curve(training, total_steps)]
    path.write_text("global_step,episodic_return\n" + "".join(rows), encoding="utf-8", newline="\n")
