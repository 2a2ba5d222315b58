"""The example of CONTRIBUTING.md is a real task."""

import ast
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from tests.tasks.example_task import TRUE, Drawers
from textenvs import testing
from textenvs.core.loading import load_tables
from textenvs.core.solve import evaluate_policy, solve_tables

ID = "Drawers-v0"
SOURCE = Path(__file__).with_name("example_task.py").read_text()
CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"


@pytest.fixture
def registered():
    gym.register(
        id=ID,
        entry_point="textenvs.core.env:TextEnv",
        vector_entry_point="textenvs.core.vector:TextVectorEnv",
        order_enforce=False,
        disable_env_checker=True,
        kwargs={"task": "tests.tasks.example_task:Drawers"},
    )
    yield
    del gym.registry[ID]


def test_it_passes_the_kit(registered):
    testing.check_id(ID)


def test_it_is_solved_exactly():
    task = Drawers()
    tables = load_tables(task, "train")
    solution = solve_tables(task, tables)
    assert solution.optimal > TRUE - 0.1, "one knock, and the drawer that rustled"
    for action in range(task.n_actions):
        blind = np.where(tables.mask[:, action], action, 1)
        value = evaluate_policy(task, tables, np.broadcast_to(blind, (task.horizon, tables.n_states)))
        assert 100 * (value - solution.random) / (solution.optimal - solution.random) <= 5


def test_probabilities_are_posteriors():
    process = Drawers().scenario("train", 0)
    assert process.posterior((0, 0, 0)) == pytest.approx([1 / 3] * 3)
    assert process.posterior((1, 0, 0)) == pytest.approx([TRUE, 0.1, 0.1])
    assert process.posterior((1, 1, 0)) == pytest.approx([0.08 / 0.17, 0.08 / 0.17, 0.01 / 0.17])


def test_the_guide_shows_this_file():
    text = CONTRIBUTING.read_text()
    (example,) = (block.partition("```")[0] for block in text.split("```python\n") if "class Drawers(" in block)
    assert example == SOURCE


def test_it_is_short():
    docstrings = set()
    for node in ast.walk(ast.parse(SOURCE)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            docstrings.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = enumerate(SOURCE.splitlines(), 1)
    assert sum(bool(line.strip()) and number not in docstrings for number, line in lines) <= 60
