"""How long each measure takes for 20 words, in microseconds: `make benchmark`.

The text differs from its reference in a few words, as a good answer does. Loading what a measure needs is not measured.
"""

from __future__ import annotations

import pytest

from textenvs.rewards import MEASURES, f_beta

TEXT = "The small restaurant by the river serves good fish and cheap wine , but it is closed on every other Monday ."
REFERENCE = (
    "The small restaurant near the river serves fresh fish and cheap wine ; it is closed every other Monday in May ."
)
SOURCE = "The small restaurant near the river serve good fish and cheap wines , but it closed in every other Monday ."
CALLS = 100


@pytest.mark.parametrize("name", MEASURES)
def test_measure(benchmark, name):
    measure = MEASURES[name]
    try:
        measure.score(TEXT, REFERENCE, SOURCE)
    except ImportError as missing:
        pytest.skip(str(missing))
    benchmark.pedantic(measure.score, (TEXT, REFERENCE, SOURCE), rounds=20, iterations=CALLS, warmup_rounds=1)


def test_f_beta(benchmark):
    benchmark.pedantic(f_beta, (3, 1, 2), rounds=20, iterations=CALLS, warmup_rounds=1)
