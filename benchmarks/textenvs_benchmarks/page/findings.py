"""What a run has found, for a person: who is best at what, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textenvs_benchmarks.comparison import Comparison, pairwise
from textenvs_benchmarks.intervals import MIN_SCORES
from textenvs_benchmarks.statistics import Scores

LEVEL = 0.05


@dataclass(frozen=True)
class Finding:
    """Who is best in one place, and by how much.

    Attributes:
        first: The agent with the highest score of those that none is better than.
        ties: Agents that cannot be told apart from it, best first.
        behind: The best of those that are worse; "" where there is none.
        lead: How `first` and `behind` differ; None where there is none.
        seeds: Training seeds of each agent.
    """

    first: str
    ties: tuple[str, ...]
    behind: str
    lead: Comparison | None
    seeds: int

    @property
    def best(self) -> tuple[str, ...]:
        """Those who are best, tied."""
        return (self.first, *self.ties)

    @property
    def sentence(self) -> str:
        """The finding in words, without its numbers."""
        if self.seeds < MIN_SCORES:
            return f"{self.first} has the highest score; {counted(self.seeds, 'training seed')} cannot rank agents"
        if not self.ties and not self.behind:
            return f"{self.first} is the only agent"
        ties = f", tied with {joined(self.ties)}" if self.ties else ""
        behind = f"; next behind it is {self.behind}" if self.behind else ""
        return f"{self.first} is best{ties}{behind}"

    @property
    def certainty(self) -> str:
        """How sure it is that `first` is better than `behind`."""
        if self.seeds < MIN_SCORES:
            return f"not known: fewer than {MIN_SCORES} training seeds"
        if self.lead is None:
            return "all are tied" if self.ties else "\N{EN DASH}"
        p = self.lead.adjusted
        shown = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
        return f"{'clear' if p < 0.01 else 'likely'} ({shown})"


def find(scores: Mapping[str, Scores], middle: Mapping[str, float]) -> Finding | None:
    """The finding of one place.

    Args:
        scores: For each agent that is ranked a score for each training seed, paired.
        middle: The score that is printed of each.

    Returns:
        None where no agent is ranked.
    """
    names = sorted(scores, key=lambda name: -middle[name])
    if not names:
        return None
    pairs = pairwise([scores[name] for name in names], LEVEL)
    beaten = {i for (i, _), each in pairs.items() if each.told_apart(LEVEL) and each.difference < 0.0}
    first = next(k for k in range(len(names)) if k not in beaten)
    others = [k for k in range(len(names)) if k != first]
    behind = next((k for k in others if pairs[first, k].told_apart(LEVEL)), None)
    ties = tuple(names[k] for k in others if not pairs[first, k].told_apart(LEVEL))
    lead = None if behind is None else pairs[first, behind]
    return Finding(names[first], ties, "" if behind is None else names[behind], lead, len(scores[names[first]]))


def joined(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def counted(number: int, what: str) -> str:
    """A number of things, in words."""
    return f"{number:,d} {what}{'' if number == 1 else 's'}"
