"""Where the lines of charts run. Coordinates are those of the drawing; what is drawn stands in the templates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

POINTS = 120
"""Points of a line at most."""
TICKS = 5


@dataclass(frozen=True)
class Scale:
    """Values to coordinates, linearly; what lies outside is drawn at the edge.

    Attributes:
        low: The value at `begin`.
        high: The value at `end`.
        begin: Coordinate.
        end: Coordinate.
    """

    low: float
    high: float
    begin: float
    end: float

    def __call__(self, value: float) -> str:
        """The coordinate of a value."""
        share = (min(max(value, self.low), self.high) - self.low) / ((self.high - self.low) or 1.0)
        return coordinate(self.begin + share * (self.end - self.begin))


@dataclass(frozen=True)
class Line:
    """A line with a band.

    Attributes:
        name: Whose it is.
        points: As SVG's `points`.
        band: The same, around the interval; "" where there is none.
    """

    name: str
    points: str
    band: str


@dataclass(frozen=True)
class Plane:
    """Two scales with their ticks, and lines.

    Attributes:
        x: The horizontal scale.
        y: The vertical one.
        x_ticks: Values.
        y_ticks: Values.
        lines: The lines.
    """

    x: Scale
    y: Scale
    x_ticks: Sequence[float]
    y_ticks: Sequence[float]
    lines: Sequence[Line]


WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 24, 30
"""Margins of a plane."""


def make_plane(
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    y_ticks: Sequence[float],
    lines: Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]],
) -> Plane:
    """A plane of lines.

    Args:
        x_range: Lowest and highest value.
        y_range: Lowest and highest value.
        y_ticks: Where the vertical scale is marked.
        lines: By name: x, y, and the ends of the interval, NaN where there is none.
    """
    x = Scale(*x_range, LEFT, WIDTH - RIGHT)
    y = Scale(*y_range, HEIGHT - BOTTOM, TOP)
    drawn = [_line(name, x, y, *map(np.asarray, values)) for name, values in lines.items()]
    return Plane(x, y, round_ticks(*x_range), y_ticks, drawn)


def _line(name: str, x: Scale, y: Scale, xs: ArrayLike, ys: ArrayLike, low: ArrayLike, high: ArrayLike) -> Line:
    rows = np.column_stack([xs, ys, low, high]).astype(float)
    if len(rows) > POINTS:
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, POINTS).round().astype(int))]
    points = " ".join(f"{x(a)},{y(b)}" for a, b, _, _ in rows)
    known = rows[~np.isnan(rows).any(axis=1)]
    upper = [f"{x(a)},{y(d)}" for a, _, _, d in known]
    lower = [f"{x(a)},{y(c)}" for a, _, c, _ in known[::-1]]
    return Line(name, points, " ".join(upper + lower))


def round_ticks(low: float, high: float) -> list[float]:
    """A few round values in a range."""
    if not high > low:
        return [low]
    raw = (high - low) / TICKS
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if size * factor >= raw)
    first = math.ceil(low / step - 1e-9)
    return [step * k for k in range(first, math.floor(high / step + 1e-9) + 1)]


@dataclass(frozen=True)
class Spoke:
    """One axis of a radar.

    Attributes:
        name: What it measures.
        x: Its end.
        y: Its end.
        label_x: Where its name stands.
        label_y: The same.
        anchor: How the name is aligned: "start", "middle" or "end".
    """

    name: str
    x: str
    y: str
    label_x: str
    label_y: str
    anchor: str


RADIUS, CENTRE_X, CENTRE_Y = 70.0, 130.0, 96.0


def spokes(names: Sequence[str]) -> list[Spoke]:
    """The axes of a radar, clockwise from the top."""
    made = []
    for k, name in enumerate(names):
        x, y = _direction(k, len(names))
        anchor = "middle" if abs(x) < 0.1 else "start" if x > 0 else "end"
        places = (RADIUS * x, RADIUS * y, (RADIUS + 9.0) * x, (RADIUS + 12.0) * y + 4.0)
        end_x, end_y, label_x, label_y = (
            coordinate(centre + place) for centre, place in zip((CENTRE_X, CENTRE_Y) * 2, places, strict=True)
        )
        made.append(Spoke(name, end_x, end_y, label_x, label_y, anchor))
    return made


def ring(values: Sequence[float]) -> str:
    """The points of values from 0 to 100 on the axes of a radar; what is less is drawn in the middle."""
    points = []
    for k, value in enumerate(values):
        x, y = _direction(k, len(values))
        share = RADIUS * min(max(value, 0.0), 100.0) / 100.0
        points.append(f"{coordinate(CENTRE_X + share * x)},{coordinate(CENTRE_Y + share * y)}")
    return " ".join(points)


def _direction(k: int, n: int) -> tuple[float, float]:
    angle = 2.0 * math.pi * k / n
    return math.sin(angle), -math.cos(angle)


def coordinate(value: float) -> str:
    """A coordinate, to a tenth."""
    return f"{value:z.1f}".removesuffix(".0")
