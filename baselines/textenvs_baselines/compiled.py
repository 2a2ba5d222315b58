"""Tabular learning on compiled tables in machine code (numba): the same updates as in the loop over an environment.

Every number is computed in the order in which the loop computes it, so that the tables agree to the bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from textenvs.core import chance
from textenvs.core.ledger import Ledger
from textenvs.core.mdp import Task
from textenvs.core.tables import Tables

GAMMA, MIX_1, MIX_2 = np.uint64(chance.GAMMA), np.uint64(chance.MIX_1), np.uint64(chance.MIX_2)
EPISODE_SHIFT, STEP_SHIFT = np.uint64(chance.EPISODE_SHIFT), np.uint64(chance.STEP_SHIFT)
S30, S27, S31, S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
UNIT = chance.UNIT


class Game(NamedTuple):
    """A compiled scenario under the weights of the reward terms.

    Attributes:
        start: (rows,) first outcome; the last row holds the first states.
        n_outcomes: (rows,) number of outcomes.
        threshold: (outcomes,) alias thresholds.
        alias: (outcomes,) aliases, relative to the row.
        next: (outcomes,) next state.
        payoff: (outcomes,) number of the payoff.
        pay: (payoffs,) reward.
        pay_left: (payoffs,) reward for each turn left.
        ends: (payoffs,) bool, whether the episode ends.
        timeout: (states,) what a last turn earns on top.
        observation: (states,) the discrete observation.
        first_legal: (states + 1,) where the legal actions of a state begin in
        legal: (legal actions,).
        horizon: Number of turns.
        n_actions: Number of actions.
        stream: Where the environment's stream of chance starts.
    """

    start: NDArray[np.int32]
    n_outcomes: NDArray[np.int32]
    threshold: NDArray[np.float64]
    alias: NDArray[np.int32]
    next: NDArray[np.int32]
    payoff: NDArray[np.int32]
    pay: NDArray[np.float64]
    pay_left: NDArray[np.float64]
    ends: NDArray[np.bool_]
    timeout: NDArray[np.float64]
    observation: NDArray[np.int64]
    first_legal: NDArray[np.int64]
    legal: NDArray[np.int64]
    horizon: int
    n_actions: int
    stream: np.uint64


class Rule(NamedTuple):
    """How the learner explores and learns.

    Attributes:
        stream: Where the explorer's stream of chance starts.
        epsilon_start: Chance of a random action at step 0,
        epsilon_slope: which changes by this each step,
        epsilon_end: and is this at least.
        discount: Discount of the next value.
        step_sizes: (n,) step size of the first n - 1 updates of an entry, and of all later ones.
        on_policy: Whether the value of the next action is the target, or the best.
    """

    stream: np.uint64
    epsilon_start: float
    epsilon_slope: float
    epsilon_end: float
    discount: float
    step_sizes: NDArray[np.float64]
    on_policy: bool


class Place(NamedTuple):
    """Where learning stands between two calls.

    Attributes:
        step: Steps taken.
        episode: Number of the episode.
        turn: Turns taken in it.
        state: The state.
        action: The action that is taken next.
        total: Return so far.
    """

    step: int
    episode: int
    turn: int
    state: int
    action: int
    total: float


@njit(cache=True, inline="always")
def uniform(start: np.uint64, episode: int, step: int) -> float:
    """A number in [0, 1), as `textenvs.core.chance.uniform` of the key and channel that `start` was made of."""
    z = start + GAMMA * ((np.uint64(episode) << EPISODE_SHIFT) | (np.uint64(step) << STEP_SHIFT))
    z = (z ^ (z >> S30)) * MIX_1
    z = (z ^ (z >> S27)) * MIX_2
    return float((z ^ (z >> S31)) >> S11) * UNIT


@njit(cache=True, inline="always")
def draw(game: Game, row: int, episode: int, turn: int) -> int:
    """The number of an outcome of a row."""
    start, count = game.start[row], game.n_outcomes[row]
    if count == 1:
        return int(start)
    x = uniform(game.stream, episode, turn) * count
    i = int(x)
    return int(start + (i if x - i < game.threshold[start + i] else game.alias[start + i]))


@njit(cache=True, inline="always")
def choose(game: Game, rule: Rule, values: NDArray[np.float64], step: int, state: int) -> int:
    """A legal action: random with probability epsilon, else the first of the best."""
    first, last = game.first_legal[state], game.first_legal[state + 1]
    epsilon = max(rule.epsilon_start + rule.epsilon_slope * step, rule.epsilon_end)
    if epsilon > 0.0:
        u = uniform(rule.stream, step, 0)
        if u < epsilon:
            return int(game.legal[first + int(u / epsilon * (last - first))])
    row = values[game.observation[state]]
    best = game.legal[first]
    for k in range(first + 1, last):
        if row[game.legal[k]] > row[best]:
            best = game.legal[k]
    return int(best)


@njit(cache=True)
def begin(game: Game, rule: Rule, values: NDArray[np.float64]) -> Place:
    """The first state, and the first action."""
    state = game.next[draw(game, len(game.n_outcomes) - 1, 0, 0)]
    return Place(0, 0, 0, int(state), choose(game, rule, values, 0, state), 0.0)


@njit(cache=True)
def learn(
    game: Game,
    rule: Rule,
    values: NDArray[np.float64],
    counts: NDArray[np.int64],
    place: Place,
    steps: int,
    ends: NDArray[np.int64],
    returns: NDArray[np.float64],
) -> tuple[Place, int]:
    """Takes steps and learns from them.

    Args:
        game: The scenario.
        rule: How to learn.
        values: (observations, actions) action values, which are changed.
        counts: (observations, actions) number of updates, which are changed.
        place: Where to go on.
        steps: How many steps to take.
        ends: (steps,) is filled with the steps at which episodes ended.
        returns: (steps,) is filled with their returns.

    Returns:
        Where it stands now, and how many episodes ended.
    """
    step, episode, turn, state, action, total = place
    n_ended = 0
    last_size = len(rule.step_sizes) - 1
    for _ in range(steps):
        step += 1
        turn += 1
        outcome = draw(game, state * game.n_actions + action, episode, turn)
        following, payoff = game.next[outcome], game.payoff[outcome]
        left = game.horizon - turn
        reward, terminated = game.pay[payoff] + game.pay_left[payoff] * left, game.ends[payoff]
        if left == 0 and not terminated:
            reward += game.timeout[following]
            terminated = True
        total += reward
        next_action = choose(game, rule, values, step, following)
        ahead = 0.0
        if not terminated:
            row = values[game.observation[following]]
            ahead = row[next_action]
            if not rule.on_policy:
                for k in range(game.first_legal[following], game.first_legal[following + 1]):
                    ahead = max(ahead, row[game.legal[k]])
        s = game.observation[state]
        counts[s, action] += 1
        size = rule.step_sizes[min(counts[s, action], last_size)]
        values[s, action] += size * (reward + rule.discount * ahead - values[s, action])
        if terminated:
            ends[n_ended], returns[n_ended] = step, total
            n_ended += 1
            total, turn = 0.0, 0
            episode += 1
            following = game.next[draw(game, len(game.n_outcomes) - 1, episode, 0)]
            next_action = choose(game, rule, values, step, following)
        state, action = following, next_action
    return Place(step, episode, turn, int(state), int(action), total), n_ended


def stream_start(key: int, channel: int) -> np.uint64:
    """Where the stream of a key and a channel starts. The channel is no constant of what is compiled and cached."""
    return np.uint64(key + chance.GAMMA * channel & chance.MASK)


def as_game(task: Task, tables: Tables, weights: tuple[float, ...], key: int) -> Game:
    """The compiled tables of a scenario as they are learned from.

    Args:
        task: The task.
        tables: The scenario's compiled tables.
        weights: The weight of each reward term.
        key: Key of the environment's stream of chance.
    """
    ledger = Ledger(task, tables.payoffs, weights)
    states, legal = np.nonzero(tables.mask)
    return Game(
        start=tables.start,
        n_outcomes=tables.count,
        threshold=tables.threshold,
        alias=tables.alias,
        next=tables.next,
        payoff=tables.payoff,
        pay=ledger.pay,
        pay_left=ledger.pay_left,
        ends=ledger.ends,
        timeout=ledger.pay[tables.timeout],
        observation=tables.discrete,
        first_legal=np.searchsorted(states, np.arange(tables.n_states + 1)).astype(np.int64),
        legal=legal.astype(np.int64),
        horizon=task.horizon,
        n_actions=tables.n_actions,
        stream=stream_start(key, chance.OUTCOME),
    )
