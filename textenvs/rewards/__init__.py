"""Standard measures of a text: pure functions, each pinned to the official scorer of its measure.

They are called as `name(prediction, references)`, `name(source, prediction, references)` or `name(prediction)`; the
references are a string or a sequence of strings. `MEASURES` has them by name. A package that a measure needs is
imported at its first call; where it is missing, an `ImportError` names the extra to install.
"""

from textenvs.rewards.answers import exact_match, keyword_coverage, normalise_answer, token_f1
from textenvs.rewards.measures import MEASURES, Measure, find_measure
from textenvs.rewards.models import embedding_similarity, fluency
from textenvs.rewards.overlap import bleu, chrf, rouge_1, rouge_2, rouge_l
from textenvs.rewards.rewriting import gleu, sari
from textenvs.rewards.spans import (
    Edit,
    EditScores,
    compare_edits,
    edit_f05,
    edit_precision,
    edit_recall,
    edit_scores,
    edit_similarity,
    edits,
    f_beta,
)
from textenvs.rewards.style import flesch, flesch_kincaid, length, repetition, sentiment

__all__ = [
    "MEASURES",
    "Edit",
    "EditScores",
    "Measure",
    "bleu",
    "chrf",
    "compare_edits",
    "edit_f05",
    "edit_precision",
    "edit_recall",
    "edit_scores",
    "edit_similarity",
    "edits",
    "embedding_similarity",
    "exact_match",
    "f_beta",
    "find_measure",
    "flesch",
    "flesch_kincaid",
    "fluency",
    "gleu",
    "keyword_coverage",
    "length",
    "normalise_answer",
    "repetition",
    "rouge_1",
    "rouge_2",
    "rouge_l",
    "sari",
    "sentiment",
    "token_f1",
]
