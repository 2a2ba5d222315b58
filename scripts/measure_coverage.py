"""Measures by simulation what intervals and comparisons are worth.

It writes the tables into docs/statistics.md, and what is printed beside intervals into the package:

    python scripts/measure_coverage.py
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from textenvs_benchmarks.comparison import compare
from textenvs_benchmarks.intervals import coverage, interval, mean_interval, nested_interval
from textenvs_benchmarks.statistics import iqm

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "statistics.md"
DATA = ROOT / "benchmarks" / "textenvs_benchmarks" / "coverage.json"
MARKS = {
    name: (f"<!-- {name}: written by scripts/measure_coverage.py -->", f"<!-- end of {name} -->")
    for name in ("coverage", "comparisons")
}
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
"""How scores of runs may be spread."""
IN_WORDS = {
    "normal": "scores are spread normally",
    "bounded, skewed": "scores crowd below 100",
    "20 % failing": "20 % of trainings fail",
    "40 % failing": "40 % of trainings fail",
}
"""The same, for readers."""
TASKS = 8
"""Environments of which a mean is taken."""


def plain(scores: Scores, rng: np.random.Generator) -> tuple[float, float]:
    """The plain percentile bootstrap."""
    low, high = np.quantile(iqm(scores[rng.integers(len(scores), size=(1000, len(scores)))], axis=1), [0.025, 0.975])
    return float(low), float(high)


def expanded(scores: Scores, rng: np.random.Generator) -> tuple[float, float] | None:
    """What the tables print."""
    return interval(scores, rng)


def nested(scores: Scores, rng: np.random.Generator) -> tuple[float, float] | None:
    """Seeds, then episodes, whose spread is that of the scores of single episodes."""
    runs = [score + rng.normal(0.0, 30.0, EPISODES) for score in scores]
    return nested_interval(runs, rng, replications=300)


def measure_means(draw: Callable[[np.random.Generator, int], Scores], n: int) -> float:
    """How often the interval of a mean over several environments holds, in per cent."""
    rng = np.random.default_rng(n)
    truth = float(draw(np.random.default_rng(0), 2_000_000).mean())
    held = 0
    for _ in range(TRIALS):
        ends = mean_interval(draw(rng, n * TASKS).reshape(n, TASKS).mean(axis=1))
        held += ends is not None and ends[0] <= truth <= ends[1]
    return 100.0 * held / TRIALS


def measure_coverage() -> list[str]:
    """The table of how often intervals hold the true value."""
    lines = ["| scores | seeds | printed | nested | plain percentile | mean of 8 |", "|---|---|---|---|---|---|"]
    printed: dict[int, dict[str, float]] = {n: {} for n in SEEDS}
    for name, draw in KINDS.items():
        truth = iqm(draw(np.random.default_rng(0), 2_000_000))
        for n in SEEDS:
            cells = []
            for make, trials in ((expanded, TRIALS), (nested, TRIALS // 2), (plain, TRIALS)):
                cells.append(100.0 * coverage(draw, truth, n, np.random.default_rng(n), make, trials))
            cells.append(measure_means(draw, n))
            printed[n][IN_WORDS[name]] = round(cells[0], 1)
            lines.append(f"| {name} | {n} | " + " | ".join(f"{share:.1f}" for share in cells) + " |")
            print(lines[-1], flush=True)
    DATA.write_text(json.dumps(printed, indent=2) + "\n", encoding="utf-8", newline="\n")
    worst = min(share for cases in printed.values() for share in cases.values())
    return [*lines, "", f"The worst case of what is printed is {worst:.1f} %."]


def measure_comparisons() -> list[str]:
    """The table of how often two agents are told apart."""
    lines = ["| seeds | equal agents | twice the detectable, same experiment | the same, another experiment |"]
    lines.append("|---|---|---|---|")
    for n in SEEDS:
        rng = np.random.default_rng(n)
        told = np.zeros(3)
        for _ in range(TRIALS):
            base = rng.normal(70.0, 8.0, n)
            ours, theirs = base + rng.normal(0.0, 4.0, n), base + rng.normal(0.0, 4.0, n)
            found = compare(ours, theirs)
            shift = 2.0 * found.detectable
            another = compare(base + rng.normal(shift, 4.0, n), base + rng.normal(0.0, 4.0, n))
            told += [each.told_apart() for each in (found, compare(ours + shift, theirs), another)]
        lines.append(f"| {n} | " + " | ".join(f"{share:.1f}" for share in 100.0 * told / TRIALS) + " |")
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    """Measures, and writes the tables."""
    for name, lines in (("coverage", measure_coverage()), ("comparisons", measure_comparisons())):
        begin, end = MARKS[name]
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
        _, _, after = rest.partition(end)
        table = "\n".join([begin, *lines, end])
        PAGE.write_text(f"{before}{table}{after}", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
