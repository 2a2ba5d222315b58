"""Learning curves of a run: normalised return against environment steps and against time, as data and as pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from textenvs import ReferenceScores
from textenvs.errors import require
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.intervals import interval
from textenvs_benchmarks.statistics import area, iqm, steps_to
from textenvs_benchmarks.suite import Suite
from textenvs_benchmarks.training import read_curve

SMOOTHED = 5
"""Bins over which a curve is averaged, up to and with each."""
FINAL = 0.1
"""The share of the steps at the end that counts as what was reached."""
REACHED = 0.9
"""The share of what was reached at which an agent counts as having learned."""
COLUMNS = ("env_id", "agent", "global_step", "score", "low", "high", "seeds")
"""Of the data: IQM over training seeds of the normalised return while learning, and its 95 % bootstrap interval."""


def read_curves(folder: ResultsFolder, agent: str, env_id: str, suite: Suite, scores: ReferenceScores) -> pd.DataFrame:
    """The smoothed curves of an agent: a row for each step, a column for each training seed that has one.

    The returns are those of the episodes of training, with exploration; where no episode ended, the last value stays,
    and before the first it is that of the first.
    """
    found = {}
    for seed in range(suite.training_seeds):
        path = folder.curve(agent, env_id, seed)
        if path.exists():
            curve = pd.Series(dict(read_curve(path)), dtype=float).rename_axis("global_step").ffill().bfill()
            if len(curve) and curve.notna().all():
                found[seed] = curve.map(scores.normalise).rolling(SMOOTHED, min_periods=1).mean()
    return pd.DataFrame(found)


def learning_statistics(curves: pd.DataFrame) -> dict[str, float]:
    """How fast an agent learned.

    Args:
        curves: As `read_curves` gives them.

    Returns:
        `area`: the area under the curve over its steps, a mean over seeds; `steps_to_90`: the steps until it first is
        at 90 % of what it is at in the last tenth, a median over the seeds that reached anything. NaN where there is
        none.
    """
    found = [curves[seed].dropna() for seed in curves]
    steps = [step for step in map(_steps_to, found) if not math.isnan(step)]
    areas = [area(curve.index, curve) for curve in found if len(curve) > 1]
    return {
        "area": float(np.mean(areas)) if areas else math.nan,
        "steps_to_90": float(np.median(steps)) if steps else math.nan,
    }


def _steps_to(curve: pd.Series[float]) -> float:
    reached = float(curve.tail(math.ceil(FINAL * len(curve))).mean())
    if not reached > 0.0:
        return math.nan
    return steps_to(curve.index, curve, REACHED * reached)


def curve_table(folder: ResultsFolder) -> pd.DataFrame:
    """The curves of a run over its training seeds, with the columns `COLUMNS`."""
    run, scores = folder.read()
    rows: list[tuple[Any, ...]] = []
    for env_id in run.suite.environments:
        for agent in run.suite.agents:
            curves = read_curves(folder, agent, env_id, run.suite, scores[env_id]["train"])
            for step, values in curves.iterrows():
                rows.append((env_id, agent, step, *_middle(values.dropna().to_numpy(), run.suite.evaluation_seed)))
    return pd.DataFrame(rows, columns=COLUMNS)


def _middle(values: NDArray[np.float64], seed: int) -> tuple[float, float, float, int]:
    ends = interval(values, np.random.default_rng(seed), replications=500)
    return iqm(values), *(ends or (math.nan, math.nan)), len(values)


def draw_curves(folder: ResultsFolder, out: Path | None = None) -> list[Path]:
    """Draws the curves of each environment, against steps and against wall-clock time, as a PNG.

    An agent's time at a step is its training time, on average over seeds, in proportion to the steps.

    Args:
        folder: A run.
        out: Folder for the pictures; that of the run by default.

    Returns:
        The pictures.

    Raises:
        MissingExtra: Without the extra `plots`.
        ValueError: If no agent of the run has learned anything.
    """
    figures: Any = require("matplotlib.figure", "plots")
    table, timings = curve_table(folder), folder.read_timings()
    if table.empty:
        raise ValueError(f"{folder.path} has no learning curves: none of its agents has learned")
    pictures = []
    for env_id, of_env in table.groupby("env_id", sort=False):
        figure = figures.Figure(figsize=(11, 4), layout="constrained")
        axes = figure.subplots(1, 2, sharey=True)
        for number, (agent, rows) in enumerate(of_env.groupby("agent", sort=False)):
            seconds = training_seconds(timings, str(agent), str(env_id))
            times = rows.global_step / rows.global_step.max() * seconds
            for axis, x in zip(axes, (rows.global_step, times), strict=True):
                axis.plot(x, rows.score, color=f"C{number}", label=agent, linewidth=1.5)
                axis.fill_between(x, rows.low, rows.high, color=f"C{number}", alpha=0.2, linewidth=0)
        for axis, name in zip(axes, ("environment steps", "seconds of training"), strict=True):
            axis.set_xlabel(name)
            axis.axhline(100, color="0.6", linewidth=0.8, linestyle=":")
            axis.grid(alpha=0.2)
        axes[0].set_ylim(max(-30.0, float(of_env.score.min())) - 5, 105)
        axes[0].set_ylabel("return while learning, 0 to 100")
        axes[0].legend(fontsize="small")
        figure.suptitle(f"{env_id}: IQM over training seeds, 95 % interval")
        pictures.append((out or folder.path) / f"curves-{env_id}.png")
        pictures[-1].parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(pictures[-1], dpi=120)
    return pictures


def training_seconds(timings: Mapping[str, Mapping[str, float]], agent: str, env_id: str) -> float:
    """Wall-clock time of an agent's training, on average over seeds; NaN where it is not known."""
    seconds = [entry["training"] for job, entry in timings.items() if job.startswith(f"{agent}/{env_id}/")]
    return sum(seconds) / len(seconds) if seconds else math.nan
