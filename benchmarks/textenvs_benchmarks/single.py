"""One agent in one environment: trained and saved, loaded and evaluated."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import textenvs
from textenvs.evaluation import (
    Agent,
    EpisodeRecord,
    Training,
    agent_names,
    check_options,
    evaluate,
    find_agent,
    reference_names,
    write_records,
)
from textenvs_benchmarks.jobs import make_header
from textenvs_benchmarks.training import RESERVED, is_learner, save_agent, task_parameters, train


@dataclass(frozen=True)
class Evaluation:
    """What an agent has done in an environment.

    Attributes:
        episodes: Number of episodes.
        mean_return: Mean return under the task's own reward.
        standard_error: Of the mean return; None for a single episode.
        score: The mean return, normalised.
        length: Mean number of turns.
        metrics: Mean of each metric.
        reward_return: Mean return under the reward that was given; None if none was.
        reward_score: The same, normalised; None if its scale is not known.
        reward_note: Why it is not.
    """

    episodes: int
    mean_return: float
    standard_error: float | None
    score: float
    length: float
    metrics: Mapping[str, float]
    reward_return: float | None = None
    reward_score: float | None = None
    reward_note: str = ""


def train_agent(
    name: str,
    env_id: str,
    env_kwargs: dict[str, Any],
    options: dict[str, Any],
    steps: int,
    seed: int,
    out: Path | None,
    tensorboard: str | None = None,
) -> tuple[Training, Path]:
    """Trains an agent and saves it.

    Args:
        name: Name of the agent.
        env_id: A registered id.
        env_kwargs: Parameters of the task, and `reward`.
        options: The agent's own options.
        steps: Environment steps.
        seed: Training seed.
        out: File to write; by default one in `runs`, named for agent, environment and seed.
        tensorboard: Folder for logs of TensorBoard, if there are to be any.

    Returns:
        What came of it, and the file.
    """
    env_id = check_environment(env_id, env_kwargs)
    stem = Path("runs") / f"{name}-{env_id}-{seed}"
    there = sorted(path for path in stem.parent.glob(f"{stem.name}.*") if path.suffix != ".partial")
    for path in there if out is None else [out]:
        check_new(path)
    agent = make_agent(name, env_id, env_kwargs, options)
    if not is_learner(agent):
        raise ValueError(f"{name} does not learn: 'textenvs evaluate {name} {env_id}' plays it")
    if tensorboard is not None and "tensorboard" not in inspect.signature(agent.train).parameters:
        raise ValueError(f"{name} writes no logs of TensorBoard: leave --tensorboard out")
    logs: dict[str, Any] = {} if tensorboard is None else {"tensorboard": tensorboard}
    training = train(agent, env_id, steps, seed, env_kwargs, **logs)
    if out is None:
        return training, save_agent(agent, stem)
    agent.save(out)
    return training, out


def evaluate_agent(
    name: str,
    env_id: str,
    env_kwargs: dict[str, Any],
    options: dict[str, Any],
    load: Path | None,
    split: str,
    episodes: int,
    seed: int,
    out: Path | None,
) -> Evaluation:
    """Plays episodes with an agent.

    Args:
        name: Name of the agent.
        env_id: A registered id.
        env_kwargs: Parameters of the task, and `reward`.
        options: The agent's own options.
        load: What the agent has learned; a file that it has saved.
        split: "train" or "test".
        episodes: How many.
        seed: From which the episodes' seeds are derived.
        out: File of records to write, if any.
    """
    env_id, agent = prepare_agent(name, env_id, env_kwargs, options, load, split)
    parameters = task_parameters(env_kwargs)
    task, scores = textenvs.task_of(env_id, **parameters), textenvs.reference_scores(env_id, split, **parameters)
    if out is not None:
        check_new(out)
    try:
        records = evaluate(agent, env_id, split=split, episodes=episodes, seed=seed, env_kwargs=env_kwargs)
    except IndexError:
        if load is None:
            raise
        raise ValueError(f"{load} was learned in another environment than {env_id}") from None
    if out is not None:
        write_records(out, make_header(name, agent, env_id, split, 0, seed, env_kwargs), records)
    found = summarise_records(records, task.terms, scores)
    return found if "reward" not in env_kwargs else _under_reward(found, records, env_id, split, env_kwargs)


def _under_reward(
    found: Evaluation, records: list[EpisodeRecord], env_id: str, split: str, env_kwargs: Mapping[str, Any]
) -> Evaluation:
    """The same evaluation with what the episodes earned under the reward that was given."""
    earned = float(np.mean([record.episodic_return for record in records]))
    try:
        score = textenvs.reference_scores(env_id, split, **env_kwargs).normalise(earned)
    except ValueError as error:
        return replace(found, reward_return=earned, reward_note=str(error))
    return replace(found, reward_return=earned, reward_score=score)


def summarise_records(
    records: list[EpisodeRecord], terms: Mapping[str, float], scores: textenvs.ReferenceScores
) -> Evaluation:
    """The means of episodes under the task's own reward, whatever reward they were played with.

    Args:
        records: The episodes.
        terms: The weights of the task's own terms.
        scores: Reference scores of the task's own reward.
    """
    returns = np.array(
        [sum(weight * sum(record.reward_terms[name]) for name, weight in terms.items()) for record in records]
    )
    return Evaluation(
        episodes=len(records),
        mean_return=float(returns.mean()),
        standard_error=float(returns.std(ddof=1)) / math.sqrt(len(records)) if len(records) > 1 else None,
        score=scores.normalise(float(returns.mean())),
        length=float(np.mean([record.length for record in records])),
        metrics={name: float(np.mean([record.metrics[name] for record in records])) for name in records[0].metrics},
    )


def prepare_agent(
    name: str, env_id: str, env_kwargs: dict[str, Any], options: dict[str, Any], load: Path | None, split: str
) -> tuple[str, Agent]:
    """The id, and an agent that is to play it, new or as it was saved."""
    env_id = check_environment(env_id, env_kwargs)
    told = {**env_kwargs, "split": split} if name in reference_names() else env_kwargs
    if load is not None:
        return env_id, load_saved(name, env_id, told, options, load)
    return env_id, make_agent(name, env_id, told, options)


def check_environment(env_id: str, env_kwargs: Mapping[str, Any]) -> str:
    """The id, if there is one, and if the environment takes these arguments."""
    if env_id in agent_names():
        raise ValueError(f"{env_id} is an agent: first name the agent, then the environment")
    env_id = textenvs.find_entry(env_id).id
    for name in RESERVED:
        if name in env_kwargs:
            raise ValueError(f"{name!r} is not a parameter of a task: leave it out of --env-kwargs")
    parameters = task_parameters(env_kwargs)
    try:
        textenvs.task_of(env_id, **parameters)
    except TypeError as error:
        raise ValueError(f"{env_id} does not take {parameters}: {error}") from None
    reward = env_kwargs.get("reward", {})
    weighs = isinstance(reward, dict) and all(isinstance(weight, int | float) for weight in reward.values())
    if not weighs and not isinstance(reward, str):
        raise ValueError(f"'reward' must be an object of weights such as {{\"success\": 20}}, got {reward!r}")
    return env_id


def check_new(path: Path) -> None:
    """Raises ValueError if a file cannot be written, or exists."""
    if path.exists():
        raise ValueError(f"{path} exists already: name another file with --out, or remove it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        path.unlink()
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror}; name another file with --out") from None


def make_agent(name: str, env_id: str, env_kwargs: Mapping[str, Any], options: Mapping[str, Any]) -> Agent:
    """An agent with options that a user has typed."""
    check_options(name, options)
    try:
        return find_agent(name)(env_id, dict(env_kwargs), **options)
    except TypeError as error:
        raise ValueError(f"{name} does not take the settings {dict(options)}: {error}") from None


def load_saved(name: str, env_id: str, env_kwargs: Mapping[str, Any], options: Mapping[str, Any], path: Path) -> Agent:
    """An agent from its file, with options that a user has typed."""
    load = getattr(find_agent(name), "load", None)
    if load is None:
        raise ValueError(f"{name} does not learn and cannot be loaded: leave --load out")
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file")
    try:
        inspect.signature(load).bind(path, env_id, {}, **options)
    except TypeError:
        raise ValueError(f"{name} has its settings from {path}: leave --set out") from None
    check_options(name, options)
    agent: Agent = load(path, env_id, dict(env_kwargs), **options)
    return agent
