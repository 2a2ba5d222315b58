"""The page of a study of feedback: one file of HTML that loads nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

import textenvs
from textenvs_benchmarks.feedback.report import highest, rows_of, same_for_all, shown_columns, tables_of, told_of
from textenvs_benchmarks.feedback.stages import OWN
from textenvs_benchmarks.feedback.study import policy_table
from textenvs_benchmarks.feedback.worth import EXACT
from textenvs_benchmarks.page import charts
from textenvs_benchmarks.page.build import render

PROXY, GOLD, BOUND = "the most of the proxy", "its gold", "the most gold"


@dataclass(frozen=True)
class Curve:
    """The exact curves of a study.

    Attributes:
        title: Of which study and way.
        plane: Score and proxy by divergence.
        points: Name, divergence and gold score of the policies that have learned, and of the peak.
        examples: Episodes of policies.
    """

    title: str
    plane: charts.Plane
    points: Sequence[tuple[str, float, float]]
    examples: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Dial:
    """What becomes of policies as a dial of the judge is turned.

    Attributes:
        name: Of the dial.
        title: What is drawn.
        plane: Gold scores by its value.
        numbers: Of each line, that of its colour.
    """

    name: str
    title: str
    plane: charts.Plane
    numbers: Mapping[str, int]


def to_html(results: Mapping[str, Any], command: str) -> str:
    """The page of a study, the same for the same results.

    Args:
        results: What came of it.
        command: The command that made them.
    """
    told = dict(results)
    policies = policy_table(told)
    return render(
        "feedback.html.jinja",
        results=results,
        command=command,
        version=textenvs.__version__,
        summary=f"{same_for_all(told)}The reference scores {policies.reference_score.iloc[0]:.1f}. {highest(told)}",
        tables=[
            (title, shown_columns(frame, columns), rows_of(frame), notes)
            for title, frame, columns, notes in tables_of(told)
        ],
        dials=_dials(told, policies),
        curves=[_curve(study, way) for study in results["studies"] for way in study["curves"]],
        ladder=_ladder(policies),
        told_of=told_of,
        numbers={PROXY: 0, GOLD: 1, BOUND: 2},
    )


def _dials(results: Mapping[str, Any], policies: pd.DataFrame) -> list[Dial]:
    """A drawing for each way, where nothing of the judge differs but one number."""
    settings = [study["plan"]["dials"] for study in results["studies"]]
    differ = [name for name in settings[0] if any(each.get(name) != settings[0][name] for each in settings)]
    one = differ[0] if len(differ) == 1 else ""
    own = any(study["dial"] == OWN for study in results["studies"])
    if own or policies.judge.nunique() > 1 or not all(isinstance(each.get(one), int | float) for each in settings):
        return []
    values = {study["dial"]: float(study["plan"]["dials"][one]) for study in results["studies"]}
    kept = policies[~policies.agent.str.startswith("best of")].assign(value=policies.dial.map(values))
    return [_dial(one, str(way), rows.sort_values("value")) for way, rows in kept.groupby("way", sort=False)]


def _dial(name: str, way: str, rows: pd.DataFrame) -> Dial:
    several, penalties = rows.pairs.nunique() > 1, rows.penalty.nunique() > 1
    lines: dict[str, tuple[Any, Any, Any, Any]] = {}
    for (agent, pairs, penalty), found in rows.groupby(["agent", "pairs", "penalty"], sort=False):
        if len(found) > 1 and (agent != EXACT or penalty == 0.0):
            parts = [str(agent), f"{pairs:,d} pairs" if several else "", f"penalty {penalty:g}" if penalties else ""]
            lines[", ".join(filter(None, parts))] = (found.value, found.score, found.score_low, found.score_high)
    spans = [end for _, scores, low, high in lines.values() for end in (*scores, *low.dropna(), *high.dropna())]
    plane = charts.make_plane((rows.value.min(), rows.value.max()), *_range(spans), lines)
    return Dial(name, f"Gold by {name} of the judge, {way}", plane, {line: k for k, line in enumerate(lines)})


def _range(values: Sequence[float]) -> tuple[tuple[float, float], list[float]]:
    """The vertical scale for scores: from 0 to 100, or as far as they lie beyond, with its ticks."""
    span = min([0.0, *values]), max([100.0, *values])
    return span, [each for each in range(-100, 201, 25) if span[0] <= each <= span[1]]


def _curve(study: Mapping[str, Any], way: str) -> Curve:
    curves = study["curves"][way]
    ours, bound = ([row for row in curves[name] if row["divergence"] is not None] for name in ("proxy", "gold"))
    drawn = {
        PROXY: (ours, [row["proxy_score"] for row in ours]),
        GOLD: (ours, [row["score"] for row in ours]),
        BOUND: (bound, [row["score"] for row in bound]),
    }
    lines = {
        name: ([row["divergence"] for row in rows], values, [math.nan] * len(rows), [math.nan] * len(rows))
        for name, (rows, values) in drawn.items()
    }
    peak = max(ours, key=lambda row: row["score"])
    points = [
        (f"{row['agent']}, penalty {row['penalty']:g}", row["divergence"], row["score"])
        for row in study["policies"]
        if row["way"] == way and row["seed"] == 0 and row["agent"] != EXACT
    ]
    points.append(("peak of gold on the way to the proxy's optimum", peak["divergence"], peak["score"]))
    furthest = max(far for xs, *_ in (*lines.values(), [[x for _, x, _ in points]]) for far in xs)
    spans = [value for _, values, *_ in lines.values() for value in values] + [y for *_, y in points]
    plane = charts.make_plane((0.0, furthest), *_range(spans), lines)
    title = f"{study['judge_name']}, {study['dial']}, {study['plan']['pairs']:,d} pairs, {way}"
    return Curve(title, plane, points, study["examples"][way])


def _ladder(policies: pd.DataFrame) -> Mapping[str, Any] | None:
    """Scores by judge and budget, where both differ."""
    if policies.dial.nunique() < 2 or policies.pairs.nunique() < 2:
        return None
    lines: dict[tuple[str, str, str, float], dict[int, dict[str, Any]]] = {}
    for row in sorted(rows_of(policies), key=lambda row: row["agent"] == EXACT):
        line = (row["dial"], row["agent"], row["way"], row["penalty"])
        lines.setdefault(line, {})[row["pairs"]] = row
    return {"budgets": list(dict.fromkeys(policies.pairs)), "lines": lines}
