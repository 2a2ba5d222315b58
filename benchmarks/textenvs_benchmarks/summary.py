"""From the records of a run to its table: a row for each agent and environment."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from textenvs import SPLITS
from textenvs_benchmarks.comparison import SAME, rank
from textenvs_benchmarks.curves import learning_statistics, read_curves
from textenvs_benchmarks.episodes import load_episodes
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.intervals import MIN_SCORES, interval
from textenvs_benchmarks.jobs import plays
from textenvs_benchmarks.statistics import iqm
from textenvs_benchmarks.suite import Suite
from textenvs_benchmarks.training import read_curve

COLUMNS = (
    "env_id agent reference rank_best rank_worst return_train return_test score_train score_train_low score_train_high "
    "score_test score_test_low score_test_high score_test_worst gap success_test turns_test invalid_test tokens_turn "
    "training_steps steps_to_90 area seeds public_seeds episodes episodes_lost lost_to drift failures"
).split()
"""Columns of the table. Returns, success, turns and steps are means over seeds. Scores are IQMs over seeds of the
normalised mean return, with the ends of their intervals, and the worst seed's; `gap` is that of train minus that of
test, which references do not have: they are another agent on each split. There is no interval where all seeds score the
same: it would be a point. `invalid_test` is the share of acts that were impossible or not understood, `tokens_turn` the
tokens that a language model takes for an act. `rank_best` and `rank_worst` are the places on test at which an agent may
stand: those that cannot be told apart share them (`comparison.rank`), from 3 training seeds on. `steps_to_90` and
`area` are of `curves.learning_statistics`. `episodes` counts those on both splits, `episodes_lost` those in which the
agent failed, `lost_to` says how it did most often; `failures` are jobs. `drift` marks rows of which a part was made
under other sources or versions than those that the run began with."""
FEEDBACK = "feedback: "
"""How columns begin that say what agents score that learned from a judge."""
RUN = ["env_id", "agent", "split", "training_seed"]


def summarise(folder: ResultsFolder, means: pd.DataFrame | None = None) -> tuple[Suite, pd.DataFrame]:
    """The suite of a run, and its table, from the record files.

    Rows are grouped by environment; references come first, then agents by test score.

    Args:
        folder: A run.
        means: What `run_means` gives of its episodes, if that was called already.

    Raises:
        ValueError: If the folder is not one of results, or no job has ended.
    """
    run, scores = folder.read()
    if means is None:
        means = run_means(load_episodes(folder), run.suite)
    rows = []
    for env_id in run.suite.environments:
        of_env = means[means.env_id == env_id]
        group = [
            {"env_id": env_id, "agent": agent, "reference": agent in run.suite.references}
            | _statistics(of_env[of_env.agent == agent], run.suite)
            | {"public_seeds": not run.commitment}
            | {"training_steps": _training_steps(folder, run.suite, agent, env_id)}
            | learning_statistics(read_curves(folder, agent, env_id, run.suite, scores[env_id]["train"]))
            | {"failures": folder.count_failures(agent, env_id)}
            | ({"gap": math.nan} if agent in run.suite.references else {})
            for agent in run.suite.references + run.suite.agents
            if plays(run.suite, agent, env_id)
        ]
        places = _places(of_env[of_env.split == "test"], run.suite)
        rows += [row | places.get(str(row["agent"]), {}) for row in sorted(group, key=_order)]
    if not any(row["seeds"] or row["failures"] for row in rows):
        raise ValueError(f"{folder.path} holds no complete job yet: go on with 'textenvs run', and the same --out")
    whole = dict.fromkeys(("training_steps", "rank_best", "rank_worst"), "Int64")
    return run.suite, pd.DataFrame(rows, columns=COLUMNS).astype(whole)


def judges_of(frame: pd.DataFrame) -> list[str]:
    """The columns of a table that say what agents score that learned from a judge."""
    return [name for name in frame.columns if name.startswith(FEEDBACK) and not name.endswith(("_low", "_high"))]


def _order(row: dict[str, Any]) -> tuple[bool, float]:
    """References as they come, then by test score, what has none last."""
    score = row["score_test"]
    return not row["reference"], 0.0 if row["reference"] else math.inf if math.isnan(score) else -score


def _places(means: pd.DataFrame, suite: Suite) -> dict[str, dict[str, int]]:
    """From which to which place each agent may stand; agents that lack seeds have none."""
    by_agent = {str(agent): rows.sort_values("training_seed") for agent, rows in means.groupby("agent")}
    ranked = [name for name in suite.agents if len(by_agent.get(name, ())) == suite.training_seeds >= MIN_SCORES]
    places = rank([by_agent[name].score.to_numpy() for name in ranked])
    return {name: {"rank_best": best, "rank_worst": worst} for name, (best, worst) in zip(ranked, places, strict=True)}


def run_means(episodes: pd.DataFrame, suite: Suite) -> pd.DataFrame:
    """A row for each run (agent, environment, training seed) and split of which all episodes are there.

    Args:
        episodes: What `load_episodes` gives.
        suite: Of the run.

    Returns:
        Means over its episodes: `mean_return`, `score`, `success`, `turns`; sums: `acts`, `invalid`, `tokens`; and
        `episodes`, `lost`, `lost_to`, `drift`.
    """
    if "metrics.success" not in episodes:
        episodes = episodes.assign(**{"metrics.success": math.nan})
    means = episodes.groupby(RUN, sort=False, as_index=False).agg(
        episodes=("episode", "size"),
        mean_return=("episodic_return", "mean"),
        score=("score", "mean"),
        success=("metrics.success", "mean"),
        turns=("length", "mean"),
        acts=("length", "sum"),
        invalid=("invalid", "sum"),
        tokens=("tokens", "sum"),
        lost=("failure", lambda failures: (failures != "").sum()),
        lost_to=("failure", _commonest),
        drift=("drift", "any"),
    )
    return means[means.episodes == suite.episodes]


def _commonest(failures: Iterable[str]) -> str:
    """The kind of failure that is named most often, the word before its colon, but for "given up", which follows."""
    kinds = Counter(failure.partition(":")[0] for failure in sorted(failures) if failure)
    if len(kinds) > 1:
        kinds.pop("given up", None)
    return kinds.most_common(1)[0][0] if kinds else ""


def _statistics(means: pd.DataFrame, suite: Suite) -> dict[str, Any]:
    """Statistics over the training seeds of one agent in one environment."""
    row: dict[str, Any] = {}
    for split in SPLITS:
        of_split = means[means.split == split]
        values = of_split.score.to_numpy()
        generator = np.random.default_rng(suite.evaluation_seed)
        ends = interval(values, generator) if len(values) and np.ptp(values) > SAME else None
        row[f"return_{split}"] = of_split.mean_return.mean()
        row[f"score_{split}"] = iqm(values) if len(values) else math.nan
        row[f"score_{split}_low"], row[f"score_{split}_high"] = ends or (math.nan, math.nan)
        row[f"score_{split}_worst"] = values.min() if len(values) else math.nan
        row[f"success_{split}"] = of_split.success.mean()
        row[f"turns_{split}"] = of_split.turns.mean()
        row[f"invalid_{split}"] = of_split.invalid.sum() / of_split.acts.sum() if len(values) else math.nan
        row["seeds"] = len(values)
    row["tokens_turn"] = means.tokens.sum() / means.acts.sum() if means.tokens.any() else math.nan
    row["gap"] = row["score_train"] - row["score_test"]
    row["episodes_lost"] = int(means.lost.sum())
    row["lost_to"] = _commonest(means.lost_to)
    row["episodes"] = int(means.episodes.sum())
    row["drift"] = bool(means.drift.any())
    return row


def _training_steps(folder: ResultsFolder, suite: Suite, agent: str, env_id: str) -> int | None:
    """Environment steps of training, on average over seeds: the ends of the learning curves."""
    paths = [folder.curve(agent, env_id, seed) for seed in range(suite.training_seeds)]
    curves = [read_curve(path) for path in paths if path.exists()]
    ends = [curve[-1][0] if curve else 0 for curve in curves]
    return round(sum(ends) / len(ends)) if ends else None
