"""The text observation: what was said, what is shown, what is understood, and the turn."""

from __future__ import annotations

from functools import cache
from typing import Any

from textenvs.core.mdp import Event, Process, Task

LEFT = (": none is left", ": one is left")
"""What is said of the turns that are left, by their number."""


class Transcript:
    """Writes text observations of one scenario.

    Args:
        task: The task.
        process: The scenario.
    """

    __slots__ = ("_partner", "_process", "_say", "_turns")

    def __init__(self, task: Task, process: Process[Any]) -> None:
        self._process = process
        self._say = process.say
        self._partner = f"{task.partner}: "
        self._turns = _turns(task.horizon)

    def write(self, turn: int, said: str, event: Event, bits: int, note: str) -> str:
        """What a person reads after a reset, or after an act.

        Args:
            turn: Number of turns taken; 0 at the reset.
            said: The agent's sentence; "" at the reset.
            event: What the partner did; None where the agent's act was not possible.
            bits: The draw, which chooses the wording.
            note: What was understood so far.
        """
        if turn == 0:
            words = "" if event is None else self._say(event, bits)
            shown = f"{self._process.shown}\n" if self._process.shown else ""
            return f"{self._partner}{words}\n{shown}[{note}{self._turns[0]}"
        if event is None:
            return f"You: {said or '...'}\n(That was not possible.)\n[{note}{self._turns[turn]}"
        return f"You: {said}\n{self._partner}{self._say(event, bits)}\n[{note}{self._turns[turn]}"


@cache
def _turns(horizon: int) -> tuple[str, ...]:
    """The end of a note and the last line, by the number of turns taken."""
    lefts = (horizon - turn for turn in range(horizon + 1))
    return tuple(f"]\n[Turn {horizon - left} of {horizon}{LEFT[left] if left < len(LEFT) else ''}]" for left in lefts)
