"""The task of question answering: find evidence in a library, and answer from it."""

from __future__ import annotations

from collections.abc import Callable

from textenvs.core.mdp import Split, Task
from textenvs.errors import unknown
from textenvs.tasks.qa.facts import facts
from textenvs.tasks.qa.observations import OBSERVATION
from textenvs.tasks.qa.questions import Corpus
from textenvs.tasks.qa.rules import ACTS, HORIZON, IMPOSSIBLE, TERMS, QAProcess
from textenvs.tasks.qa.wikipedia import wikipedia
from textenvs.tasks.qa.words import INSTRUCTIONS

CORPORA: dict[str, Callable[[Split], Corpus]] = {"facts": facts, "wikipedia": wikipedia}


class QA(Task):
    """A question, a library to search, and an answer that counts with its evidence.

    ## Description
    Somebody asks a question. The agent searches the library, opens pages, follows their links, and answers with a name
    that stands on the open pages, or abstains: one question of four has no answer in the library. What is open when the
    agent answers is its evidence. Half of the questions are told by one page ("What is the capital of Croatia?"), half
    take two ("What is the calling code of the country in which Zadar lies?").

    *The library* holds pages on countries, regions, cities, airports, currencies, languages, elements, stars and
    constellations, 2,225 to train and 937 to test. Their facts are real, and two independent sources state each of
    them; every fact is told on one page alone, in one of several wordings, some of which stand only in test. Which page
    that is has to be found out: that Zagreb is the capital of Croatia may be told on either page. Some facts are told
    nowhere: where they are asked for, it is right to abstain, on the evidence of the page that should tell them.

    *The search* is BM25 over titles and texts, computed once; it ships with the questions. Three queries are offered:
    the question, the name in it, and its other words; of each the first three results can be opened.

    *The reader* that points out names understands nothing. How well a name is supported is the share of the question's
    words in its sentence (stems, a small thesaurus, rare words counting more), and whether sentence or page are about
    the name in the question. It is often wrong. Names are offered best supported first, those of pages that the
    question names apart from those of pages to which these link. A link shows the first sentence of its page.

    ## Action Space
    One of `ACTS` in `textenvs.tasks.qa.rules`. The three queries are the question, the name, the other words (over
    Wikipedia: title and description, title, description; or the clue's first words, names, other words). What does not
    exist is masked. Four pages can be open; the fourth ends the search. With `action_type="text"` a free sentence is
    matched to one of these.

    ## Observation Space
    `text`: what the library says (a page that is opened, whole); the question, on how many pages its answer stands,
    what was found, the open pages, names and links with their support; the turn. `features`: the fields of
    `OBSERVATION` in `textenvs.tasks.qa.observations`, the share of turns last. `discrete`: the hops; before a page
    is open, query and looks of the three results; then which result is the first that the question names, how many
    pages are open and whether one of them is named, support of the best name found, of the best on linked pages,
    and of the best link.

    ## Rewards
    - `act`: -0.04 for each act.
    - `answer`: 0.2 for a right answer (exact match, as in SQuAD).
    - `evidence`: 0.8 x F1 of the open pages against those that tell the answer, with a right answer.
    - `abstention`: F1 of the open pages against those that should tell the answer, if nothing tells it.
    - `wrong`: -0.5 for a wrong answer, or none at the last turn; -0.9 to abstain where the answer is told; -0.5 x (1 -
      F1) to abstain rightly on weak evidence.
    - `invalid`: -0.05 for an impossible act; it costs its turn as well.
    - Any measure of `textenvs.rewards` that needs references may be a further term: it scores the answer.

    ## Starting State
    A question, each of the split's as likely as any other: 2,032 to train, 880 to test, half of them of two hops (over
    Wikipedia 572 and 279). The splits share no entity, be it asked about, passed or answered: they are regions of the
    world, the periodic table and the sky. Over Wikipedia they share no answer, and no page that is asked about; a few
    answers of one are asked about in the other.

    ## Episode End
    An answer, an abstention, or 10 turns. All of these terminate. `info["metrics"]` has `success` (the answer is
    right, by exact match, or rightly withheld), `token_f1` and `evidence_f1`.

    ## Reference Scores
    `textenvs.reference_scores("TextQA-v0", split="test")`: 100 is a reader who knows where the answer stands before
    it searches. That is an upper bound (`kind` is "bound").

    ## Arguments
    - `source="facts"`: the library, or "wikipedia" (extra `wiki`), which is `TextQAWiki-v0`: the introductions of
      10,033 articles, as they are. One question of four is of one hop: the name that is left out of the first sentence
      of its page, which few words of it find. The others name a page and describe a person, place, work or event that
      its introduction names, in the words that the other page has for itself; of these one in five describes what is
      not named there. The whole question is never offered as a query.

    ## References
    - Yang et al. (2018), HotpotQA: two hops, supporting facts and their F1; Yao et al. (2023), ReAct: its acts.
    - Rajpurkar et al. (2018), Know What You Don't Know: SQuAD 2.0, exact match and F1, questions without an answer.
    - Robertson and Zaragoza (2009), The Probabilistic Relevance Framework: BM25.

    ## Version History
    - v0: provisional until release 0.1.0.
    """

    acts = ACTS
    horizon = HORIZON
    terms = TERMS
    invalid = IMPOSSIBLE
    observation = OBSERVATION
    partner = "Library"
    texts = ("text", "references")
    optimum = "bound"
    max_length = 6000
    instructions = INSTRUCTIONS.format(horizon=HORIZON)

    def __init__(self, source: str = "facts") -> None:
        if source not in CORPORA:
            raise unknown("source", source, CORPORA)
        self.source = source

    def corpus(self, split: Split) -> Corpus:
        """Questions and pages of a split."""
        return CORPORA[self.source](split)

    def n_scenarios(self, split: Split) -> int:
        """How many questions there are."""
        return len(self.corpus(split))

    def scenario(self, split: Split, index: int) -> QAProcess:
        """The answering of one question."""
        return QAProcess(self.corpus(split), index, split == "test")
