"""How long PPO takes to a score: on this suite's batch, on Stable-Baselines3's of single environments, and untuned.

Usage: `python benchmarks/performance/time_to_score.py [--seeds 5] [--out FOLDER]` (extras `deep` and `plots`). Each way
learns the default dialogue; every few thousand steps its clock stands still while the greedy policy is evaluated on
test. A way ends when it is there, its score is then held; or when it has taken 20 times as long as the first did, or
all its steps: 200,000, and 20 times as many with the defaults. With `--out` the curves are written, as data and as a
picture.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv

import textenvs
from textenvs.evaluation import evaluate
from textenvs_baselines.ppo import PPOAgent
from textenvs_baselines.sb3 import SB3VecEnv
from textenvs_baselines.sb3_policy import SB3Policy
from textenvs_benchmarks.statistics import iqm

ID = "TextDialogue-v0"
SCORE, EVERY, EPISODES, STEPS, PATIENCE = 85.0, 8192, 200, 200_000, 20
Curve = list[tuple[float, int, float]]
"""Seconds, steps and score of each evaluation."""


class Clock:
    """A callback of Stable-Baselines3 that measures the time without evaluations, and stops at the score."""

    def __init__(self, limit: float) -> None:
        self.curve: Curve = []
        self._limit, self._began, self._next = limit, time.perf_counter(), EVERY

    def __call__(self, variables: dict[str, Any], _: dict[str, Any]) -> bool:
        model = variables["self"]
        if model.num_timesteps < self._next:
            return True
        stopped = time.perf_counter()
        seconds = stopped - self._began
        records = evaluate(SB3Policy.of(model), ID, split="test", episodes=EPISODES, seed=7)
        mean = float(np.mean([record.episodic_return for record in records]))
        score = textenvs.reference_scores(ID, "test").normalise(mean)
        self.curve.append((seconds, model.num_timesteps, score))
        self._began += time.perf_counter() - stopped
        self._next += EVERY
        return score < SCORE and seconds < self._limit


def singles(rows: int) -> DummyVecEnv:
    """As Stable-Baselines3 batches environments."""
    return DummyVecEnv([lambda: gym.make(ID, obs_type="features") for _ in range(rows)])


def native(seed: int) -> Any:
    """Tuned, on the batch of this suite."""
    agent = PPOAgent(ID, {})
    env = gym.make_vec(ID, agent.num_envs, obs_type="features", autoreset_mode="SameStep")
    return agent.make_model(SB3VecEnv(env), STEPS, seed, None)


def tuned(seed: int) -> Any:
    """Tuned, on single environments."""
    agent = PPOAgent(ID, {})
    return agent.make_model(singles(agent.num_envs), STEPS, seed, None)


def untuned(seed: int) -> Any:
    """As Stable-Baselines3 has it, on eight single environments."""
    return PPO("MlpPolicy", singles(8), seed=seed, device="cpu")


FIRST = "tuned, own batch"
WAYS: dict[str, tuple[Callable[[int], Any], int]] = {
    FIRST: (native, 1),
    "tuned, DummyVecEnv": (tuned, 1),
    "defaults, DummyVecEnv": (untuned, 20),
}
"""Each with how many times the steps it may take."""


def middle(curves: list[Curve], seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The interquartile mean over seeds of the score that each had at some times; 0 before its first evaluation."""
    held = [
        np.array([0.0, *(score for *_, score in curve)])[
            np.searchsorted([time for time, *_ in curve], seconds, "right")
        ]
        for curve in curves
    ]
    return iqm(np.array(held), axis=0)


def arrival(curves: list[Curve]) -> float:
    """Seconds until the interquartile mean is there; infinite if it never is."""
    seconds = np.unique([past for curve in curves for past, *_ in curve])
    there = np.flatnonzero(middle(curves, seconds) >= SCORE)
    return float(seconds[there[0]]) if len(there) else float("inf")


def draw(curves: dict[str, list[Curve]], path: Path) -> None:
    """Scores by seconds of training: each seed, and the interquartile mean."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "textenvs"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    longest = max(curve[-1][0] for found in curves.values() for curve in found)
    seconds = np.geomspace(1.0, longest, 500)
    for number, (name, found) in enumerate(curves.items()):
        for curve in found:
            times, _, scores = zip(*curve, strict=True)
            axes.plot(times, scores, color=f"C{number}", linewidth=0.6, alpha=0.6)
        axes.plot(seconds, middle(found, seconds), color=f"C{number}", linewidth=2.2, label=name)
    axes.axhline(SCORE, color="grey", linewidth=0.8, linestyle="--")
    axes.set(xscale="log", xlabel="seconds of training", ylabel="score on test", title=f"PPO on {ID}")
    axes.legend(title="interquartile mean over seeds")
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Measures, prints the ratios, and writes all curves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    curves: dict[str, list[Curve]] = {name: [] for name in WAYS}
    for seed in range(arguments.seeds):
        limit = float("inf")
        for name, (make, times) in WAYS.items():
            model, clock = make(seed), Clock(limit)
            model.learn(STEPS * times, callback=clock)
            curves[name].append(clock.curve)
            seconds, steps, score = clock.curve[-1]
            print(f"seed {seed} {name:21} {seconds:7.1f} s {steps:9,d} steps {score:6.1f}", flush=True)
            if name == FIRST:
                limit = PATIENCE * seconds
    base = arrival(curves[FIRST])
    for name, found in curves.items():
        there = sum(curve[-1][2] >= SCORE for curve in found)
        ratio = arrival(found) / base
        print(
            f"{name:21} {arrival(found):7.1f} s, {ratio:5.1f} x the first; {there} of {len(found)} seeds at {SCORE:.0f}"
        )
    if arguments.out is not None:
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "time_to_score.json").write_text(json.dumps(curves) + "\n")
        draw(curves, arguments.out / "time_to_score.svg")


if __name__ == "__main__":
    main()
