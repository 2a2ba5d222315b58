"""Columns for the table of a run: what its agents score that learned from a judge, and not from the true reward."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from textenvs.errors import shown
from textenvs_benchmarks.feedback.study import FORMAT, policy_table
from textenvs_benchmarks.summary import FEEDBACK


def add_feedback(frame: pd.DataFrame, folders: Sequence[Path]) -> pd.DataFrame:
    """The table of a run with three columns for each judge of studies: a score on test, and the ends of its interval.

    It is that of the policy that an agent has learned from a reward model, with the smallest penalty of the study.

    Args:
        frame: The table of `summarise`.
        folders: Of studies, as `textenvs feedback` makes them.

    Raises:
        ValueError: If a folder is none of them, or has nothing of an agent and an environment of the table.
    """
    known = set(zip(frame.env_id, frame.agent, strict=True))
    columns: dict[str, dict[tuple[str, str], float]] = {}
    for folder in folders:
        env_id, policies = _read(folder)
        here = [agent for agent in policies.agent.unique() if (env_id, agent) in known]
        learned = policies[(policies.way == "canonical") & policies.agent.isin(here)]
        if learned.empty:
            raise ValueError(f"no agent of {folder} that learned from a reward model is in this run, on {env_id}")
        for row in learned.sort_values("penalty").drop_duplicates(["agent", "judge", "dial", "pairs"]).itertuples():
            label = f"{FEEDBACK}{row.judge} {row.dial}, {row.pairs:,d} pairs".replace(" as it is", "")
            for suffix in ("", "_low", "_high"):
                cells = columns.setdefault(f"{label}{suffix}", {})
                cells[env_id, str(row.agent)] = float(getattr(row, f"test_score{suffix}"))
    places = list(zip(frame.env_id, frame.agent, strict=True))
    return frame.assign(**{name: [cells.get(place, math.nan) for place in places] for name, cells in columns.items()})


def _read(folder: Path) -> tuple[str, pd.DataFrame]:
    """What was played in a study, and what was learned."""
    try:
        results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        if results["format"] != FORMAT:
            raise ValueError(f"it is not of format {FORMAT}")
        return str(results["env_id"]), policy_table(results)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{folder} holds no study ({shown(str(error))}): name a folder that 'textenvs feedback' has made"
        raise ValueError(message) from None
