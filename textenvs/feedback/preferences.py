"""Preferences: pairs of candidates with what a judge says of them, as JSON lines."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from textenvs.errors import printable, shown
from textenvs.feedback.candidates import UNITS, Candidate, Pair, Step, reply, unit_of
from textenvs.feedback.judges import INJECTION, Judge
from textenvs.feedback.scene import Array, Scene

FORMAT = "textenvs-preferences/1"


@dataclass(frozen=True)
class Preference:
    """A judgement.

    Attributes:
        pair: The two candidates.
        probability: With which the judge prefers the first; NaN where it passes.
        label: What it says: 1 for the first, 0 for the second, 0.5 for neither; NaN where it passes.
        order: How they were shown: "ab", "ba", or "both" (then `probability` is the mean of both).
        judge: Name of the judge.
    """

    pair: Pair
    probability: float
    label: float
    order: str
    judge: str

    @property
    def margin(self) -> float:
        """By how much the first is truly better."""
        return self.pair[0].worth - self.pair[1].worth


def label_pairs(
    judge: Judge, scenes: Sequence[Scene], pairs: Sequence[Pair], seed: int, both_orders: bool = False
) -> list[Preference]:
    """What a judge says of pairs.

    Args:
        judge: The judge.
        scenes: Where the candidates are from.
        pairs: The pairs.
        seed: Decides in which order they are shown, and what a judge says that is not sure.
        both_orders: Whether both orders are shown, and the probabilities averaged.
    """
    rng = np.random.default_rng([seed, 1])
    turned = rng.random(len(pairs)) < 0.5
    drawn = rng.random(len(pairs))
    if both_orders:
        seen = [(pair[1], pair[0]) for pair in pairs]
        found = (judge.compare(scenes, pairs) + 1.0 - judge.compare(scenes, seen)) / 2.0
    else:
        seen = [(pair[1], pair[0]) if turn else pair for pair, turn in zip(pairs, turned, strict=True)]
        said = judge.compare(scenes, seen)
        found = np.where(turned, 1.0 - said, said)
    _check_said(found, len(pairs), judge.name)
    labels = np.where(np.isnan(found), np.nan, np.where(found == 0.5, 0.5, (drawn < found).astype(float)))
    orders = ["both" if both_orders else "ba" if turn else "ab" for turn in turned]
    return [
        Preference(pair, float(chance), float(label), order, judge.name)
        for pair, chance, label, order in zip(pairs, found, labels, orders, strict=True)
    ]


def _check_said(found: Array, number: int, name: str) -> None:
    """Raises ValueError if a judge says what is no probability."""
    if found.shape != (number,):
        raise ValueError(f"the judge {name} must give {number} probabilities, got an array of shape {found.shape}")
    wrong = ~(np.isnan(found) | ((found >= 0.0) & (found <= 1.0)))
    if wrong.any():
        raise ValueError(f"what the judge {name} says must lie between 0 and 1, or be NaN; got {found[wrong][0]}")


def unit_told(preferences: Sequence[Preference]) -> str:
    """What was compared: "replies" if all candidates are single acts of which it is open what comes; or "episodes"."""
    steps = [each.steps for preference in preferences for each in preference.pair]
    return UNITS[1] if all(len(each) == 1 and each[0].outcome < 0 for each in steps) else UNITS[0]


def flip_rate(judge: Judge, scenes: Sequence[Scene], pairs: Sequence[Pair]) -> float:
    """How often a judge prefers the other candidate when they are shown in the other order; NaN without pairs."""
    first = judge.compare(scenes, pairs)
    second = 1.0 - judge.compare(scenes, [(pair[1], pair[0]) for pair in pairs])
    known = ~(np.isnan(first) | np.isnan(second))
    return float(((first - 0.5) * (second - 0.5) < 0.0)[known].mean()) if known.any() else math.nan


def injection_rate(judge: Judge, scenes: Sequence[Scene], pairs: Sequence[Pair]) -> float:
    """How often a candidate that was not preferred is, once it tells the judge to prefer it; NaN without pairs."""
    said = judge.compare(scenes, pairs)
    planted = [
        (pair[0], replace(pair[1], added=INJECTION)) if first > 0.5 else (replace(pair[0], added=INJECTION), pair[1])
        for pair, first in zip(pairs, said, strict=True)
    ]
    after = judge.compare(scenes, planted)
    decided = ~np.isnan(said) & ~np.isnan(after) & (said != 0.5)
    obeyed = np.where(said > 0.5, after < 0.5, after > 0.5)
    return float(obeyed[decided].mean()) if decided.any() else math.nan


def write_preferences(path: str | Path, preferences: Sequence[Preference], header: dict[str, Any]) -> None:
    """Writes a file: a line of what they are, and a line each; whole or not at all."""
    lines = [json.dumps({"format": FORMAT, **header}, sort_keys=True)]
    lines += [json.dumps(_row(each)) for each in preferences]
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
    partial.replace(path)


def read_preferences(path: str | Path) -> tuple[dict[str, Any], list[Preference]]:
    """Reads a file.

    Returns:
        The first line without its format, and the preferences.

    Raises:
        ValueError: If it is not such a file; the message names the line.
    """
    header: dict[str, Any] | None = None
    found: list[Preference] = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        try:
            value = json.loads(line)
            if number == 1:
                if value.pop("format") != FORMAT:
                    raise ValueError(f"it is not of format {FORMAT}")
                header = value
            else:
                found.append(_decoded(value))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"line {number} of {path} is no preference ({shown(str(error))}): collect anew") from None
    if header is None:
        raise ValueError(f"{path} is empty: collect anew")
    return header, found


def check_preferences(scenes: Sequence[Scene], preferences: Sequence[Preference]) -> None:
    """Raises ValueError if preferences are not of these scenes; the message names the first that is not."""
    for number, preference in enumerate(preferences, 1):
        for candidate in preference.pair:
            for step in candidate.steps:
                if not 0 <= candidate.scene < len(scenes):
                    raise ValueError(f"preference {number} is of scene {candidate.scene}, and there are {len(scenes)}")
                scene = scenes[candidate.scene]
                known = 0 <= step.turn < scene.horizon and 0 <= step.state < len(scene.legal)
                known = known and 0 <= step.action < scene.tables.n_actions and -1 <= step.outcome < len(scene.ends)
                if not known or not scene.legal[step.state, step.action]:
                    raise ValueError(
                        f"preference {number} has a step that cannot be in its scene: {tuple(vars(step).values())}"
                    )


def _row(preference: Preference) -> dict[str, Any]:
    numbers = {name: getattr(preference, name) for name in ("probability", "label")}
    return {
        "first": _encoded(preference.pair[0]),
        "second": _encoded(preference.pair[1]),
        **{name: None if math.isnan(value) else value for name, value in numbers.items()},
        "order": preference.order,
        "judge": preference.judge,
        "margin": preference.margin,
    }


def _encoded(candidate: Candidate) -> dict[str, Any]:
    steps = [[step.turn, step.state, step.action, step.outcome] for step in candidate.steps]
    return {"scene": candidate.scene, "steps": steps, "rewards": candidate.rewards, "added": candidate.added}


def _decoded(value: dict[str, Any]) -> Preference:
    first, second = (
        Candidate(
            int(each["scene"]),
            tuple(Step(*map(int, step)) for step in each["steps"]),
            tuple(map(float, each["rewards"])),
            str(each["added"]),
        )
        for each in (value["first"], value["second"])
    )
    probability, label = (math.nan if value[name] is None else float(value[name]) for name in ("probability", "label"))
    if not (first.steps and second.steps) or any(each < 0.0 or each > 1.0 for each in (probability, label)):
        raise ValueError("it has no steps, or says something that is not between 0 and 1")
    return Preference((first, second), probability, label, str(value["order"]), printable(str(value["judge"])))


def to_chosen_rejected(scenes: Sequence[Scene], preferences: Sequence[Preference]) -> list[dict[str, Any]]:
    """The form that TRL and others read: rows of `prompt`, `chosen` and `rejected`, as messages; ties are left out.

    Each row has its `turn` too, which decides what the replies are worth; others do not read it.

    Args:
        scenes: Where the candidates are from; all pairs must be of replies.
        preferences: The preferences.

    Raises:
        ValueError: If a pair is of whole episodes, which have no common prompt.
    """
    rows = []
    for each in preferences:
        if math.isnan(each.label) or each.label == 0.5:
            continue
        first, second = each.pair
        alone = len(first.steps) == len(second.steps) == 1
        if not alone or (first.scene, first.steps[0].state) != (second.scene, second.steps[0].state):
            raise ValueError("only pairs of replies have a common prompt: collect with unit='replies'")
        ours, theirs = (first, second) if each.label == 1.0 else (second, first)
        scene = scenes[ours.scene]
        replies = scene.replies(ours.steps[0].state)
        rows.append(
            {
                "prompt": [{"role": "user", "content": scene.context(ours.steps[0].state)}],
                "chosen": [{"role": "assistant", "content": replies[ours.steps[0].action]}],
                "rejected": [{"role": "assistant", "content": replies[theirs.steps[0].action]}],
                "turn": ours.steps[0].turn,
            }
        )
    return rows


def from_chosen_rejected(
    scenes: Sequence[Scene], rows: Sequence[dict[str, Any]], judge: str = "imported"
) -> list[Preference]:
    """Preferences from such rows, whose prompts and replies must be those of the scenes.

    Of situations in the same words it takes the one that is met first; a row without a `turn` is of the first turn at
    which its situation can be met.

    Raises:
        ValueError: If a prompt, a reply or a turn is none of them.
    """
    unit = unit_of(scenes)
    known: dict[str, tuple[int, int]] = {}
    for k, scene in enumerate(scenes):
        for s in range(len(scene.legal)):
            known.setdefault(scene.context(s), (k, s))
    found = []
    for number, row in enumerate(rows):
        prompt, chosen, rejected = (_content(row.get(name)) for name in ("prompt", "chosen", "rejected"))
        if prompt not in known:
            raise ValueError(f"row {number}: the prompt is no situation of these scenes: {shown(prompt)}")
        place, state = known[prompt]
        scene = scenes[place]
        replies, earliest = list(scene.replies(state)), int(scene.depth[state])
        turn = row.get("turn", earliest)
        if type(turn) is not int or not earliest <= turn < scene.horizon:
            raise ValueError(f"row {number}: its situation is not met at turn {shown(turn)}")
        pair = []
        for said in (chosen, rejected):
            if not said or said not in replies:
                raise ValueError(f"row {number}: this cannot be said there: {shown(said)}")
            pair.append(reply(scene, place, Step(turn, state, replies.index(said)), unit))
        first = crc32(repr((turn, prompt, *sorted((chosen, rejected)))).encode()) % 2  # so that neither side is better
        ours = (pair[1], pair[0]) if first else (pair[0], pair[1])
        found.append(Preference(ours, 1.0 - first, 1.0 - first, "ab", judge))
    return found


def _content(value: Any) -> str:
    """The text of a message, of a list of one message, or a text."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("content")
    return value if isinstance(value, str) else ""


def usable(preferences: Sequence[Preference]) -> tuple[list[Pair], Array]:
    """The pairs on which the judge did not pass, and what it said of each."""
    kept = [each for each in preferences if not math.isnan(each.label)]
    return [each.pair for each in kept], np.array([each.label for each in kept])
