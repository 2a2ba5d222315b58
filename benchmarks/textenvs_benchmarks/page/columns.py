"""The columns of the tables on the page: what each says, how it is shown, and by what it is sorted."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

from textenvs_benchmarks.intervals import FEW_SCORES, MIN_SCORES
from textenvs_benchmarks.summary import FEEDBACK

Row = Mapping[str, Any]
NONE = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        label: Its heading.
        meaning: What it says, for the guide.
        key: The name of the value that it is sorted by.
        show: A row's cell.
        more: What stands beside it in small; "" where nothing does.
        ascending: Whether the smallest come first when it is sorted.
    """

    label: str
    meaning: str
    key: str
    show: Callable[[Row], str]
    more: Callable[[Row], str] = lambda row: ""
    ascending: bool = False


def is_known(value: Any) -> bool:
    """Whether a value is a number."""
    return isinstance(value, Real) and value == value


def number(value: Any, form: str = ".1f") -> str:
    """A number; a dash where there is none. Shares, with "%", have a space before it."""
    if not is_known(value):
        return NONE
    sign, rest = ("+", form[1:]) if form[0] == "+" else ("", form)
    shown = format(value, f"{sign}z{rest}" if form[-1] in "f%" else form)
    return shown.replace("%", " %").replace("-", MINUS)


def ends(low: Any, high: Any) -> str:
    """An interval; "" where there is none."""
    return f"[{number(low)}, {number(high)}]" if is_known(low) else ""


def plain(value: Any) -> str:
    """A number to sort by; "" where there is none."""
    return repr(float(value)) if is_known(value) else ""


def _of(name: str, form: str = ".1f") -> Callable[[Row], str]:
    return lambda row: number(row[name], form)


def judged(names: Sequence[str]) -> list[Column]:
    """Columns of what agents score that learned from judges, after that of those that learned from the true reward."""
    if not names:
        return []
    meaning = "What the same agent scores on test that learned from a reward model of what this judge prefers."
    return [
        Column("Score on test", "", "score_test", _of("score_test"), _ends_of("score_test")),
        *(Column(name.removeprefix(FEEDBACK), meaning, name, _of(name), _ends_of(name)) for name in names),
    ]


def _ends_of(name: str) -> Callable[[Row], str]:
    return lambda row: ends(row[f"{name}_low"], row[f"{name}_high"])


def _place(row: Row) -> str:
    if row["reference"]:
        return "reference"
    best, worst = row["rank_best"], row["rank_worst"]
    if not is_known(best):
        return NONE
    return str(best) if best == worst else f"{best}{NONE}{worst}"


def _steps(row: Row) -> str:
    return f"of {number(row['training_steps'], ',d')}" if is_known(row["steps_to_90"]) else ""


RESULTS = (
    Column(
        "Rank",
        "The places on test at which an agent may stand. Two agents are told apart if their difference, paired by "
        "training seed, is more than chance makes in one of twenty runs (paired t test, corrected for all pairs by "
        "Holm's method). 1\N{EN DASH}2 means: first or second.",
        "rank_best",
        _place,
        ascending=True,
    ),
    Column(
        "Score on test",
        "The mean reward of an agent's episodes on a scale on which 0 is random play and 100 the optimum, or a bound "
        "on it. It is the interquartile mean (IQM) of its trainings: the mean of the middle half. In brackets its 95 % "
        f"interval; there is none of fewer than {MIN_SCORES} trainings, nor where all score the same, so that it would "
        "be a point. Measured on finitely many episodes, it may lie a little beyond 0 or 100.",
        "score_test",
        _of("score_test"),
        lambda row: "" if row["reference"] else ends(row["score_test_low"], row["score_test_high"]),
    ),
    Column("On train", "The score on the split on which agents learn.", "score_train", _of("score_train")),
    Column("Gap", "What is lost from train to test: other goals, questions, texts, wordings.", "gap", _of("gap")),
    Column(
        "Return", "Mean sum of rewards of an episode, as the environment gives them.", "return_test",
        _of("return_test", ".2f"),
    ),
    Column(
        "Success",
        "Share of episodes that reach the task's aim. The optimum is that of the reward, which may be worth a risk: an "
        "agent that plays it safe can succeed more often, and earn less.",
        "success_test",
        _of("success_test", ".1%"),
    ),
    Column("Turns", "Mean length of an episode.", "turns_test", _of("turns_test"), ascending=True),
    Column(
        "Invalid",
        "Share of acts that were impossible, or not understood.",
        "invalid_test",
        _of("invalid_test", ".1%"),
        ascending=True,
    ),
    Column(
        "Seeds",
        f"How many trainings, or repetitions of an agent that does not learn; * marks fewer than {FEW_SCORES}.",
        "seeds",
        lambda row: f"{row['seeds']}{'*' if row['few'] else ''}",
    ),
)  # fmt: skip
LEARNING = (
    Column("Worst seed", "The lowest score of a training on test.", "score_test_worst", _of("score_test_worst")),
    Column(
        "Single episodes",
        "Between which scores nine of ten single episodes lie. They are not bound to the scale from 0 to 100, which is "
        "one of means.",
        "episode_low",
        lambda row: f"{number(row['episode_low'])} to {number(row['episode_high'])}"
        if is_known(row["episode_low"])
        else NONE,
    ),
    Column(
        "Steps to 90 %",
        "Environment steps of training until its score while learning first is at 90 % of what it is at the end.",
        "steps_to_90",
        _of("steps_to_90", ",.0f"),
        _steps,
        ascending=True,
    ),
    Column(
        "Area",
        "Area under the learning curve: the mean score while learning. Exploration counts: who explores more scores "
        "less meanwhile.",
        "area",
        _of("area"),
    ),
    Column(
        "Training", "Wall-clock seconds of training, mean over seeds, on the machine that stands under Provenance.",
        "seconds", lambda row: number(row["seconds"] or math.nan), ascending=True,
    ),
)  # fmt: skip
COST = (
    Column(
        "Tokens a turn",
        "What a language model has read and written for an act, by its own word.",
        "tokens_turn",
        _of("tokens_turn", ",.0f"),
        ascending=True,
    ),
    Column(
        "Seconds a turn",
        "Wall-clock seconds of an act in the evaluation, on the machine that stands under Provenance.",
        "seconds_turn",
        lambda row: number(
            row["seconds_turn"], ".3f" if is_known(row["seconds_turn"]) and row["seconds_turn"] < 1 else ".1f"
        ),
        ascending=True,
    ),
)
ALL = (*RESULTS, *LEARNING, *COST)
