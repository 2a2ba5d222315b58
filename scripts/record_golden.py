"""Records rollouts of every id into tests/golden/: what an id does now is what it does for ever, under its version."""

from __future__ import annotations

import json
from pathlib import Path

import gymnasium as gym
import numpy as np

import textenvs

TARGET = Path(__file__).parents[1] / "tests" / "golden"
SEEDS = range(6)


def record(env_id: str, split: str, seed: int) -> dict[str, object]:
    """One episode of random legal actions that do not end it while others are possible."""
    env = gym.make(env_id, split=split)
    task = textenvs.task_of(env_id)
    rng = np.random.default_rng(seed)
    observation, info = env.reset(seed=seed)
    observations, actions, rewards, ended = [observation], [], [], False
    while not ended:
        legal = [int(a) for a in np.flatnonzero(info["action_mask"]) if task.action_names[a] not in task.ending]
        action = int(rng.choice(legal or np.flatnonzero(info["action_mask"])))
        observation, reward, ended, _, info = env.step(action)
        observations.append(observation)
        actions.append(action)
        rewards.append(float(reward))
    return {"split": split, "seed": seed, "actions": actions, "rewards": rewards, "observations": observations}


def main() -> None:
    """Records all ids."""
    TARGET.mkdir(exist_ok=True)
    for env_id in textenvs.IDS:
        records = [record(env_id, split, seed) for split in ("train", "test") for seed in SEEDS]
        (TARGET / f"{env_id}.json").write_text(json.dumps(records, indent=1) + "\n")
        print(f"{env_id}: {sum(len(r['actions']) for r in records)} steps")  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
