"""What stands on the page of a run, as plain values; how it looks stands in the templates."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

import textenvs
from textenvs import ReferenceScores
from textenvs.evaluation import read_records
from textenvs_benchmarks.curves import curve_table, training_seconds
from textenvs_benchmarks.episodes import load_episodes
from textenvs_benchmarks.folder import ResultsFolder, Run
from textenvs_benchmarks.intervals import FEW_SCORES, MIN_SCORES, stratified_interval
from textenvs_benchmarks.jobs import plan_jobs
from textenvs_benchmarks.page import charts
from textenvs_benchmarks.page.agents import DESCRIPTIONS
from textenvs_benchmarks.page.findings import Finding, find
from textenvs_benchmarks.page.transcripts import SPLIT, Reader, Transcript, Writer, choose
from textenvs_benchmarks.statistics import (
    Scores,
    iqm,
    optimality_gap,
    percentile_band,
    performance_profile,
    probability_of_improvement,
)
from textenvs_benchmarks.suite import Suite
from textenvs_benchmarks.summary import run_means, summarise

CAPABILITIES = ("exploration", "memory", "noise", "planning", "generalisation", "language")
SEES = {
    "text": "It reads the text.",
    "features": "It does not read the words: it is given features of what was understood.",
    "discrete": "It does not read the words: it is given one number that stands for the situation.",
}
"""What an agent sees, by its observation type."""
CASES = {
    "normal": "scores are spread normally",
    "bounded, skewed": "scores crowd below 100",
    "20 % failing": "20 % of trainings fail",
    "40 % failing": "40 % of trainings fail",
}
"""The simulated cases of `coverage.json`, in words."""
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
        lines: The same as JSON, to be read when they are asked for.
    """

    agent: str
    sees: str
    settings: str
    transcripts: Sequence[Transcript]
    lines: Sequence[str]


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


class Content:
    """All that the page of a run says.

    Args:
        folder: The run.
        transcripts: How many episodes of each agent can be read in each environment.
    """

    def __init__(self, folder: ResultsFolder, transcripts: int = 3) -> None:
        self.folder = folder
        self.run: Run
        self.run, self._scores = folder.read()
        self.suite: Suite = self.run.suite
        self._episodes = load_episodes(folder)
        self._transcripts = transcripts
        _, self.table = summarise(folder, self._episodes)
        means = run_means(self._episodes, self.suite)
        self._means = means[means.split == SPLIT]
        self._timings = folder.read_timings()

    @cached_property
    def agents(self) -> list[str]:
        """The agents that are ranked, by their mean score over all environments that they play, best first."""
        ranked = self.table[~self.table.reference]
        scores = ranked.groupby("agent", sort=False).score_test.mean()
        return sorted(scores.index, key=lambda name: (math.isnan(scores[name]), -scores[name]))

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
        by_place = {key: scores.to_numpy() for key, scores in self._played.groupby(["env_id", "agent"]).score}
        for row in rows:
            scores = by_place.get((row["env_id"], row["agent"]))
            ends = (math.nan, math.nan) if scores is None else percentile_band(scores)
            row["episode_low"], row["episode_high"] = ends
            row["seconds"] = training_seconds(self._timings, row["agent"], row["env_id"])
            row["few"] = row["seeds"] < FEW_SCORES and not row["reference"]
        return [{str(name): value for name, value in row.items()} for row in rows]

    @property
    def _played(self) -> pd.DataFrame:
        return self._episodes[self._episodes.split == SPLIT]

    @cached_property
    def environments(self) -> list[Environment]:
        """The environments, in the order of the suite."""
        curves = curve_table(self.folder)
        return [self._environment(env_id, curves[curves.env_id == env_id]) for env_id in self.suite.environments]

    def _environment(self, env_id: str, curves: pd.DataFrame) -> Environment:
        writer = Writer()
        entry = textenvs.find_entry(env_id)
        rows = [row for row in self.rows if row["env_id"] == env_id]
        told = [self._told(env_id, row["agent"], writer) for row in rows if row["seeds"]] if self._transcripts else []
        return Environment(
            env_id,
            entry.summary,
            entry.credits,
            entry.capabilities,
            textenvs.instructions(env_id).split("\n\n"),
            self._scores[env_id],
            rows,
            find(*self._ranked(env_id)),
            _learning(curves) if len(curves) else None,
            told,
            writer.sentences,
        )

    def _told(self, env_id: str, agent: str, writer: Writer) -> Told:
        played = self._played
        chosen = choose(played[(played.env_id == env_id) & (played.agent == agent)], self._transcripts)
        reader = Reader(self.folder, env_id)
        found = [reader.read(place, row) for place, row in chosen]
        header = reader.header(agent, found[0].training_seed)
        settings = json.dumps(header.agent_config, sort_keys=True) if header.agent_config else ""
        return Told(agent, SEES[header.obs_type], settings, found, [writer.line(each) for each in found])

    def sees(self, agent: str) -> str:
        """What an agent sees, in a sentence; "" where it has not played."""
        for job in plan_jobs(self.suite):
            path = self.folder.records(agent, job.env_id, job.splits[0], job.seed)
            if job.agent == agent and path.is_file():
                return SEES[read_records(path)[0].obs_type]
        return ""

    def _ranked(self, env_id: str) -> tuple[dict[str, Scores], dict[str, float]]:
        """Scores by training seed, and the printed score, of the agents that have all seeds."""
        rows = {row["agent"]: row for row in self.rows if row["env_id"] == env_id and not row["reference"]}
        means = self._means[self._means.env_id == env_id].sort_values("training_seed")
        found = {name: means[means.agent == name].score.to_numpy() for name in rows}
        whole = {name: scores for name, scores in found.items() if len(scores) == self.suite.training_seeds}
        return whole, {name: rows[name]["score_test"] for name in whole}

    @cached_property
    def matrices(self) -> dict[str, Scores]:
        """Scores on test, (training seeds, environments), of the agents that have them all."""
        found = {}
        for agent in self.agents:
            columns = [self._ranked(env_id)[0].get(agent) for env_id in self.suite.environments]
            if all(column is not None for column in columns):
                found[agent] = np.column_stack([column for column in columns if column is not None])
        return found

    @cached_property
    def overall(self) -> dict[str, Row]:
        """Statistics over all environments, of the agents that play them all."""
        return {
            agent: self._mean_score(matrix) | {"optimality_gap": optimality_gap(matrix)}
            for agent, matrix in self.matrices.items()
        }

    @cached_property
    def finding(self) -> Finding | None:
        """Who is first over all environments."""
        means = {agent: matrix.mean(axis=1) for agent, matrix in self.matrices.items()}
        return find(means, {agent: row["score"] for agent, row in self.overall.items()})

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
        return charts.make_plane((LEAST, 100.0), (0.0, 1.0), lines, (0.0, 0.25, 0.5, 0.75, 1.0))

    @cached_property
    def capabilities(self) -> dict[str, list[str]]:
        """The environments that ask for each capability."""
        asking = {
            name: [each for each in self.suite.environments if name in textenvs.find_entry(each).capabilities]
            for name in CAPABILITIES
        }
        return {name: environments for name, environments in asking.items() if environments}

    @cached_property
    def radar(self) -> dict[str, list[Row]]:
        """Mean score on test over the environments that ask for each capability, with its interval, by agent."""
        places = {env_id: k for k, env_id in enumerate(self.suite.environments)}
        groups = [[places[each] for each in environments] for environments in self.capabilities.values()]
        return {
            agent: [self._mean_score(matrix[:, group]) for group in groups] for agent, matrix in self.matrices.items()
        }

    def _mean_score(self, matrix: Scores) -> Row:
        """The mean over environments of the IQM over training seeds, with its interval."""
        ends = stratified_interval(matrix, np.random.default_rng(self.suite.evaluation_seed), _mean_iqm)
        low, high = ends or (math.nan, math.nan)
        return {"score": _mean_iqm(matrix), "low": low, "high": high}

    @cached_property
    def coverage(self) -> Row | None:
        """How often such an interval was measured to hold: the best, the worst case, and how many seeds that was."""
        measured = json.loads((files("textenvs_benchmarks") / "coverage.json").read_text(encoding="utf-8"))
        seeds = [int(each) for each in measured if int(each) <= self.suite.training_seeds]
        if self.suite.training_seeds < MIN_SCORES or not seeds:
            return None
        cases = measured[str(max(seeds))]
        worst = min(cases, key=cases.get)
        return {"seeds": max(seeds), "least": cases[worst], "most": max(cases.values()), "worst": CASES[worst]}

    @cached_property
    def descriptions(self) -> dict[str, str]:
        """What each agent is, where that is known here."""
        return {agent: self._describe(agent) for agent in (*self.agents, *self.suite.references)}

    def _describe(self, agent: str) -> str:
        if agent in self.suite.external:
            return f"Not part of TextEnvs: {self.suite.external[agent]}."
        return DESCRIPTIONS.get(agent, "")

    @cached_property
    def provenance(self) -> Row:
        """What made the run, and what it is verified by."""
        hashes = self.folder.hashes()
        return {
            "command": self.run.command,
            "commitment": self.run.commitment,
            "versions": self.run.versions,
            "manifest": hashlib.sha256(self.folder.manifest.read_bytes()).hexdigest(),
            "tier": self.folder.tier(),
            "ended": bool(hashes),
            "files": len(hashes),
            "episodes": len(self._episodes),
            "machine": self.folder.read_machine(),
            "hashes": _grouped({**self.run.sources, **self.run.agents}),
            "credits": _grouped({name: textenvs.find_entry(name).credits for name in self.suite.environments}, ""),
        }


def _mean_iqm(matrix: Scores) -> float:
    return float(iqm(matrix, axis=0).mean())


def _grouped(values: Mapping[str, str], without: str | None = None) -> dict[str, list[str]]:
    """The names that have each value."""
    found: dict[str, list[str]] = {}
    for name, value in values.items():
        if value != without:
            found.setdefault(value, []).append(name)
    return found


def _learning(curves: pd.DataFrame) -> charts.Plane:
    """The learning curves of one environment."""
    lines = {
        str(agent): (rows.global_step, rows.score, rows.low, rows.high)
        for agent, rows in curves.groupby("agent", sort=False)
    }
    low = max(LEAST, 10.0 * math.floor(float(curves.score.min()) / 10.0))
    return charts.make_plane(
        (0.0, float(curves.global_step.max())), (low, 105.0), lines, (0.0, 25.0, 50.0, 75.0, 100.0)
    )
