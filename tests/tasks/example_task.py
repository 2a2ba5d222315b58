"""A letter lies in one of three drawers: knock at them, then open one."""

from __future__ import annotations

from collections.abc import Sequence

from textenvs.core.acts import Act, Acts
from textenvs.core.fields import Number
from textenvs.core.mdp import Event, Outcome, Process, Split, Task, Terms
from textenvs.core.observation import Observation

DRAWERS = ("left", "middle", "right")
HORIZON = 5
TRUE = 0.8  # how often the drawer that rustles is that with the letter; each of the others rustles with 0.1
FALSE = (1 - TRUE) / 2
ACTS = Acts(
    Act("knock", "Knock, and listen which drawer rustles.", "Knock, knock.", ("knock", "listen")),
    Act("open", "Open a drawer; this ends the episode.", "I open the {drawer} one.", ("{drawer}",), drawer=DRAWERS),
)
OBSERVATION = Observation(
    *(
        Number(drawer, "How often this drawer has rustled.", HORIZON, buckets=range(1, HORIZON + 1))
        for drawer in DRAWERS
    ),
    *(Number(f"{drawer}_belief", "Probability that it holds the letter.") for drawer in DRAWERS),
)
TERMS = Terms({"turn": 1.0, "letter": 1.0, "invalid": 1.0}, metrics=("success",))
State = tuple[int, ...]  # how often each drawer has rustled; () when all is over


class DrawersProcess(Process[State]):
    """One letter. Where it lies is hidden: it enters by the posterior probabilities given the state."""

    terms, acts, observation = TERMS, ACTS, OBSERVATION

    def posterior(self, state: State) -> list[float]:
        """How likely the letter is in each drawer."""
        weights = [(TRUE / FALSE) ** count for count in state]
        return [weight / sum(weights) for weight in weights]

    def initial(self) -> Sequence[Outcome]:
        """Nothing has rustled."""
        return [Outcome(1.0, (0, 0, 0), "start")]

    def transitions(self, state: State, action: int) -> Sequence[Outcome]:
        """A drawer rustles, or one is opened."""
        belief = self.posterior(state)
        if ACTS.split(action)[0] == "knock":
            rustles = [p * TRUE + (1 - p) * FALSE for p in belief]
            following = [tuple(count + (j == k) for j, count in enumerate(state)) for k in range(3)]
            return [Outcome(rustles[k], following[k], DRAWERS[k], TERMS.earn(turn=-0.01)) for k in range(3)]
        p = belief[action - ACTS.number("open", drawer=DRAWERS[0])]
        found = TERMS.earn(turn=-0.01, letter=1.0, ends=True, metrics={"success": 1.0})
        return [Outcome(p, (), "letter", found), Outcome(1 - p, (), "dust", TERMS.earn(turn=-0.01, ends=True))]

    def legal(self, state: State) -> Sequence[bool]:
        """There is nothing to hear once a drawer is open."""
        return (state != (), True, True, True)

    def observe(self, state: State) -> dict[str, float]:
        """The counts, and the posterior."""
        counts = state or (0, 0, 0)
        beliefs = zip((f"{drawer}_belief" for drawer in DRAWERS), self.posterior(counts), strict=True)
        return {**dict(zip(DRAWERS, counts, strict=True)), **dict(beliefs)}

    def note(self, state: State) -> str:
        """The counts in words."""
        told = ", ".join(f"{name} {count}" for name, count in zip(DRAWERS, state, strict=False))
        return f"Rustled: {told}" if state else "A drawer is open"

    def say(self, event: Event, draw: int) -> str:
        """What is heard or found."""
        words = {"start": "Where is it?", "letter": "A letter!", "dust": "Dust."}
        return words.get(event) or (f"Rustle, {event}.", f"From the {event} drawer: rustle.")[draw % 2]


class Drawers(Task):
    """A letter lies in one of three drawers.

    ## Description
    The agent knocks, hears which drawer rustles, and opens one.

    ## Action Space
    `Discrete(4)`: knock; open the left, the middle, the right drawer.

    ## Observation Space
    How often each drawer has rustled; as features the posterior probabilities too.

    ## Rewards
    `turn`: -0.01 a turn. `letter`: 1 for the letter. `invalid`: -1 for an impossible act.

    ## Starting State
    Each drawer is as likely as any other.

    ## Episode End
    A drawer is opened, or 5 turns have passed. `success` is 1 if the letter was found.

    ## Reference Scores
    The optimum is exact.

    ## Arguments
    None.

    ## References
    None.

    ## Version History
    - v0: first.
    """

    acts, observation, terms = ACTS, OBSERVATION, TERMS
    horizon = HORIZON
    partner = "Desk"
    max_length = 200
    instructions = "A letter lies in one of three drawers. Knock to hear which one rustles; 80 % is true. Open one."

    def scenario(self, split: Split, index: int) -> DrawersProcess:
        """The same in both splits."""
        return DrawersProcess()
