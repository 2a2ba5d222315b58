"""All episodes of a run as one table, from which the others are made."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import textenvs
from tests.benchmarks.conftest import ID, TINY
from textenvs.evaluation import read_records
from textenvs_benchmarks import load
from textenvs_benchmarks.episodes import COLUMNS
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.summary import summarise


def test_a_row_an_episode(tiny_run: Path) -> None:
    episodes = load(tiny_run)
    assert list(episodes.columns)[: len(COLUMNS)] == COLUMNS
    assert len(episodes) == (3 * 2 * 2 + 2 * 2) * TINY.episodes
    assert not episodes.duplicated(["env_id", "agent", "split", "training_seed", "episode"]).any()
    _, records = read_records(tiny_run / "episodes" / "rule" / ID / "test-1.jsonl")
    rows = episodes[(episodes.agent == "rule") & (episodes.split == "test") & (episodes.training_seed == 1)]
    assert rows.seed.tolist() == [record.seed for record in records]
    assert rows.episodic_return.tolist() == [record.episodic_return for record in records]
    assert rows["reward_terms.turn"].tolist() == [sum(record.reward_terms["turn"]) for record in records]
    assert rows["metrics.success"].tolist() == [record.metrics["success"] for record in records]
    scores = textenvs.reference_scores(ID, "test")
    assert np.allclose(rows.score, [scores.normalise(record.episodic_return) for record in records])
    assert rows.public_seeds.all()
    assert not rows.drift.any()
    assert (rows.failure == "").all()


def test_the_table_is_made_from_it(tiny_run: Path) -> None:
    _, table = summarise(ResultsFolder(tiny_run))
    means = load(tiny_run).groupby(["agent", "split"]).episodic_return.mean()
    for row in table.itertuples():
        assert row.return_test == pytest.approx(means[row.agent, "test"])
        assert row.return_train == pytest.approx(means[row.agent, "train"])


def test_a_run_that_goes_on_is_read_so_far(tiny_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"
    shutil.copytree(tiny_run, path)
    (path / "episodes" / "random" / ID / "test-0.jsonl").unlink()
    torn = path / "episodes" / "rule" / ID / "test-0.jsonl"
    torn.write_bytes(torn.read_bytes()[:-5])
    empty = path / "episodes" / "rule" / ID / "test-1.jsonl"
    empty.write_bytes(b'{"format"')
    assert len(load(path)) == len(load(tiny_run)) - 2 * TINY.episodes - 1
    _, table = summarise(ResultsFolder(path))
    assert table.set_index("agent").seeds[["random", "rule", "q_learning"]].tolist() == [1, 0, 2]


def test_a_run_without_an_episode_is_an_empty_table(tiny_run: Path, tmp_path: Path) -> None:
    shutil.copy(tiny_run / "manifest.json", tmp_path)
    episodes = load(tmp_path)
    assert isinstance(episodes, pd.DataFrame)
    assert list(episodes.columns) == COLUMNS
    assert not len(episodes)


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"is not a results folder \(it has no manifest.json\)"):
        load(tmp_path)
    with pytest.raises(ValueError, match="does not exist"):
        load(tmp_path / "none")


def test_pandas_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, textenvs_benchmarks; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
