"""Two agents of a run, or one agent in two runs: per environment and over all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from textenvs_benchmarks.comparison import Comparison, compare, correct

EPISODES = ["env_id", "training_seed", "episode"]


@dataclass(frozen=True)
class Meeting:
    """A comparison, and of what.

    Attributes:
        where: The environment; "all" for the mean over those that both have played.
        ours: Mean score of the first.
        theirs: Mean score of the second.
        comparison: What it says. Those of single environments are corrected for their number.
    """

    where: str
    ours: float
    theirs: float
    comparison: Comparison


def meet(ours: pd.DataFrame, theirs: pd.DataFrame, split: str = "test") -> list[Meeting]:
    """Compares two agents on what both have played.

    Args:
        ours: Episodes of one agent, as `textenvs_benchmarks.load` gives them.
        theirs: Those of the other.
        split: Which are compared.

    Raises:
        ValueError: If they have not played the same episodes.
    """
    first, second = (frame[frame.split == split] for frame in (ours, theirs))
    shared = first.merge(second, on=EPISODES, suffixes=("_ours", "_theirs"))
    if not len(shared):
        raise ValueError(f"they have no environment in common on {split}, or no training seed: compare others")
    if (shared.seed_ours != shared.seed_theirs).any():
        raise ValueError(
            "they were not played on the same episodes: compare runs of one suite, and with the same seeds"
        )
    means = shared.groupby(["env_id", "training_seed"], sort=False)[["score_ours", "score_theirs"]].mean()
    per_env: list[tuple[str, pd.DataFrame]] = [
        (str(env_id), rows) for env_id, rows in means.groupby(level="env_id", sort=False)
    ]
    found = correct([compare(rows.score_ours, rows.score_theirs) for _, rows in per_env])
    meetings = [_meeting(env_id, rows, each) for (env_id, rows), each in zip(per_env, found, strict=True)]
    if len(per_env) > 1:
        complete = pd.DataFrame(means.unstack("env_id")).dropna()
        parts = ("score_ours", "score_theirs")
        overall = pd.DataFrame({name: np.asarray(complete[name]).mean(axis=1) for name in parts})
        meetings.append(_meeting("all", overall, compare(overall.score_ours, overall.score_theirs)))
    return meetings


def _meeting(where: str, rows: pd.DataFrame, comparison: Comparison) -> Meeting:
    return Meeting(where, float(rows.score_ours.mean()), float(rows.score_theirs.mean()), comparison)


def to_rows(meetings: list[Meeting], ours: str, theirs: str) -> Iterator[dict[str, Any]]:
    """Meetings as rows of JSON; null where there is no value."""
    for each in meetings:
        numbers = {name: None if value != value else value for name, value in vars(each.comparison).items()}
        yield {
            "where": each.where,
            "ours": each.ours,
            "theirs": each.theirs,
            **numbers,
            "told_apart": each.comparison.told_apart(),
            "sentence": each.comparison.sentence(ours, theirs),
        }


def print_meetings(meetings: list[Meeting], ours: str, theirs: str, console: Console) -> None:
    """Prints a table, and what it says."""
    table = Table(box=None, padding=(0, 1, 0, 0))
    for heading in ("Environment", ours, theirs, "Difference", "95 % interval", "p", "Detectable", "Seeds"):
        table.add_column(heading, justify="left" if heading == "Environment" else "right")
    for each in meetings:
        found = each.comparison
        made = found.p_value == found.p_value
        ends = f"[{found.low:+.1f}, {found.high:+.1f}]" if made else "-"
        cells = (f"{found.adjusted:.3f}", f"{found.detectable:.1f}") if made else ("-", "-")
        row = (each.where, f"{each.ours:.1f}", f"{each.theirs:.1f}", f"{found.difference:+.1f}", ends, *cells)
        style = "bold" if found.told_apart() else ""
        table.add_row(*map(Text, (*row, str(found.pairs))), style=style)
    console.print(table)
    console.print()
    for each in meetings:
        where = "Over all environments" if each.where == "all" else each.where
        console.print(f"{where}: {each.comparison.sentence(ours, theirs)}.", highlight=False, markup=False)
    console.print()
    console.print(NOTE, style="dim", highlight=False, markup=False)


NOTE = (
    "Scores on test: means over training seeds, each on the same episodes for both. The interval is that of the mean "
    "difference (t, paired); p is corrected for the number of environments (Holm). Detectable: the difference that as "
    "many training seeds would show four times in five."
)
