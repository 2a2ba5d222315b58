"""The command `textenvs feedback`: stages that go on, the same bytes anywhere, and what the tables say."""

from __future__ import annotations

import json
import math
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pandas as pd
import pytest
from rich.console import Console

from textenvs.errors import MissingExtra
from textenvs.feedback import write_preferences
from textenvs.feedback.preferences import read_preferences
from textenvs_benchmarks.cli import main
from textenvs_benchmarks.feedback.page import to_html
from textenvs_benchmarks.feedback.plan import BUDGETS, ERRORS, Plan
from textenvs_benchmarks.feedback.report import print_study, to_markdown
from textenvs_benchmarks.feedback.stages import Stages
from textenvs_benchmarks.feedback.study import (
    check_judge,
    default_name,
    difference,
    held,
    judge_table,
    policy_table,
    run_studies,
)
from textenvs_benchmarks.feedback.worth import Worth

WORDS = ["feedback", "TextQA-v0", "--set", "judge.confidence=0,8", "--seeds", "3", "--steps", "3000"]
WORDS += ["--scenarios", "12", "--test-scenarios", "8", "--pairs", "60", "--penalty", "0", "0.2"]


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
    for heading in ("Score", "Test", "Gap", "Kappa", "Peak", "The reference", "Judge scripted; 60 pairs"):
        assert heading in " ".join(out.split())
    ours = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    suffixes = [path.suffix for path in ours]
    assert (suffixes.count(".jsonl"), suffixes.count(".npz"), suffixes.count(".html")) == (6, 30, 1)
    for path in ours:
        assert (tmp_path / "again" / path).read_bytes() == (folder / path).read_bytes()


def test_what_is_there_is_not_made_again_and_what_is_exchanged_is_used(folder, tmp_path):
    place = tmp_path / "copy"
    shutil.copytree(folder, place)
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*") if path.suffix in (".jsonl", ".npz")}
    assert main([*WORDS, "--workers", "1", "--out", str(place)]) == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert (place / "results.json").read_bytes() == (folder / "results.json").read_bytes()
    study, _ = sorted(path for path in place.iterdir() if path.is_dir())
    for changed in study.rglob("preferences.jsonl"):
        header, preferences = read_preferences(changed)
        write_preferences(changed, [each for each in preferences if each.margin > 0], {**header, "pairs": 40})
    written = {path: path.stat().st_mtime_ns for path in study.rglob("preferences.jsonl")}
    assert main([*WORDS, "--workers", "1", "--out", str(place)]) == 0
    dials = [each["dial"] for each in json.loads((place / "results.json").read_text())["studies"]]
    assert dials == ["own file", "confidence 8"]
    again = {path for path, time in before.items() if path.stat().st_mtime_ns != time}
    assert {path.name for path in again} == {"preferences.jsonl", "reward_model.npz"} | {
        f"q_learning-canonical-{penalty}.npz" for penalty in ("0", "0.2")
    }
    assert all(study in path.parents for path in again)
    assert {path: path.stat().st_mtime_ns for path in written} == written, "what is yours is not written over"


def test_a_judge_that_likes_sureness_is_right_less_often_and_its_policies_are_worth_less(results):
    judges = judge_table(results).set_index("dial")
    assert judges.agreement["confidence 0"] == judges.leaning["confidence 0"] == 1.0
    assert judges.model_rank["confidence 8"] < judges.model_rank["confidence 0"] <= 1.0
    assert judges.agreement["confidence 8"] < 1.0
    policies = policy_table(results)
    exact = policies[(policies.agent == "exact") & (policies.way == "direct") & (policies.penalty == 0.0)]
    exact = exact.set_index("dial")
    assert exact.score["confidence 0"] == pytest.approx(100.0)
    assert exact.score["confidence 8"] <= 100.0
    assert exact.gap["confidence 0"] == pytest.approx(0.0, abs=1e-6)
    assert (policies.above <= 1e-6).all()
    exactly = policies[policies.agent == "exact"].above
    assert (exactly >= -1e-9).all(), "what is optimal lies on the frontier, not below it"
    assert exact.test_score["confidence 0"] == pytest.approx(100.0), "the truth is the truth in scenarios of test too"
    learned = policies[policies.agent == "q_learning"]
    assert (learned.test_score < learned.score).any(), "what is learned in twelve scenarios is not all there is"
    assert set(policies.way) == {"canonical", "direct"}


def test_the_page_and_the_markdown_say_what_was_done(results):
    page, text = to_html(results, "textenvs feedback X"), to_markdown(results, "textenvs feedback X")
    for said in ("confidence 8", "optimal play", "Goodhart"):
        assert said in page
        assert said in text
    assert "Library:" in page
    assert "<circle" in page
    assert "NaN" not in page
    assert "`textenvs feedback X`" in text
    assert "Gold by confidence of the judge, canonical" in page
    assert "<polygon" in page, "three seeds have intervals"


def test_nothing_that_a_setting_says_is_a_mark(results, capsys):
    odd = "[bold]a|b</script><img src=x>"
    for study in results["studies"]:
        study["dial"] = f"{odd} {study['dial']}"
    text = to_markdown(results, "textenvs feedback X")
    assert "\\|b&lt;/script>" in text or "\\|b&lt;/script&gt;" in text
    assert "<img" not in text
    assert "<img" not in to_html(results, "textenvs feedback X")
    print_study(results, Console(width=200))
    assert f"{odd} confidence 8" in capsys.readouterr().out


def test_what_lies_beyond_the_scale_is_drawn_where_it_is(results):
    """A learner that is worse than random is not drawn at 0."""
    low = json.loads(json.dumps(results))
    for row in low["studies"][0]["policies"]:
        row["score"] -= 60.0
    heights = [
        re.findall(r'<circle class="dot" cx="[^"]+" cy="([^"]+)"', to_html(each, "X")) for each in (results, low)
    ]
    assert max(map(float, heights[1])) <= 270.0
    assert heights[0] != heights[1]


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
        (["--set", "endpoint.model=x"], "endpoint does not judge here"),
        (["--set", "judge.foresight=0.9"], "add --way canonical"),
        (["--ladder", "--pairs", "10"], "leave out --pairs"),
        (["--set", "judge.error=abc"], "error of a judge must be a number, got 'abc'"),
        (["--set", "judge.position=inf"], "position of a judge must be a number"),
        (["--judge", "embedding", "--set", "embedding.temperature=x"], "temperature of a judge must be"),
        (["--reference", "optimal"], "optimal cannot be the reference"),
        (["--reference", "q_learning"], "q_learning cannot be the reference"),
        (["--judge", "nowhere:Judge"], "cannot be imported"),
        (["--judge", "json:Judge"], "is not to be found"),
        (["--judge", "./mine.py:Judge"], "a judge of your own is MODULE:NAME"),
        (["--judge", ":Judge"], "a judge of your own is MODULE:NAME"),
        (["--judge", "fractions:Fraction", "--way", "canonical"], "is no judge: it lacks name"),
        (["--ladder", "--way", "direct"], "leave out --way"),
        (["--ladder", "--judge", "embedding"], "leave out --judge"),
        (["--ladder", "--set", "judge.error=0.1"], "mistakes of its own"),
        (["--ladder", "--set", "judge.length=1,2"], "one value of all other dials"),
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


def test_more_seeds_go_on_with_what_is_there(folder, tmp_path):
    place = tmp_path / "copy"
    words = [*WORDS[: WORDS.index("--seeds")], *WORDS[WORDS.index("--seeds") + 2 :], "--out", str(place)]
    assert main([*words, "--seeds", "2", "--workers", "1"]) == 0
    before = {path: path.stat().st_mtime_ns for path in place.rglob("preferences.jsonl")}
    assert len(before) == 4
    assert main([*words, "--seeds", "3", "--workers", "1"]) == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert (place / "results.json").read_bytes() == (folder / "results.json").read_bytes()


def test_a_package_that_is_missing_is_named_before_anything_is_made(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("textenvs.errors.find_folder", lambda package: None)
    for words in (["--agent", "ppo"], ["--judge", "likelihood"], ["--encoder", "embeddings"]):
        monkeypatch.setattr("textenvs.feedback.model_judges.check_model", lambda name: None)
        assert main(["feedback", "TextQA-v0", *words, "--way", "canonical", "--out", str(tmp_path / "x")]) == 2
        assert "is needed here: pip install" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_a_judge_that_cannot_score_so_many_states_says_so_at_once():
    plan = Plan("TextDialogueClean-v0", "embedding", {"most": 10}, ways=("direct",), scenarios=1)
    with pytest.raises(ValueError, match="scores 10 at most"):
        check_judge(plan, lambda line: None)


def test_each_study_has_a_folder_of_its_own_and_more_seeds_the_same():
    plan = Plan("TextQA-v0")
    names = {default_name([each]) for each in (plan, replace(plan, steps=7), replace(plan, penalties=(0.5,)))}
    assert len(names) == 3
    assert all(name.startswith("feedback-TextQA-v0-") for name in names)
    assert default_name([replace(plan, seeds=9)]) == default_name([plan])


def test_a_folder_in_which_another_process_works_is_let_be(folder, capsys):
    with held(folder):
        assert main([*WORDS, "--out", str(folder)]) == 2
    assert "another process works in" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is another thing on Windows")
def test_an_interrupted_study_says_so_and_nothing_else(tmp_path):
    def heed():  # a shell has its background jobs ignore Ctrl-C, and these tests with them
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    words = [sys.executable, "-m", "textenvs_benchmarks.cli", *WORDS, "--steps", "100000000", "--workers", "2"]
    with subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True, preexec_fn=heed) as process:
        assert process.stderr.readline().startswith("studies: 2, seeds: 3, processes: 2; into runs")
        time.sleep(2.0)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()  # ends when the workers have ended too
        assert process.wait() == 130
    assert rest == "textenvs: interrupted: the same command goes on from here\n"


def test_pairs_that_were_learned_from_are_no_test_of_a_model(tmp_path):
    plan = Plan("TextQA-v0", pairs=40, held_out=30, steps=10, ways=("canonical",), scenarios=2, test_scenarios=0)
    stages = Stages(plan, 0, tmp_path)
    kept, held_out = stages.preferences
    assert "model_accuracy_out" in Worth(stages)._model_row(kept, held_out)
    assert "model_accuracy_out" not in Worth(stages)._model_row(kept, kept)
    row = Worth(stages).policy_rows("canonical")[0]
    assert math.isnan(row["test_score"])


def test_what_was_judged_elsewhere_is_told_from_its_file_alone(folder, tmp_path):
    """Flips and obeyed notes are of whoever judged, not of the judge that the plan names."""
    (file, *_) = sorted(folder.rglob("0/preferences.jsonl"))
    header, preferences = read_preferences(file)
    assert header["flips"] == 0.0
    plan = Plan("TextQA-v0", pairs=60, steps=10, ways=("canonical",), penalties=(0.0,), scenarios=12, seeds=1)
    write_preferences(tmp_path / "preferences.jsonl", preferences, {**header, "flips": 0.25, "injection": None})
    row = Worth(Stages(plan, 0, tmp_path)).judge_row()
    assert row["flips"] == 0.25
    assert math.isnan(row["injection"])


def test_a_folder_of_another_study_is_let_be(folder, capsys):
    before = (folder / "results.json").read_bytes()
    assert main(["feedback", "TextQA-v0", "--seeds", "1", "--steps", "10", "--out", str(folder)]) == 2
    assert "holds another study" in capsys.readouterr().err
    assert (folder / "results.json").read_bytes() == before


def test_a_package_that_is_missing_is_named_from_another_process():
    error = pickle.loads(pickle.dumps(MissingExtra("torch", "lm", "broken")))
    assert str(error) == str(MissingExtra("torch", "lm", "broken"))
    assert error.extra == "lm"


QUICK = ["--steps", "500", "--scenarios", "4", "--test-scenarios", "0", "--seeds", "1", "--workers", "1"]


def test_a_judge_of_your_own_is_found_in_the_working_folder(tmp_path, monkeypatch, capsys):
    (tmp_path / "politeness.py").write_text(
        "import numpy as np\n"
        "class Polite:\n"
        "    name = 'polite'\n"
        "    def __init__(self, weight=1.0):\n"
        "        self.config = {'weight': weight}\n"
        "    def compare(self, scenes, pairs):\n"
        "        said = [[sum('!' in scenes[c.scene].replies(s.state)[s.action] for s in c.steps) for c in pair]"
        " for pair in pairs]\n"
        "        return np.array([0.5 + 0.5 * np.sign(a - b) for a, b in said])\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    words = ["feedback", "TextDialogueClean-v0", "--judge", "politeness:Polite", "--set", "judge.weight=2", *QUICK]
    assert main([*words, "--out", "study"]) == 0
    results = json.loads((tmp_path / "study" / "results.json").read_text())
    assert (results["studies"][0]["judge_name"], results["studies"][0]["dial"]) == ("polite", "weight 2")
    assert {row["way"] for row in results["studies"][0]["policies"]} == {"canonical"}


def test_preferences_of_your_own_are_said_to_be_yours(tmp_path, capsys):
    """Without a head, without a pair to test on: what nobody knows is a dash."""
    words = ["feedback", "TextQA-v0", "--pairs", "40", "--held-out", "5", *QUICK, "--out", str(tmp_path)]
    assert main(words) == 0
    (file,) = tmp_path.rglob("preferences.jsonl")
    header, preferences = read_preferences(file)
    mine = [replace(each, judge="me") for each in preferences]
    write_preferences(file, mine, {})
    assert main(words) == 0
    study = json.loads((tmp_path / "results.json").read_text())["studies"][0]
    assert (study["judge_name"], study["dial"]) == ("me", "own file")
    assert {row["way"] for row in study["policies"]} == {"canonical"}, "the scores of another are not asked for"
    assert "own file" in capsys.readouterr().out
    for changed, message in (
        ({"env_id": "TextDialogue-v0"}, "it is of another environment, 'TextDialogue-v0'"),
        ({"pairs": None}, "its `pairs` must be a number of its 45 pairs, got None"),
        ({"pairs": -3}, "its `pairs` must be"),
        ({"flips": "often"}, "its `flips` must be a number"),
    ):
        write_preferences(file, mine, {**header, **changed})
        assert main(words) == 2
        assert message in capsys.readouterr().err
    far = replace(mine[0], pair=(replace(mine[0].pair[0], scene=99), mine[0].pair[1]))
    write_preferences(file, [far], {})
    assert main(words) == 2
    assert "preference 1 is of scene 99, and there are 4" in capsys.readouterr().err
    write_preferences(file, [], {})
    assert main(words) == 2
    assert "holds no preference" in capsys.readouterr().err
    alone = [replace(mine[0], pair=tuple(replace(c, steps=(replace(c.steps[0], outcome=-1),)) for c in mine[0].pair))]
    write_preferences(file, alone, {})
    assert main(words) == 2
    assert "it is of replies, and the study of episodes" in capsys.readouterr().err
    write_preferences(file, mine, header)
    (tmp_path / "results.json").unlink()
    assert main([*words, "--way", "direct"]) == 2
    assert "add --way canonical" in capsys.readouterr().err


def test_a_reference_that_does_all_alike_and_pairs_of_which_none_is_better(tmp_path, capsys):
    words = ["feedback", "TextWriting-v0", "--reference", "random", "--pairs", "8", "--held-out", "0", *QUICK]
    assert main([*words, "--set", "judge.equal=inf", "--out", str(tmp_path)]) == 0
    judge = json.loads((tmp_path / "results.json").read_text())["studies"][0]["judge"][0]
    assert "model_accuracy_in" not in judge


OWN_JUDGE = """
import os
import numpy as np

class Base:
    config = {}
    name = "mine"

    def compare(self, scenes, pairs):
        return np.array([float(a.worth > b.worth) for a, b in pairs])

class Sure(Base):
    def compare(self, scenes, pairs):
        return 3.0 * super().compare(scenes, pairs)

class Late(Base):
    def compare(self, scenes, pairs):
        raise TimeoutError("nobody answers")

class Deadly(Base):
    def compare(self, scenes, pairs):
        os._exit(9)
"""


@pytest.fixture
def own_judges(tmp_path, monkeypatch):
    (tmp_path / "own_judges.py").write_text(OWN_JUDGE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return ["feedback", "TextQA-v0", "--pairs", "20", "--held-out", "5", *QUICK]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["Base", "Base"], "judges, their settings and numbers of pairs must differ"),
        (["Base", "Sure"], "told from others by the name of its judge"),
        (["Sure"], "what the judge mine says must lie between 0 and 1, or be NaN; got 3.0"),
        (["Deadly"], "a process died (out of memory?)"),
    ],
)
def test_what_is_wrong_with_a_judge_of_your_own_is_told(own_judges, names, message, capsys):
    assert main([*own_judges, "--out", "x", "--judge", *(f"own_judges:{name}" for name in names)]) == 2
    assert message in capsys.readouterr().err


def test_the_lock_of_a_folder_is_not_blamed_for_what_a_judge_raises(own_judges, capsys):
    assert main([*own_judges, "--out", "x", "--judge", "own_judges:Late"]) != 0
    assert capsys.readouterr().err.endswith("textenvs: nobody answers\n")


def test_an_episode_earns_what_it_earned(tmp_path):
    """Optimal play on TextQA in scenarios of different worth, where little is left to chance."""
    plan = Plan("TextQA-v0", pairs=30, held_out=0, steps=500, ways=("direct",), penalties=(0.0,), scenarios=6, seeds=1)
    stages = Stages(plan, 0, tmp_path)
    for example in Worth(stages).examples("direct"):
        if example["who"] == "optimal play":
            scene = next(each for each in stages.scenes if each.number == example["scenario"])
            assert example["gold"] == pytest.approx(scene.optimal, abs=1e-9)


def test_seeds_of_one_study_are_of_one_judge(folder, tmp_path, capsys):
    place = tmp_path / "copy"
    shutil.copytree(folder, place)
    (file, *_) = sorted(place.rglob("1/preferences.jsonl"))
    header, preferences = read_preferences(file)
    write_preferences(file, preferences[:50], {**header, "pairs": 50})
    assert main([*WORDS, "--workers", "1", "--out", str(place)]) == 2
    assert "seeds of one study have preferences of several judges" in capsys.readouterr().err


def test_what_was_written_down_and_not_put_into_place_is_put_there(folder, tmp_path):
    """As after a kill between the ledger and the file."""
    place = tmp_path / "copy"
    shutil.copytree(folder, place)
    (model, *_) = sorted(place.rglob("0/reward_model.npz"))
    good = model.read_bytes()
    (model.parent / "partial-reward_model.npz").write_bytes(good)
    model.write_bytes(b"older")
    assert main([*WORDS, "--workers", "1", "--out", str(place)]) == 0
    assert model.read_bytes() == good
    assert (place / "results.json").read_bytes() == (folder / "results.json").read_bytes()


def test_what_something_is_worth_is_found_anew_where_it_is_made_from_something_else(folder, tmp_path):
    place = tmp_path / "copy"
    shutil.copytree(folder, place)
    (place / "notes").mkdir()
    (worth, *_) = sorted(place.rglob("worth.json"))
    (worth.parent / "notes").mkdir()
    told = json.loads(worth.read_text())
    worth.write_text(json.dumps({**told, "dial": "as it was kept"}))
    assert main([*WORDS, "--workers", "1", "--out", str(place)]) == 2, "it is kept"
    told["made_from"][2]["sources"] = "others"
    worth.write_text(json.dumps({**told, "dial": "as it was kept"}))
    assert main([*WORDS, "--workers", "1", "--out", str(place)]) == 0
    assert (place / "results.json").read_bytes() == (folder / "results.json").read_bytes()


# -- on the board ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """A study of what stands in the run `small_run`."""
    place = tmp_path_factory.mktemp("judged") / "study"
    words = ["feedback", "TextDialogueClean-v0", "--set", "judge.error=0,0.4", "--seeds", "3", "--steps", "3000"]
    words += ["--pairs", "40", "--scenarios", "1", "--test-scenarios", "1", "--way", "canonical", "--workers", "2"]
    assert main([*words, "--penalty", "0.3", "0", "--out", str(place)]) == 0
    return place


def test_what_was_learned_from_judges_stands_beside_what_was_learned_from_the_truth(
    small_run, judged, tmp_path, capsys
):
    policies = policy_table(json.loads((judged / "results.json").read_text()))
    row = policies[(policies.agent == "q_learning") & (policies.penalty == 0.0)].set_index("dial").loc["error 0.4"]
    name = "feedback: scripted error 0.4, 40 pairs"
    table = tmp_path / "table.csv"
    report = ["report", str(small_run), "--feedback", str(judged)]
    assert main([*report, "--format", "csv", "--out", str(table)]) == 0
    cells = pd.read_csv(table).set_index(["env_id", "agent"])[name].dropna()
    assert cells.to_dict() == {("TextDialogueClean-v0", "q_learning"): pytest.approx(row.test_score)}
    capsys.readouterr()
    assert main(report) == 0
    out = capsys.readouterr().out
    assert "Learned from feedback" in out
    assert f"scripted error 0.4, 40 pairs {row.test_score:z.1f}" in " ".join(out.split())
    assert all(len(line) <= 100 for line in out.splitlines())
    assert main([*report, "--format", "markdown"]) == 0
    assert f"| {row.test_score:z.1f} [" in capsys.readouterr().out
    page = tmp_path / "page.html"
    assert main([*report, "--format", "html", "--out", str(page)]) == 0
    assert page.read_text().count("scripted error 0.4, 40 pairs") >= 1
    assert main(["report", str(small_run)]) == 0
    assert "Learned from feedback" not in capsys.readouterr().out


def test_what_is_no_study_of_a_run_is_refused(small_run, folder, tmp_path, capsys):
    (tmp_path / "results.json").write_text("{}")
    for place, message in (
        (tmp_path, "holds no study"),
        (tmp_path / "x", "holds no study"),
        (folder, "is in this run"),
    ):
        assert main(["report", str(small_run), "--feedback", str(place)]) == 2
        assert message in capsys.readouterr().err
