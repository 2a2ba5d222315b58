"""Fields: the single things that an agent can observe.

A field has a number of values in the discrete observation, features in [0, 1], or both. The value None says that there
is nothing to observe: the features of the field are 0 then; in the discrete observation, None must be declared by
`absent`. `textenvs.core.observation` puts fields together.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from textenvs.errors import shown, unknown


@dataclass(frozen=True)
class Category:
    """One of a few values; its features are 1 for the value that is there, and 0 for the others.

    Attributes:
        name: Name of the field. The features are named `{name}_{value}`.
        doc: What it means.
        values: The values, in the order of the discrete observation.
        told: The values that have a feature; all of them by default.
        absent: What None counts as in the discrete observation: one of the values, or the name of a further, last one.
    """

    name: str
    doc: str
    values: Sequence[Hashable]
    told: Sequence[Hashable] | None = None
    absent: Hashable = None

    def __post_init__(self) -> None:
        if not self.values or len(set(self.values)) < len(self.values):
            raise ValueError(f"field {self.name!r} needs values that differ, got {shown(self.values)}")
        for value in self.told or ():
            if value not in self.values:
                raise _no_value(self, value)

    @cached_property
    def indices(self) -> dict[Hashable, int]:
        """The number of each value in the discrete observation."""
        known = {value: k for k, value in enumerate(self.values)}
        return known if self.absent is None else known | {None: known.get(self.absent, len(known))}

    @property
    def size(self) -> int:
        """How many values it has in the discrete observation."""
        return max(self.indices.values()) + 1

    @property
    def _told(self) -> Sequence[Hashable]:
        return self.values if self.told is None else self.told

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of its features."""
        return tuple(f"{self.name}_{value}" for value in self._told)

    @cached_property
    def spots(self) -> dict[Hashable, int | None]:
        """Which feature is 1 for each value; None for a value that has none."""
        spots: dict[Hashable, int | None] = dict.fromkeys((*self.values, None))
        return spots | {value: k for k, value in enumerate(self._told)}

    def index(self, value: Any) -> int:
        """The number of a value in the discrete observation."""
        return self.indices[value]

    def check(self, value: Any) -> None:
        """Refuses what is none of the values.

        Raises:
            ValueError: If it is none.
        """
        if value is not None and not (isinstance(value, Hashable) and value in self.indices):
            raise _no_value(self, value)

    def describe(self) -> tuple[str, str]:
        """The values in the discrete observation and in the features, for people."""
        last = () if self.absent is None or self.absent in self.values else (self.absent,)
        ones = ", ".join(f"`{name}`" for name in self.feature_names)
        return ", ".join(map(str, (*self.values, *last))), ones and f"{ones}: 0 or 1"


@dataclass(frozen=True)
class Flag(Category):
    """Whether something is so: no (0) or yes (1).

    Attributes:
        name: Name of the field, and of its feature.
        doc: What it means.
        feature: Whether it is among the features.
    """

    values: Sequence[Hashable] = (False, True)
    feature: bool = True

    @property
    def _told(self) -> Sequence[Hashable]:
        return self.values[1:] if self.feature else ()

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Its name."""
        return (self.name,) if self.feature else ()

    def describe(self) -> tuple[str, str]:
        """No and yes."""
        return "no, yes", f"`{self.name}`: 0 or 1" if self.feature else ""


@dataclass(frozen=True)
class Number:
    """A number in a range; its feature is where in the range it lies, from 0 to 1.

    Attributes:
        name: Name of the field, and of its feature.
        doc: What it means.
        high: The greatest value.
        low: The least value.
        buckets: Bounds of the buckets of the discrete observation, rising; a bound belongs to the bucket above it.
            Without them the number is not in the discrete observation.
        clip: Whether what lies outside of the range counts as its nearest end; else it is an error.
        log: Whether the feature rises with the logarithm of 1 + the number.
        feature: Whether it is among the features.
        absent: What None counts as in the discrete observation: the name of a further, last bucket.
    """

    name: str
    doc: str
    high: float = 1.0
    low: float = 0.0
    buckets: Sequence[float] = ()
    clip: bool = False
    log: bool = False
    feature: bool = True
    absent: str | None = None

    def __post_init__(self) -> None:
        bounds = (self.low, *self.buckets, self.high)
        if not self.low < self.high or any(a > b for a, b in pairwise(bounds)):
            raise ValueError(
                f"field {self.name!r} needs low < high and buckets that rise between them, got low {self.low}, "
                f"buckets {tuple(self.buckets)}, high {self.high}"
            )
        if len(set(self.buckets)) < len(self.buckets):
            raise ValueError(f"field {self.name!r} has a bucket twice: {tuple(self.buckets)}")
        if self.log and self.low <= -1.0:
            raise ValueError(f"field {self.name!r} with log=True needs low > -1, got {self.low}")

    @property
    def size(self) -> int:
        """How many values it has in the discrete observation; 0 if it is not in it."""
        return len(self.buckets) + 1 + (self.absent is not None) if self.buckets else 0

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Its name."""
        return (self.name,) if self.feature else ()

    @cached_property
    def ends(self) -> tuple[float, float]:
        """What is 0 and what is 1."""
        return (math.log1p(self.low), math.log1p(self.high)) if self.log else (self.low, self.high)

    def scaled(self, value: float | None) -> float:
        """The feature of a value.

        Raises:
            ValueError: If it is out of range.
        """
        if value is None:
            return 0.0
        if not self.low <= value <= self.high:
            self.check(value)
            return float(value > self.high)
        zero, one = self.ends
        return ((math.log1p(value) if self.log else value) - zero) / (one - zero)

    def index(self, value: float | None) -> int:
        """The bucket of a value.

        Raises:
            ValueError: If it is out of range, or None and `absent` is not declared.
        """
        if value is not None:
            if not self.low <= value <= self.high:
                self.check(value)
            return bisect(self.buckets, value)
        if self.absent is None:
            raise ValueError(f"field {self.name!r} is None: declare `absent`, or give a number")
        return len(self.buckets) + 1

    def check(self, value: Any) -> None:
        """Refuses what is no number in the range.

        Raises:
            ValueError: If it is none.
        """
        if value is None:
            return
        try:
            inside = self.low <= value <= self.high
            known = inside or (self.clip and value == value)
        except TypeError:
            known = False
        if not known:
            limits = f"a number from {self.low:g} to {self.high:g}"
            cure = "" if self.clip else " (clip=True takes the nearest end)"
            raise ValueError(f"field {self.name!r} is {shown(value)}: it must be {limits}{cure}")

    def describe(self) -> tuple[str, str]:
        """The buckets and the range, for people."""
        parts = [f"below {self.buckets[0]:g}"] if self.buckets else []
        parts += [f"from {bound:g}" for bound in self.buckets]
        parts += [self.absent] if self.absent is not None and self.buckets else []
        scale = " on a logarithmic scale" if self.log else ""
        scale += "" if self.ends == (0.0, 1.0) else ", as 0 to 1"
        return ", ".join(parts), f"`{self.name}`: {self.low:g} to {self.high:g}{scale}" if self.feature else ""


Field = Category | Number


def _no_value(field: Category, value: object) -> ValueError:
    """An error for what is no value of a category."""
    if isinstance(value, str) and all(isinstance(each, str) for each in field.values):
        return unknown(f"value of field {field.name!r}:", value, map(str, field.values))
    known = ", ".join(map(shown, field.values))
    return ValueError(f"field {field.name!r} is {shown(value)}: it must be one of {known}")
