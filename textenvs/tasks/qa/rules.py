"""The rules of question answering: search, open, follow, and at last answer or abstain. Open pages are the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from textenvs.core.acts import Act, Acts
from textenvs.core.mdp import Outcome, Payoff, Process, Terms, Written
from textenvs.core.observation import CaseView
from textenvs.rewards import exact_match, token_f1
from textenvs.tasks.qa import observations, words
from textenvs.tasks.qa.observations import MOST_OPENED, RANKS, RESULTS
from textenvs.tasks.qa.questions import Corpus
from textenvs.tasks.qa.reader import CANDIDATES, Found, Reader

HORIZON = 10
"""Acts, the last one included."""
ACT, INVALID = -0.04, -0.05
"""What each act costs, and an impossible one on top."""
WRONG, WRONG_ABSTENTION = -0.5, -0.9
ANSWER, EVIDENCE = 0.2, 0.8
"""What a right answer is worth without evidence, and what evidence adds."""
ACTS = Acts(
    Act("search", "Search the library with one of the queries.", query=RANKS),
    Act("open", "Open one of the results of the last query.", result=RANKS),
    Act("follow", "Follow one of the links of the open pages.", link=RANKS),
    Act("answer", "Answer with one of the names on the open pages.", name=RANKS),
    Act("answer_linked", "Answer with one of the names on open pages that were linked to.", name=RANKS),
    Act("abstain", "Abstain: the library does not tell the answer."),
    words=words.PHRASES.words,
)
ANSWERS = ("answer", "answer_linked")
"""The acts that answer, by the depth of the page on which the name stands."""
MOVES = tuple((act, max(map(RANKS.index, of.values()), default=0)) for act, of in map(ACTS.split, range(len(ACTS))))
"""Of each action the act, and the rank of what it is about, from 0."""
REPLIES = ACTS.number("answer", name="first")
"""From this action on each ends the episode: answers, and to abstain."""


class State(NamedTuple):
    """What has been done.

    Attributes:
        query: Number of the last query; -1 before the first and after the search, `ENDED` when all is over.
        opened: Numbers of the opened pages, the lowest first.
    """

    query: int
    opened: tuple[int, ...] = ()


ENDED = -2
OVER = State(ENDED)
FOUND = tuple(("found", query) for query in range(len(RANKS)))
"""What the library does when it is searched."""
TERMS = Terms(
    {"act": 1.0, "answer": 1.0, "evidence": 1.0, "abstention": 1.0, "wrong": 1.0, "invalid": 1.0},
    metrics=("success", "token_f1", "evidence_f1"),
)
IMPOSSIBLE = TERMS.earn(act=ACT, invalid=INVALID)
GOING = TERMS.earn(act=ACT)
"""What an act costs that does not end the episode."""


class Opened(NamedTuple):
    """What is the same in all states with the same open pages.

    Attributes:
        found: What there is on them.
        legal: What can be followed and answered, and that one can abstain.
        ends: What comes of each answer, and of abstaining.
    """

    found: Found
    legal: tuple[bool, ...]
    ends: tuple[list[Outcome], ...]


class QAProcess(Process[State]):
    """The dynamics of one question. Nothing is left to chance; what the pages say is hidden until they are opened.

    Args:
        corpus: The corpus.
        number: Number of the question.
        test: Whether the library speaks as in the test split.
    """

    state_types = (State,)
    terms, acts = TERMS, ACTS

    def __init__(self, corpus: Corpus, number: int, test: bool = False) -> None:
        self.question = question = corpus.question(number)
        self.shown = words.asked(question)
        self._test = test
        self._reader = Reader(corpus, question)
        self._opened: dict[tuple[int, ...], Opened] = {}
        self._looks: dict[tuple[int, ...] | bool, CaseView] = {}
        self._ends: dict[tuple[str, float], list[Outcome]] = {}
        self._likenesses: dict[str, float | None] = {}

    def initial(self) -> Sequence[Outcome]:
        """The question is asked."""
        return [Outcome(1.0, State(-1), ("ask",))]

    def transitions(self, state: State, action: int) -> Sequence[Outcome]:
        """Where the act leads."""
        query, opened = state
        act, rank = MOVES[action]
        if act == "search":
            return [Outcome(1.0, State(rank, opened), FOUND[rank], GOING)]
        if act == "open":
            page = self.question.results[query][rank]
        elif act == "follow":
            page = self._at(opened).found.links[rank].page
        else:
            return self._at(opened).ends[action - REPLIES]
        opened = tuple(sorted((*opened, page)))
        return [Outcome(1.0, State(query if len(opened) < MOST_OPENED else -1, opened), ("page", page), GOING)]

    def legal(self, state: State) -> Sequence[bool]:
        """What there is to open, to follow and to answer; four open pages end the search."""
        query, opened = state
        if query == ENDED:
            return LAST
        if len(opened) == MOST_OPENED:
            return (*NO_SEARCH, *self._at(opened).legal)
        results = self.question.results[query] if query >= 0 else ()
        openable = [page not in opened for page in results] + [False] * (RESULTS - len(results))
        return (True, True, True, *openable, *self._at(opened).legal)

    def timeout(self, state: State) -> Payoff:
        """No answer is a wrong one."""
        return wrong(self._f1(state.opened), 0.0, WRONG)

    def _at(self, opened: tuple[int, ...]) -> Opened:
        known = self._opened.get(opened)
        if known is None:
            found = self._reader.found(opened)
            legal = FIRST[len(found.links) if len(opened) < MOST_OPENED else 0]
            ends: list[list[Outcome]] = []
            f1 = self._f1(opened)
            for candidates in found.candidates:
                legal += FIRST[len(candidates)]
                ends += [self._end(name, f1) for name, _ in candidates]
                ends += [[]] * (CANDIDATES - len(candidates))
            ends.append(self._end("", f1))
            known = self._opened[opened] = Opened(found, (*legal, True), tuple(ends))
        return known

    def _f1(self, opened: tuple[int, ...]) -> float:
        """F1 of the opened pages as evidence."""
        return evidence_f1(len(self.question.evidence.intersection(opened)), len(opened), len(self.question.evidence))

    def _end(self, said: str, f1: float) -> list[Outcome]:
        """What comes of an answer; "" is to abstain."""
        end = self._ends.get((said, f1))
        if end is None:
            likeness = self._likeness(said)
            if likeness is None:
                payoff = right(f1) if said else abstention(f1)
            else:
                payoff = wrong(f1, ACT, WRONG if said else WRONG_ABSTENTION, likeness)
            end = self._ends[said, f1] = [Outcome(1.0, OVER, ("end", likeness is None), payoff)]
        return end

    def _likeness(self, said: str) -> float | None:
        """Token F1 of a wrong answer; None of a right one."""
        if said not in self._likenesses:
            gold = self.question.answer
            self._likenesses[said] = None if exact_match(said, gold) else token_f1(said, gold)
        return self._likenesses[said]

    def written(self, state: State, action: int, outcome: Outcome) -> Written | None:
        """The answer beside the right one; to abstain is to write nothing."""
        act, rank = MOVES[action]
        if act == "abstain":
            return Written("", (self.question.answer,))
        if act not in ANSWERS:
            return None
        candidates = self._at(state.opened).found.candidates[ANSWERS.index(act)]
        return Written(candidates[rank].name, (self.question.answer,))

    def discrete(self, state: State) -> int:
        """What was searched and found, and how well it is supported."""
        return self._look(state).discrete(self._results(state))

    def features(self, state: State) -> Sequence[float]:
        """The same with the supports themselves."""
        return self._look(state).features(self._results(state))

    def _look(self, state: State) -> CaseView:
        """What the opened pages tell."""
        if state.query == ENDED:
            return observations.OVER
        key = state.opened or state.query >= 0
        look = self._looks.get(key)
        if look is None:
            found = self._at(state.opened).found
            look = self._looks[key] = observations.look(self.question.hops, state.query >= 0, found)
        return look

    def _results(self, state: State) -> dict[str, Any]:
        """What the last query tells."""
        return {} if state.query == ENDED else observations.results(state.query, tuple(self._tags(state)))

    def _tags(self, state: State) -> list[str]:
        """What each result looks like from outside."""
        if state.query < 0:
            return []
        linked = self._at(state.opened).found.linked
        return [
            "open" if page in state.opened else observations.tag(self._reader.view(page), page in linked)
            for page in self.question.results[state.query]
        ]

    def choices(self, state: State) -> Sequence[str]:
        """What the agent can do."""
        query, opened = state
        if query == ENDED:
            return words.CLOSING
        results = self.question.results[query] if query >= 0 else ()
        found = self._at(opened).found
        titles = [self._title(page) for page in results]
        links = [self._title(link.page) for link in found.links]
        names = [[candidate.name for candidate in candidates] for candidates in found.candidates]
        sentences = words.choices(self.question.text, self.question.queries, titles, links, names)
        return [sentence if legal else "" for sentence, legal in zip(sentences, self.legal(state), strict=True)]

    def note(self, state: State) -> str:
        """What was found so far."""
        query, opened = state
        if query == ENDED:
            return "All is over"
        listed = words.SEARCHED if opened else words.NOTHING
        if query >= 0:
            results = [self._reader.view(page) for page in self.question.results[query]]
            listed = words.results(query, self.question.queries[query], results, self._tags(state))
        found = self._at(opened).found
        titles, linked = [self._title(page) for page in opened], [self._reader.page(link.page) for link in found.links]
        return words.note(self.shown, listed, titles, linked, found)

    def say(self, event: Any, draw: int) -> str:
        """The library's words, or a page."""
        kind, *what = event
        if kind == "page":
            return words.page(self._reader.page(what[0]))
        if kind == "end":
            return words.end(what[0], self.question.answer, draw, self._test)
        return words.say(kind, draw, self._test)

    def _title(self, page: int) -> str:
        return self._reader.page(page).title


LAST = tuple(act == "abstain" for act, _ in MOVES)
"""What is possible when all is over."""
NO_SEARCH = tuple(False for act, _ in MOVES if act in ("search", "open"))
FIRST = tuple(tuple(k < n for k in range(CANDIDATES)) for n in range(CANDIDATES + 1))
"""What is possible of the links, or of the candidates of a depth, when so many are offered."""


@cache
def right(f1: float) -> Payoff:
    """What a right answer earns with evidence of this F1."""
    metrics = {"success": 1.0, "token_f1": 1.0, "evidence_f1": f1}
    return TERMS.earn(act=ACT, answer=ANSWER, evidence=EVIDENCE * f1, ends=True, metrics=metrics)


@cache
def abstention(f1: float) -> Payoff:
    """What a right abstention earns: it is worth what its evidence is, and without any it is a guess."""
    metrics = {"success": 1.0, "token_f1": 1.0, "evidence_f1": f1}
    return TERMS.earn(act=ACT, abstention=f1, wrong=WRONG * (1.0 - f1), ends=True, metrics=metrics)


@cache
def wrong(f1: float, act: float, cost: float, likeness: float = 0.0) -> Payoff:
    """What a wrong answer earns, a wrong abstention, and none at all.

    Args:
        f1: F1 of the evidence.
        act: What the act costs.
        cost: What it costs to be wrong.
        likeness: Token F1 of the answer.
    """
    return TERMS.earn(act=act, wrong=cost, ends=True, metrics={"token_f1": likeness, "evidence_f1": f1})


def evidence_f1(hits: int, opened: int, gold: int) -> float:
    """F1 of opened pages against the pages that tell the answer (supporting facts of HotpotQA), in [0, 1]."""
    return 2.0 * hits / (opened + gold)
