"""Rewards by name."""

import pickle

import pytest

from textenvs.core.mdp import Payoff, Terms

TERMS = Terms({"turn": 1.0, "success": 1.0, "failure": 0.5}, metrics=("success", "f1"))


def test_amounts_stand_in_the_order_of_the_terms():
    assert TERMS.earn(success=20, turn=-1) == Payoff((-1.0, 20.0, 0.0))
    assert TERMS.earn() == Payoff((0.0, 0.0, 0.0))
    assert all(type(amount) is float for amount in TERMS.earn(success=True).terms)


def test_an_end_has_metrics_and_what_is_not_named_is_zero():
    assert TERMS.earn(ends=True, metrics={"f1": 0.25}) == Payoff((0.0,) * 3, (), True, (0.0, 0.25))
    assert TERMS.earn(ends=True).metrics == (0.0, 0.0)
    assert TERMS.earn().metrics == ()


def test_amounts_for_turns_left():
    assert TERMS.earn(turn=-1.0, per_turn_left={"failure": -1.0}).per_turn_left == (0.0, 0.0, -1.0)
    assert TERMS.earn(per_turn_left={"failure": 0.0}).per_turn_left == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"sucess": 1.0},
            r"unknown reward term 'sucess': did you mean 'success'\? There are 'turn', 'success', 'failure'",
        ),
        ({"zzz": 1.0}, "choose one of 'turn', 'success', 'failure'"),
        ({"per_turn_left": {"turns": 1.0}}, "unknown reward term 'turns': did you mean 'turn'"),
        ({"ends": True, "metrics": {"f2": 1.0}}, r"unknown metric 'f2': did you mean 'f1'\? There are 'success', 'f1'"),
        ({"metrics": {"f1": 1.0}}, "metrics {'f1': 1.0} of an episode that goes on: give them with ends=True"),
    ],
)
def test_what_the_task_does_not_have_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        TERMS.earn(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({},), "at least one reward term"),
        (({"ends": 1.0},), "'ends', an argument of `earn`: rename it"),
        (({"turn": 1.0}, "success"), r"write \('success',\)"),
    ],
)
def test_bad_terms_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Terms(*arguments)


def test_terms_are_a_mapping_that_cannot_be_changed():
    assert TERMS == {"turn": 1.0, "success": 1.0, "failure": 0.5}
    assert list(TERMS) == ["turn", "success", "failure"]
    with pytest.raises(TypeError):
        TERMS["turn"] = 2.0
    again = pickle.loads(pickle.dumps(TERMS))
    assert (again, again.metrics, hash(again)) == (TERMS, TERMS.metrics, hash(TERMS))
    assert list(TERMS.plus(["length"]).items())[-2:] == [("failure", 0.5), ("length", 0.0)]
    assert TERMS.plus(["length"]).metrics == TERMS.metrics
