"""The text observation: what was said, what is shown, what is understood, and the turn."""

from __future__ import annotations

from textenvs.core import chance
from textenvs.core.mdp import Event, Task, TextMDP

LEFT = (": none is left", ": one is left")
"""What is said of the turns that are left, by their number."""


def text_observation(
    task: Task, process: TextMDP, key: int, episode: int, turn: int, said: str, event: Event, note: str
) -> str:
    """What a person reads after a reset, or after an act.

    Args:
        task: The task.
        process: The scenario.
        key: Key of the stream of chance, which chooses the wording.
        episode: Number of the episode.
        turn: Number of turns taken; 0 at the reset.
        said: The agent's sentence; "" at the reset.
        event: What the partner did; None where the agent's act was not possible.
        note: What was understood so far.
    """
    words = "" if event is None else process.say(event, chance.bits(key, episode, turn, chance.WORDING))
    turns_left = task.horizon - turn
    tail = f"[{note}]\n[Turn {turn} of {task.horizon}{LEFT[turns_left] if turns_left < len(LEFT) else ''}]"
    if turn == 0:
        shown = f"{process.shown}\n" if process.shown else ""
        return f"{task.partner}: {words}\n{shown}{tail}"
    if event is None:
        return f"You: {said or '...'}\n(That was not possible.)\n{tail}"
    return f"You: {said}\n{task.partner}: {words}\n{tail}"
