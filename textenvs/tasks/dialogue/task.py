"""The booking dialogue as a task."""

from __future__ import annotations

from textenvs.core.mdp import Split, Task
from textenvs.tasks.dialogue.domain import HORIZON, INVALID, TERMS
from textenvs.tasks.dialogue.language import INSTRUCTIONS
from textenvs.tasks.dialogue.observations import OBSERVATION
from textenvs.tasks.dialogue.rules import ACTS, DialogueProcess


class Dialogue(Task):
    """A booking assistant for the restaurants of Cambridge, and a user whom it may mishear.

    ## Description
    The agent is the assistant. A user with a hidden goal talks to it: constraints on food, area and price range
    (some do not matter to them), questions about the restaurant, a table. The agent finds out what they want, offers
    one of 110 real restaurants, answers, books, and says goodbye.

    *The user* is agenda-based. Each constraint is "any" with probability 0.1 (food), 0.3 (area), 0.3 (price), else
    one of the database's values, all equally likely; the goals that some restaurant meets are then scaled to weigh 3/4
    together, the others 1/4. They open the talk and tell food, area, price with probability 0.7, 0.4, 0.4. Asked for a
    constraint, they tell it; asked whether a value that was understood is right, they say yes, or no and the right one.

    *Understanding errors.* Each value that is told for the first time is replaced, with probability `error_rate`, by
    another value of its slot ("any" is one), all equally likely. A reply to a question, to a confirmation too, is lost
    with the same probability: nothing was said then. What corrects a confirmation, an offer, a claim or a booking is
    spoken slowly and understood rightly.

    *An offer* is the first restaurant of the database with every value that was understood. If it fits the goal the
    user accepts it, or, with probability 0.15, asks for another one like it, once: then `alternative` offers the next
    restaurant, round the database, with the same food, area and price, or, if there is none, `none` says so, and they
    take the first. If it does not fit they tell, in the order food, area, price, their constraints up to the first
    that is not met.

    *That there is none* is a claim about the values that were understood; those that are "any" are not named. If one is
    not what the user said, they tell the constraints that were named up to the first that is wrong. If all are right,
    and there is none indeed, they give up one of them, any of those for which another value can be had, for any value
    that can ("any" is one); they tell it (it may be misheard), and slowly the constraints that the claim did not name.
    If there is one, they repeat the values and insist.

    *After a venue is agreed* they ask for phone, address and postcode in this order, each with probability 0.5, and
    then for a table with probability 0.6. Asked for the details of the booking they tell people (1 to 8), day and time
    (8 of them), each as likely as any, each possibly misheard; all three are lost together. Asked to confirm they say
    yes, or correct the first that is wrong. At each booking the time is full with probability 0.2; if the details are
    right they then take another time, said slowly. A wrong booking is noticed with probability 0.5, or because it is
    full; then the first wrong detail is corrected.

    *After a wrong or useless act* the user hangs up with probability 0.3; else they complain, or correct as described.
    Wrong are an offer or claim that they object to, a claim that is not true, a wrong booking that is noticed; useless
    is a question that was answered before or is not due, a confirmation of what is sure, whatever else does not further
    the talk. Goodbye ends it in every case. (Three restaurants have no phone; that it is not listed is an answer.)

    ## Action Space
    One of the acts of the assistant, `ACTS` in `textenvs.tasks.dialogue.rules`. The sentence of each stands in
    `info["choices"]`. Only what cannot be said is masked: there is no value to confirm, no venue to speak of, no detail
    to book. With `action_type="text"` the action is a sentence.

    ## Observation Space
    `text`: the last exchange, a note of what was understood, the turn. `features` and `discrete`: what is known, by
    the fields of `OBSERVATION` in `textenvs.tasks.dialogue.observations`; the last feature is the share of turns taken,
    and the number does not tell the turn.

    ## Rewards
    - `turn`: -1 a turn.
    - `success`: +20 when the assistant says goodbye to a user who has all they wanted: the right restaurant, every
      question answered, the booking as wished.
    - `failure`: -1 for each turn that was left when the talk ends in another way. Every failure returns -25, however
      early, so that hanging up never pays. (PyDial, whose -1 and +20 these are, charges a failure nothing.)
    - `invalid`: -1 for an act that is not possible or not understood; it costs its turn as well.

    ## Starting State
    The user's first sentence. Goals of the two splits are disjoint, as first and as relaxed goals, and a fifth of the
    pairs of food and area occur in `split="test"` only, as does a third of the user's wordings.

    ## Episode End
    Goodbye; the user hangs up; 25 turns have passed (a failure). All of these terminate. `info["metrics"]` then has
    `success`.

    ## Reference Scores
    `textenvs.reference_scores("TextDialogue-v0", split="test")`: exact, by backward induction over the process.

    ## Arguments
    - `error_rate=0.15`: the rate of understanding errors, in [0, 0.5]. `TextDialogueClean-v0` has 0,
      `TextDialogueNoisy-v0` 0.3.

    ## References
    - Casanueva et al. (2017), A Benchmarking Environment for Reinforcement Learning Based Task Oriented Dialogue
      Management: reward, error rates of 0, 15 and 30 %.
    - Schatzmann et al. (2007), Agenda-Based User Simulation for Bootstrapping a POMDP Dialogue System.
    - Budzianowski et al. (2018), MultiWOZ: the database, goals that cannot be met.

    ## Version History
    - v0: provisional until release 0.1.0.
    """

    acts = ACTS
    observation = OBSERVATION
    terms = TERMS
    invalid = INVALID
    horizon = HORIZON
    partner = "User"
    texts = ("text",)
    max_length = 800

    def __init__(self, error_rate: float = 0.15) -> None:
        if not isinstance(error_rate, (int, float)) or not 0.0 <= error_rate <= 0.5:  # type: ignore[redundant-expr]
            raise ValueError(f"error_rate must be between 0 and 0.5, got {error_rate!r}")
        self.error_rate = error_rate
        self.instructions = INSTRUCTIONS.format(horizon=HORIZON)

    def scenario(self, split: Split, index: int) -> DialogueProcess:
        """The process of a split: one, as nothing of the goal is shown at reset."""
        return DialogueProcess(split, self.error_rate)
