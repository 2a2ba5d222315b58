from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tests.benchmarks.conftest import ID, TINY
from textenvs_benchmarks import load
from textenvs_benchmarks.cli import main
from textenvs_benchmarks.comparison import compare, correct, rank, seeds_for
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.head_to_head import meet
from textenvs_benchmarks.progress import Silent
from textenvs_benchmarks.runner import run_suite


def test_it_is_the_paired_t_test_of_scipy() -> None:
    rng = np.random.default_rng(0)
    ours, theirs = rng.normal(60.0, 5.0, 8), rng.normal(55.0, 5.0, 8)
    found, expected = compare(ours, theirs), stats.ttest_rel(ours, theirs)
    assert found.p_value == pytest.approx(expected.pvalue)
    ends = expected.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))


def test_holm_by_hand() -> None:
    rng = np.random.default_rng(0)
    base = compare(rng.normal(size=5), rng.normal(size=5))
    given = [0.01, 0.04, 0.03, math.nan, 0.5]
    found = correct([replace(base, p_value=p) for p in given])
    assert [each.adjusted for each in found[:3]] == pytest.approx([0.04, 0.09, 0.09])
    assert found[4].adjusted == 0.5
    assert correct([]) == []


def test_equal_agents_are_told_apart_as_seldom_as_is_claimed() -> None:
    for n in (3, 5, 10, 20):
        rng = np.random.default_rng(n)
        base = rng.normal(70.0, 8.0, (1000, n))
        apart = sum(
            compare(each + rng.normal(0.0, 4.0, n), each + rng.normal(0.0, 4.0, n)).told_apart() for each in base
        )
        assert apart <= 70


@pytest.mark.parametrize(("n", "anew"), [(3, 0.80), (5, 0.92), (10, 0.95), (20, 0.95)])
def test_twice_what_is_detectable_is_detected(n: int, anew: float) -> None:
    """In the same experiment, and in another: of few seeds the spread is hardly known, and so is what is detectable."""
    rng = np.random.default_rng(n)
    found = again = 0
    for _ in range(1000):
        base = rng.normal(70.0, 8.0, n)
        ours, theirs = base + rng.normal(0.0, 4.0, n), base + rng.normal(0.0, 4.0, n)
        size = 2.0 * compare(ours, theirs).detectable
        found += compare(ours + size, theirs).told_apart()
        again += compare(base + rng.normal(size, 4.0, n), base + rng.normal(0.0, 4.0, n)).told_apart()
    assert found >= 950
    assert again >= 1000 * anew


def test_what_is_detectable_is_detected_four_times_in_five() -> None:
    rng = np.random.default_rng(1)
    differences = rng.normal(0.0, 3.0, 12)
    size = compare(differences, np.zeros(12)).detectable * 3.0 / differences.std(ddof=1)  # of the true spread
    found = sum(compare(rng.normal(size, 3.0, 12), np.zeros(12)).told_apart() for _ in range(3000))
    assert found / 3000 == pytest.approx(0.8, abs=0.03)


def test_seeds_for_a_wished_difference() -> None:
    found = compare([1.0, 2.0, 3.0, 4.0, 7.0], np.zeros(5))
    assert seeds_for(found, found.detectable) == 5
    assert 10 < seeds_for(found, found.detectable / 2.0) < 20
    assert seeds_for(found, found.detectable / 1e6) is None
    assert seeds_for(compare([1.0], [2.0]), 1.0) is None


def test_sentences() -> None:
    rng = np.random.default_rng(2)
    base = rng.normal(70.0, 3.0, 12)
    better = compare(base + rng.normal(9.0, 1.0, 12), base)
    assert better.sentence("a", "b").startswith("a is better than b: +9.")
    assert replace(better, difference=-9.0).sentence("a", "b").startswith("b is better than a: ")
    few = compare(base[:4] + rng.normal(9.0, 1.0, 4), base[:4])
    assert few.sentence("a", "b").endswith("4 training seeds are few")
    same = compare(base + rng.normal(0.0, 1.0, 12), base)
    assert "a and b cannot be told apart: " in same.sentence("a", "b")
    assert "12 training seeds show differences from " in same.sentence("a", "b")
    assert compare([1.0], [2.0]).sentence("a", "b") == "1 training seed does not tell a and b apart: run 3 at least"


def test_equal_scores_are_equal() -> None:
    found = compare([5.0, 5.0, 5.0], [5.0, 5.0, 5.0])
    assert (found.difference, found.low, found.high, found.p_value) == (0.0, 0.0, 0.0, 1.0)
    assert not found.told_apart()
    assert "cannot be told apart: +0.0 points" in found.sentence("a", "b")


def test_ranks_are_intervals() -> None:
    rng = np.random.default_rng(3)
    base = rng.normal(60.0, 1.0, 10)
    scores = [base + rng.normal(shift, 1.0, 10) for shift in (20.0, 0.0, 0.2, -20.0)]
    assert rank(scores) == [(1, 1), (2, 3), (2, 3), (4, 4)]
    assert rank(scores[:1]) == [(1, 1)]


def test_pairs_are_wanted() -> None:
    with pytest.raises(ValueError, match="scores must come in pairs, got 2 and 3"):
        compare([1.0, 2.0], [1.0, 2.0, 3.0])


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "five"
    suite = replace(TINY, environments=(ID, "TextQA-v0"), agents=("random", "rule"), references=(), training_seeds=4)
    run_suite(suite, ResultsFolder(path), 2, Silent())
    return path


def test_the_table_has_ranks_and_marks_few_seeds(run: Path, tiny_run: Path) -> None:
    rows = {(row["env_id"], row["agent"]): row for row in json.loads((run / "results.json").read_text())["rows"]}
    assert (rows[ID, "rule"]["rank_best"], rows[ID, "rule"]["rank_worst"]) == (1, 1)
    assert (rows[ID, "random"]["rank_best"], rows[ID, "random"]["rank_worst"]) == (2, 2)
    table = (run / "results.md").read_text()
    assert "| rule rank 1 |" in table
    assert "| 4* public |" in table
    two_seeds = json.loads((tiny_run / "results.json").read_text())["rows"]
    assert {row["rank_best"] for row in two_seeds} == {None}
    assert "rank" not in (tiny_run / "results.md").read_text().partition("Score:")[0]


def test_two_agents_of_a_run(run: Path, capsys) -> None:
    assert main(["compare", "rule", "random", "--run", str(run), "--json"]) == 0
    rows = {row["where"]: row for row in json.loads(capsys.readouterr().out)}
    assert set(rows) == {ID, "TextQA-v0", "all"}
    episodes = load(run)
    means = episodes[episodes.split == "test"].groupby(["agent", "env_id"]).score.mean()
    for env_id in (ID, "TextQA-v0"):
        assert rows[env_id]["difference"] == pytest.approx(means["rule", env_id] - means["random", env_id])
        assert rows[env_id]["low"] < rows[env_id]["difference"] < rows[env_id]["high"]
    assert rows["all"]["difference"] == pytest.approx(
        np.mean([rows[ID]["difference"], rows["TextQA-v0"]["difference"]])
    )
    assert rows[ID]["told_apart"]
    assert main(["compare", "rule", "random", "--run", str(run)]) == 0
    said = capsys.readouterr().out
    assert f"{ID}: rule is better than random: +" in said
    assert "Over all environments: rule is better than random" in said.replace("\n", " ")
    assert all(len(line) <= 100 for line in said.splitlines())


def test_an_agent_in_two_runs(run: Path, tiny_run: Path, capsys) -> None:
    assert main(["compare", str(run), str(tiny_run), "--agent", "random"]) == 0
    said = capsys.readouterr().out
    assert "2 training seeds do not tell" in said, "tiny has two, and they are the same"
    assert main(["compare", str(run), str(run), "--agent", "random"]) == 0
    assert "cannot be told apart: +0.0 points [+0.0, +0.0]" in capsys.readouterr().out.replace("\n", " ")


def test_what_cannot_be_compared_is_said(run: Path, tiny_run: Path, capsys) -> None:
    for words, said in (
        (["rule", "randm", "--run", str(run)], "unknown agent of this run 'randm': did you mean 'random'?"),
        ([str(run), str(tiny_run)], "say which agent of the two runs: --agent NAME; or name two agents"),
    ):
        assert main(["compare", *words]) == 2
        assert said in capsys.readouterr().err
    episodes = load(run)
    other = episodes.assign(seed=episodes.seed + 1)
    with pytest.raises(ValueError, match="they were not played on the same episodes"):
        meet(episodes[episodes.agent == "rule"], other[other.agent == "random"])
    with pytest.raises(ValueError, match="no environment in common"):
        meet(episodes[episodes.agent == "rule"], other.iloc[:0])
