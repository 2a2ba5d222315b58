import itertools

import numpy as np
import pytest

from tests.toys import Coin, Corridors
from textenvs.core.solve import evaluate_policy, solve_tables
from textenvs.core.tables import compile_tables


def brute_force(coin, act, history=(), turn=0):
    """Value of a history of replies: the hidden side is drawn first, every reply is its own branch, nothing is shared.

    `act` maps the three action values to a value: max for the optimum, the mean for uniform play.
    """
    weight = {"heads": coin.prior, "tails": 1 - coin.prior}
    for side, reply in itertools.product(weight, history):
        weight[side] *= coin.right if reply == side else 1 - coin.right
    total = sum(weight.values())
    if turn == coin.horizon:
        return -total
    asked = -coin.cost * total
    asked += sum(brute_force(coin, act, (*history, reply), turn + 1) for reply in ("heads", "tails"))
    return act([asked, weight["heads"] - weight["tails"], weight["tails"] - weight["heads"]])


@pytest.mark.parametrize("cost", [0.0, 0.05, 0.1, 0.3])
def test_value_equals_brute_force_over_every_history(cost):
    coin = Coin()
    coin.cost = cost
    solution = solve_tables(coin, compile_tables(coin, coin.scenario("train", 0)))
    assert solution.optimal == pytest.approx(brute_force(coin, max), abs=1e-12)
    assert solution.random == pytest.approx(brute_force(coin, lambda q: sum(q) / 3), abs=1e-12)
    assert solution.optimal < 1.0, "the hidden side is not known"


def test_policy_has_its_value():
    task = Corridors()
    for index in (0, 77):
        tables = compile_tables(task, task.scenario("test", index))
        solution = solve_tables(task, tables)
        assert evaluate_policy(task, tables, solution.policy) == pytest.approx(solution.optimal, abs=1e-9)
        assert solution.optimal > solution.random


def test_reward_weights_and_allowed_actions():
    task = Coin()
    tables = compile_tables(task, task.scenario("train", 0))
    plain = solve_tables(task, tables)
    doubled = solve_tables(task, tables, reward={"gain": 2.0})
    assert doubled.optimal == pytest.approx(2 * plain.optimal)
    blind = np.ones((tables.n_states, tables.n_actions), bool)
    blind[:, 0] = False
    assert solve_tables(task, tables, allowed=blind).optimal == pytest.approx(task.prior - (1 - task.prior))


def test_probabilities_must_sum_to_one():
    class Broken(Coin):
        def scenario(self, split, index):
            process = super().scenario(split, index)
            whole = process.transitions
            process.transitions = lambda state, action: whole(state, action)[:1]
            return process

    task = Broken()
    with pytest.raises(ValueError, match="sum to 1"):
        compile_tables(task, task.scenario("train", 0))
