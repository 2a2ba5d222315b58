"""Mistakes that a person may make at a place of a right text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import lemminflect
from proofreader import CONFUSED, NOT_BEFORE_A_VERB, WORD, cased, count, other_number

COLLECTIVE = set(
    "crew committee team government orchestra staff council club board society company family group".split()
)
"""Nouns after which many use either number."""
DOUBLED = set("the to and of a in is that it for with on at you we they he she was are from or".split())
AFTER_A_VERB = set(
    "that the a an to in on at from its their his her your with for by under over into through not no up out off us "
    "them it him and or both all any every more less than as".split()
)
VOWELS = "aeiouy"
ODD = set("bafore becaouse befure branck chaeck laiter araound descrybes rocorded romoved whery wythout".split())
"""Misspellings of the lists that no reader believed."""


class Mistake(NamedTuple):
    """A mistake at a token.

    Attributes:
        token: Number of the token.
        kind: What sort of mistake.
        written: What stands there instead.
    """

    token: int
    kind: str
    written: str


@cache
def misspellings(codespell: str, cspell: str) -> dict[str, tuple[str, ...]]:
    """Misspellings by the word that was meant: those of one meaning in both lists, whose form is no word.

    Args:
        codespell: Its file `dictionary.txt`.
        cspell: The file `dict-en.json` of `@cspell/dict-en-common-misspellings`.
    """
    first = {}
    for line in Path(codespell).read_text(encoding="utf-8").splitlines():
        wrong, _, right = line.partition("->")
        if "," not in right:
            first[wrong] = right
    found: dict[str, list[str]] = {}
    for wrong, right in _pairs(json.loads(Path(cspell).read_text(encoding="utf-8"))):
        if first.get(wrong) == right and count(wrong) == 1 and wrong not in ODD and is_plausible(wrong, right):
            found.setdefault(right, []).append(wrong)
    return {right: tuple(sorted(wrong)) for right, wrong in found.items()}


def _pairs(content: dict[str, list[dict[str, list[str]]]]) -> Iterator[tuple[str, str]]:
    """(wrong, right) of the entries of a cspell dictionary that have one suggestion."""
    for dictionary in content["dictionaryDefinitions"]:
        for entry in dictionary.get("suggestWords", []):
            wrong, _, right = entry.partition("->")
            if "," not in right:
                yield wrong, right


def is_plausible(wrong: str, right: str) -> bool:
    """Whether a person writes this: by ear, or with letters doubled, left out in a cluster, or swapped; no slips."""
    if len(right) < 5 or wrong[0] != right[0] or not re.fullmatch("[a-z]+", wrong) or not _doubles_well(wrong, right):
        return False
    if sound(wrong) == sound(right):
        return _vowels_alike(wrong, right)
    return sorted(wrong) == sorted(right) and _swaps_vowel(wrong, right)


def _doubles_well(wrong: str, right: str) -> bool:
    """Whether a letter that is wrongly doubled stands where letters do: between vowels, or l, s, t at the end."""
    for doubled in re.finditer(r"(.)\1+", wrong):
        letters, before, after = doubled[0], wrong[: doubled.start()][-1:], wrong[doubled.end() :][:1]
        if letters in right:
            continue
        inside = before in VOWELS and after in f"{VOWELS}lr" if before and after else not after and letters[0] in "lst"
        if len(letters) > 2 or not inside:
            return False
    return True


def _vowels_alike(wrong: str, right: str) -> bool:
    """Whether vowels differ only where they are hardly heard: after the first syllable, one for one, or by a mute e."""
    ours, theirs = (re.findall(f"[{VOWELS}]+", word.rstrip("e")) for word in (wrong, right))
    if len(ours) != len(theirs):
        return False
    for at, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        alike = sorted(a) == sorted(b) or a.replace("e", "") == b.replace("e", "") != ""
        if not alike and (at == 0 or len(a) != 1 or len(b) != 1):
            return False
    return True


def sound(word: str) -> str:
    """A word as it is heard, roughly: unstressed vowels alike, no doubled letters."""
    for pattern, heard in (
        ("^kn", "n"), ("^wr", "r"), ("ph", "f"), ("ght", "t"), ("sc(?=[iey])", "s"), ("c(?=[iey])", "s"), ("ck", "k"),
        ("c", "k"), ("qu?", "k"), ("x", "ks"), ("dg", "j"), ("g(?=[iey])", "j"), ("z", "s"), ("tio|sio|cio", "so"),
        ("mn", "n"), ("(?<=.)h", ""), ("gn", "n"), ("nm", "m"), ("dn", "n"), ("st(?=l)", "s"),
    ):  # fmt: skip
        word = re.sub(pattern, heard, word)
    word = re.sub(r"(.)\1+", r"\1", word)
    first = word[0]
    return first + re.sub(f"[{VOWELS}]+", "a", word[1:]).rstrip("a")


def _swaps_vowel(wrong: str, right: str) -> bool:
    """Whether two neighbours have changed places, one of them a vowel."""
    at = [i for i, (a, b) in enumerate(zip(wrong, right, strict=True)) if a != b]
    return len(at) == 2 and at[1] == at[0] + 1 and any(right[i] in VOWELS for i in at)


def possible_mistakes(tokens: Sequence[str], spellings: dict[str, tuple[str, ...]]) -> Iterator[Mistake]:
    """All mistakes that may be planted into a text."""
    for at, token in enumerate(tokens):
        word = token.lower()
        if not WORD.fullmatch(token):
            continue
        starts = at == 0 or tokens[at - 1] in ".?!"
        if token.islower() or starts:
            for wrong in CONFUSED.get(word, "").split():
                yield Mistake(at, "confusion", cased(wrong, token))
        if token.islower() or word == "wednesday":
            for wrong in spellings.get(word, ()):
                yield Mistake(at, "spelling", cased(wrong, token))
        if word in ("a", "an") and _sounds_doubtful(tokens[at + 1], word):
            yield Mistake(at, "article", cased({"a": "an", "an": "a"}[word], token))
        if word in DOUBLED and not starts and tokens[at + 1] not in ".,?!" and tokens[at - 1].lower() != word:
            yield Mistake(at, "doubled", f"{token} {token}")
        if not starts and token.islower():
            yield from _agreement(tokens, at, word)


def _sounds_doubtful(following: str, article: str) -> bool:
    """Whether a person may take the wrong article: before a vowel, and before h and u that sound otherwise."""
    return article == "an" or re.match("uni|eu|one|us", following.lower()) is not None


def _agreement(tokens: Sequence[str], at: int, word: str) -> Iterator[Mistake]:
    """The other number of a verb, where it is plain that it is one, and that the other is wrong."""
    before, after = tokens[at - 1].lower(), tokens[at + 1].lower()
    other = other_number(word)
    begin = max((i + 1 for i in range(at) if tokens[i] in ".?!"), default=0)
    earlier = {token.lower() for token in tokens[begin:at]}
    if other is None or earlier & {"neither", "none", "if", "whether", "wish", "though"} or before in COLLECTIVE:
        return
    plural_before = _is_plural(before)
    if word in ("is", "was", "has"):
        plain = plural_before or before in ("news", "equipment") or (word == "has" and before in ("it", "he", "she"))
    elif word in ("are", "were", "have"):
        plain = plural_before or before in ("they", "we", "you")
    elif word.endswith("s"):
        plain = before in ("he", "she", "it", "which", "who") or (_is_singular(before) and after in AFTER_A_VERB)
    else:
        wishes = earlier & {"recommend", "recommends", "propose", "proposes", "suggest", "suggests", "that"}
        plain = not wishes and (before == "they" or (plural_before and after in AFTER_A_VERB))
    if plain:
        yield Mistake(at, "agreement", other)


def _is_plural(word: str) -> bool:
    """Whether a word is a noun in the plural."""
    return any(word != lemma for lemma in lemminflect.getAllLemmas(word, upos="NOUN").get("NOUN", ()))


def _is_singular(word: str) -> bool:
    """Whether a word is a noun in the singular, and nothing that a plural verb can follow."""
    return word in lemminflect.getAllLemmas(word, upos="NOUN").get("NOUN", ()) and word not in NOT_BEFORE_A_VERB
