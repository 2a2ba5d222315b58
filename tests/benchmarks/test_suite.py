from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

import textenvs
from tests.benchmarks.conftest import TINY
from textenvs_benchmarks.suite import REFERENCES, load_suite, make_suite, suite_names


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
