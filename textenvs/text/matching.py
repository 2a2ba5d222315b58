"""Which of the choices a free sentence means, if any.

Each word of the sentence asks for an explanation. A choice explains the words that its own sentence holds and those
that people use when they mean it (its *cues*), a rare word more than one that many choices share. The choice that
explains the largest part of the sentence is meant, if that part is large enough and no other choice comes near.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from textenvs.text.tokens import stem, tokens

LEAST_EXPLAINED = 0.5
"""Share of a sentence's weight that a choice must explain."""
LEAST_MARGIN = 0.02
"""Lead over the second choice, as a share of the sentence's weight."""
UNKNOWN_WEIGHT = 1.4
"""Weight of a word that no choice knows."""
CUE_FACTOR = 1.6
"""How much more a cue counts than a word that only stands in the choice."""
EMPTY_WORDS = frozenset(
    "a an the is are was be am to of it its i me my we us our do does can could would will may might shall should "
    "please particular mind have has so and or that this there just then ok okay well now with as at in on for oh hi hello dear sir madam "
    "let lets got get ll ve re s d im id youd youre um".split()
)

NUMBERS = {word: str(n) for n, word in enumerate("zero one two three four five six seven eight nine ten".split())}


def match(sentence: str, choices: Sequence[str], cues: Sequence[Sequence[str]]) -> int | None:
    """The number of the choice that a sentence means.

    Args:
        sentence: What was said.
        choices: The sentence of each choice; "" is not possible now.
        cues: For each choice, words or phrases that people use when they mean it.

    Returns:
        The number of a possible choice; None where the sentence is empty, means none, or could mean several.
    """
    words = _words(sentence)
    if not words:
        return None
    weights, choice_words, cue_words = _lexicon(tuple(choices), tuple(map(tuple, cues)))
    for number, choice in enumerate(choices):
        if choice and words == _words(choice):
            return number
    asked = {word for word in words if word not in EMPTY_WORDS}
    total = sum(weights.get(word, UNKNOWN_WEIGHT) for word in asked)
    if not total or _says_several(asked, choice_words):
        return None
    spoken = f" {' '.join(words)} "
    scores = []
    for number, choice in enumerate(choices):
        if choice:
            own, used = choice_words[number], cue_words[number]
            explained = sum(weights[w] * (CUE_FACTOR if w in used else 1.0) for w in asked if w in own or w in used)
            explained += sum(weights[cue] for cue in used if " " in cue and f" {cue} " in spoken)
            scores.append((explained / total, number))
    scores.sort(key=lambda pair: (-pair[0], pair[1]))
    if not scores or scores[0][0] < LEAST_EXPLAINED:
        return None
    if len(scores) > 1 and scores[0][0] - scores[1][0] < LEAST_MARGIN:
        return None
    return scores[0][1]


def _words(sentence: str) -> list[str]:
    """The stemmed words of a sentence, numbers as digits."""
    return [stem(NUMBERS.get(word, word)) for word in tokens(sentence)]


def _says_several(asked: set[str], choice_words: Sequence[frozenset[str]]) -> bool:
    """Whether a sentence holds all the words of two choices, neither of which is a part of the other."""
    said = [words for words in choice_words if words and words <= asked]
    return any(not a <= b and not b <= a for a in said for b in said)


@lru_cache(maxsize=4096)
def _lexicon(
    choices: tuple[str, ...], cues: tuple[tuple[str, ...], ...]
) -> tuple[dict[str, float], list[frozenset[str]], list[frozenset[str]]]:
    """The weight of each known word, and the words and cues of each choice, stemmed."""
    choice_words = [
        frozenset(word for word in _words(choice) if word not in EMPTY_WORDS) for choice in choices
    ]
    cue_words = [frozenset(" ".join(_words(cue)) for cue in group) for group in cues]
    possible = [number for number, choice in enumerate(choices) if choice]
    counts: dict[str, int] = {}
    for number in possible:
        for word in choice_words[number] | cue_words[number]:
            counts[word] = counts.get(word, 0) + 1
    weights = {word: math.log(1.0 + len(possible) / count) for word, count in counts.items()}
    for group in cue_words:
        for word in group:
            weights.setdefault(word, UNKNOWN_WEIGHT)
    return weights, choice_words, cue_words
