"""The conformance kit refuses what is wrong, and says the value, the limit and the remedy."""

import gymnasium as gym
import pytest

from tests.tasks.example_task import TERMS, Drawers, DrawersProcess
from textenvs import testing
from textenvs.core.mdp import Payoff, Terms

ID = "Broken-v0"


@pytest.fixture
def register():
    """Registers the example, with attributes of task and process replaced."""

    def register(task=None, process=None):
        kind = type("BrokenProcess", (DrawersProcess,), process or {})
        made = type("Broken", (Drawers,), {"scenario": lambda self, split, index: kind(), **(task or {})})()
        gym.register(
            id=ID,
            entry_point="textenvs.core.env:TextEnv",
            order_enforce=False,
            disable_env_checker=True,
            kwargs={"task": made},
        )

    yield register
    gym.registry.pop(ID, None)


def raised(check, *arguments):
    with pytest.raises((AssertionError, ValueError)) as caught:
        check(ID, *arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"terms": Terms({"turn": 1.0})}, "the reward terms are turn: add one called 'invalid'"),
        ({"terms": Terms({"invalid": 1.0}, metrics=("f1",))}, r"the metrics are \('f1',\): add 'success'"),
        ({"cues": ((),)}, "4 actions have 4 names and cues for 1: declare them once, as `acts`"),
        ({"invalid": Payoff((-1.0,))}, "`invalid` has 1 amounts for 3 terms: make it by `terms.earn`"),
        ({"optimum": "perfect"}, "optimum is 'perfect': make it one of exact, bound"),
        ({"texts": ("texts",)}, "texts names 'texts': it may name text, references, source"),
    ],
)
def test_declarations(register, task, message):
    register(task)
    with pytest.raises(AssertionError, match=message):
        testing.check_declaration(ID)


@pytest.mark.parametrize(
    ("task", "process", "message"),
    [
        ({"n_observations": 100}, {}, "`discrete` of state (3, 0, 0) is 108, n_observations is 100"),
        ({}, {"features": lambda self, state: (0.0, 2.0, 0.0) * 2}, "the feature 'middle' of state (0, 0, 0) is 2.0"),
        (
            {},
            {"features": lambda self, state: (0.0, 0.0)},
            "features of state (0, 0, 0) are 2 long, feature_names names 6: make them agree",
        ),
        (
            {},
            {"choices": lambda self, state: ["a", "b", "c", "d"]},
            "in state () knock is impossible, and its sentence is 'a': let `choices` give a sentence to legal acts",
        ),
        (
            {},
            {"sentence": lambda self, state, action: "Hm."},
            "in state (0, 0, 0) knock and open_left have the sentence 'Hm.': give each one of its own",
        ),
        (
            {},
            {"note": lambda self, state: "Hm."},
            "action 0 in state (0, 0, 0) leads to the states (1, 0, 0) and (0, 1, 0), which have one note, 'Hm.'",
        ),
        (
            {},
            {"sentence": lambda self, state, action: f"{action} {{drawer}}."},
            "the sentence of knock in state (0, 0, 0) has slots that are not filled, {drawer}: fill them by `.format`",
        ),
        (
            {},
            {"timeout": lambda self, state: self.terms.earn(turn=-1.0)},
            "timeout of the state (0, 0, 0) must end the episode: write `TERMS.earn(..., ends=True)`",
        ),
        ({}, {"legal": lambda self, state: (True,)}, "`legal` of the state (0, 0, 0) has 1 entries, and there are 4"),
        (
            {},
            {"timeout": lambda self, state: Payoff((0.0, 0.0, 0.0), terminated=True)},
            "has 0 metrics and should have 1, as metrics are of an episode's end: make it by `terms.earn`",
        ),
    ],
)
def test_tables(register, task, process, message):
    register(task, process)
    assert message in raised(testing.check_tables, "train")


def test_impossible_acts(register):
    register({"invalid": TERMS.earn(turn=-1.0)}, {"legal": lambda self, state: (True, True, True, False)})
    assert raised(testing.check_invalid) == ("an impossible act earns 0.0 of the term 'invalid': make it less than 0")


def test_docstrings(register):
    register({"__doc__": "\n".join(f"## {name}\n" for name in testing.SECTIONS if name != "Rewards")})
    assert "the docstring of Broken lacks the sections Rewards: add a line '## ...'" in raised(testing.check_docstring)


def test_scenarios(register):
    register({"n_scenarios": lambda self, split: 3})
    assert "3 scenarios of train have 1 different things `shown`" in raised(testing.check_scenarios, "train")


def test_what_is_right_passes(register):
    register()
    testing.check_declaration(ID)
    testing.check_tables(ID, "train")
