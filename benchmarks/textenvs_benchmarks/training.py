"""Training an agent, and the files that come of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeGuard
from zipfile import is_zipfile

import gymnasium as gym

import textenvs
from textenvs.errors import shown
from textenvs.evaluation import Learner, Training
from textenvs.evaluation.record import finite
from textenvs_benchmarks.folder import write_whole

BINS = 200
"""Points of a learning curve."""
RESERVED = ("obs_type", "action_type", "split", "render_mode")
"""Arguments of an environment that are not the task's; agents and options decide on them."""
CURVE_HEADING = "global_step,episodic_return\n"
LARGEST_CURVE = 1 << 16
"""Bytes of a learning curve at most."""
Progress = Callable[[int], None]


def is_learner(agent: object) -> TypeGuard[Learner]:
    """Whether an agent, or its class, can be trained."""
    return hasattr(agent, "train")


def train_and_save(
    agent: Learner, env_id: str, steps: int, seed: int, stem: Path, curve: Path, progress: Progress | None = None
) -> Path:
    """Trains an agent, and writes its learning curve and, at last, what it has learned.

    Returns:
        The file of the agent.
    """
    training = train(agent, env_id, steps, seed, progress=progress)
    if not isinstance(training, Training):
        raise TypeError(f"train must return a textenvs.evaluation.Training of steps and curve, got {shown(training)}")
    write_curve(curve, training, steps)
    return save_agent(agent, stem)


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


def write_curve(path: Path, training: Training, total_steps: int) -> None:
    """Writes a learning curve, binned."""
    rows = [f"{step},{'' if mean is None else mean}\n" for step, mean in bin_curve(training, total_steps)]
    write_whole(path, (CURVE_HEADING + "".join(rows)).encode())


def read_curve(path: Path) -> list[tuple[int, float | None]]:
    """Reads what `write_curve` has written.

    Returns:
        (global step at the end of a bin, mean return; None where no episode ended).

    Raises:
        ValueError: If the file is no learning curve.
    """
    try:
        if path.stat().st_size > LARGEST_CURVE:
            raise ValueError(f"it has more than {LARGEST_CURVE >> 10} KiB")
        text = path.read_bytes().decode()
        if not text.startswith(CURVE_HEADING):
            raise ValueError(f"it does not begin with {CURVE_HEADING.strip()}")
        cells = [line.split(",") for line in text.removeprefix(CURVE_HEADING).splitlines()]
        curve = [(int(step), finite(mean) if mean else None) for step, mean in cells]
        if any(earlier >= step for (earlier, _), (step, _) in pairwise([(0, None), *curve])):
            raise ValueError("its steps do not grow")
    except ValueError as error:
        raise ValueError(f"{path} is not a learning curve ({shown(str(error))}): remove it and run again") from None
    return curve
