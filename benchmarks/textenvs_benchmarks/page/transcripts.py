"""Episodes to read: which, and step by step what was said, what it earned, and what the optimum would have done."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from textenvs import Explainer
from textenvs.evaluation import EpisodeRecord, Header, read_records
from textenvs.explanation import Decision, Explanation
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.page.columns import number

SPLIT = "test"
"""Of which episodes are read."""
DIGITS = 3
"""Of values, after the point."""
SHOWN = 0.005
"""Luck that is less is none."""


@dataclass(frozen=True)
class Transcript:
    """One episode to read.

    Attributes:
        place: Where it stands among all episodes of its agent: "worst", "best", "median", "above 25 %".
        record: The episode.
        training_seed: Of the agent.
        success: Whether it succeeded; NaN where that is no metric of the task.
        line: Its steps as a line of JSON, and how its return came about.
    """

    place: str
    record: EpisodeRecord
    training_seed: int
    success: float
    line: str


def choose(episodes: pd.DataFrame, number: int) -> Iterator[tuple[str, pd.Series[Any]]]:
    """Episodes of one agent from the worst to the best, evenly spread over their order by return.

    Args:
        episodes: All of them, as `textenvs_benchmarks.load` gives them.
        number: How many; one is the median.

    Yields:
        Place and row of each.
    """
    ordered = episodes.sort_values(["episodic_return", "training_seed", "episode"])
    last = len(ordered) - 1
    shares = np.linspace(0.0, 1.0, number) if number > 1 else np.array([0.5])
    for index in np.unique((shares * last).round().astype(int)) if number and last >= 0 else ():
        share = index / last if last else 0.5
        names = {0.0: "worst", 0.5: "median", 1.0: "best"}
        yield names.get(share, "median" if number == 3 else f"above {share:.0%}"), ordered.iloc[index]


class Reader:
    """Reads episodes of one environment of a run, and writes them as lines of JSON.

    What is offered again and again is written once. An episode that cannot be played again here says so.

    Args:
        folder: The run.
        env_id: The environment.
    """

    def __init__(self, folder: ResultsFolder, env_id: str) -> None:
        self._folder, self._id = folder, env_id
        self._explainers: dict[str, Explainer] = {}
        self._files: dict[tuple[str, int], tuple[Header, dict[int, EpisodeRecord]]] = {}
        self._numbers: dict[str, int] = {}

    @property
    def sentences(self) -> Sequence[str]:
        """What was offered, in the order in which it was met."""
        return list(self._numbers)

    def header(self, agent: str, training_seed: int) -> Header:
        """What is known of an agent."""
        return self._file(agent, training_seed)[0]

    def read(self, place: str, row: pd.Series[Any]) -> Transcript:
        """The episode of a row of `textenvs_benchmarks.load`."""
        seed = int(row.training_seed)
        header, records = self._file(str(row.agent), seed)
        record = records[int(row.episode)]
        source = f"Training seed {seed}, episode {record.episode}, seed {record.seed}."
        try:
            explainer = self._explainer(header)
            found = explainer.explain(record)
            said, ending = _sum(found), found.ending
            turns = [self._turn(each, explainer.reward_weights) for each in found.decisions]
        except (ValueError, ImportError) as error:
            said, ending, turns = f"This episode cannot be shown: {error}.", "", []
        told = {"sum": said, "source": source, "turns": turns, "ending": ending}
        line = json.dumps(told, separators=(",", ":"), allow_nan=False)
        return Transcript(place, record, seed, float(row.get("metrics.success", math.nan)), line)

    def _file(self, agent: str, training_seed: int) -> tuple[Header, dict[int, EpisodeRecord]]:
        key = (agent, training_seed)
        if key not in self._files:
            header, records = read_records(self._folder.records(agent, self._id, SPLIT, training_seed))
            self._files[key] = header, {record.episode: record for record in records}
        return self._files[key]

    def _explainer(self, header: Header) -> Explainer:
        if header.env_kwargs:
            raise ValueError("episodes of a run have no parameters but those of their environment")
        if header.action_type not in self._explainers:
            self._explainers[header.action_type] = Explainer(self._id, SPLIT, header.action_type)
        return self._explainers[header.action_type]

    def _turn(self, decision: Decision, weights: Mapping[str, float]) -> dict[str, Any]:
        offered = [
            [self._numbers.setdefault(sentence, len(self._numbers)), _rounded(decision.values[action]), action]
            for action, sentence in enumerate(decision.choices)
            if sentence
        ]
        earned = {name: amount * weights[name] for name, amount in decision.reward_terms.items()}
        return {
            "before": decision.observation,
            "action": decision.action,
            "choice": decision.choice,
            "best": decision.best,
            "offered": offered,
            "regret": _rounded(decision.regret),
            "reward": _rounded(decision.reward),
            "terms": {name: _rounded(amount) for name, amount in earned.items() if amount},
        }


def _sum(found: Explanation) -> str:
    """How a return came about, in a few words; "" where that is not known."""
    if math.isnan(found.regret):
        return ""
    regrets = [decision.regret for decision in found.decisions]
    most = f", most of it in step {regrets.index(max(regrets)) + 1}" if any(regrets) else ""
    luck = f" Luck: {number(found.luck, '+.2f')}." if abs(found.luck) >= SHOWN else ""
    expected = f"At the beginning the optimum expects {number(found.expected, '.2f')}."
    return f"{expected} Lost by its own acts: {number(found.regret, '.2f')}{most}.{luck}"


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, DIGITS) + 0.0
