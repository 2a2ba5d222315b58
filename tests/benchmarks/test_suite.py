from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

import textenvs
from tests.benchmarks.conftest import ID, TINY
from textenvs.evaluation import read_records, reference_names
from textenvs_benchmarks.cli import main
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.jobs import plan_jobs
from textenvs_benchmarks.report import write_results
from textenvs_benchmarks.suite import Suite, load_suite, make_suite, suite_names

FROZEN = (
    *("TextDialogue-v0", "TextDialogueClean-v0", "TextDialogueNoisy-v0", "TextQA-v0", "TextQAWiki-v0"),
    *("TextWriting-v0", "TextWritingHard-v0", "TextWritingWiki-v0"),
)
"""What the suite holds under its version; a task that is added later does not change it."""
BLIND = ("keep_all", "accept_all", "search_follow_answer", "search_open_answer", "search_open_abstain", "abstain")
HERE = ["openai", "--set", "openai.model=m", "--set", "openai.base_url=http://localhost:9/v1"]


@pytest.mark.parametrize("name", suite_names())
def test_shipped_suites_load(name: str) -> None:
    suite = load_suite(name)
    assert suite.name == name
    assert set(suite.environments) <= set(textenvs.IDS)


def test_leaderboard() -> None:
    suite = load_suite("leaderboard")
    assert suite.environments == FROZEN
    assert suite.agents == ("random", "rule", "q_learning", "sarsa")
    assert suite.references == ("optimal", "floor", *BLIND)
    assert {*suite.references} <= {*reference_names()}
    assert (suite.training_seeds, suite.steps, suite.episodes) == (5, 200_000, 1000)


def test_suite_survives_its_table() -> None:
    table = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(TINY).items()}
    assert make_suite(table) == TINY


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "../up"}, "name must be a word"),
        ({"name": 3}, "name must be of type str"),
        ({"version": 0}, "version must be at least 1, got 0"),
        ({"steps": -5}, "steps must be at least 1, got -5"),
        ({"steps": True}, "steps must be of type int"),
        ({"evaluation_seed": -1}, "evaluation_seed must be at least 0"),
        ({"episode": 3}, "unknown key 'episode': did you mean 'episodes'"),
        ({"environments": "TextDialogue-v0"}, "environments must be of type list"),
        ({"environments": [3]}, "environments must be a list of names"),
        ({"environments": []}, "there is no environment"),
        ({"environments": ["TextDialogue-v0", "textenvs:TextDialogue-v0"]}, "'TextDialogue-v0' is named twice"),
        ({"environments": ["TextDialog-v0"]}, "unknown environment 'TextDialog-v0': did you mean 'TextDialogue-v0'"),
        ({"agents": ["q_learnin"]}, "unknown agent 'q_learnin': did you mean 'q_learning'"),
        ({"agents": ["random", "floor"], "references": ["floor"]}, "agent 'floor' is named twice"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any], message: str) -> None:
    table = {"name": "x", "version": 1, "environments": ["TextDialogue-v0"], "agents": ["random"]}
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        make_suite(table | change)


def test_missing_key_is_named() -> None:
    with pytest.raises(ValueError, match="the key 'agents' is missing"):
        make_suite({"name": "x", "version": 1, "environments": ["TextDialogue-v0"]})


def test_suite_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\nversion = 2\nenvironments = ["TextDialogue-v0"]\nagents = ["rule"]\n')
    assert load_suite(str(path)).name == "mine"
    path.write_text("name = ")
    with pytest.raises(ValueError, match=r"suite .*mine\.toml: Invalid value"):
        load_suite(str(path))


def test_agents_have_options_and_other_names() -> None:
    values = {
        "name": "mine",
        "version": 1,
        "environments": [ID],
        "agents": ["q_learning", "slow"],
        "options": {"slow": {"agent": "q_learning", "epsilon_start": 0.01}, "q_learning": {"epsilon_start": 0.5}},
    }
    suite = make_suite(values)
    assert (suite.installed("slow"), suite.options_of("slow")) == ("q_learning", {"epsilon_start": 0.01})
    assert (suite.installed("q_learning"), suite.options_of("q_learning")) == ("q_learning", {"epsilon_start": 0.5})
    jobs = {job.agent: job for job in plan_jobs(suite)}
    assert (jobs["slow"].installed, jobs["slow"].options) == ("q_learning", {"epsilon_start": 0.01})
    assert jobs["slow"].name == f"slow/{ID}/4"
    for options, message in (
        ({"nobody": {}}, r"unknown agent in options 'nobody': .*; add it to agents, or remove \[options.nobody\]"),
        ({"slow": {"agent": "qlearning"}}, "unknown agent"),
        ({"slow": 3}, "options must give a table"),
        ({"slow": {"agent": "q_learning", "epsilon_start": [1]}}, "must be texts, numbers"),
        ({"slow": {"agent": "q_learning", "epsilon": 1}}, "unknown setting of q_learning 'epsilon'"),
    ):
        with pytest.raises(ValueError, match=message):
            make_suite(values | {"options": options})


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (["q_learning", "--set", "q_learning.epsilon_start=7"], "textenvs: q_learning: epsilon_start must be"),
        (["lm", "--set", "lm.model=nowhere"], "textenvs: lm: there is no folder 'nowhere'"),
        (["openai"], "textenvs: openai: say which model: openai.model=NAME"),
        (["openai", "--set", "openai.model=m"], "textenvs: openai: an https address elsewhere needs a key"),
        (["openai", "--set", "openai.model=m", "--set", "openai.base_url=x"], "base_url must be an address such as"),
        ([*HERE, "--budget", "call=2"], "textenvs: openai: unknown part of the budget 'call': did you mean 'calls'?"),
        ([*HERE, "--budget", "usd=1"], "textenvs: openai: a budget in money needs prices: add usd_in and usd_out"),
    ],
)
def test_an_agent_that_cannot_be_made_stops_a_run_before_it_begins(
    told: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("TEXTENVS_BUDGET", "")
    words = ["run", "--env", ID, "--episodes", "2", "--seeds", "1", "--steps", "100", "--workers", "1"]
    assert main([*words, "--agent", "random", *told, "--out", str(tmp_path / "run")]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_results_are_read_where_their_agents_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run on another machine: it had the model, the key, the budget and the cache."""
    monkeypatch.setenv("TEXTENVS_BUDGET", "")
    folder = tmp_path / "run"
    words = ["run", "--env", ID, "--agent", "random", "--episodes", "2", "--seeds", "1", "--workers", "1"]
    assert main([*words, "--out", str(folder)]) == 0
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["suite"]["agents"] += ["lm", "openai"]
    manifest["suite"]["options"] = {"lm": {"model": "nowhere"}, "openai": {"model": "m"}}
    manifest["agents"] |= {"lm": "0", "openai": "0"}
    path.write_text(json.dumps(manifest))
    for name in ("lm", "openai"):
        ResultsFolder(folder).write_failure(f"{name}/{ID}/0", "it was not there either")
    write_results(ResultsFolder(folder))
    ResultsFolder(folder).finish()
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("TEXTENVS_BUDGET", "call=2")
    monkeypatch.setenv("TEXTENVS_CACHE", "")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for command in (["report"], ["report", "--format", "html"], ["verify"], ["pack"]):
        assert main([command[0], str(folder), *command[1:]]) == 0
    assert main(["verify", str(tmp_path / "run.zip")]) == 0
    capsys.readouterr()
    assert main(["verify", str(folder), "--rerun", "--trust-agents"]) == 2
    assert "textenvs: lm: there is no folder 'nowhere'" in capsys.readouterr().err


def test_options_on_the_line_are_recorded(tmp_path: Path) -> None:
    options = ["--episodes", "2", "--seeds", "1", "--steps", "100", "--out", str(tmp_path / "run")]
    assert main(["run", "--env", ID, "--agent", "q_learning", "--set", "q_learning.epsilon_start=0.5", *options]) == 0
    run, _ = ResultsFolder(tmp_path / "run").read()
    assert "--set=q_learning.epsilon_start=0.5" in run.command
    assert run.suite.options == {"q_learning": {"epsilon_start": 0.5}}
    header, _ = read_records(tmp_path / "run" / "episodes" / "q_learning" / ID / "test-0.jsonl")
    assert header.agent_config["epsilon_start"] == 0.5


def test_agents_that_are_not_ours_have_no_options() -> None:
    with pytest.raises(ValueError, match="Mine is not one of ours: it has no options here"):
        Suite("mine", 1, (ID,), ("random",), external={"Mine": "python:m:Mine"}, options={"Mine": {"x": 1}})


@pytest.mark.parametrize("wrong", ["alpha=0.5", "q_learning.=1", ".alpha=1", "q_learning.epsilon_start"])
def test_options_that_cannot_be_read(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--env", ID, "--agent", "q_learning", "--set", wrong]) == 2
    assert "VALUE" in capsys.readouterr().err


def test_a_changed_option_changes_the_name_of_the_suite(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    options = ["--episodes", "2", "--seeds", "1", "--steps", "100", "--out", str(tmp_path / "run")]
    assert main(["run", "quick", "--set", "q_learning.epsilon_start=0.5", *options]) == 0
    assert ResultsFolder(tmp_path / "run").read()[0].suite.name == "quick-changed"
