"""What stands on the page of a run, as plain values; how it looks stands in the templates."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import textenvs
from textenvs import ReferenceScores
from textenvs.registration import known_entry
from textenvs_benchmarks.curves import curve_table, training_seconds
from textenvs_benchmarks.episodes import load_episodes
from textenvs_benchmarks.feedback.board import add_feedback
from textenvs_benchmarks.folder import ResultsFolder, Run
from textenvs_benchmarks.intervals import FEW_SCORES, MIN_SCORES, mean_interval, stratified_interval
from textenvs_benchmarks.page import charts, columns
from textenvs_benchmarks.page.agents import SEES, describe
from textenvs_benchmarks.page.findings import Finding, find
from textenvs_benchmarks.page.provenance import provenance_of
from textenvs_benchmarks.page.transcripts import SPLIT, Reader, Transcript, choose
from textenvs_benchmarks.statistics import (
    Scores,
    optimality_gap,
    percentile_band,
    performance_profile,
    probability_of_improvement,
)
from textenvs_benchmarks.suite import Suite
from textenvs_benchmarks.summary import judges_of, run_means, summarise
from textenvs_benchmarks.tasks import entry_of, require_tasks

CAPABILITIES = ("exploration", "memory", "noise", "planning", "generalisation", "language")
LEAST = -10.0
"""Scores are drawn from here on."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """The transcripts of one agent in one environment.

    Attributes:
        agent: Its name.
        sees: What it sees, in a sentence.
        settings: Its settings, as JSON.
        transcripts: From the worst to the best.
    """

    agent: str
    sees: str
    settings: str
    transcripts: Sequence[Transcript]

    @property
    def lines(self) -> list[str]:
        """The transcripts as JSON, to be read when they are asked for."""
        return [each.line for each in self.transcripts]


@dataclass(frozen=True)
class Environment:
    """One environment of the run.

    Attributes:
        id: Its id.
        summary: What is to be done.
        credits: Whose texts it shows; "" where they are our own.
        capabilities: What it asks of an agent.
        instructions: What an agent is told.
        scales: For each split the returns that are 0 and 100.
        rows: Of the table.
        finding: Who is first.
        curves: Of learning; None where no agent has learned.
        told: Transcripts, by agent.
        sentences: What was offered in them.
    """

    id: str
    summary: str
    credits: str
    capabilities: Sequence[str]
    instructions: Sequence[str]
    scales: Mapping[str, ReferenceScores]
    rows: Sequence[Row]
    finding: Finding | None
    curves: charts.Plane | None
    told: Sequence[Told]
    sentences: Sequence[str]

    def judged(self, shown: Sequence[columns.Column]) -> list[Row]:
        """The rows of agents that learned from judges, of which the columns after the first are."""
        return [row for row in self.rows if any(columns.is_known(row[each.key]) for each in shown[1:])]


class Content:
    """All that the page of a run says.

    Args:
        folder: The run.
        transcripts: How many episodes of each agent can be read in each environment.
        feedback: Folders of studies of feedback.
    """

    def __init__(self, folder: ResultsFolder, transcripts: int = 3, feedback: Sequence[Path] = ()) -> None:
        self.folder = folder
        self.run: Run
        self.run, self._scores = folder.read()
        self.suite: Suite = self.run.suite
        if transcripts:
            require_tasks(self.suite)
        self._transcripts = transcripts
        episodes = load_episodes(folder)
        self._n_episodes = len(episodes)
        means = run_means(episodes, self.suite)
        _, table = summarise(folder, means)
        self.table = add_feedback(table, feedback)
        self.judged = columns.judged(judges_of(self.table))
        self._means = means[means.split == SPLIT]
        self._acts = means.groupby(["agent", "env_id"]).acts.sum().to_dict()
        whole = episodes[episodes.split == SPLIT].merge(self._means[["env_id", "agent", "training_seed"]])
        self._played = dict(iter(whole.groupby(["env_id", "agent"], sort=False)))
        self._timings = folder.read_timings()

    @cached_property
    def agents(self) -> list[str]:
        """The agents that are ranked, by their mean score; those that did not play everything come last."""
        ranked = self.table[~self.table.reference]
        scores = ranked.groupby("agent", sort=False).score_test.mean()
        return sorted(scores.index, key=lambda name: (name not in self._whole, math.isnan(scores[name]), -scores[name]))

    @cached_property
    def _whole(self) -> set[str]:
        """The agents that have played all seeds in all environments."""
        counts = self._means.groupby("agent").size()
        due = self.suite.training_seeds * len(self.suite.environments)
        return {agent for agent in self.suite.agents if counts.get(agent, 0) == due}

    @cached_property
    def numbers(self) -> dict[str, int]:
        """A number for each agent that is ranked, which gives it its colour."""
        return {agent: number for number, agent in enumerate(self.agents)}

    @cached_property
    def strip(self) -> charts.Scale:
        """The scale of the scores in a row."""
        return charts.Scale(LEAST, 110.0, 0.0, 180.0)

    @cached_property
    def rows(self) -> list[Row]:
        """The table, row by row, what is ranked first, with the time of training and how single episodes spread."""
        ordered = self.table.sort_values("reference", kind="stable")
        ordered = ordered.sort_values(
            "env_id", kind="stable", key=lambda names: names.map(self.suite.environments.index)
        )
        rows = ordered.astype(object).to_dict("records")
        for row in rows:
            played = self._played.get((row["env_id"], row["agent"]))
            ends = (math.nan, math.nan) if played is None else percentile_band(played.score)
            row["episode_low"], row["episode_high"] = ends
            row["seconds"] = training_seconds(self._timings, row["agent"], row["env_id"])
            row["seconds_turn"] = self._seconds_a_turn(row["agent"], row["env_id"])
            row["few"] = row["seeds"] < FEW_SCORES and not row["reference"]
        return [{str(name): value for name, value in row.items()} for row in rows]

    def _seconds_a_turn(self, agent: str, env_id: str) -> float:
        """Wall-clock time of an act in the evaluation; NaN where it is not known."""
        name = f"{agent}/{env_id}/"
        spent = sum(parts["evaluation"] for job, parts in self._timings.items() if job.startswith(name))
        acts = self._acts.get((agent, env_id), 0)
        return spent / acts if spent and acts else math.nan

    @cached_property
    def environments(self) -> list[Environment]:
        """The environments, in the order of the suite."""
        curves = curve_table(self.folder)
        return [self._environment(env_id, curves[curves.env_id == env_id]) for env_id in self.suite.environments]

    def _environment(self, env_id: str, curves: pd.DataFrame) -> Environment:
        entry, reader = entry_of(env_id, self.suite), Reader(self.folder, env_id)
        rows = [row for row in self.rows if row["env_id"] == env_id]
        told = [self._told(reader, env_id, row["agent"]) for row in rows if row["seeds"]]
        return Environment(
            env_id,
            entry.summary,
            entry.credits,
            entry.capabilities,
            textenvs.instructions(env_id).split("\n\n") if known_entry(env_id) else [],
            self._scores[env_id],
            rows,
            find(*self._ranked(env_id)),
            _learning(curves) if len(curves) else None,
            told,
            reader.sentences,
        )

    def _told(self, reader: Reader, env_id: str, agent: str) -> Told:
        played = self._played[env_id, agent]
        found = [reader.read(place, row) for place, row in choose(played, self._transcripts)]
        header = reader.header(agent, int(played.training_seed.iloc[0]))
        settings = json.dumps(header.agent_config, sort_keys=True) if header.agent_config else ""
        return Told(agent, SEES[header.obs_type], settings, found)

    @cached_property
    def sees(self) -> dict[str, str]:
        """What each agent sees, in a sentence."""
        return {told.agent: told.sees for environment in self.environments for told in environment.told}

    def _ranked(self, env_id: str) -> tuple[dict[str, Scores], dict[str, float], list[str]]:
        """Scores by training seed, and the printed score, of the agents that have all seeds; and those that do not."""
        rows = {row["agent"]: row for row in self.rows if row["env_id"] == env_id and not row["reference"]}
        means = self._means[self._means.env_id == env_id].sort_values("training_seed")
        found = {name: means[means.agent == name].score.to_numpy() for name in rows}
        whole = {name: scores for name, scores in found.items() if len(scores) == self.suite.training_seeds}
        return whole, {name: rows[name]["score_test"] for name in whole}, [name for name in rows if name not in whole]

    @cached_property
    def matrices(self) -> dict[str, Scores]:
        """Scores on test, (training seeds, environments), of the agents that have them all."""
        ranked = [self._ranked(env_id)[0] for env_id in self.suite.environments]
        return {
            agent: np.column_stack([each[agent] for each in ranked]) for agent in self.agents if agent in self._whole
        }

    @cached_property
    def overall(self) -> dict[str, Row]:
        """Statistics over all environments, of the agents that play them all."""
        return {
            agent: _mean(matrix) | {"optimality_gap": optimality_gap(matrix)} for agent, matrix in self.matrices.items()
        }

    @cached_property
    def finding(self) -> Finding | None:
        """Who is first over all environments."""
        means = {agent: matrix.mean(axis=1) for agent, matrix in self.matrices.items()}
        missing = [agent for agent in self.agents if agent not in means]
        return find(means, {agent: row["score"] for agent, row in self.overall.items()}, missing)

    @cached_property
    def improvements(self) -> dict[tuple[str, str], float]:
        """The probability that a run of one agent scores more than one of another."""
        found = self.matrices.items()
        return {(a, b): probability_of_improvement(ours, theirs) for a, ours in found for b, theirs in found if a != b}

    @cached_property
    def profile(self) -> charts.Plane:
        """The share of runs that score more than each score."""
        thresholds = np.arange(LEAST, 101.0)
        lines = {}
        for agent, matrix in self.matrices.items():
            rng = np.random.default_rng(self.suite.evaluation_seed)
            ends = stratified_interval(matrix, rng, lambda each: performance_profile(each, thresholds))
            none = np.full(len(thresholds), math.nan)
            low, high = ends or (none, none)
            lines[agent] = (thresholds, performance_profile(matrix, thresholds), low, high)
        return charts.make_plane((LEAST, 100.0), (0.0, 1.0), (0.0, 0.25, 0.5, 0.75, 1.0), lines)

    @cached_property
    def capabilities(self) -> dict[str, list[str]]:
        """The environments that ask for each capability; those that are asked for together are one."""
        named: dict[tuple[str, ...], list[str]] = {}
        for name in CAPABILITIES:
            asking = [each for each in self.suite.environments if name in entry_of(each, self.suite).capabilities]
            named.setdefault(tuple(asking), []).append(name)
        return {" + ".join(names): list(asking) for asking, names in named.items() if asking}

    @cached_property
    def radar(self) -> dict[str, list[Row]]:
        """Mean score on test over the environments that ask for each capability, with its interval, by agent."""
        places = {env_id: k for k, env_id in enumerate(self.suite.environments)}
        groups = [[places[each] for each in environments] for environments in self.capabilities.values()]
        return {agent: [_mean(matrix[:, group]) for group in groups] for agent, matrix in self.matrices.items()}

    @cached_property
    def coverage(self) -> Row | None:
        """How often such an interval was measured to hold: the best, the worst case, and how many seeds that was."""
        measured = json.loads((files("textenvs_benchmarks") / "coverage.json").read_text(encoding="utf-8"))
        seeds = [int(each) for each in measured if int(each) <= self.suite.training_seeds]
        if self.suite.training_seeds < MIN_SCORES or not seeds:
            return None
        cases = measured[str(max(seeds))]
        worst = min(cases, key=cases.get)
        return {"seeds": max(seeds), "least": cases[worst], "most": max(cases.values()), "worst": worst}

    def prepare(self) -> None:
        """Computes everything; a template would take an error in it for a missing name."""
        for name, value in vars(type(self)).items():
            if isinstance(value, cached_property):
                getattr(self, name)

    @cached_property
    def descriptions(self) -> dict[str, str]:
        """What each agent is, where that is known here."""
        return {agent: describe(agent, self.suite) for agent in (*self.agents, *self.suite.references)}

    @cached_property
    def provenance(self) -> Row:
        """What made the run, and what it is verified by."""
        return provenance_of(self.folder, self.run, self._n_episodes)


def _mean(matrix: Scores) -> Row:
    """The mean over environments and training seeds, with its interval over training seeds."""
    low, high = mean_interval(matrix.mean(axis=1)) or (math.nan, math.nan)
    return {"score": float(matrix.mean()), "low": low, "high": high}


def _learning(curves: pd.DataFrame) -> charts.Plane:
    """The learning curves of one environment."""
    lines = {
        str(agent): (rows.global_step, rows.score, rows.low, rows.high)
        for agent, rows in curves.groupby("agent", sort=False)
    }
    low = max(LEAST, 10.0 * math.floor(float(curves.score.min()) / 10.0))
    return charts.make_plane(
        (0.0, float(curves.global_step.max())), (low, 105.0), (0.0, 25.0, 50.0, 75.0, 100.0), lines
    )
