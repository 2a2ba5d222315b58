"""Which of the choices a free sentence means, if any.

Each word of the sentence asks for an explanation. A choice explains the words that its own sentence holds and those
that people use when they mean it (its *cues*), a rare word more than one that many choices share. The choice that
explains the largest part of the sentence is meant, if that part is large enough and no other choice comes near; of
what is not possible now only the cues are known, and if they explain more, nothing possible is meant.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from textenvs.text.tokens import stem, tokens

ENOUGH_EXPLAINED = 0.5
"""Share of a sentence's weight that a choice must explain,"""
LEAST_EXPLAINED = 0.25
"""or at least this, with two words and a clear lead."""
CLEAR_LEAD = 0.08
"""Lead over the second choice that is clear, as a share of the sentence's weight,"""
LEAST_LEAD = 0.02
"""and that is needed in any case."""
QUESTION_LEAD = 0.06
"""What a question gains that is answered by a question, and a statement by a statement."""
UNKNOWN_WEIGHT = 1.6
"""Weight of a word that no choice knows."""
CUE_FACTOR = 1.6
"""How much more a cue counts than a word that only stands in the choice."""
EMPTY_WORDS = frozenset(
    "a about actually all alright an and are as at be been but by can could do does dont done for fine from get go "
    "going good got great had happen happens has hav have he hello her hey hi i id if ill im in into is it its ive "
    "just kindly let lets like lot lovely make may me might mind moment my need now of off oh ok okay on one or our "
    "out particular perhaps please quick quite ready really right said say see shall should so some something sort "
    "sorry still sure than that thats the their them then there theres they theyr thing this to too um up us was we "
    "well were whenever will with would yes you youd youll your youre".split()
)
EMPTY = frozenset(map(stem, EMPTY_WORDS))
NUMBERS = {word: str(n) for n, word in enumerate("zero one two three four five six seven eight nine ten".split())}


def match(sentence: str, choices: Sequence[str], cues: Sequence[Sequence[str]]) -> int | None:
    """The number of the choice that a sentence means.

    Args:
        sentence: What was said.
        choices: The sentence of each choice; "" is not possible now.
        cues: For each choice, words or phrases that people use when they mean it.

    Returns:
        The number of a possible choice; None where the sentence is empty, means none or what is impossible now, or
        could mean several.
    """
    words = _words(sentence)
    if not words:
        return None
    weights, choice_words, cue_words = _lexicon(tuple(choices), tuple(map(tuple, cues)))
    for number, choice in enumerate(choices):
        if choice and words == _words(choice):
            return number
    asked = {word for word in words if word not in EMPTY}
    total = sum(weights.get(word, UNKNOWN_WEIGHT) for word in asked)
    if not total or _says_several(asked, choice_words):
        return None
    spoken = f" {' '.join(words)} "
    scores, impossible = [], 0.0
    for number, choice in enumerate(choices):
        own, used = choice_words[number], cue_words[number]
        found = [weights[w] * (CUE_FACTOR if w in used else 1.0) for w in asked if w in own or w in used]
        found += [weights[cue] * CUE_FACTOR for cue in used if " " in cue and f" {cue} " in spoken]
        share = sum(found) / total
        if choice:
            fitting = QUESTION_LEAD * (("?" in sentence) == choice.endswith("?"))
            scores.append((share + fitting, len(found), -number))
        else:
            impossible = max(impossible, share)
    scores.sort(reverse=True)
    if not scores or impossible > scores[0][0]:
        return None
    share, n_found, number = scores[0]
    lead = share - (scores[1][0] if len(scores) > 1 else 0.0)
    enough = share >= ENOUGH_EXPLAINED + QUESTION_LEAD or (
        share >= LEAST_EXPLAINED + QUESTION_LEAD and n_found > 1 and lead >= CLEAR_LEAD
    )
    return -number if enough and lead >= LEAST_LEAD else None


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
    choice_words = [frozenset(word for word in _words(choice) if word not in EMPTY) for choice in choices]
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
