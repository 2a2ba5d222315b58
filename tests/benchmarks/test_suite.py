from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

import textenvs
from tests.benchmarks.conftest import ID, TINY
from textenvs.evaluation import read_records
from textenvs_benchmarks.cli import main
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.jobs import plan_jobs
from textenvs_benchmarks.suite import REFERENCES, Suite, load_suite, make_suite, suite_names


@pytest.mark.parametrize("name", suite_names())
def test_shipped_suites_load(name: str) -> None:
    suite = load_suite(name)
    assert suite.name == name
    assert set(suite.environments) <= set(textenvs.IDS)


def test_leaderboard() -> None:
    suite = load_suite("leaderboard")
    assert suite.environments == textenvs.IDS
    assert suite.agents == ("random", "rule", "q_learning", "sarsa")
    assert suite.references == REFERENCES
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
        ({"nobody": {}}, "unknown agent in options"),
        ({"slow": {"agent": "qlearning"}}, "unknown agent"),
        ({"slow": 3}, "options must give a table"),
        ({"slow": {"agent": "q_learning", "epsilon_start": [1]}}, "must be texts, numbers"),
        ({"slow": {"agent": "q_learning", "epsilon": 1}}, "unknown setting of q_learning 'epsilon'"),
        ({"slow": {"agent": "q_learning", "epsilon_start": 7}}, "epsilon_start must be"),
    ):
        with pytest.raises(ValueError, match=message):
            make_suite(values | {"options": options})


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
