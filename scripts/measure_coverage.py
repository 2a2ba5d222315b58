"""Measures by simulation how often intervals hold the true value, and writes the table into docs/statistics.md.

python scripts/measure_coverage.py
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from textenvs_benchmarks.intervals import coverage, interval, nested_interval
from textenvs_benchmarks.statistics import iqm

PAGE = Path(__file__).parents[1] / "docs" / "statistics.md"
BEGIN, END = "<!-- coverage: written by scripts/measure_coverage.py -->", "<!-- end of coverage -->"
TRIALS = 2000
SEEDS = (3, 5, 10, 20)
EPISODES = 50
Scores = NDArray[np.float64]


def normal(rng: np.random.Generator, n: int) -> Scores:
    """Scores of runs that are much alike."""
    return rng.normal(70.0, 10.0, n)


def skewed(rng: np.random.Generator, n: int) -> Scores:
    """Scores below an optimum of 100, most near it."""
    return 100.0 * rng.beta(8.0, 1.5, n)


def failing(share: float) -> Callable[[np.random.Generator, int], Scores]:
    """Scores of which a share is of runs that learned nothing."""

    def draw(rng: np.random.Generator, n: int) -> Scores:
        return np.where(rng.random(n) < share, rng.normal(10.0, 8.0, n), rng.normal(90.0, 4.0, n))

    return draw


KINDS = {"normal": normal, "bounded, skewed": skewed, "20 % failing": failing(0.2), "40 % failing": failing(0.4)}


def plain(scores: Scores, rng: np.random.Generator) -> tuple[float, float]:
    """The plain percentile bootstrap."""
    low, high = np.quantile(iqm(scores[rng.integers(len(scores), size=(1000, len(scores)))], axis=1), [0.025, 0.975])
    return float(low), float(high)


def expanded(scores: Scores, rng: np.random.Generator) -> tuple[float, float] | None:
    """What the tables print."""
    return interval(scores, rng, replications=1000)


def nested(scores: Scores, rng: np.random.Generator) -> tuple[float, float] | None:
    """Seeds, then episodes, whose spread is that of the scores of single episodes."""
    runs = [score + rng.normal(0.0, 30.0, EPISODES) for score in scores]
    return nested_interval(runs, rng, replications=300)


def main() -> None:
    """Measures, and writes the table."""
    lines = ["| scores | seeds | printed | nested | plain percentile |", "|---|---|---|---|---|"]
    worst = 100.0
    for name, draw in KINDS.items():
        truth = iqm(draw(np.random.default_rng(0), 2_000_000))
        for n in SEEDS:
            cells = []
            for make, trials in ((expanded, TRIALS), (nested, TRIALS // 2), (plain, TRIALS)):
                cells.append(100.0 * coverage(draw, truth, n, np.random.default_rng(n), make, trials))
            worst = min(worst, cells[0])
            lines.append(f"| {name} | {n} | {cells[0]:.1f} | {cells[1]:.1f} | {cells[2]:.1f} |")
            print(lines[-1], flush=True)
    lines += ["", f"The worst case of what is printed is {worst:.1f} %."]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
