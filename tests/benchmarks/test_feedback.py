"""The command `textenvs feedback`: stages that go on, the same bytes anywhere, and what the tables say."""

from __future__ import annotations

import json
import math
import pickle
import shutil

import pytest

from textenvs.errors import MissingExtra
from textenvs.feedback import write_preferences
from textenvs.feedback.preferences import read_preferences
from textenvs_benchmarks.cli import main
from textenvs_benchmarks.feedback.page import to_html
from textenvs_benchmarks.feedback.plan import BUDGETS, ERRORS, Plan
from textenvs_benchmarks.feedback.report import to_markdown
from textenvs_benchmarks.feedback.study import difference, judge_table, policy_table, run_studies

WORDS = ["feedback", "TextQA-v0", "--set", "judge.confidence=0,8", "--seeds", "3", "--steps", "3000"]
WORDS += ["--scenarios", "12", "--pairs", "60", "--penalty", "0", "0.2"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("feedback") / "study"
    assert main([*WORDS, "--workers", "2", "--out", str(place)]) == 0
    return place


@pytest.fixture
def results(folder):
    return json.loads((folder / "results.json").read_text())


def test_one_worker_makes_the_same_bytes(folder, tmp_path, capsys):
    assert main([*WORDS, "--workers", "1", "--out", str(tmp_path / "again")]) == 0
    out = capsys.readouterr().out
    assert all(len(line) <= 100 for line in out.splitlines())
    for heading in ("Score", "Gap", "Kappa", "the reference scores"):
        assert heading in out
    for name in ("results.json", "report.html"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()
    ours = sorted(path.relative_to(folder) for path in folder.rglob("*.jsonl"))
    assert len(ours) == 6
    for path in ours:
        assert (tmp_path / "again" / path).read_bytes() == (folder / path).read_bytes()


def test_what_is_there_is_not_made_again_and_what_is_exchanged_is_used(folder, tmp_path):
    place = tmp_path / "copy"
    shutil.copytree(folder, place)
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*") if path.suffix in (".jsonl", ".npz")}
    assert main([*WORDS, "--workers", "1", "--out", str(place)]) == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert (place / "results.json").read_bytes() == (folder / "results.json").read_bytes()
    (changed, *_) = sorted(place.rglob("0/preferences.jsonl"))
    header, preferences = read_preferences(changed)
    write_preferences(changed, [each for each in preferences if each.margin > 0], {**header, "pairs": 40})
    assert main([*WORDS, "--workers", "1", "--out", str(place)]) == 0
    again = {path for path, time in before.items() if path.stat().st_mtime_ns != time}
    assert {path.name for path in again} >= {"preferences.jsonl", "reward_model.npz"}
    assert {path.parent for path in again} == {changed.parent}


def test_a_judge_that_likes_sureness_is_right_less_often_and_its_policies_are_worth_less(results):
    judges = judge_table(results).set_index("dial")
    assert judges.agreement["confidence 0"] == 1.0
    assert judges.agreement["confidence 8"] < 1.0
    policies = policy_table(results)
    exact = policies[(policies.agent == "exact") & (policies.way == "direct") & (policies.penalty == 0.0)]
    exact = exact.set_index("dial")
    assert exact.score["confidence 0"] == pytest.approx(100.0)
    assert exact.score["confidence 8"] <= 100.0
    assert exact.gap["confidence 0"] == pytest.approx(0.0, abs=1e-6)
    assert (policies.above <= 1e-6).all()
    assert set(policies.way) == {"canonical", "direct"}


def test_the_page_and_the_markdown_say_what_was_done(results):
    page, text = to_html(results), to_markdown(results, "textenvs feedback X")
    for said in ("confidence 8", "optimal play", "Goodhart"):
        assert said in page
        assert said in text
    assert "Library:" in page
    assert "<circle" in page
    assert "NaN" not in page
    assert "`textenvs feedback X`" in text


def test_the_ladder_has_all_rungs():
    plan = Plan("TextDialogue-v0")
    cells = plan.ladder(deep=False)
    assert [(cell.pairs, cell.dials["error"]) for cell in cells] == [(n, error) for n in BUDGETS for error in ERRORS]
    assert [cell.agent for cell in plan.ladder(deep=True)[len(cells) :]] == ["ppo", "ppo"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--judge", "scripter"], "did you mean 'scripted'"),
        (["--set", "judge.eror=0.1"], "did you mean 'error'"),
        (["--set", "judge.error=0.7"], "between 0 and 0.5"),
        (["--set", "error=0.1"], "--set must be judge.KEY=VALUE"),
        (["--set", "agent.epsilon=1"], "unknown setting of q_learning"),
        (["--compare", "words"], "unknown unit"),
        (["--encoder", "term"], "did you mean 'terms'"),
        (["--way", "indirect"], "did you mean 'direct'"),
        (["--penalty", "-1"], "penalties must be"),
        (["--penalty", "nan"], "penalties must be"),
        (["--penalty", "0", "0"], "penalties must differ"),
        (["--pairs", "50", "50"], "each study is done once"),
        (["--explore", "0"], "explore must be above 0"),
        (["--agent", "q_lerning"], "did you mean 'q_learning'"),
        (["--reference", "ruler"], "did you mean 'rule'"),
        (["--agent", "random"], "random does not learn"),
    ],
)
def test_what_cannot_be_is_refused_at_once(words, message, tmp_path, capsys):
    assert main(["feedback", "TextQA-v0", *words, "--out", str(tmp_path / "x")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


@pytest.mark.slow
def test_noise_costs_little_where_pairs_are_many_and_much_where_they_are_few(tmp_path):
    plan = Plan("TextDialogue-v0", steps=1000, held_out=0, ways=("canonical",), penalties=(0.0,))
    cells = [
        Plan(**{**vars(plan), "dials": {"error": error}, "pairs": pairs})
        for pairs, error in ((100, 0.0), (100, 0.4), (5000, 0.0), (5000, 0.2))
    ]
    results = run_studies(cells, tmp_path, 1, lambda line: None, curves=False)

    def lost(pairs, error):
        cell = {"pairs": pairs, "agent": "exact"}
        return difference(results, {**cell, "dial": "error 0"}, {**cell, "dial": f"error {error}"})

    assert lost(100, 0.4)["difference_low"] > 0.0
    assert abs(lost(5000, 0.2)["difference"]) < 5.0
    assert math.isfinite(lost(5000, 0.2)["difference"])


def test_a_folder_of_another_study_is_let_be(folder, capsys):
    before = (folder / "results.json").read_bytes()
    assert main(["feedback", "TextQA-v0", "--seeds", "1", "--steps", "10", "--out", str(folder)]) == 2
    assert "holds another study" in capsys.readouterr().err
    assert (folder / "results.json").read_bytes() == before


def test_a_package_that_is_missing_is_named_from_another_process():
    error = pickle.loads(pickle.dumps(MissingExtra("torch", "lm", "broken")))
    assert str(error) == str(MissingExtra("torch", "lm", "broken"))
    assert error.extra == "lm"
