"""Columns for the table of a run: what its agents score that learned from a judge, and not from the true reward."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

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
    return add_studies(frame, {str(folder): _read(folder) for folder in folders})


def add_studies(frame: pd.DataFrame, studies: Mapping[str, dict[str, Any]]) -> pd.DataFrame:
    """The same from what stands in `results.json` of studies, by their names."""
    places = list(zip(frame.env_id, frame.agent, strict=True))
    columns: dict[str, dict[tuple[str, str], float]] = {}
    for name, results in studies.items():
        env_id, policies = results["env_id"], policy_table(results)
        here = [agent for agent in policies.agent.unique() if (env_id, agent) in places]
        learned = policies[(policies.way == "canonical") & policies.agent.isin(here)]
        if learned.empty:
            raise ValueError(f"no agent of {name} that learned from a reward model is in this run, on {env_id}")
        kept = learned.sort_values("penalty").drop_duplicates(["agent", "judge", "dial", "pairs"])
        for row in kept.to_dict("records"):
            penalty = f", penalty {row['penalty']:g}" if row["penalty"] else ""
            label = f"{FEEDBACK}{row['judge']} {row['dial']}, {row['pairs']:,d} pairs{penalty}".replace(" as it is", "")
            if math.isnan(row["test_score"]):
                raise ValueError(f"{name} was not evaluated on test: run it with --test-scenarios")
            if (env_id, row["agent"]) in columns.get(label, {}):
                raise ValueError(f"several studies are of {label.removeprefix(FEEDBACK)} on {env_id}: name one of them")
            for suffix in ("", "_low", "_high"):
                cells = columns.setdefault(f"{label}{suffix}", {})
                cells[env_id, row["agent"]] = row[f"test_score{suffix}"]
    return frame.assign(**{name: [cells.get(place, math.nan) for place in places] for name, cells in columns.items()})


def _read(folder: Path) -> dict[str, Any]:
    """What came of a study."""
    try:
        results: dict[str, Any] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        if results["format"] != FORMAT:
            raise ValueError(f"it is not of format {FORMAT}")
        policy_table(results)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{folder} holds no study ({shown(str(error))}): name a folder that 'textenvs feedback' has made"
        raise ValueError(message) from None
    return results
