"""Measures by name: what each needs and gives, so that rewards can be put together from them.

A measure is declared where it is defined, by one of the decorators; there is no list of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from textenvs.errors import unknown

Function = TypeVar("Function", bound=Callable[..., float])


@dataclass(frozen=True)
class Measure:
    """A measure of a text.

    Attributes:
        name: Name of the function.
        function: Called as `function(source, text, references)`, without what it does not need.
        needs_references: Whether the text is compared with references.
        needs_source: Whether it also needs the text that was rewritten.
        low: Least value; -inf if there is none.
        high: Greatest value; inf if there is none.
        extra: The extra of the package that it needs; "" if none.
    """

    name: str
    function: Callable[..., float]
    needs_references: bool
    needs_source: bool
    low: float
    high: float
    extra: str

    def score(self, text: str, references: str | Sequence[str] = (), source: str | None = None) -> float:
        """The value for a text; what the measure does not need is ignored.

        Raises:
            ValueError: If references or the source are needed and missing.
            ImportError: If the extra is needed and missing.
        """
        if not self.needs_references:
            return self.function(text)
        if not self.needs_source:
            return self.function(text, references)
        if source is None:
            raise ValueError(f"{self.name} compares a text with its source: give source=...")
        return self.function(source, text, references)


_MEASURES: dict[str, Measure] = {}
MEASURES: Mapping[str, Measure] = MappingProxyType(_MEASURES)
"""Every measure that gives one number, by name."""


def find_measure(name: str) -> Measure:
    """The measure of that name.

    Raises:
        ValueError: If there is none.
    """
    if name not in MEASURES:
        raise unknown("measure", name, MEASURES)
    return MEASURES[name]


def alone(low: float, high: float, extra: str = "") -> Callable[[Function], Function]:
    """Declares a measure of a text alone, called as `name(prediction)`.

    Args:
        low: Least value; -inf if there is none.
        high: Greatest value; inf if there is none.
        extra: The extra of the package that it needs.
    """
    return _declared(False, False, low, high, extra)


def compared(extra: str = "", low: float = 0.0) -> Callable[[Function], Function]:
    """Declares a measure of a text against references, called as `name(prediction, references)`; 1 is perfect."""
    return _declared(True, False, low, 1.0, extra)


def rewritten(extra: str = "") -> Callable[[Function], Function]:
    """Declares a measure of a rewrite, called as `name(source, prediction, references)`; in [0, 1]."""
    return _declared(True, True, 0.0, 1.0, extra)


def _declared(references: bool, source: bool, low: float, high: float, extra: str) -> Callable[[Function], Function]:
    def declare(function: Function) -> Function:
        name = function.__name__
        if name in _MEASURES:
            raise ValueError(f"there are two measures {name!r}: give one another name")
        _MEASURES[name] = Measure(name, function, references, source, low, high, extra)
        return function

    return declare
