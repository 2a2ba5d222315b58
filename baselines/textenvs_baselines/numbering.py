"""The values of spaces that are made of discrete parts, numbered from 0, and environments by these numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces, wrappers
from gymnasium.vector import VectorEnv
from gymnasium.vector.utils import concatenate, create_empty_array, iterate
from numpy.typing import NDArray

from textenvs.errors import shown
from textenvs_baselines.settings import Env, of_this_suite
from textenvs_baselines.table_file import ENTRIES

INTEGERS = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
KINDS = "a Discrete, MultiDiscrete or Tuple space"


class Numbering:
    """Numbers the values of a space: the last of its parts counts fastest.

    Args:
        space: `Discrete`, `MultiDiscrete`, `MultiBinary`, or a `Tuple` or `Dict` of such, nested as one likes.

    Attributes:
        space: The space.
        n: How many values it has.
        plain: Whether each value is its own number: `Discrete` from 0.

    Raises:
        ValueError: If the space has other parts, or more values than a table may have entries.
    """

    def __init__(self, space: gym.Space[Any]) -> None:
        self.space = space
        self.plain = isinstance(space, spaces.Discrete) and space.start == 0
        self.n = 1
        self._parts: list[tuple[int, int]] = []
        for size, start in _parts(space):
            self.n *= size
            self._parts.append((size, start))
            if self.n > ENTRIES:
                raise ValueError(f"{shown(space)} has more than {ENTRIES:,} values: too many for a table")

    def number(self, value: Any) -> int:
        """The number of a value, in [0, n).

        Raises:
            ValueError: If the space does not have it.
        """
        total = 0
        try:
            for (size, start), part in zip(self._parts, _flat(self.space, value), strict=True):
                if not 0 <= part - start < size:
                    raise ValueError(f"{part} is not from {start} to {start + size - 1}")
                total = total * size + part - start
        except (TypeError, ValueError, KeyError) as error:
            raise ValueError(f"{shown(value)} is not in {shown(self.space)} ({error})") from None
        return total

    def value(self, number: int) -> Any:
        """The value of a number."""
        places = []
        for size, start in reversed(self._parts):
            number, place = divmod(int(number), size)
            places.append(place + start)
        return _built(self.space, reversed(places))


def _parts(space: gym.Space[Any]) -> Iterator[tuple[int, int]]:
    """Size and smallest value of each part."""
    match space:
        case spaces.Discrete():
            yield int(space.n), int(space.start)
        case spaces.MultiBinary():
            yield from repeat((2, 0), math.prod(space.shape))
        case spaces.MultiDiscrete():
            yield from zip(space.nvec.ravel().tolist(), space.start.ravel().tolist(), strict=True)
        case spaces.Tuple():
            for each in space.spaces:
                yield from _parts(each)
        case spaces.Dict():
            for each in space.spaces.values():
                yield from _parts(each)
        case _:
            raise ValueError(f"those of {shown(space)} cannot be")


def _flat(space: gym.Space[Any], value: Any) -> Iterator[int]:
    """The value of each part."""
    match space:
        case spaces.Tuple():
            for part, each in zip(space.spaces, value, strict=True):
                yield from _flat(part, each)
        case spaces.Dict():
            for name, part in space.spaces.items():
                yield from _flat(part, value[name])
        case spaces.Discrete():
            yield int(value)
        case _:
            yield from map(int, np.ravel(value).tolist())


def _built(space: gym.Space[Any], parts: Iterator[int]) -> Any:
    """A value from those of its parts."""
    match space:
        case spaces.Tuple():
            return tuple(_built(each, parts) for each in space.spaces)
        case spaces.Dict():
            return {name: _built(each, parts) for name, each in space.spaces.items()}
        case spaces.MultiDiscrete() | spaces.MultiBinary():
            values = [next(parts) for _ in range(math.prod(space.shape))]
            return np.array(values, space.dtype).reshape(space.shape)
        case _:
            return next(parts)


def described(space: gym.Space[Any]) -> Any:
    """A space that can be numbered as JSON; `space_of` makes it again."""
    match space:
        case spaces.Discrete():
            return {"discrete": int(space.n), "start": int(space.start)}
        case spaces.MultiBinary():
            return {"multi_binary": list(space.shape)}
        case spaces.MultiDiscrete():
            kind = np.dtype(space.dtype).name
            return {"multi_discrete": space.nvec.tolist(), "start": space.start.tolist(), "dtype": kind}
        case spaces.Tuple():
            return {"tuple": [described(each) for each in space.spaces]}
        case spaces.Dict():
            return {"dict": {name: described(each) for name, each in space.spaces.items()}}
        case _:
            raise ValueError(f"{shown(space)} cannot be described")


def space_of(told: Any) -> gym.Space[Any]:
    """The space that `described` has described.

    Args:
        told: JSON that may come from anywhere.

    Raises:
        ValueError: If it describes no space.
    """
    try:
        return _space_of(told)
    except (AssertionError, ArithmeticError, TypeError, ValueError, KeyError, RecursionError):
        raise ValueError(f"{shown(told)} describes no space of discrete parts") from None


def _space_of(told: Any) -> gym.Space[Any]:
    match told:
        case {"discrete": int(n), "start": int(start)}:
            return spaces.Discrete(n, start=start)
        case {"multi_binary": [*shape]}:
            return spaces.MultiBinary(shape)
        case {"multi_discrete": [*sizes], "start": [*starts], "dtype": str(name)} if name in INTEGERS:
            kind = np.dtype(name)
            return spaces.MultiDiscrete(np.array(sizes, kind), kind.type, start=np.array(starts, kind))
        case {"tuple": [*parts]}:
            return spaces.Tuple([_space_of(each) for each in parts])
        case {"dict": dict(parts)}:
            return spaces.Dict({str(name): _space_of(each) for name, each in parts.items()})
        case _:
            raise ValueError


@dataclass(frozen=True)
class Spaces:
    """The spaces of an environment, numbered.

    Attributes:
        observations: Of its observations.
        actions: Of its actions.
    """

    observations: Numbering
    actions: Numbering

    @classmethod
    def of(cls, env: Env, agent: str) -> Spaces:
        """The spaces of an environment, of one row where it is a batch.

        Args:
            env: Single or vector.
            agent: Name of the agent that needs them, for errors.

        Raises:
            ValueError: If they cannot be numbered; the message says what to make instead.
        """
        batch = isinstance(env, VectorEnv)
        found = []
        for what, choice in (("observation", 'obs_type="discrete"'), ("action", 'action_type="choice"')):
            space = getattr(env, f"single_{what}_space" if batch else f"{what}_space")
            try:
                found.append(Numbering(space))
            except ValueError as error:
                cure = f"make it with {choice}" if of_this_suite(env) else f"use {KINDS}"
                raise ValueError(f"{agent} needs {what}s that can be numbered: {error}; {cure}") from None
        return cls(*found)

    def numbered(self, env: Env) -> Env:
        """The environment with numbers for observations and actions; itself where they are already."""
        if isinstance(env, VectorEnv):
            return self._numbered_batch(env)
        if not self.observations.plain:
            env = wrappers.TransformObservation(env, self.observations.number, spaces.Discrete(self.observations.n))
        if not self.actions.plain:
            env = wrappers.TransformAction(env, self.actions.value, spaces.Discrete(self.actions.n))
        return env

    def _numbered_batch(self, env: VectorEnv[Any, Any, Any]) -> VectorEnv[Any, Any, Any]:
        observations, actions, batched = self.observations, self.actions, env.observation_space
        rows: Any = create_empty_array(actions.space, env.num_envs)

        def numbers(batch: Any) -> NDArray[np.int64]:
            return np.array([observations.number(each) for each in iterate(batched, batch)], np.int64)

        def values(batch: Any) -> Any:
            return concatenate(actions.space, [actions.value(each) for each in batch], deepcopy(rows))

        if not observations.plain:
            single = spaces.Discrete(observations.n)
            env = wrappers.vector.TransformObservation(env, numbers, single_observation_space=single)
        if not actions.plain:
            single = spaces.Discrete(actions.n)
            env = wrappers.vector.TransformAction(env, values, single_action_space=single)
        return env

    def described(self) -> list[Any]:
        """Both as JSON."""
        return [described(self.observations.space), described(self.actions.space)]

    @classmethod
    def from_description(cls, told: Any, size: tuple[int, ...]) -> Spaces:
        """What `described` has described.

        Args:
            told: JSON that may come from anywhere.
            size: How many observations and actions there must be.

        Raises:
            ValueError: If it describes no spaces of this size.
        """
        if not isinstance(told, list) or len(told) != 2:
            raise ValueError(f"its spaces must be two, got {shown(told)}")
        found = cls(*(Numbering(space_of(each)) for each in told))
        if size != (found.observations.n, found.actions.n):
            raise ValueError(f"its table is {size}, its spaces {(found.observations.n, found.actions.n)}")
        return found
