"""All measures by name, with what each needs and gives, so that rewards can be put together from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from types import MappingProxyType

from textenvs.errors import unknown
from textenvs.rewards import answers, models, overlap, rewriting, spans, style


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


def find_measure(name: str) -> Measure:
    """The measure of that name.

    Raises:
        ValueError: If there is none.
    """
    if name not in MEASURES:
        raise unknown("measure", name, MEASURES)
    return MEASURES[name]


def _alone(function: Callable[..., float], low: float, high: float, extra: str = "") -> Measure:
    return Measure(function.__name__, function, False, False, low, high, extra)


def _compared(function: Callable[..., float], extra: str = "", low: float = 0.0) -> Measure:
    return Measure(function.__name__, function, True, False, low, 1.0, extra)


def _rewritten(function: Callable[..., float], extra: str = "") -> Measure:
    return Measure(function.__name__, function, True, True, 0.0, 1.0, extra)


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        measure.name: measure
        for measure in (
            _compared(answers.exact_match),
            _compared(answers.token_f1),
            _compared(answers.keyword_coverage),
            _compared(overlap.rouge_1),
            _compared(overlap.rouge_2),
            _compared(overlap.rouge_l, "text"),
            _compared(overlap.bleu, "text"),
            _compared(overlap.chrf, "text"),
            _compared(spans.edit_similarity, "text"),
            _compared(models.embedding_similarity, "embeddings", low=-1.0),
            _rewritten(rewriting.gleu),
            _rewritten(rewriting.sari),
            _rewritten(spans.edit_precision, "text"),
            _rewritten(spans.edit_recall, "text"),
            _rewritten(spans.edit_f05, "text"),
            _alone(style.length, 0.0, inf),
            _alone(style.repetition, 0.0, 1.0),
            _alone(style.flesch, -inf, 206.835 - 1.015 - 84.6),
            _alone(style.flesch_kincaid, 0.39 + 11.8 - 15.59, inf),
            _alone(style.sentiment, -1.0, 1.0, "text"),
            _alone(models.fluency, -inf, 0.0, "fluency"),
        )
    }
)
"""Every measure that gives one number, by name."""
