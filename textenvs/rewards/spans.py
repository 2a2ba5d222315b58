"""What was changed in a text, as edits of spans, and whether these were the right ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from textenvs.errors import require
from textenvs.rewards.measures import compared, rewritten
from textenvs.rewards.references import as_references


class Edit(NamedTuple):
    """The tokens `start` to `end` of the source (without `end`) become `replacement`.

    An insertion has `start == end`, a deletion an empty replacement. An edit equals a plain tuple of the same values.
    """

    start: int
    end: int
    replacement: tuple[str, ...]


class EditScores(NamedTuple):
    """Precision, recall and F of the edits of a text, each in [0, 1]."""

    precision: float
    recall: float
    f: float


def f_beta(true_positives: int, false_positives: int, false_negatives: int, beta: float = 0.5) -> float:
    """F of counts, in [0, 1]; at beta 0.5, precision is twice as important as recall.

    The conventions are those of the M2 scorer (Dahlmeier and Ng 2012) and ERRANT (Bryant et al. 2017): precision is 1
    without false positives, recall 1 without false negatives. So proposing nothing where nothing is wrong gives 1, and
    proposing only wrong edits, or nothing where something is wrong, 0.
    """
    if not true_positives:
        return 0.0 if false_positives or false_negatives else 1.0
    weight = beta * beta
    right = (1.0 + weight) * true_positives
    return right / (right + weight * false_negatives + false_positives)


def edits(source: str, target: str) -> tuple[Edit, ...]:
    """The edits that make the target of the source, from left to right.

    Tokens stand between white space, as in the M2 format: "cat." is one token, "cat ." two. They are aligned with the
    least number of insertions, deletions and substitutions, and neighbouring ones become one edit, so that two edits
    have an unchanged token between them (ERRANT's "all-merge"). An insertion or deletion that could stand in several
    places stands in the first: of "the the", the first is deleted, as in ERRANT.

    Raises:
        ImportError: Without the extra "text".
    """
    before, after = source.split(), target.split()
    found: list[Edit] = []
    for edit in _runs(before, after):
        limit = found[-1].end if found else 0
        shifted = _leftmost(edit, before, limit)
        if found and shifted.start == limit:
            last = found.pop()
            shifted = Edit(last.start, shifted.end, last.replacement + shifted.replacement)
        found.append(shifted)
    return tuple(found)


def compare_edits(
    proposed: Iterable[tuple[int, int, tuple[str, ...]]],
    gold: Iterable[tuple[int, int, tuple[str, ...]]],
    beta: float = 0.5,
) -> EditScores:
    """Scores of the proposed edits against the gold ones, both given; an edit is right if span and replacement are.

    The conventions are those of `f_beta`.
    """
    return _scores(*_counts(frozenset(proposed), frozenset(gold)), beta)


def edit_scores(source: str, prediction: str, references: str | Sequence[str], beta: float = 0.5) -> EditScores:
    """Scores of the edits from the source to the prediction against those from the source to a reference.

    Edits are those of `edits`, conventions those of `f_beta`. Of several references that with the best F counts; if
    several have it, that with more right, then fewer wrong, then fewer missing edits, as in ERRANT. The M2 scorer takes
    of all ways to write the same change the one that suits the gold edits best, so it is more generous where an edit
    touches another that is not proposed, or words repeat.

    Raises:
        ValueError: If there is no reference.
        ImportError: Without the extra "text".
    """
    proposed = frozenset(edits(source, prediction))
    counts = [_counts(proposed, frozenset(edits(source, reference))) for reference in as_references(references)]
    best = max(counts, key=lambda count: (f_beta(count[0], count[1], count[2], beta), count[0], -count[1], -count[2]))
    return _scores(*best, beta)


@rewritten("text")
def edit_precision(source: str, prediction: str, references: str | Sequence[str]) -> float:
    """Share of the proposed edits that are right, in [0, 1]; 1 if none is proposed: see `edit_scores`."""
    return edit_scores(source, prediction, references).precision


@rewritten("text")
def edit_recall(source: str, prediction: str, references: str | Sequence[str]) -> float:
    """Share of the gold edits that are proposed, in [0, 1]; 1 if nothing is to be done: see `edit_scores`."""
    return edit_scores(source, prediction, references).recall


@rewritten("text")
def edit_f05(source: str, prediction: str, references: str | Sequence[str]) -> float:
    """F0.5 of the proposed edits, in [0, 1]; 1 if nothing is to be done and nothing is: see `edit_scores`."""
    return edit_scores(source, prediction, references).f


@compared("text")
def edit_similarity(prediction: str, references: str | Sequence[str]) -> float:
    """1 - Levenshtein distance (1966) in characters / length of the longer text: best over the references, in [0, 1].

    Two empty texts have 1.

    Raises:
        ValueError: If there is no reference.
        ImportError: Without the extra "text".
    """
    similarity = _similarity()
    return max(float(similarity(prediction, reference)) for reference in as_references(references))


def _runs(before: list[str], after: list[str]) -> Iterator[Edit]:
    """What stands between the unchanged tokens of an alignment."""
    start, first = 0, 0
    for tag, equal, end, same, last in _opcodes()(before, after):
        if tag == "equal":
            if (start, first) != (equal, same):
                yield Edit(start, equal, tuple(after[first:same]))
            start, first = end, last
    if start < len(before) or first < len(after):
        yield Edit(start, len(before), tuple(after[first:]))


def _leftmost(edit: Edit, before: list[str], limit: int) -> Edit:
    """The same insertion or deletion as far to the left as it can stand, not before `limit`."""
    start, end, words = edit
    if start < end and words:
        return edit
    moving = words or before[start:end]
    steps = 0
    while start - steps > limit and before[start - steps - 1] == moving[-1 - steps % len(moving)]:
        steps += 1
    turn = len(moving) - steps % len(moving)
    return Edit(start - steps, end - steps, words[turn:] + words[:turn]) if steps else edit


def _counts(
    proposed: frozenset[tuple[int, int, tuple[str, ...]]], gold: frozenset[tuple[int, int, tuple[str, ...]]]
) -> tuple[int, int, int]:
    """True positives, false positives, false negatives."""
    right = len(proposed & gold)
    return right, len(proposed) - right, len(gold) - right


def _scores(true_positives: int, false_positives: int, false_negatives: int, beta: float) -> EditScores:
    precision = true_positives / (true_positives + false_positives) if false_positives else 1.0
    recall = true_positives / (true_positives + false_negatives) if false_negatives else 1.0
    return EditScores(precision, recall, f_beta(true_positives, false_positives, false_negatives, beta))


@cache
def _opcodes() -> Any:
    return require("rapidfuzz.distance.Levenshtein", "text").opcodes


@cache
def _similarity() -> Any:
    return require("rapidfuzz.distance.Levenshtein", "text").normalized_similarity
