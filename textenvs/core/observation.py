"""What an agent can observe, declared once: the discrete observation, the features and their documentation.

A task declares its fields; a state is then observed as a mapping from the names of the fields to their values.

Example:
    OBSERVATION = Observation(
        Flag("listened", "Whether the agent has listened."),
        Number("belief", "Probability of the likeliest drawer.", buckets=(0.4, 0.6, 0.8)),
    )
    OBSERVATION.size  # 2 x 4 = 8
    OBSERVATION.feature_names  # ("listened", "belief")
    OBSERVATION.discrete({"listened": True, "belief": 0.7})  # 6
    OBSERVATION.features({"listened": True, "belief": 0.7})  # [1.0, 0.7]
    OBSERVATION.table()  # a Markdown table of the fields
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, NoReturn

from textenvs.core.fields import Category, Field, Number
from textenvs.errors import unknown
from textenvs.text.tables import markdown_table

Values = Mapping[str, Any]
"""The value of each field by its name. Where there are several cases, the name of the case has the name "case"."""
CASE = "case"


@dataclass(frozen=True)
class Case:
    """A kind of state in which only some fields can be observed, such as a phase of a talk.

    Attributes:
        name: Its name.
        doc: What it means.
        number: The fields that make up the discrete observation, the most significant first.
        also: The other fields that can be observed; by default all.
        feature: The name of a feature that is 1 in this case and 0 in the others; "" for none.
    """

    name: str
    doc: str
    number: Sequence[str] = ()
    also: Sequence[str] | None = None
    feature: str = ""


class Observation:
    """Fields, and the cases in which they can be observed.

    The discrete observation is a number in mixed radix of the fields in `Case.number`; the cases follow one another.
    Without cases all fields that have values for it are in it, in their order. The features have the order in which
    fields and cases are declared. Fields that a case does not name are 0 there.

    Args:
        *declared: Fields, and the cases if there are several.

    Attributes:
        size: Number of values of the discrete observation.
        feature_names: Names of the features.
        fields: The fields by name.
        cases: The cases by name.

    Raises:
        ValueError: If two fields or features have one name, a case names a field that does not exist or that has no
            discrete values, or no case names a field.
    """

    def __init__(self, *declared: Field | Case) -> None:
        self.fields: dict[str, Field] = {each.name: each for each in declared if not isinstance(each, Case)}
        cases = [each for each in declared if isinstance(each, Case)] or [
            Case("", "", [name for name, field in self.fields.items() if field.size])
        ]
        self.cases = {case.name: case for case in cases}
        features = [name for each in declared for name in _features(each)]
        _check_names("field", [*(each.name for each in declared if not isinstance(each, Case)), CASE])
        _check_names("case", [case.name for case in cases])
        _check_names("feature", features)
        self.feature_names: tuple[str, ...] = tuple(features)
        self.size = 0
        self._views: dict[str, CaseView] = {}
        for case in cases:
            view = self._views[case.name] = CaseView(self, case, self.size)
            self.size += view.size
        seen = {name for view in self._views.values() for name in view.fields}
        for name in self.fields:
            if name not in seen:
                raise ValueError(f"no case names the field {name!r}: add it to `number` or `also` of one, or remove it")

    def view(self, values: Values) -> CaseView:
        """The case that the values name."""
        if len(self._views) == 1:
            return next(iter(self._views.values()))
        case = values.get(CASE)
        if case not in self._views:
            raise unknown("case", case, self._views)
        return self._views[case]

    def discrete(self, values: Values) -> int:
        """The values as a number in `[0, size)`. Fields that are only features can be left out.

        Raises:
            ValueError: If a field is missing or unknown, or its value out of range.
        """
        return self.view(values).discrete(values)

    def features(self, values: Values) -> list[float]:
        """The values as `len(feature_names)` numbers in [0, 1].

        Raises:
            ValueError: If a field is missing or unknown, or its value out of range.
        """
        return self.view(values).features(values)

    def given(self, values: Values) -> CaseView:
        """The observation with some values filled in; the others are then given to `CaseView.discrete` and `.features`.

        This is for what is the same in many states, so that it is worked out once.
        """
        return self.view(values).given(values)

    def table(self) -> str:
        """The cases, if there are several, and the fields as Markdown tables."""
        columns = ("`discrete`", "`features`", "Meaning")
        cases = []
        for case, view in zip(self.cases.values(), self._views.values(), strict=True):
            numbers = f"{view.base}" if view.size == 1 else f"{view.base} to {view.base + view.size - 1}"
            numbers += f": {' x '.join(case.number)}" if case.number else ""
            cases.append((case.name, numbers, f"`{case.feature}`: 1" if case.feature else "", case.doc))
        fields = []
        numbered = {name for case in self.cases.values() for name in case.number}
        for name, field in self.fields.items():
            number, features = field.describe()
            fields.append((name, number if name in numbered else "", features, field.doc))
        table = markdown_table(("Field", *columns), fields)
        return f"{markdown_table(('Case', *columns), cases)}\n\n{table}" if len(cases) > 1 else table


class CaseView:
    """An observation in one case, or what is left of it to be given.

    Attributes:
        fields: The fields whose values are to be given.
        base: The number of the discrete observation when the index of each of these fields is 0.
        size: Number of values of the discrete observation, in the whole case.
    """

    def __init__(self, observation: Observation, case: Case, base: int) -> None:
        self._case = case
        others = observation.fields if case.also is None else case.also
        self.fields = {name: _field(observation, case, name) for name in (*case.number, *others)}
        self._parts: dict[tuple[str, ...], tuple[CaseView, CaseView]] = {}
        self._keys = {*self.fields, CASE} if len(observation.cases) > 1 else set(self.fields)
        sizes = [self.fields[name].size for name in case.number]
        if 0 in sizes:
            name = case.number[sizes.index(0)]
            raise ValueError(f"field {name!r} is in the number of case {case.name!r}: it needs `buckets`")
        self.base, self.size = base, math.prod(sizes)
        self._number: list[tuple[str, int, Callable[[Any], int]]] = []
        for k, name in enumerate(case.number):
            field = self.fields[name]
            index = field.indices.__getitem__ if isinstance(field, Category) else field.index
            self._number.append((name, math.prod(sizes[k + 1 :]), index))
        at = {name: k for k, name in enumerate(observation.feature_names)}
        self._template: list[float] | None = [float(name == case.feature) for name in at]
        self._filled: tuple[CaseView, Values] | None = None
        self._ones: list[tuple[str, dict[Any, int | None]]] = []
        self._shares: list[tuple[str, int, float, float, Number]] = []
        for name, field in self.fields.items():
            places = [at[feature] for feature in field.feature_names]
            if isinstance(field, Category):
                ones = {value: None if k is None else places[k] for value, k in field.spots.items()}
                self._ones += [(name, ones)] if places else []
            else:
                zero, one = field.ends
                self._shares += [(name, place, zero, one - zero, field) for place in places]

    def discrete(self, values: Values) -> int:
        """The number of the values; see `Observation.discrete`."""
        number = self.base
        try:
            for name, weight, index in self._number:
                number += weight * index(values[name])
        except (KeyError, TypeError):
            self._refuse(values, [name for name, *_ in self._number])
        if len(values) > len(self._keys):
            self._refuse(values, ())
        return number

    def features(self, values: Values) -> list[float]:
        """The features of the values; see `Observation.features`."""
        features = self._start().copy()
        try:
            for name, ones in self._ones:
                place = ones[values[name]]
                if place is not None:
                    features[place] = 1.0
            for name, place, low, width, field in self._shares:
                value = values[name]
                if value is not None:
                    share = (value - low) / width
                    features[place] = share if 0.0 <= share <= 1.0 and not field.log else field.scaled(value)
        except (KeyError, TypeError):
            self._refuse(values, self.fields)
        if len(values) != len(self._keys):
            self._refuse(values, self.fields)
        return features

    def given(self, values: Values) -> CaseView:
        """The view with some values filled in; see `Observation.given`."""
        names = tuple(values)
        parts = self._parts.get(names)
        if parts is None:
            if not self._keys.issuperset(names):
                self._refuse(values, ())
            parts = self._parts[names] = self._only(names), self._only(self._keys.difference(names))
        known, rest = parts
        filled = CaseView.__new__(CaseView)
        filled.__dict__.update(rest.__dict__)
        filled._parts = {}
        filled.base, filled._template, filled._filled = known.discrete(values), None, (known, values)
        return filled

    def _start(self) -> list[float]:
        """The features before any value is given; of values that were filled in, worked out at first use."""
        if self._template is None:
            assert self._filled is not None
            known, values = self._filled
            self._template = known.features(values)
        return self._template

    def _only(self, names: Collection[str]) -> CaseView:
        """The view of some of its fields."""
        view = copy(self)
        view._parts = {}
        view._keys = set(names)
        view.fields = {name: field for name, field in self.fields.items() if name in names}
        view._number = [each for each in self._number if each[0] in names]
        view._ones = [each for each in self._ones if each[0] in names]
        view._shares = [each for each in self._shares if each[0] in names]
        return view

    def _refuse(self, values: Values, needed: Collection[str]) -> NoReturn:
        """Says what is wrong with the values."""
        where = f" of case {self._case.name!r}" if self._case.name else ""
        for name in values:
            if name not in self._keys:
                raise unknown(f"field{where}:", name, sorted(self._keys))
        for name in needed:
            if name not in values:
                raise ValueError(f"field {name!r}{where} is missing: give its value, or None where there is nothing")
            self.fields[name].check(values[name])
            if values[name] is None and name in self._case.number and self.fields[name].absent is None:
                raise ValueError(f"field {name!r}{where} is None, and in the number: declare `absent`, or give a value")
        raise ValueError(f"the values{where} cannot be observed: {dict(values)!r}")


def _field(observation: Observation, case: Case, name: str) -> Field:
    """The field of a name that a case uses."""
    if name not in observation.fields:
        raise unknown(f"field in case {case.name!r}:", name, observation.fields)
    return observation.fields[name]


def _features(declared: Field | Case) -> tuple[str, ...]:
    """Names of the features of a field or a case."""
    if isinstance(declared, Case):
        return (declared.feature,) if declared.feature else ()
    return declared.feature_names


def _check_names(what: str, names: Sequence[str]) -> None:
    """Refuses a name that is there twice."""
    for name in names:
        if names.count(name) > 1:
            reserved = f' ("{CASE}" is reserved for the case)' if (what, name) == ("field", CASE) else ""
            raise ValueError(f"there are two {what}s {name!r}{reserved}: rename one")
