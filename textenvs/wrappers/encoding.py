"""Observations in words as vectors, for learners that take no text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import ArrayLike, NDArray

from textenvs.text.tokens import tokens

DIMENSIONS = 1024


def hashed_ngrams(text: str, dimensions: int = DIMENSIONS, n: int = 2) -> NDArray[np.float32]:
    """Which n-grams of words a text has, each hashed to a place in a vector (Weinberger et al. 2009, without signs).

    A word counts as another one in each line, counted from the end of the text: what is understood is told apart from
    what is said. The hash is BLAKE2, so that the same text gives the same vector everywhere.

    Args:
        text: The text.
        dimensions: Length of the vector.
        n: Words of the longest n-gram; the shorter ones count too.

    Returns:
        (dimensions,) float32: 1 where an n-gram falls, else 0.
    """
    vector = np.zeros(dimensions, np.float32)
    for line, words in enumerate(reversed(text.split("\n"))):
        vector[list(_places(line, words, dimensions, n))] = 1.0
    return vector


@lru_cache(maxsize=2**12)
def _places(line: int, words: str, dimensions: int, n: int) -> frozenset[int]:
    """The places of the n-grams of a line."""
    found = tokens(words)
    ngrams = (" ".join(found[at : at + size]) for size in range(1, n + 1) for at in range(len(found) - size + 1))
    return frozenset(_place(f"{line} {ngram}", dimensions) for ngram in ngrams)


@lru_cache(maxsize=2**18)
def _place(ngram: str, dimensions: int) -> int:
    return int.from_bytes(hashlib.blake2b(ngram.encode(), digest_size=8).digest(), "little") % dimensions


class HashedNgrams(gym.ObservationWrapper[NDArray[np.float32], Any, str], RecordConstructorArgs):
    """The text as `hashed_ngrams`: the words themselves, without a model of language.

    Args:
        env: With observations that are strings.
        dimensions: Length of the vector.
        n: Words of the longest n-gram.

    Raises:
        ValueError: If the observations are no strings, or a number is not positive.
    """

    def __init__(self, env: gym.Env[str, Any], dimensions: int = DIMENSIONS, n: int = 2) -> None:
        check_text(env.observation_space)
        for name, number in (("dimensions", dimensions), ("n", n)):
            if type(number) is not int or number < 1:
                raise ValueError(f"{name} must be a positive whole number, got {number!r}")
        RecordConstructorArgs.__init__(self, dimensions=dimensions, n=n)
        super().__init__(env)
        self.observation_space = gym.spaces.Box(0.0, 1.0, (dimensions,), np.float32)
        self._dimensions, self._n = dimensions, n

    def observation(self, observation: str) -> NDArray[np.float32]:
        """The vector of a text."""
        return hashed_ngrams(observation, self._dimensions, self._n)


class SentenceEmbeddings(gym.ObservationWrapper[NDArray[np.float32], Any, str], RecordConstructorArgs):
    """The text as a model of language embeds it.

    Args:
        env: With observations that are strings.
        embed: Embeds texts: a list of strings to an array (texts, dimensions), as `SentenceTransformer(...).encode`.

    Raises:
        ValueError: If the observations are no strings, or what `embed` gives is no such array.
    """

    def __init__(self, env: gym.Env[str, Any], embed: Callable[[Sequence[str]], ArrayLike]) -> None:
        check_text(env.observation_space)
        RecordConstructorArgs.__init__(self, embed=embed)
        super().__init__(env)
        self._embed = embed
        shape = np.shape(embed(["How many dimensions has this?"]))
        if len(shape) != 2 or shape[0] != 1:
            raise ValueError(f"embed must give an array (texts, dimensions); for one text its shape was {shape}")
        self.observation_space = gym.spaces.Box(-np.inf, np.inf, shape[1:], np.float32)

    def observation(self, observation: str) -> NDArray[np.float32]:
        """The embedding of a text."""
        vector: NDArray[np.float32] = np.asarray(self._embed([observation]), np.float32)[0]
        return vector


def check_text(space: gym.spaces.Space[Any]) -> None:
    """Raises ValueError if a space has no strings."""
    if not isinstance(space, gym.spaces.Text):
        raise ValueError(f'the observations must be strings, got {space}: make it with obs_type="text"')
