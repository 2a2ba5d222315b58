"""Records rollouts of every id into tests/golden/: what an id does now is what it does for ever, under its version.

Observations that hold prose of others are recorded as hashes.

Usage: `python scripts/record_golden.py [ID ...]`; without ids, those that have no recording yet.
"""

from __future__ import annotations

import json
import sys
from hashlib import blake2b
from pathlib import Path

import gymnasium as gym
import numpy as np

import textenvs
from textenvs.evaluation import load_agent

TARGET = Path(__file__).parents[1] / "tests" / "golden"
SEEDS = range(6)
RANDOM = 0.25


def record(env_id: str, split: str, seed: int) -> dict[str, object]:
    """One episode of the optimal agent, with a random action, legal or not, in one step of four."""
    env = gym.make(env_id, split=split)
    agent = load_agent("optimal", env_id, {"split": split})
    rng = np.random.default_rng(seed)
    observation, info = env.reset(seed=seed)
    observations, actions, rewards, ended = [observation], [], [], False
    while not ended:
        action = int(agent.act(observation, info))
        if rng.random() < RANDOM:
            action = int(rng.integers(len(info["action_mask"]) - 1))
        observation, reward, ended, _, info = env.step(action)
        observations.append(observation)
        actions.append(action)
        rewards.append(float(reward))
    if textenvs.find_entry(env_id).parameters.get("source") == "wikipedia":
        observations = [f"blake2b:{blake2b(each.encode(), digest_size=8).hexdigest()}" for each in observations]
    return {"split": split, "seed": seed, "actions": actions, "rewards": rewards, "observations": observations}


def main(ids: list[str]) -> None:
    """Records the ids given, or those that are new."""
    TARGET.mkdir(exist_ok=True)
    for env_id in ids or [env_id for env_id in textenvs.IDS if not (TARGET / f"{env_id}.json").exists()]:
        records = [record(env_id, split, seed) for split in ("train", "test") for seed in SEEDS]
        (TARGET / f"{env_id}.json").write_text(json.dumps(records, indent=1) + "\n")
        print(f"{env_id}: {sum(len(r['actions']) for r in records)} steps")  # type: ignore[arg-type]


if __name__ == "__main__":
    main(sys.argv[1:])
