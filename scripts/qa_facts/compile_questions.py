"""Compiles textenvs/tasks/qa/fact_questions.json: pages and questions made of textenvs/data/facts.json.

    pip install -e . bm25s==0.3.11 PyStemmer==3.1.0
    python scripts/qa_facts/compile_questions.py

Prints how many questions there are after each step.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bm25s
import Stemmer
from ask import Draft, balanced, one_hop, two_hops
from pages import Pages, make_pages

from textenvs.tasks.qa.facts import BRACKETS, FactCorpus
from textenvs.tasks.qa.reader import EMPTY, Reader, content
from textenvs.tasks.qa.rules import RESULTS

PACKAGE = Path(__file__).parents[2] / "textenvs"
FACTS, QUESTIONS = PACKAGE / "data" / "facts.json", PACKAGE / "tasks" / "qa" / "fact_questions.json"
SEED = 20261124
WANTED = {"train": 1016, "test": 440}
"""Questions of each number of hops."""
UNANSWERABLE = 4
"""One question of so many has no answer in the corpus."""


class Search:
    """BM25 over the pages, title and text.

    Args:
        documents: The pages.
    """

    def __init__(self, documents: list[str]) -> None:
        self._stemmer = Stemmer.Stemmer("english")
        self._bm25 = bm25s.BM25(k1=1.2, b=0.6)
        self._bm25.index(self._tokens(documents), show_progress=False)

    def _tokens(self, texts: list[str]) -> Any:
        return bm25s.tokenize(
            texts, token_pattern=r"[+.]?\w+", stopwords="en", stemmer=self._stemmer, show_progress=False
        )

    def first(self, queries: list[str], k: int = RESULTS) -> list[list[int]]:
        """The pages that each query finds, best first; those that share no word with it are left out."""
        found, scores = self._bm25.retrieve(self._tokens(queries), k=k, show_progress=False, n_threads=1)
        return [
            [int(page) for page, score in zip(row, points, strict=True) if score > 0.0]
            for row, points in zip(found, scores, strict=True)
        ]


def rest(draft: Draft) -> str:
    """The words of a question without its name and without empty ones."""
    words = re.findall(r"[\w'-]+", draft.text.replace(draft.name, " ").replace(draft.name.lower(), " "))
    return " ".join(dict.fromkeys(word for word in words if word.lower() not in EMPTY))


def rows(drafts: list[Draft], pages: Pages, search: Search) -> list[list[Any]]:
    """The questions as they are stored."""
    numbers = {key: number for number, key in enumerate(pages.texts)}
    queries = [(draft.text, draft.name, rest(draft)) for draft in drafts]
    found = search.first([query for group in queries for query in group])
    return [
        [
            draft.text,
            draft.kind,
            draft.answer,
            [numbers[key] for key in draft.evidence],
            list(queries[i][1:]),
            found[3 * i : 3 * i + 3],
        ]
        for i, draft in enumerate(drafts)
    ]


def playable(corpus: FactCorpus, number: int) -> str:
    """Why a question cannot be played to its end; "" if it can."""
    question = corpus.question(number)
    if len(set(question.queries)) < len(question.queries):
        return "two queries are the same"
    reader = Reader(corpus, question)
    first, *others = sorted(question.evidence, key=lambda page: not reader.view(page).named)
    if not any(first in results for results in question.results):
        return "no query finds the first page"
    if others and not any(link.page in others for link in reader.found([first]).links):
        return "the second page is not among the links offered"
    candidates = reader.found(sorted(question.evidence)).candidates
    if question.answer and not any(c.name == question.answer for group in candidates for c in group):
        return "the answer is not among the candidates offered"
    return ""


def weights_of(texts: Iterable[str]) -> dict[str, float]:
    """log10 of one page in how many has a word."""
    pages = [content(text) for text in texts]
    counts = Counter(word for page in pages for word in page)
    return {word: round(math.log10(1 + len(pages) / count), 3) for word, count in counts.items()}


def compiled(families: dict[str, Any], split: str, rng: random.Random) -> dict[str, Any]:
    """Pages and questions of a split."""
    pages = make_pages(families, split, rng)
    texts = [[pages.titles[key], " ".join(sentences)] for key, sentences in pages.texts.items()]
    search = Search([f"{title} {BRACKETS.sub(lambda m: m[2] or m[1], text)}" for title, text in texts])
    weights = weights_of(BRACKETS.sub(lambda m: m[2] or m[1], text) for _, text in texts)
    questions: list[list[Any]] = []
    for hops, source in ((1, one_hop), (2, two_hops)):
        drafts = list(source(pages, split, rng))
        without = sum(not draft.answer for draft in drafts)
        print(f"{split}, {hops} hop(s): {len(drafts)} can be asked, {without} of them unanswerable")
        stored = rows(drafts, pages, search)
        corpus = FactCorpus(texts, stored, weights)
        kept, reasons = [], {}
        for number, draft in enumerate(drafts):
            reason = playable(corpus, number)
            reasons[reason] = reasons.get(reason, 0) + 1
            if not reason:
                kept.append(draft)
        print("  ", {reason or "playable": count for reason, count in reasons.items()})
        missing = hops * WANTED[split] // UNANSWERABLE - sum(not question[2] for question in questions)
        some = balanced(kept, WANTED[split], missing, rng)
        print(f"   chosen: {len(some)}, {sum(not d.answer for d in some)} of them unanswerable")
        kinds = Counter(draft.kind for draft in some)
        for kind, count in Counter(draft.kind for draft in some if not draft.answer).most_common(3):
            print(f"   {count} of {kinds[kind]} of the kind {kind}")
        questions += rows(some, pages, search)
    rng.shuffle(questions)
    asked = set[str]().union(*(content(question[0]) for question in questions))
    return {
        "pages": texts,
        "questions": questions,
        "weights": {word: weights[word] for word in sorted(asked & weights.keys())},
    }


def main() -> None:
    """Writes the data file, a page or a question a line."""
    families = json.loads(FACTS.read_text())["families"]
    blocks = []
    for number, split in enumerate(WANTED):
        made = compiled(families, split, random.Random(f"{SEED} {number}"))
        parts = [f'"{name}": [\n' + ",\n".join(map(json.dumps, made[name])) + "\n]" for name in ("pages", "questions")]
        parts.append(f'"weights": {json.dumps(made["weights"])}')
        blocks.append(f'"{split}": {{' + ", ".join(parts) + "}")
    QUESTIONS.write_text("{" + ",\n".join(blocks) + "}\n")


if __name__ == "__main__":
    main()
