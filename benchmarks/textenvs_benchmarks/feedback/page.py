"""The page of a study of feedback: one file of HTML that loads nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

import textenvs
from textenvs_benchmarks.feedback.report import JUDGE_NOTE, JUDGES, NOTES, POLICIES, shown_columns
from textenvs_benchmarks.feedback.stages import EXACT
from textenvs_benchmarks.feedback.study import judge_table, policy_table
from textenvs_benchmarks.page import charts
from textenvs_benchmarks.page.build import render

PROXY, GOLD, BOUND = "proxy", "gold of the proxy's optimum", "most gold"


@dataclass(frozen=True)
class Curve:
    """The exact curves of a study.

    Attributes:
        title: Of which study and way.
        plane: Score and proxy by divergence.
        peak: The divergence at which gold is largest on the proxy's curve, and how large.
        end: What gold is where nothing is penalised.
        learned: Name, divergence and gold score of the policies that have learned.
        examples: Episodes of policies.
    """

    title: str
    plane: charts.Plane
    peak: tuple[float, float]
    end: float
    learned: Sequence[tuple[str, float, float]]
    examples: Sequence[Mapping[str, Any]]

    @property
    def points(self) -> list[tuple[str, float, float]]:
        """What is marked: what was learned, and the peak."""
        return [*self.learned, ("peak", *self.peak)]


def to_html(results: Mapping[str, Any]) -> str:
    """The page of a study, the same for the same results."""
    policies, judges = policy_table(dict(results)), judge_table(dict(results))
    return render(
        "feedback.html.jinja",
        results=results,
        version=textenvs.__version__,
        tables=[
            ("What was learned", shown_columns(policies, POLICIES), _rows(policies)),
            ("The judge, and the reward model", shown_columns(judges, JUDGES), _rows(judges)),
        ],
        notes=[*NOTES, JUDGE_NOTE],
        curves=_curves(results),
        ladder=_ladder(policies),
        numbers={PROXY: 0, GOLD: 1, BOUND: 2},
    )


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _curves(results: Mapping[str, Any]) -> list[Curve]:
    return [_curve(study, way) for study in results["studies"] for way in study["curves"]]


def _curve(study: Mapping[str, Any], way: str) -> Curve:
    title, curves = (
        f"{study['plan']['judge']}, {study['dial']}, {study['plan']['pairs']:,d} pairs, {way}",
        study["curves"][way],
    )
    learned = [
        (f"{row['agent']}, penalty {row['penalty']:g}", row["divergence"], row["score"])
        for row in study["policies"]
        if row["way"] == way and row["seed"] == 0 and row["agent"] != EXACT
    ]
    ours, bound = ([row for row in curves[name] if math.isfinite(row["divergence"])] for name in ("proxy", "gold"))
    least, most = ours[0]["proxy"], max(row["proxy"] for row in ours)
    gained = [100.0 * (row["proxy"] - least) / ((most - least) or 1.0) for row in ours]
    none = [math.nan] * len(ours)
    lines = {
        PROXY: ([row["divergence"] for row in ours], gained, none, none),
        GOLD: ([row["divergence"] for row in ours], [row["score"] for row in ours], none, none),
        BOUND: (
            [row["divergence"] for row in bound],
            [row["score"] for row in bound],
            [math.nan] * len(bound),
            [math.nan] * len(bound),
        ),
    }
    furthest = max(row["divergence"] for row in (*ours, *bound, *({"divergence": far} for _, far, _ in learned)))
    peak = max(ours, key=lambda row: row["score"])
    plane = charts.make_plane((0.0, furthest), (0.0, 100.0), lines, (0, 25, 50, 75, 100))
    met = (peak["divergence"], peak["score"])
    return Curve(title, plane, met, ours[-1]["score"], learned, study["examples"][way])


def _ladder(policies: pd.DataFrame) -> Mapping[str, Any] | None:
    """Scores by judge and budget, where both differ."""
    if policies.dial.nunique() < 2 or policies.pairs.nunique() < 2:
        return None
    rows = _rows(policies)
    agents = list(dict.fromkeys((row["agent"], row["way"], row["penalty"]) for row in rows))
    lines = [
        (
            dial,
            agent,
            {
                row["pairs"]: row
                for row in rows
                if (row["dial"], row["agent"], row["way"], row["penalty"]) == (dial, *agent)
            },
        )
        for agent in agents
        for dial in dict.fromkeys(policies.dial)
    ]
    return {"budgets": list(dict.fromkeys(policies.pairs)), "lines": [line for line in lines if line[2]]}
