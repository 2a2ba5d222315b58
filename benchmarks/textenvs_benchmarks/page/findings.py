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
    """Who is best in one place, as far as can be told.

    Attributes:
        first: The agent with the highest score of those that none is shown to be better than.
        ties: Agents that cannot be told apart from it, by score.
        behind: The best of those that are shown to be worse; "" where there is none.
        lead: How `first` and `behind` differ; None where there is none.
        seeds: Training seeds of each agent.
        missing: Agents that lack seeds, and are not compared.
    """

    first: str
    ties: tuple[str, ...]
    behind: str
    lead: Comparison | None
    seeds: int
    missing: tuple[str, ...] = ()

    @property
    def best(self) -> tuple[str, ...]:
        """Those of whom any may be the best."""
        return (self.first, *self.ties)

    @property
    def sentence(self) -> str:
        """The finding in words, without its numbers."""
        left_out = f"; {joined(self.missing)} did not play all of it" if self.missing else ""
        if self.seeds < MIN_SCORES:
            said = f"{self.first} has the highest score; {plural(self.seeds, 'training seed')} cannot rank agents"
        elif not self.ties and not self.behind:
            said = f"{self.first} is the only agent that was compared"
        else:
            ties = f", but cannot be told apart from {joined(self.ties)}" if self.ties else ""
            said = f"{self.first} has the highest score{ties}"
            said += f"; {self.behind} is behind it" if self.behind else ""
        return said + left_out

    @property
    def certainty(self) -> str:
        """How strong the evidence is that `first` is better than `behind`."""
        if self.seeds < MIN_SCORES:
            return f"none: fewer than {MIN_SCORES} training seeds"
        if self.lead is None:
            return "none of them is told apart" if self.ties else "\N{EN DASH}"
        p = self.lead.adjusted
        shown = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
        return f"{'strong' if p < 0.01 else 'moderate'} ({shown})"


def find(scores: Mapping[str, Scores], middle: Mapping[str, float], missing: Sequence[str] = ()) -> Finding | None:
    """The finding of one place.

    Args:
        scores: For each agent that is ranked a score for each training seed, paired.
        middle: The score that is printed of each.
        missing: Agents that are left out.

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
    worse = "" if behind is None else names[behind]
    return Finding(names[first], ties, worse, lead, len(scores[names[first]]), tuple(missing))


def joined(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def plural(number: int, what: str) -> str:
    """A number of things, in words."""
    return f"{number:,d} {what}{'' if number == 1 else 's'}"
