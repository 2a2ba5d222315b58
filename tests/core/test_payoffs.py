"""Payoffs have numbers, and copies of them have the same."""

import copy
import pickle

import pytest

from textenvs.core.mdp import Payoff
from textenvs.core.payoffs import Payoffs

FIRST = [Payoff((0.0, 0.0)), Payoff((-1.0, 0.0))]


def test_equal_payoffs_have_one_number():
    payoffs = Payoffs(FIRST)
    assert [payoffs.number(payoff) for payoff in FIRST] == [0, 1]
    assert payoffs.number(Payoff((2.0, 0.0))) == payoffs.number(Payoff((2.0, 0.0))) == 2
    assert (len(payoffs), list(payoffs), payoffs[2], payoffs[1:]) == (
        3,
        [*FIRST, Payoff((2.0, 0.0))],
        Payoff((2.0, 0.0)),
        [FIRST[1], Payoff((2.0, 0.0))],
    )


def test_those_that_it_begins_with_keep_their_places():
    payoffs = Payoffs([FIRST[0], FIRST[0]])
    assert len(payoffs) == 2


@pytest.mark.parametrize("again", [copy.deepcopy, copy.copy, lambda payoffs: pickle.loads(pickle.dumps(payoffs))])
def test_a_copy_knows_its_own_objects_alone(again):
    payoffs = Payoffs(FIRST)
    payoffs.number(Payoff((2.0, 0.0)))
    other = again(payoffs)
    assert list(other) == list(payoffs)
    assert set(other._known) == {id(payoff) for payoff in other}
    other.number(Payoff((3.0, 0.0)))
    assert len(payoffs) == 3


def test_a_payoff_of_other_terms_is_refused():
    with pytest.raises(ValueError, match="an outcome earns 3 amounts, and the task has 2 terms: make it by the `earn`"):
        Payoffs(FIRST).number(Payoff((0.0, 0.0, 1.0)))
