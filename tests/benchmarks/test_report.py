from __future__ import annotations

import io
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import textenvs
from tests.benchmarks.conftest import ID, TINY
from textenvs.evaluation import read_records
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.intervals import MIN_SCORES
from textenvs_benchmarks.page.columns import RESULTS
from textenvs_benchmarks.report import print_text, to_csv, to_json, to_markdown
from textenvs_benchmarks.summary import COLUMNS, summarise


@pytest.fixture(scope="module")
def frame(tiny_run: Path) -> pd.DataFrame:
    return summarise(ResultsFolder(tiny_run))[1]


def as_text(frame: pd.DataFrame) -> str:
    console = Console(file=io.StringIO(), width=100)
    print_text(frame, TINY, {f"rule/{ID}/0": {"training": 1.0}, f"rule/{ID}/1": {"training": 2.0}}, console)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_rows(frame: pd.DataFrame) -> None:
    assert list(frame.columns) == COLUMNS
    assert frame.agent.tolist()[:2] == ["optimal", "floor"]
    assert set(frame.agent) == {"optimal", "floor", "random", "rule", "q_learning"}
    ranked = frame[~frame.reference]
    assert ranked.score_test.is_monotonic_decreasing
    assert frame.seeds.tolist() == [1, 1, 2, 2, 2]
    assert frame.score_test_low.isna().all()  # under 3 seeds
    assert not frame.failures.any()


def test_numbers_come_from_the_records(tiny_run: Path, frame: pd.DataFrame) -> None:
    row = frame.set_index("agent").loc["rule"]
    means, turns = [], []
    for seed in (0, 1):
        _, records = read_records(tiny_run / "episodes" / "rule" / ID / f"test-{seed}.jsonl")
        means.append(np.mean([record.episodic_return for record in records]))
        turns.append(np.mean([record.length for record in records]))
    assert row.return_test == pytest.approx(np.mean(means))
    assert row.turns_test == pytest.approx(np.mean(turns))
    scores = textenvs.reference_scores(ID, "test")
    assert row.score_test == pytest.approx(np.mean([scores.normalise(mean) for mean in means]))
    assert row.gap == pytest.approx(row.score_train - row.score_test)
    assert row.training_steps == pytest.approx(2000, abs=25)


def test_references_are_near_what_they_stand_for(frame: pd.DataFrame) -> None:
    by_agent = frame.set_index("agent")
    assert by_agent.score_test["optimal"] == pytest.approx(100, abs=10)
    assert by_agent.success_test["optimal"] == 1.0
    assert by_agent.score_test["floor"] < 10
    assert by_agent.score_test["random"] < 10


def test_written_results_are_the_report(tiny_run: Path, frame: pd.DataFrame) -> None:
    for suffix, render in (("csv", to_csv), ("json", to_json), ("md", to_markdown)):
        assert (tiny_run / f"results.{suffix}").read_text(encoding="utf-8") == render(frame, TINY)


def test_csv_holds_all_columns(frame: pd.DataFrame) -> None:
    read = pd.read_csv(io.StringIO(to_csv(frame, TINY))).assign(lost_to="")
    pd.testing.assert_frame_equal(read, frame, check_dtype=False)


def test_json_has_null_where_there_is_no_value(frame: pd.DataFrame) -> None:
    table = json.loads(to_json(frame, TINY))
    assert (table["suite"], table["version"]) == ("tiny", 1)
    assert table["rows"][0]["training_steps"] is None
    assert table["rows"][0]["score_test_low"] is None
    assert table["rows"][0]["reference"] is True


def test_text_fits_a_terminal_and_says_what_it_means(frame: pd.DataFrame) -> None:
    text = as_text(frame)
    assert max(map(len, text.splitlines())) <= 100
    words = " ".join(text.split())
    for part in (ID, "reference", "interquartile mean", "bootstrap interval", "neither thinks nor answers", "1.5 s"):
        assert part in words
    assert "wall-clock" not in to_markdown(frame, TINY)


def test_no_name_breaks_a_table(frame: pd.DataFrame) -> None:
    odd = frame.replace({"agent": {"rule": "a|b[red]"}})
    assert "| a\\|b[red] |" in to_markdown(odd, TINY)
    assert "a|b[red]" in as_text(odd)


def test_interval_from_three_seeds_on(frame: pd.DataFrame) -> None:
    one = frame.assign(score_test_low=-0.04, score_test_high=12.345)
    assert "[0.0, 12.3]" in as_text(one)
    assert "[0.0, 12.3]" in to_markdown(one, TINY)


def test_the_legend_says_why_there_is_no_interval(frame: pd.DataFrame) -> None:
    why = "or where all score the same"
    assert f"[-]: there is none, of fewer than {MIN_SCORES} seeds, {why}" in to_markdown(frame, TINY)
    (score,) = (column for column in RESULTS if column.key == "score_test")
    assert f"there is none of fewer than {MIN_SCORES} trainings, n{why}" in score.meaning


def test_failures_are_marked(frame: pd.DataFrame) -> None:
    failed = frame.copy()
    failed.loc[failed.agent == "rule", ["score_test", "return_test", "turns_test"]] = math.nan
    failed.loc[failed.agent == "rule", "failures"] = 2
    assert "2 failed" in as_text(failed)
    assert "rule 2 failed" in to_markdown(failed, TINY)


def test_unfinished_run_is_reported(tiny_run: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes((tiny_run / "manifest.json").read_bytes())
    folder = ResultsFolder(tmp_path)
    with pytest.raises(ValueError, match="holds no complete job yet"):
        summarise(folder)
    source = tiny_run / "episodes" / "rule" / ID
    target = tmp_path / "episodes" / "rule" / ID
    target.mkdir(parents=True)
    for split in ("train", "test"):
        (target / f"{split}-0.jsonl").write_bytes((source / f"{split}-0.jsonl").read_bytes())
    folder.write_failure(f"random/{ID}/0", "Traceback")
    rows = summarise(folder)[1].set_index("agent")
    assert rows.seeds.to_dict() == {"optimal": 0, "floor": 0, "rule": 1, "random": 0, "q_learning": 0}
    assert rows.failures["random"] == 1
    assert rows.index.tolist()[2] == "rule"  # what has no score comes last
