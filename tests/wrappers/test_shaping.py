"""Shaping changes rewards, and not what is best."""

from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded

import textenvs
from tests.toys import Coin
from textenvs.core.solve import evaluate_policy, solve_tables
from textenvs.core.tables import compile_tables
from textenvs.wrappers import PotentialShaping


def potential(observation):
    """An arbitrary potential, of both signs."""
    return (int(observation) * 7919 % 101) / 10 - 3


def shaped(tables):
    """The tables under shaping with discount 1, a payoff of its own for each outcome."""
    value = np.array([potential(o) for o in tables.discrete])
    owner = np.repeat(np.arange(len(tables.count)) // tables.n_actions, tables.count)
    payoffs = []
    for outcome, payoff in enumerate(tables.payoff):
        old = tables.payoffs[payoff]
        start = owner[outcome]
        change = 0.0
        if start < tables.n_states:
            change = (0.0 if old.terminated else value[tables.next[outcome]]) - value[start]
        payoffs.append(old._replace(terms=(old.terms[0] + change, *old.terms[1:])))
    first = len(payoffs)
    for state, payoff in enumerate(tables.timeout):
        old = tables.payoffs[payoff]
        payoffs.append(old._replace(terms=(old.terms[0] - value[state], *old.terms[1:])))
    return replace(
        tables,
        payoffs=payoffs,
        payoff=np.arange(first, dtype=np.int32),
        timeout=np.arange(first, len(payoffs), dtype=np.int32),
    )


@pytest.mark.parametrize("name", ["coin", "TextWriting-v0"])
def test_the_best_policy_stays_the_best(name):
    task = Coin() if name == "coin" else textenvs.task_of(name)
    tables = compile_tables(task, task.scenario("train", 1))
    plain, other = solve_tables(task, tables), solve_tables(task, shaped(tables))
    assert evaluate_policy(task, tables, other.policy) == pytest.approx(plain.optimal, abs=1e-9)
    starts = tables.next[tables.start[-1] :]
    cost = tables.probability[tables.start[-1] :] @ [potential(o) for o in tables.discrete[starts]]
    assert other.optimal == pytest.approx(plain.optimal - cost, abs=1e-9)
    assert other.random == pytest.approx(plain.random - cost, abs=1e-9)


def test_an_episode_loses_the_potential_of_its_start():
    plain = gym.make("TextDialogueNoisy-v0", obs_type="discrete")
    env = PotentialShaping(gym.make("TextDialogueNoisy-v0", obs_type="discrete"), potential)
    rng = np.random.default_rng(0)
    for seed in range(20):
        first, _ = env.reset(seed=seed)
        plain.reset(seed=seed)
        total, ended = 0.0, False
        while not ended:
            action = int(rng.integers(16))
            observation, reward, ended, _, info = env.step(action)
            expected, unshaped, *_ = plain.step(action)
            assert observation == expected
            assert reward == pytest.approx(unshaped + info["shaping"])
            total += info["shaping"]
        assert total == pytest.approx(-potential(first))


def test_truncation_keeps_the_potential():
    env = PotentialShaping(gym.make("TextDialogue-v0", obs_type="discrete", max_episode_steps=2), potential)
    first, _ = env.reset(seed=1)
    steps = [env.step(0) for _ in range(2)]
    assert steps[-1][3]
    assert sum(info["shaping"] for *_, info in steps) == pytest.approx(potential(steps[-1][0]) - potential(first))


def test_the_spec_says_how_it_is_shaped():
    env = PotentialShaping(gym.make("TextDialogue-v0", obs_type="discrete"), potential)
    again = gym.make(env.spec)
    assert again.reset(seed=1)[0] == env.reset(seed=1)[0]
    assert again.step(0)[1] == env.step(0)[1]


def test_bad_use_is_told():
    with pytest.raises(ValueError, match="discount"):
        PotentialShaping(gym.make("TextDialogue-v0"), len, discount=1.5)
    with pytest.raises(ResetNeeded):
        PotentialShaping(gym.make("TextDialogue-v0"), len).step(0)
