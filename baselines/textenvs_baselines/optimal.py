"""The optimal agent: the solver's policy, played from text observations alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import textenvs

TURN = re.compile(r"\[Turn (\d+) of \d+(?:: \w+ is left)?\]")
KEPT = 512
"""Scenarios that are kept solved."""


class Scenario:
    """One scenario, solved, and what its states look like.

    Attributes:
        solved: Tables and solution.
    """

    def __init__(self, solved: Any, process: Any) -> None:
        self.solved = solved
        self._process = process

    def note(self, state: int) -> str:
        """The note of a state."""
        return str(self._process.note(self.solved.tables.states[state]))

    def candidates(self, state: int | None, said: str | None, possible: bool) -> list[int]:
        """States that can follow.

        Args:
            state: The state before; None where it is not known.
            said: What the agent said there; None at reset.
            possible: Whether it was possible.
        """
        tables = self.solved.tables
        if said is None:
            return self._reached(tables.n_states * tables.n_actions)
        if state is None:
            return list(range(tables.n_states))
        if not possible:
            return [state]
        sentences = self._process.choices(tables.states[state])
        rows = [state * tables.n_actions + action for action, words in enumerate(sentences) if words == said]
        return [reached for row in rows for reached in self._reached(row)]

    def _reached(self, row: int) -> list[int]:
        tables = self.solved.tables
        reached: list[int] = tables.next[tables.start[row] : tables.start[row] + tables.count[row]].tolist()
        return reached


class StateReader:
    """Knows the rules, and tells scenario, turn and state from the text observations of an episode.

    Args:
        env_id: A registered id.
        env_kwargs: The task's parameters and `split` and `reward`.
    """

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any]) -> None:
        self.env_id = env_id
        kwargs = dict(env_kwargs)
        self.split = kwargs.pop("split", "train")
        self._kwargs = kwargs
        self._task = textenvs.task_of(env_id, **{name: value for name, value in kwargs.items() if name != "reward"})
        self._numbers: dict[str, int] = {}
        self._load = lru_cache(KEPT)(self._solve)
        self._state: int | None = None
        self.scenario = self._load(0)

    def _solve(self, number: int) -> Scenario:
        solved = textenvs.solve(self.env_id, self.split, number, **self._kwargs)
        return Scenario(solved, self._task.scenario(self.split, number))

    def read(self, observation: str) -> tuple[int, int]:
        """The turn, and the number of the state in the tables of `scenario`."""
        *spoken, note, turn = observation.split("\n")
        found = TURN.fullmatch(turn)
        said = None
        if found is not None and int(found[1]) > 0:
            said = spoken[0].removeprefix("You: ")
        elif found is not None:
            self.scenario = self._load(self._number("\n".join(spoken[1:])))
        scenario = self.scenario
        candidates = scenario.candidates(self._state, said, spoken[-1] != "(That was not possible.)")
        matching = {state for state in candidates if scenario.note(state) == note[1:-1]}
        if found is None or len(matching) != 1:
            raise ValueError(f"{note} is no state of the {self.split} split, for which this agent was solved")
        (self._state,) = matching
        return int(found[1]), self._state

    def _number(self, shown: str) -> int:
        """The scenario that shows this at reset."""
        if not self._numbers:
            for k in range(self._task.n_scenarios(self.split)):
                self._numbers[self._task.scenario(self.split, k).shown] = k
        if shown not in self._numbers:
            raise ValueError(f"{shown!r} is not of the {self.split} split, for which this agent was solved")
        return self._numbers[shown]


class OptimalAgent:
    """Looks up what the solver would do; it sees the text, and keeps track of the state by it.

    Where the optimum is a bound, the solver knows the answer that is hidden from all others.

    Args:
        env_id: The id it will play.
        env_kwargs: The task's parameters and `split` and `reward`.
    """

    obs_type = "text"
    action_type = "choice"

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any]) -> None:
        self._reader = StateReader(env_id, env_kwargs)

    def reset(self, seed: int) -> None:
        """Begins an episode."""

    def act(self, observation: str, info: Mapping[str, Any]) -> int:
        """The optimal action at this turn in this state."""
        turn, state = self._reader.read(observation)
        return int(self._reader.scenario.solved.solution.policy[turn, state])
