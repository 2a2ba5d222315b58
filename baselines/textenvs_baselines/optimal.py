"""The optimal agent: the solver's policy, played from text observations alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import textenvs

TURN = re.compile(r"\[Turn (\d+) of \d+\]\s*$")


class StateReader:
    """Knows the rules, and tells turn and state from a text observation.

    Args:
        env_id: A registered id.
        env_kwargs: The task's parameters and `split` and `reward`.
        scenario: Number of the scenario, where the task has several.
    """

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], scenario: int = 0) -> None:
        kwargs = dict(env_kwargs)
        self.split = kwargs.pop("split", "train")
        self.solved = textenvs.solve(env_id, self.split, scenario, **kwargs)
        process = self.solved.task.scenario(self.split, scenario)
        self._states = {process.note(state): i for i, state in enumerate(self.solved.tables.states)}

    def read(self, observation: str) -> tuple[int, int]:
        """The turn, and the number of the state."""
        *_, note, turn = observation.split("\n")
        found = TURN.match(turn)
        state = self._states.get(note[1:-1])
        if found is None or state is None:
            raise ValueError(f"{note} is no state of the {self.split} split, for which this agent was solved")
        return int(found[1]), state


class OptimalAgent:
    """Looks up what the solver would do; it sees the text, and keeps track of the state by it.

    Args:
        env_id: The id it will play.
        env_kwargs: The task's parameters and `split` and `reward`.
        scenario: Number of the scenario, where the task has several.
    """

    obs_type = "text"
    action_type = "choice"

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], scenario: int = 0) -> None:
        self._reader = StateReader(env_id, env_kwargs, scenario)
        self._policy = self._reader.solved.solution.policy

    def reset(self, seed: int) -> None:
        """Begins an episode."""

    def act(self, observation: str, info: Mapping[str, Any]) -> int:
        """The optimal action at this turn in this state."""
        return int(self._policy[self._reader.read(observation)])
