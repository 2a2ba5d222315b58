"""The state of an episode, told from its text observations by one who knows the rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from textenvs.core.mdp import Process
from textenvs.reference import Solved, solve
from textenvs.registration import task_of

TURN = re.compile(r"\[Turn (\d+) of \d+(?:: \w+ is left)?\]")
KEPT = 512
"""Scenarios that are kept solved."""


class Scenario:
    """One scenario, solved, and what its states look like.

    Attributes:
        solved: Tables and solution.
    """

    def __init__(self, solved: Solved, process: Process[Any]) -> None:
        self.solved = solved
        self._process = process

    def note(self, state: int) -> str:
        """The note of a state."""
        return self._process.note(self.solved.tables.states[state])

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
    """Tells scenario, turn and state from the text observations of an episode.

    Args:
        env_id: A registered id.
        env_kwargs: The task's parameters and `split` and `reward`.

    Attributes:
        scenario: The scenario that is played.
    """

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any]) -> None:
        self.env_id = env_id
        kwargs = dict(env_kwargs)
        self.split = kwargs.pop("split", "train")
        self._kwargs = kwargs
        self._task = task_of(env_id, **{name: value for name, value in kwargs.items() if name != "reward"})
        self._numbers: dict[str, int] = {}
        self._load = lru_cache(KEPT)(self._solve)
        self._state: int | None = None
        self.scenario = self._load(0)

    def _solve(self, number: int) -> Scenario:
        return Scenario(solve(self.env_id, self.split, number, **self._kwargs), self._task.scenario(self.split, number))

    def read(self, observation: str) -> tuple[int, int]:
        """The turn, and the number of the state in the tables of `scenario`.

        Raises:
            ValueError: If the observation is of another split, or not the next one of the episode.
        """
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
        if len(matching) > 1:
            raise ValueError(
                f"{len(matching)} states can follow that have the note {note}: let `note` tell them apart, such as "
                f"{' and '.join(repr(scenario.solved.tables.states[state]) for state in sorted(matching)[:2])}"
            )
        if found is None or not matching:
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
