"""Runs studies of feedback over seeds, and sums them up."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import textenvs
from textenvs.core.lock import locked
from textenvs.feedback import Collector
from textenvs.feedback.style import STYLES
from textenvs.models.budget import BUDGET
from textenvs_benchmarks.feedback.plan import WAYS, Plan
from textenvs_benchmarks.feedback.stages import PROBED, Stages, ground_of
from textenvs_benchmarks.feedback.worth import WEIGHT, Worth
from textenvs_benchmarks.folder import write_whole
from textenvs_benchmarks.intervals import WIDE, interval, mean_interval
from textenvs_benchmarks.workers import shared_out

FORMAT = "textenvs-feedback/1"
CELL = ("judge", "dial", "pairs", "encoder", "agent", "way", "penalty")
"""What tells the rows of a table."""
SUMMED = ("score", "test_score", "gap", "proxy_gained", "gold_gained", "divergence")
"""What is summed up over seeds, with an interval."""
MEASURED = ("model_accuracy_in", "model_accuracy_out", "model_calibration_out", "model_rank", "flips", "injection")
"""What is measured of a judge and its reward model, where there is something to measure it on."""
SAMPLED = 20
"""Pairs of which it is told how long they are."""
CHARACTERS = 4.0
"""Of a token, roughly."""
WORDS = 40
"""Characters of a judge's settings in the name of a folder."""


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
    for plan in plans:
        plan.check_extras()
        check_judge(plan, tell)
    with held(folder):
        check_folder(plans, folder)
        return _run(plans, folder, workers, tell, curves)


def check_judge(plan: Plan, tell: Callable[[str], None]) -> None:
    """Looks before a study begins for what would stop it late, and tells what it is going to cost.

    Raises:
        ValueError: If the judge cannot score the scenarios.
    """
    judge = plan.make_judge()
    check, messages = (getattr(judge, name, None) for name in ("check", "messages"))
    if check and "direct" in plan.ways:
        for scene in ground_of(*plan.ground("train")).scenes:
            check(scene)
    if messages:
        ground = ground_of(*plan.ground("train"))
        pairs = Collector(ground.scenes, [ground.references], 0).pairs(min(plan.pairs, SAMPLED), plan.unit)
        read = [sum(len(each["content"]) for each in messages(ground.scenes, pair)) for pair in pairs]
        asked = plan.seeds * (2 * (plan.pairs + plan.held_out) + min(PROBED, plan.pairs))
        tell(
            f"{plan.judge}, {plan.dial}, {plan.pairs:,d} pairs: up to {asked:,d} questions of about "
            f"{np.mean(read) / CHARACTERS:,.0f} tokens each, with answers of a few; what was asked before costs "
            f"nothing, and {BUDGET} ({os.environ.get(BUDGET, 'not set')}) stops it"
        )


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keeps other processes out of a folder.

    Raises:
        ValueError: If another one works there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(folder / ".lock", patience=0.0))
        except TimeoutError:
            raise ValueError(f"another process works in {folder}: wait for it, or give another --out") from None
        yield


def _run(
    plans: Sequence[Plan], folder: Path, workers: int, tell: Callable[[str], None], curves: bool
) -> dict[str, Any]:
    tell(f"studies: {len(plans)}, seeds: {plans[0].seeds}, processes: {workers}; into {folder}")
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
        if len({(rows["judge_name"], rows["dial"]) for rows in rows_of}) > 1:
            place = folder / _name(plan)
            raise ValueError(f"seeds of one study have preferences of several judges: exchange all in {place}, or none")
        studies.append(
            {
                "plan": asdict(plan),
                "dial": rows_of[0]["dial"],
                "judge_name": rows_of[0]["judge_name"],
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
    """Raises ValueError if a folder holds the results of other studies; more seeds than before may be asked for."""
    try:
        found = [study["plan"] for study in json.loads((folder / "results.json").read_text())["studies"]]
    except (OSError, ValueError, KeyError, TypeError):
        return
    ours = json.loads(json.dumps([_finite(asdict(plan)) for plan in plans]))
    fewer = [{**each, "seeds": min(each["seeds"], plan.seeds)} for each, plan in zip(found, plans, strict=False)]
    if fewer != found or [{**each, "seeds": 0} for each in found] != [{**each, "seeds": 0} for each in ours]:
        raise ValueError(f"{folder} holds another study: give another --out, or remove it")


def _done(
    plans: Sequence[Plan], jobs: Sequence[tuple[int, int]], folder: Path, workers: int, curves: bool
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Each job when it is done."""
    tasks = [(plans[number], seed, folder / _name(plans[number]) / str(seed), curves) for number, seed in jobs]
    with shared_out(repeat, tasks, workers) as futures:
        waiting = dict(zip(futures, jobs, strict=True))
        for future in as_completed(futures):
            try:
                yield *waiting[future], future.result()
            except BrokenProcessPool:
                raise ValueError("a process died (out of memory?): the same command goes on from here") from None


def repeat(plan: Plan, seed: int, folder: Path, curves: bool) -> dict[str, Any]:
    """One repetition of a study."""
    return Worth(Stages(plan, seed, folder)).told(curves)


def _name(plan: Plan) -> str:
    """The folder of a study: what tells it from others in words, and the rest as a hash.

    Studies that differ in nothing but ways, penalties and seeds share one, and with it pairs and reward models.
    """
    digest = _digest(replace(plan, ways=WAYS[:1], penalties=(0.0,), seeds=1, test_scenarios=0))
    dials = re.sub(r"[^\w.,-]+", "-", plan.dial)[:WORDS]
    return f"{plan.judge.replace(':', '-')}-{dials}-{plan.unit}-{plan.pairs}-{plan.encoder}-{plan.agent}-{digest}"


def default_name(plans: Sequence[Plan]) -> str:
    """The name of a folder for studies, by their environment and a hash of all but how many seeds they have."""
    return f"feedback-{plans[0].env_id}-{_digest(*(replace(plan, seeds=1) for plan in plans))}"


def _digest(*plans: Plan) -> str:
    told = json.dumps([asdict(plan) for plan in plans], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def _finite(value: Any) -> Any:
    """The same with None for what is no number, as JSON has it."""
    if isinstance(value, dict):
        return {str(name): _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _told(study: dict[str, Any]) -> dict[str, Any]:
    """What tells the rows of a study from those of others."""
    return {**study["plan"], "dial": study["dial"], "judge": study["judge_name"]}


def policy_table(results: dict[str, Any]) -> pd.DataFrame:
    """A row for each kind of policy: means over seeds, with their intervals."""
    rows = []
    for study in results["studies"]:
        told = _told(study)
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
    same = [*CELL, "score", "proxy_gained"]  # PPO of the ladder has the same exact optimum as Q-learning
    return pd.DataFrame(rows).drop_duplicates(subset=same, ignore_index=True)


def judge_table(results: dict[str, Any]) -> pd.DataFrame:
    """A row for each judge: means over seeds."""
    rows = []
    for study in results["studies"]:
        told = _told(study)
        means = pd.DataFrame(study["judge"]).astype(float).drop(columns="seed").mean()
        row: dict[str, Any] = {**dict.fromkeys(MEASURED, math.nan), **{name: told[name] for name in CELL[:4]}}
        rows.append({**row, **{str(name): mean for name, mean in means.items()}, "seeds": len(study["judge"])})
    return pd.DataFrame(rows).drop_duplicates(
        ignore_index=True
    )  # PPO of the ladder has judges that stand there already


def weight_table(results: dict[str, Any]) -> pd.DataFrame:
    """A row for each reward model on terms: what it pays for each, in gold units; and one for the truth."""
    judges, terms = judge_table(results), textenvs.task_of(results["env_id"]).terms
    names = [f"{WEIGHT}{name}" for name in (*terms, *STYLES) if f"{WEIGHT}{name}" in judges]
    if not names:
        return pd.DataFrame()
    truth = {"judge": "the truth", "dial": "", "pairs": math.nan}
    truth |= {name: float(terms.get(name.removeprefix(WEIGHT), 0.0)) for name in names}
    return pd.DataFrame([truth, *judges[["judge", "dial", "pairs", *names]].to_dict("records")])


def curve_table(results: dict[str, Any]) -> pd.DataFrame:
    """A row for each exact curve, of the first seed: where gold is most on the way to the proxy's optimum."""
    rows = []
    for study in results["studies"]:
        for way, curves in study["curves"].items():
            ours = [row for row in curves["proxy"] if row["divergence"] is not None]
            peak = max(ours, key=lambda row: row["score"])
            ends = {"peak": peak["score"], "peak_divergence": peak["divergence"]}
            ends |= {"end": ours[-1]["score"], "end_divergence": ours[-1]["divergence"]}
            rows.append({**_told(study), "way": way, **ends})
    return pd.DataFrame(rows)


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
            found += [{**_told(study), **row} for row in study["policies"]]
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
