"""Hand-written policies for question answering."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from textenvs.core.policy import Policy, Script

SUPPORTED = ("hardly supported", "weakly supported", "supported", "well supported")
"""What the library says of how well a name is supported."""
RANKS = ("first", "second", "third")


class QARule(Policy):
    """Searches, opens the page that the question names, follows its best links for a second page; answers or abstains.

    A variant says how well the best name must be supported on the first page, and on a second, to be the answer, as
    numbers of `SUPPORTED`; how many links to follow at most; for how many queries a page is opened at most, where one
    page should tell the answer.
    """

    variants = tuple(itertools.product(range(1, 4), range(1, 4), (1, 3), (1, 3)))

    def act(self, observation: str, possible: Sequence[str]) -> str:
        """The first possible one of what the note of what was found asks for."""
        note = observation.split("\n")[-2].rstrip("]")
        return next(act for act in (*self._acts(note), "abstain") if act in possible)

    def _acts(self, note: str) -> tuple[str, ...]:
        """What to do: the first of these that is possible."""
        *least, follows, queries = self.variant
        query = next((number for number, rank in enumerate(RANKS, start=1) if f"with the {rank} query" in note), 0)
        search = tuple(f"search_{rank}" for rank in RANKS[query : query + 1])
        parts = {head: text for head, _, text in (part.partition(": ") for part in note.split(" | ")[2:])}
        if not query and "Open pages" not in parts:
            return search
        two_hops, results = note.startswith("[Question (two pages)"), self._results(note)
        if "Open pages" not in parts:
            return (*results, *search) if not two_hops or "named in the question" in note else (*search, *results)
        n_open = 1 + parts["Open pages"].count('", "')
        if two_hops and n_open == 1:
            return ("follow_first",)
        named = parts.get("Named on open pages that were linked to" if two_hops else "Named there", "nothing")
        found = re.match(r'"[^"]*" \(([a-z ]+)\)', named)
        if found is not None and SUPPORTED.index(found[1]) >= least[two_hops]:
            return ("answer_linked_first" if two_hops else "answer_first",)
        if two_hops:
            return ("follow_first",) if n_open <= follows else ()
        if n_open < query:
            return (*results, *search)
        return search if n_open < queries else ()

    def _results(self, note: str) -> tuple[str, ...]:
        """The results to open: those whose title the question names, those that are likely, and all others."""
        tags = re.findall(r' [123]\. "[^"]*" \(([a-z ]+)\)', note.split(" | Open pages")[0])
        ranked = sorted(range(len(tags)), key=lambda k: (tags[k] != "named in the question", tags[k] != "likely"))
        return tuple(f"open_{RANKS[k]}" for k in ranked)


class Abstain(Script):
    """Never answers."""

    script = ("abstain",)


class SearchOpenAbstain(Script):
    """Opens the first page that the second query finds, and abstains."""

    script = ("search_second", "open_first", "abstain")


class SearchOpenAnswer(Script):
    """Opens the first page that the second query finds, and takes the best supported name."""

    script = ("search_second", "open_first", "answer_first")


class SearchFollowAnswer(Script):
    """Follows the best link of the first page that the first query finds, and takes the best supported name there."""

    script = ("search_first", "open_first", "follow_first", "answer_linked_first", "answer_first")


class SearchFollowAbstain(Script):
    """Follows the best link of the first page that the second query finds, and abstains."""

    script = ("search_second", "open_first", "follow_first", "abstain")
