"""Whether an answer is right: exact match and token F1 as in SQuAD, and the keywords that an answer should hold."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from textenvs.rewards.measures import compared
from textenvs.rewards.ngrams import n_common
from textenvs.rewards.references import as_references

PUNCTUATION = str.maketrans("", "", string.punctuation)
ARTICLES = frozenset(("a", "an", "the"))
ARTICLE = re.compile(r"\b(?:a|an|the)\b")
WORD = re.compile(r"\w+")


def normalise_answer(answer: str) -> str:
    """Lower case, without ASCII punctuation, English articles and needless white space, as SQuAD's scorers compare."""
    return " ".join(_answer_tokens(answer))


@compared()
def exact_match(prediction: str, references: str | Sequence[str]) -> float:
    """1 if the normalised answer equals that of a reference, else 0.

    As in the official scorer of SQuAD 2.0 (Rajpurkar et al. 2018), a reference of which nothing remains means "there is
    no answer", and counts only where all references are so.

    Raises:
        ValueError: If there is no reference.
    """
    answer = _answer_tokens(prediction)
    return float(any(answer == gold for gold in _golds(references)))


@compared()
def token_f1(prediction: str, references: str | Sequence[str]) -> float:
    """F1 of the tokens of normalised answers, with repetitions: the best over the references, in [0, 1].

    The measure of SQuAD (Rajpurkar et al. 2016). Where nothing remains of an answer the scorers of SQuAD 1.1 and 2.0
    differ; this is 2.0: 1 if nothing remains of the reference either, else 0.

    Raises:
        ValueError: If there is no reference.
    """
    answer = _answer_tokens(prediction)
    return max(_f1(answer, gold) for gold in _golds(references))


@compared()
def keyword_coverage(prediction: str, keywords: str | Sequence[str]) -> float:
    """Share of the keywords that a text holds, in [0, 1].

    A keyword is a word or several in a row, whatever their case and the punctuation between; "art" is not in "start". A
    keyword without letters and digits is looked for as it is. One that is named twice counts twice.

    Raises:
        ValueError: If there is no keyword.
    """
    wanted = as_references(keywords)
    text = f" {' '.join(WORD.findall(prediction.lower()))} "
    found = 0
    for keyword in wanted:
        words = WORD.findall(keyword.lower())
        found += f" {' '.join(words)} " in text if words else keyword in prediction
    return found / len(wanted)


def _answer_tokens(answer: str) -> list[str]:
    plain = answer.lower().translate(PUNCTUATION)
    if plain.isascii() and plain.isprintable():  # the same, and faster: articles have blanks around them
        return [token for token in plain.split() if token not in ARTICLES]
    return ARTICLE.sub(" ", plain).split()


def _golds(references: str | Sequence[str]) -> list[list[str]]:
    """The tokens of the references of which something remains, or one empty list."""
    golds = (_answer_tokens(reference) for reference in as_references(references))
    return [gold for gold in golds if gold] or [[]]


def _f1(answer: list[str], gold: list[str]) -> float:
    if not answer or not gold:
        return float(answer == gold)
    return 2 * n_common(answer, gold) / (len(answer) + len(gold))
