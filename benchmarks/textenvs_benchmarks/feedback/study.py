"""Runs studies of feedback over seeds, and sums them up."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import textenvs
from textenvs_benchmarks.external.process import THREADS
from textenvs_benchmarks.feedback.plan import Plan
from textenvs_benchmarks.feedback.stages import Stages
from textenvs_benchmarks.folder import write_whole
from textenvs_benchmarks.intervals import WIDE, interval, mean_interval

FORMAT = "textenvs-feedback/1"
CELL = ("judge", "dial", "pairs", "encoder", "agent", "way", "penalty")
"""What tells the rows of a table."""
SUMMED = ("score", "gap", "proxy_gained", "gold_gained", "divergence")
"""What is summed up over seeds, with an interval."""
BEST_OF = (4, 64)
"""How many replies are drawn of a reference that does not learn."""


def run_studies(
    plans: Sequence[Plan], folder: Path, workers: int, tell: Callable[[str], None], curves: bool
) -> dict[str, Any]:
    """Runs studies, each in a folder of its own, and writes what came of them.

    Args:
        plans: The studies, of one environment.
        folder: Where all of it goes.
        workers: Number of processes.
        tell: Is told what was done.
        curves: Whether the exact curves of the first seed of each are computed, and episodes written down.

    Returns:
        What stands in `results.json`, which is the same for any number of workers.
    """
    check_folder(plans, folder)
    jobs = [(number, seed) for number, plan in enumerate(plans) for seed in range(plan.seeds)]
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for number, seed, rows in _done(plans, jobs, folder, workers, curves):
        found[number, seed] = rows
        learned = [row for row in rows["policies"] if row["agent"] == plans[number].agent]
        scores = ", ".join(f"{row['way']} {row['penalty']:g}: {row['score']:.1f}" for row in learned)
        plan = plans[number]
        tell(f"[{len(found)}/{len(jobs)}] {plan.dial}, {plan.pairs:,d} pairs, {plan.agent}, seed {seed}: {scores}")
    studies = []
    for number, plan in enumerate(plans):
        rows_of = [found[number, seed] for seed in range(plan.seeds)]
        studies.append(
            {
                "plan": asdict(plan),
                "dial": plan.dial,
                "judge": [rows["judge"] for rows in rows_of],
                "policies": [row for rows in rows_of for row in rows["policies"]],
                "curves": rows_of[0]["curves"],
                "examples": rows_of[0]["examples"],
            }
        )
    results = {"format": FORMAT, "env_id": plans[0].env_id, "version": textenvs.__version__, "studies": studies}
    told: dict[str, Any] = json.loads(json.dumps(_finite(results)))
    write_whole(folder / "results.json", (json.dumps(told, indent=1, sort_keys=True) + "\n").encode())
    return told


def check_folder(plans: Sequence[Plan], folder: Path) -> None:
    """Raises ValueError if a folder holds the results of other studies."""
    try:
        found = [study["plan"] for study in json.loads((folder / "results.json").read_text())["studies"]]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if found != json.loads(json.dumps([_finite(asdict(plan)) for plan in plans])):
        raise ValueError(f"{folder} holds another study: give another --out, or remove it")


def _done(
    plans: Sequence[Plan], jobs: Sequence[tuple[int, int]], folder: Path, workers: int, curves: bool
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Each job when it is done."""
    tasks = [(plans[number], seed, folder / _name(plans[number]) / str(seed), curves) for number, seed in jobs]
    os.environ.update(dict.fromkeys(THREADS, "1"))  # the workers inherit it
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(repeat, *task): job for job, task in zip(jobs, tasks, strict=True)}
        try:
            for future in as_completed(waiting):
                yield *waiting[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def repeat(plan: Plan, seed: int, folder: Path, curves: bool) -> dict[str, Any]:
    """One repetition of a study."""
    stages = Stages(plan, seed, folder)
    drawn = BEST_OF if curves else ()
    policies = [row for way in plan.ways for row in stages.policy_rows(way, drawn)]
    first = curves and seed == 0
    return {
        "judge": stages.judge_row(),
        "policies": policies,
        "curves": {way: stages.curves(way) for way in plan.ways} if first else {},
        "examples": {way: stages.examples(way) for way in plan.ways} if first else {},
    }


def _name(plan: Plan) -> str:
    """The folder of a study."""
    dials = re.sub(r"[^\w.,-]+", "-", plan.dial)
    return f"{plan.judge}-{dials}-{plan.unit}-{plan.pairs}-{plan.encoder}-{plan.agent}"


def _finite(value: Any) -> Any:
    """The same with None for what is no number, as JSON has it."""
    if isinstance(value, dict):
        return {str(name): _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def policy_table(results: dict[str, Any]) -> pd.DataFrame:
    """A row for each kind of policy: means over seeds, with their intervals."""
    rows = []
    for study in results["studies"]:
        told = {**study["plan"], "dial": study["dial"]}
        kinds = pd.DataFrame(study["policies"]).groupby(["agent", "way", "penalty"], sort=False)
        for (agent, way, penalty), found in kinds:
            cell = {**told, "agent": agent, "way": way, "penalty": penalty}
            row = {name: cell[name] for name in CELL}
            for name in SUMMED:
                row |= _summed(name, found[name].astype(float).to_numpy())
            row["above"] = float(found[["above_proxy_frontier", "above_gold_frontier"]].to_numpy().max())
            row["reference_score"] = float(found.reference_score.mean())
            row["seeds"] = len(found)
            rows.append(row)
    return pd.DataFrame(rows)


def judge_table(results: dict[str, Any]) -> pd.DataFrame:
    """A row for each judge: means over seeds."""
    rows = []
    for study in results["studies"]:
        told = {**study["plan"], "dial": study["dial"]}
        means = pd.DataFrame(study["judge"]).astype(float).drop(columns="seed").mean()
        row: dict[str, Any] = {name: told[name] for name in CELL[:4]}
        rows.append({**row, **{str(name): mean for name, mean in means.items()}, "seeds": len(study["judge"])})
    return pd.DataFrame(rows).drop_duplicates(subset=list(CELL[:4]), ignore_index=True)


def difference(results: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], name: str = "score") -> Any:
    """The difference of two kinds of policies, seed by seed: its mean and interval.

    Args:
        results: Of `run_studies`.
        ours: Values of `CELL` that tell the one,
        theirs: and the other.
        name: What is compared.
    """
    values = []
    for cell in (ours, theirs):
        found: list[dict[str, Any]] = []
        for study in results["studies"]:
            found += [{**study["plan"], "dial": study["dial"], **row} for row in study["policies"]]
        kept = [row for row in found if all(row[key] == value for key, value in cell.items())]
        values.append(np.array([row[name] for row in sorted(kept, key=lambda row: row["seed"])]))
    return _summed("difference", values[0] - values[1])


def _mean(scores: Any, axis: int) -> Any:
    return scores.mean(axis=axis)


def _summed(name: str, values: Any) -> dict[str, float]:
    known = values[np.isfinite(values)]
    mean = float(known.mean()) if len(known) else float("nan")
    ends = None
    if len(known) and known.std() > 0:
        ends = interval(known, np.random.default_rng(0), _mean)
    low, high = ends or (float("nan"), float("nan"))
    if ends and len(known) < WIDE:
        wide = mean_interval(known) or ends
        low, high = min(low, wide[0]), max(high, wide[1])
    return {name: mean, f"{name}_low": low, f"{name}_high": high}
