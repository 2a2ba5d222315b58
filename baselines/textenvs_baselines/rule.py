"""The hand-written policy of a task as an agent, which chooses among its variants."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gymnasium as gym

import textenvs
from textenvs.errors import shown
from textenvs.evaluation import PolicyAgent, Training, load_policy
from textenvs.evaluation.record import from_json

FORMAT = "textenvs-rule/1"
TRIAL_STEPS = 10_000
"""Environment steps on train with which each variant of a rule is tried."""


class RuleAgent:
    """Follows hand-written rules for the task; training only chooses among their variants.

    The rule of a task. Of its variants it plays the first, or the one that did best when it was trained.

    Args:
        env_id: The id it will play.
        env_kwargs: The task's parameters and `split` and `reward`.
        variant: Number of the variant that it plays until it is trained.
    """

    obs_type = "text"
    action_type = "choice"

    @classmethod
    def plays(cls, env_id: str) -> bool:
        """Whether the task of an id has a rule."""
        return bool(textenvs.find_entry(env_id).rule)

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], variant: int = 0) -> None:
        entry = textenvs.find_entry(env_id)
        if not entry.rule:
            raise ValueError(f"no rule is written for {env_id}: name one in the task.toml of its task")
        rule, names = load_policy(entry.rule), textenvs.task_of(env_id).action_names
        self.obs_type = rule.obs_type
        self._rules = [PolicyAgent(rule(variant), names) for variant in rule.variants]
        if type(variant) is not int or not 0 <= variant < len(self._rules):
            raise ValueError(f"variant {shown(variant)} does not exist: there are 0 to {len(self._rules) - 1}")
        self.variant = variant

    @property
    def config(self) -> dict[str, Any]:
        """What stands in a record."""
        return {"variant": self.variant}

    def reset(self, seed: int) -> None:
        """Begins an episode."""
        self._rules[self.variant].reset(seed)

    def act(self, observation: str, info: Mapping[str, Any]) -> int:
        """The rule's action."""
        return self._rules[self.variant].act(observation, info)

    def train(
        self, env: gym.Env[Any, Any], total_steps: int, seed: int = 0, progress: Callable[[int], None] | None = None
    ) -> Training:
        """Plays each variant for some steps, and keeps the one with the largest mean return; there is no curve."""
        budget = min(TRIAL_STEPS, total_steps // len(self._rules))
        steps, means = 0, []
        for variant in range(len(self._rules)):
            self.variant = variant
            returns: list[float] = []
            observation, info = env.reset(seed=seed)
            begun, total = steps, 0.0
            while steps - begun < budget:
                observation, reward, terminated, truncated, info = env.step(self.act(observation, info))
                steps += 1
                total += float(reward)
                if terminated or truncated:
                    returns.append(total)
                    total = 0.0
                    observation, info = env.reset()
            means.append(sum(returns) / len(returns) if returns else -math.inf)
            if progress is not None:
                progress(budget)
        self.variant = means.index(max(means))
        return Training(steps, [])

    def save(self, path: str | Path) -> None:
        """Saves the chosen variant as JSON."""
        Path(path).write_text(json.dumps({"format": FORMAT, "config": self.config}) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path, env_id: str, env_kwargs: Mapping[str, Any]) -> RuleAgent:
        """Loads what `save` has saved; raises ValueError where the file is something else."""
        try:
            saved = from_json(Path(path).read_bytes())
            if not isinstance(saved, dict) or saved.get("format") != FORMAT:
                raise ValueError(f"it does not say that its format is {FORMAT}")
            config = saved.get("config")
            if not isinstance(config, dict) or config.keys() != {"variant"}:
                raise ValueError(f"its settings must be the number of a variant, got {shown(config)}")
            return cls(env_id, env_kwargs, config["variant"])
        except (OSError, ValueError) as error:
            raise ValueError(f"{path} is not a saved rule ({error}): train it again") from None
