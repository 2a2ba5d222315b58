import itertools

import numpy as np
import pytest

import textenvs
from tests.toys import Coin, Corridors
from textenvs.core.solve import Backup, equally_good, evaluate_policy, solve_tables
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


def length(tables, state, action, after):
    """The expected number of turns left with an action, given the (states,) numbers after it."""
    row = state * tables.n_actions + action
    outcomes = range(tables.start[row], tables.start[row] + tables.count[row])
    goes_on = [not tables.payoffs[tables.payoff[o]].terminated for o in outcomes]
    return 1 + sum(tables.probability[o] * g * after[tables.next[o]] for o, g in zip(outcomes, goes_on, strict=True))


@pytest.mark.parametrize(("env_id", "least"), [("TextWriting-v0", 10), ("TextQA-v0", 0)])
def test_ties_go_to_the_shorter_way_then_to_the_first_act(env_id, least):
    solved = textenvs.solve(env_id, "test", 0)
    task, tables, policy = solved.task, solved.tables, solved.solution.policy
    backup = Backup(tables, task.horizon)
    rewards = backup.rewards(list(solved.reward_weights.values()))
    acting = np.flatnonzero(tables.count[:-1].reshape(-1, tables.n_actions).any(axis=1)).tolist()
    after, tied, later = np.zeros(tables.n_states), 0, 0
    for turn in reversed(range(task.horizon)):
        values = backup.action_values(rewards, turn, solved.solution.values[turn + 1])
        left = np.zeros(tables.n_states)
        for state in acting:
            legal = np.flatnonzero(tables.mask[state])
            best = [a for a in legal if values[state, a] >= values[state, legal].max() - 1e-9]
            turns = [length(tables, state, a, after) for a in best]
            first = next(i for i, each in enumerate(turns) if each <= min(turns) + 1e-9)
            assert policy[turn, state] == best[first]
            left[state] = turns[first]
            tied += len(best) > 1
            later += first > 0
        after = left
    assert tied > 100
    assert later >= least, "the first of equals is never the longer way"


def test_the_tolerance_of_ties_goes_by_the_scale_of_the_values():
    values = np.array([[1.0, 1.0 + 1e-12, -np.inf], [0.5, 0.4, 0.5 - 1e-8], [-np.inf, 0.0, 1e-13]])
    for scale in (1.0, 1e-6, 1e6):
        good = equally_good(scale * values, scale * values.max(axis=1))
        assert good.tolist() == [[True, True, False], [True, False, False], [False, True, True]]
    assert equally_good(np.array([[0.0, 0.0, -1e-300]]), np.zeros(1)).tolist() == [[True, True, False]]


def test_the_shortest_of_policies():
    coin = Coin()
    tables = compile_tables(coin, coin.scenario("train", 0))
    backup = Backup(tables, coin.horizon)
    acts = tables.count[:-1].reshape(-1, tables.n_actions).any(axis=1)
    best = np.zeros((coin.horizon, tables.n_states, tables.n_actions), bool)
    best[:, :, 0] = True
    assert (backup.shortest(best)[:, acts] == 0).all(), "without ties it is what is best"
    best[:, :, 2] = True  # to ask goes on, to guess ends; the first six states are met before the last turn
    assert (backup.shortest(best)[:3, acts][:, :6] == 2).all()
    assert (backup.shortest(best)[-1, acts] == 0).all(), "in the last turn both are as short"


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
