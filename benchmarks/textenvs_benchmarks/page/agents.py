"""Who the agents are, in a sentence each, for a reader who has only the page."""

from __future__ import annotations

from textenvs.evaluation import summary_of
from textenvs_benchmarks.suite import Suite

SEES = {
    "text": "It reads the text.",
    "features": "It does not read the words: it is given features of what was understood.",
    "discrete": "It does not read the words: it is given one number that stands for the situation.",
}
"""What an agent sees, by its observation type."""


def describe(agent: str, suite: Suite) -> str:
    """What an agent is; "" where that is not known here."""
    if agent in suite.external:
        return f"Not part of TextEnvs: {suite.external[agent]}."
    return summary_of(suite.installed(agent))
