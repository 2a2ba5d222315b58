"""The optimal agent: the solver's policy, played from text observations alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import textenvs

TURN = re.compile(r"\[Turn (\d+) of \d+\]\s*$")


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
        kwargs = dict(env_kwargs)
        self._split = split = kwargs.pop("split", "train")
        solved = textenvs.solve(env_id, split, scenario, **kwargs)
        process = solved.task.scenario(split, scenario)
        self._policy = solved.solution.policy
        self._states = {process.note(state): i for i, state in enumerate(solved.tables.states)}

    def reset(self, seed: int) -> None:
        """Begins an episode."""

    def act(self, observation: str, info: Mapping[str, Any]) -> int:
        """The optimal action at this turn in this state."""
        *_, note, turn = observation.split("\n")
        found = TURN.match(turn)
        assert found is not None
        state = self._states.get(note[1:-1])
        if state is None:
            raise ValueError(f"{note} is no state of the {self._split} split, for which this agent was solved")
        return int(self._policy[int(found[1]), state])
