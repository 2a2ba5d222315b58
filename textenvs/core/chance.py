"""The counter-based stream of chance, for one environment and for many.

A draw is the SplitMix64 finaliser (Steele, Lea and Flood 2014) of a 64-bit key and a counter made of episode, step
and channel. It has no state: row *i* of a batch draws the same bits as a single environment with the same key.

One draw settles what happens at a step and how it is worded: where it falls in [0, 1) chooses the outcome, its
remainders the words. An outcome takes up so many of the draws that they tell nothing of the remainder.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

OUTCOME, SCENARIO, EXPLORE = range(3)
"""Channels: what happens and in which words, in which scenario; and an agent's own exploration."""

GAMMA = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB
MASK = 0xFFFFFFFFFFFFFFFF
UNIT = 2.0**-53
STEP_SHIFT, EPISODE_SHIFT = 2, 20

_GAMMA, _MIX_1, _MIX_2 = np.uint64(GAMMA), np.uint64(MIX_1), np.uint64(MIX_2)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_EPISODE_SHIFT, _STEP_SHIFT = np.uint64(EPISODE_SHIFT), np.uint64(STEP_SHIFT)


def bits(key: int, episode: int, step: int, channel: int) -> int:
    """64 random bits.

    Args:
        key: 64 bits, the stream's own.
        episode: Number of the episode, below 2**44.
        step: Number of the step in the episode, below 2**18; 0 is the reset.
        channel: One of the channels above.
    """
    z = key + GAMMA * (episode << EPISODE_SHIFT | step << STEP_SHIFT | channel) & MASK
    z = (z ^ z >> 30) * MIX_1 & MASK
    z = (z ^ z >> 27) * MIX_2 & MASK
    return z ^ z >> 31


def uniform(key: int, episode: int, step: int, channel: int) -> float:
    """A number in [0, 1) with 53 random bits."""
    return (bits(key, episode, step, channel) >> 11) * UNIT


def bits_many(
    keys: NDArray[np.uint64] | np.uint64, episodes: NDArray[np.uint64], steps: NDArray[np.uint64], channel: int
) -> NDArray[np.uint64]:
    """`bits` for arrays of shapes that go together, dtype uint64."""
    z = episodes << _EPISODE_SHIFT | steps << _STEP_SHIFT
    z |= np.uint64(channel)
    z *= _GAMMA
    z += keys
    z ^= z >> _30
    z *= _MIX_1
    z ^= z >> _27
    z *= _MIX_2
    z ^= z >> _31
    return z


def uniform_many(
    keys: NDArray[np.uint64], episodes: NDArray[np.uint64], steps: NDArray[np.uint64], channel: int
) -> NDArray[np.float64]:
    """`uniform` for arrays of shapes that go together."""
    return unit(bits_many(keys, episodes, steps, channel))


def unit(drawn: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Random bits as numbers in [0, 1)."""
    u: NDArray[np.float64] = (drawn >> _11) * np.float64(UNIT)
    return u


class Stream:
    """The draws of one environment, computed for more and more episodes at once while it plays on.

    Args:
        key: 64 bits, the stream's own.
        draws: Draws of an episode: one for its reset, and one for each turn.

    Attributes:
        key: The key.
        episode: Number of the episode that is played; -1 before the first.
    """

    MOST = 32
    """Episodes that are computed at once."""

    def __init__(self, key: int, draws: int, episode: int = -1) -> None:
        self.key = key
        self.episode = episode
        self._draws = draws
        self._size = 1
        self._ahead: list[list[int]] = []

    def __reduce__(self) -> tuple[type[Stream], tuple[int, int, int]]:
        """A copy computes its draws itself."""
        return Stream, (self.key, self._draws, self.episode)

    def next_episode(self) -> list[int]:
        """What `bits` gives for each turn of the next episode."""
        self.episode += 1
        if not self._ahead:
            episodes = np.arange(self.episode + self._size - 1, self.episode - 1, -1).astype(np.uint64)
            turns = np.arange(self._draws, dtype=np.uint64)
            self._ahead = bits_many(np.uint64(self.key), episodes[:, None], turns, OUTCOME).tolist()
            self._size = min(2 * self._size, self.MOST)
        return self._ahead.pop()


def alias_table(probabilities: Sequence[float]) -> tuple[list[float], list[int]]:
    """Walker's alias table (Vose 1991): a draw from a distribution costs one look-up, whatever its length.

    Draw *u* in [0, 1), let `x = u * n` and `i = int(x)`: the outcome is `i` if `x - i < threshold[i]`, else `alias[i]`.

    Args:
        probabilities: Non-negative, summing to 1.

    Returns:
        Thresholds and aliases, both of the length of `probabilities`.
    """
    n = len(probabilities)
    threshold = [p * n for p in probabilities]
    alias = list(range(n))
    small = [i for i, t in enumerate(threshold) if t < 1.0]
    large = [i for i, t in enumerate(threshold) if t >= 1.0]
    while small and large:
        i, j = small.pop(), large[-1]
        alias[i] = j
        threshold[j] -= 1.0 - threshold[i]
        if threshold[j] < 1.0:
            small.append(large.pop())
    for i in small + large:
        threshold[i] = 1.0
    return threshold, alias


def alias_of(probability: list[float], where: str | tuple[int, object]) -> tuple[list[float], list[int]]:
    """The alias table of the outcomes of a row, whose probabilities are checked.

    Args:
        probability: Of each outcome.
        where: For the message: "the start", or action and state.

    Raises:
        ValueError: If the probabilities are not positive, or do not sum to 1.
    """
    if probability == [1.0]:
        return probability, [0]
    if not (probability and min(probability) > 0.0 and abs(math.fsum(probability) - 1.0) <= 1e-9):
        place = where if isinstance(where, str) else f"action {where[0]} in {where[1]!r}"
        raise ValueError(
            f"probabilities must be positive and sum to 1: {place} has {len(probability)} outcomes, the least of "
            f"{min(probability, default=0.0)!r}, that sum to {math.fsum(probability)!r}; leave out what cannot happen"
        )
    return alias_table(probability)
