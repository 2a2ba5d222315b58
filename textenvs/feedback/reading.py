"""How candidates are read by judges that read: the situation, what the agent says in it, and whole conversations."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from textenvs.feedback.candidates import Candidate, Pair, Step
from textenvs.feedback.scene import Scene

LONGEST = 6000
"""Characters of a text that are read, at most: its end."""
CUT = "[...] "
"""Stands for what was cut off."""
HARMLESS = str.maketrans("<>", "()")
"""Tags that delimit texts for judges, and the marks of chat templates, cannot stand in texts that are read."""
BITS = 8
"""Bytes that choose a wording."""


def clean(text: str, longest: int = LONGEST) -> str:
    """A text without anything that looks like a tag or like the next line, and no longer than it may be."""
    return _end(" ".join(text.translate(HARMLESS).split()), longest)


def situation(scene: Scene, state: int, longest: int = LONGEST) -> str:
    """What is known in a state, on as many lines as it has."""
    text = "\n".join(clean(line, longest) for line in scene.context(state).splitlines())
    return _end(text, longest)


def sentences(scene: Scene, candidate: Candidate, longest: int = LONGEST) -> list[str]:
    """What the agent says at each step; what was added stands behind the last."""
    said = [scene.replies(step.state)[step.action] for step in candidate.steps]
    said[-1] = f"{said[-1]} {candidate.added}"
    return [clean(each, longest) for each in said]


def conversation(scene: Scene, candidate: Candidate, longest: int = LONGEST) -> str:
    """What is known at first, and what both sides say, each on a line of its own; the same at each call."""
    lines = [f"[{clean(scene.context(candidate.steps[0].state), longest)}]"]
    for step, said in zip(candidate.steps, sentences(scene, candidate, longest), strict=True):
        lines.append(f"You: {said}")
        if step.outcome >= 0:
            lines.append(f"{scene.task.partner}: {clean(_answer(scene, step), longest)}")
    return _end("\n".join(lines), longest)


def same_situation(scenes: Sequence[Scene], pair: Pair) -> bool:
    """Whether both are replies in the same situation, which need not be told twice."""
    if any(len(each.steps) != 1 or each.steps[0].outcome >= 0 for each in pair):
        return False
    first, second = (scenes[each.scene].context(each.steps[0].state) for each in pair)
    return first == second


def _end(text: str, longest: int) -> str:
    """The end of a text that is too long."""
    return text if len(text) <= longest else CUT + text[len(text) - longest :]


def _answer(scene: Scene, step: Step) -> str:
    """What the other side says after a step, in a wording that its place and outcome choose."""
    digest = hashlib.sha256(f"{step.turn} {step.state} {step.outcome}".encode()).digest()
    event = scene.tables.events[scene.tables.event[step.outcome]]
    return scene.say(event, int.from_bytes(digest[:BITS], "big"))
