"""How long PPO takes to a score: on this suite's batch, on Stable-Baselines3's of single environments, and untuned.

Usage: `python benchmarks/performance/time_to_score.py [--seeds 5] [--out FILE.json]` (extra `deep`). Each way learns
the default dialogue; every few thousand steps its clock stands still while the greedy policy is evaluated on test. A
way ends when it is there, or has taken 20 times as long as the first did.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv

import textenvs
from textenvs.evaluation import evaluate
from textenvs_baselines.ppo import PPOAgent
from textenvs_baselines.sb3 import SB3VecEnv
from textenvs_baselines.sb3_policy import SB3Policy

ID = "TextDialogue-v0"
SCORE, EVERY, EPISODES, STEPS, PATIENCE = 85.0, 8192, 200, 200_000, 20


class Clock:
    """A callback of Stable-Baselines3 that measures the time without evaluations, and stops at the score."""

    def __init__(self, limit: float) -> None:
        self.curve: list[tuple[float, int, float]] = []
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


WAYS: dict[str, tuple[Callable[[int], Any], int]] = {
    "native": (native, 1),
    "tuned": (tuned, 1),
    "untuned": (untuned, 20),
}
"""Each with how many times the steps it may take."""


def main() -> None:
    """Measures, prints the ratios, and writes all curves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    curves: dict[str, list[Any]] = {name: [] for name in WAYS}
    for seed in range(arguments.seeds):
        limit = float("inf")
        for name, (make, times) in WAYS.items():
            model, clock = make(seed), Clock(limit)
            model.learn(STEPS * times, callback=clock)
            curves[name].append(clock.curve)
            seconds, steps, score = clock.curve[-1]
            print(f"seed {seed} {name:8} {seconds:7.1f} s {steps:9,d} steps {score:6.1f}", flush=True)
            if name == "native":
                limit = PATIENCE * seconds
    base = statistics.median(curve[-1][0] for curve in curves["native"])
    for name, found in curves.items():
        there = sum(curve[-1][2] >= SCORE for curve in found)
        seconds = statistics.median(curve[-1][0] for curve in found)
        print(f"{name:8} {seconds:7.1f} s, {seconds / base:5.1f} x native, {there} of {len(found)} at {SCORE:.0f}")
    if arguments.out is not None:
        arguments.out.write_text(json.dumps(curves) + "\n")


if __name__ == "__main__":
    main()
