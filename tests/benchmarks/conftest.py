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


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of the tiny suite, made by 2 workers; read-only."""
    path = tmp_path_factory.mktemp("runs") / "tiny"
    summary = run_suite(TINY, ResultsFolder(path), 2, Lines())
    assert (summary.found, summary.finished, summary.failed) == (0, 10, 0)
    return path
