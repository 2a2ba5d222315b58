from __future__ import annotations

from pathlib import Path

import pytest

from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.progress import Lines
from textenvs_benchmarks.runner import run_suite
from textenvs_benchmarks.suite import Suite

ID = "TextDialogueClean-v0"
TINY = Suite(
    name="tiny",
    version=1,
    environments=(ID,),
    agents=("random", "rule", "q_learning"),
    references=("optimal", "floor"),
    training_seeds=2,
    steps=2000,
    episodes=20,
    evaluation_seed=7,
)


OTHER = "TextWriting-v0"
SMALL = Suite(
    name="small",
    version=3,
    environments=(ID, OTHER),
    agents=("random", "rule", "q_learning"),
    references=("optimal", "floor", "keep_all"),
    training_seeds=3,
    steps=3000,
    episodes=30,
    evaluation_seed=11,
)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results with intervals and ranks, in two environments; read-only."""
    path = tmp_path_factory.mktemp("runs") / "small"
    assert run_suite(SMALL, ResultsFolder(path), 2, Lines(), command="textenvs run small").failed == 0
    return path


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of the tiny suite, made by 2 workers; read-only."""
    path = tmp_path_factory.mktemp("runs") / "tiny"
    summary = run_suite(TINY, ResultsFolder(path), 2, Lines())
    assert (summary.found, summary.finished, summary.failed) == (0, 10, 0)
    return path
