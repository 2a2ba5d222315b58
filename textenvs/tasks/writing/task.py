"""Proofreading as a task."""

from __future__ import annotations

from copy import copy

from textenvs.core.mdp import Split, Task
from textenvs.errors import unknown
from textenvs.tasks.writing.drafts import Drafts, own_drafts, wikipedia_drafts
from textenvs.tasks.writing.observations import OBSERVATION
from textenvs.tasks.writing.rules import ACTS, HORIZON, TERMS, WritingProcess
from textenvs.tasks.writing.words import INSTRUCTIONS, TEXT_INSTRUCTIONS

SOURCES = {"texts": ("few", "many"), "wikipedia": ("few",)}
"""How many mistakes there can be, by source of the texts."""


class Writing(Task):
    """A proofreader, a draft with real mistakes, and a tool that points at more than the mistakes.

    ## Description
    A writer hands over a draft of five sentences: a mail, the end of an essay, a reply to a customer. A proofreading
    tool points at 8 to 16 suspicious places of it, at eight at least where nothing is wrong, and gives up to three
    suggestions for each. The agent goes through the places in their order: it takes a suggestion, or keeps what is
    written. The last decision can be taken back, once in a draft. What counts is the text at the end.

    *The drafts* are texts that this project wrote, five genres in equal parts. One draft of ten has no mistake. The
    others have one to three (`mistakes="many"`: two to four), at least four words apart: real misspellings (those of
    one meaning that two lists of misspellings agree on, and that a person may make by ear or by swapping letters),
    words that are often confused (their and there, affect and effect), a verb in the wrong number, a wrong article,
    a word that stands twice. Of each mistake the tool finds the place, and has the right word among its suggestions.

    *The tool* knows a dictionary with frequencies, a language model, and rules. It points at words that are in no
    dictionary (names among them), at rare ones that are close to a common one, at words that are often confused and
    verbs whose number may be wrong if a trigram model finds the other form likely enough, at doubtful articles, at
    words that stand twice (as they may: "had had"). Its suggestions come in its own order: for unknown and rare words
    by letters that differ and frequency, else by likelihood. Of each it tells how much more common it is than what is
    written, how much better it fits (the ratio of the probabilities of the sentence, the rest of it being right,
    under a small neural language model), and how many letters differ. It is often wrong. Its findings were computed
    once and ship with the package.

    ## Action Space
    One of `ACTS` in `textenvs.tasks.writing.rules`. What does not exist is masked. With `action_type="text"` the action
    is the whole text, rewritten, and ends the episode; its changes and those that were right are found by an
    alignment of the words (extra `text`), in which changes of neighbouring words are one.

    ## Observation Space
    `text`: the writer's words, at reset the draft; the place in its sentence, as first written, the reason of the tool,
    its suggestions; how many changes were made; the turn. `features`: the fields of `OBSERVATION` in
    `textenvs.tasks.writing.observations`, the share of turns last. `discrete`: the kind of the place, how well the
    first suggestion fits, whether it is far more common, whether more than one letter differs, whether another
    suggestion fits as well, whether what is written is capitalised; whether no, one or more changes were made. With
    `reasons=False` the kind is not told.

    ## Rewards
    - `f05`: the change of F0.5 of the changes made, against the right ones. A draft with mistakes begins at 0, one
      without at 1, so a return is the F0.5 of the end, less 1 for a draft that had no mistake. No change at all counts
      as precision 1, no mistake as recall 1 (the convention of the M2 scorer).
    - `invalid`: -0.05 for an impossible act; it costs its turn as well.
    - `right`, `wrong`: 1 for a right change, -1 for a wrong one, with weight 0. `reward="edits"` is the name of weights
      0 for `f05`, 1 for `right` and 2 for `wrong`; `info["metrics"]` has F0.5 all the same.
    - Any measure of `textenvs.rewards` may be a further term: its change from the draft before the act to the draft
      after it.

    ## Starting State
    A draft, each of the split's as likely as any other. The two splits share no text and no sentence.

    ## Episode End
    The agent finishes, hands in a rewrite, or 20 turns have passed; then what was not decided stays. All of these
    terminate. `info["metrics"]` has `success` (the text is right in every word) and `f05`.

    ## Reference Scores
    `textenvs.reference_scores("TextWriting-v0", split="test")`: 100 is the perfect corrector, who knows the right
    text. That is an upper bound (`kind` is "bound"): which of two readings was meant is not always in the draft.

    ## Arguments
    - `source="texts"`: the project's own texts, or "wikipedia": introductions of Wikipedia, which the extra `wiki`
      installs.
    - `mistakes="few"`: one to three, or "many": two to four.
    - `reasons=True`: whether the tool says why it points at a place. `TextWritingHard-v0` has many mistakes and no
      reasons.

    ## References
    - Dahlmeier and Ng (2012), Better Evaluation for Grammatical Error Correction: the M2 scorer and its conventions.
    - Bryant et al. (2017), ERRANT; Ng et al. (2014), the CoNLL shared task: F0.5, and why precision counts twice.

    ## Version History
    - v0: provisional until release 0.1.0.
    """

    acts = ACTS
    horizon = HORIZON
    terms = TERMS
    rewards = {"edits": {"f05": 0.0, "right": 1.0, "wrong": 2.0}}  # noqa: RUF012
    invalid = TERMS.earn(invalid=-0.05)
    observation = OBSERVATION
    partner = "Writer"
    texts = ("text", "references", "source")
    optimum = "bound"
    max_length = 3000
    instructions = INSTRUCTIONS.format(horizon=HORIZON)
    text_instructions = TEXT_INSTRUCTIONS
    writes_text = True

    def __init__(self, source: str = "texts", mistakes: str = "few", reasons: bool = True) -> None:
        if source not in SOURCES:
            raise unknown("source", source, SOURCES)
        if mistakes not in SOURCES[source]:
            raise ValueError(f"with source={source!r} mistakes must be one of {SOURCES[source]}, got {mistakes!r}")
        if not isinstance(reasons, bool):
            raise ValueError(f"reasons must be true or false, got {reasons!r}")
        self.source = source
        self.mistakes = mistakes
        self.reasons = reasons
        self._remember = False

    def drafts(self, split: Split) -> Drafts:
        """The drafts of a split."""
        return wikipedia_drafts(split) if self.source == "wikipedia" else own_drafts(split, self.mistakes)

    def n_scenarios(self, split: Split) -> int:
        """How many drafts there are."""
        return len(self.drafts(split))

    def with_text(self) -> Writing:
        """The same, with states that hold the changes."""
        task = copy(self)
        task._remember = True
        return task

    def scenario(self, split: Split, index: int) -> WritingProcess:
        """The proofreading of one draft."""
        return WritingProcess(self.drafts(split).draft(index), split == "test", self.reasons, self._remember)
