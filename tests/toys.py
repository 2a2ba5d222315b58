"""Two toy tasks that test the kernel: one small enough for brute force, one with many scenarios."""

from __future__ import annotations

from textenvs.core.acts import Act, Acts
from textenvs.core.mdp import Outcome, Process, Task, Terms

TERMS = Terms({"gain": 1.0, "invalid": 1.0})


class _Plain(Task):
    """What the toys share."""

    terms = TERMS
    invalid = TERMS.earn(gain=-1.0, invalid=-1.0)
    max_length = 300
    instructions = "Play."


class Coin(_Plain):
    """A hidden coin, heads with 0.6. Asking costs 0.1 and is answered rightly with 0.8; a guess ends it: +1 or -1."""

    acts = Acts(*(Act(name, f"Say {name}.", name, (name,)) for name in ("ask", "heads", "tails")))
    horizon = 4
    n_observations = 26
    feature_names = ("heads", "tails")
    prior = 0.6
    right = 0.8
    cost = 0.1

    def scenario(self, split, index):
        return CoinProcess(self)


class CoinProcess(Process):
    """A state is how many times each side was heard; None is the end."""

    acts = Coin.acts

    def __init__(self, coin):
        self.coin = coin

    def belief(self, state):
        heads, tails = state
        c = self.coin
        a = c.prior * c.right**heads * (1 - c.right) ** tails
        b = (1 - c.prior) * c.right**tails * (1 - c.right) ** heads
        return a / (a + b)

    def initial(self):
        return [Outcome(1.0, (0, 0), ("start",))]

    def transitions(self, state, action):
        p = self.belief(state)
        if action == 0:
            h = p * self.coin.right + (1 - p) * (1 - self.coin.right)
            pay = TERMS.earn(gain=-self.coin.cost)
            return [
                Outcome(h, (state[0] + 1, state[1]), ("heard", "heads"), pay),
                Outcome(1 - h, (state[0], state[1] + 1), ("heard", "tails"), pay),
            ]
        win = p if action == 1 else 1 - p
        return [
            Outcome(win, None, ("over",), TERMS.earn(gain=1.0, ends=True, metrics={"success": 1.0})),
            Outcome(1 - win, None, ("over",), TERMS.earn(gain=-1.0, ends=True)),
        ]

    def legal(self, state):
        return (state is not None, True, True)

    def timeout(self, state):
        return TERMS.earn(gain=-1.0, ends=True)

    def discrete(self, state):
        return 25 if state is None else 5 * state[0] + state[1]

    def features(self, state):
        return (0.0, 0.0) if state is None else (state[0] / 4, state[1] / 4)

    def note(self, state):
        return str(state)

    def say(self, event, draw):
        return " ".join(event) + "!" * (draw % 3)


class Corridors(_Plain):
    """Five hundred corridors of some five hundred states, each with its own wind. Reach the end in time."""

    action_names = ("left", "right", "leap")
    cues = (("left",), ("right",), ("leap",))
    horizon = 40
    n_observations = 8
    feature_names = ("place", "leaps")
    n_corridors = 500

    def n_scenarios(self, split):
        return self.n_corridors

    def scenario(self, split, index):
        length = 160 + (37 * index + 11 * len(split)) % 40
        return CorridorProcess(f"Corridor {index}", length, 0.1 + 0.5 * ((index * 7919) % 101) / 101)


class CorridorProcess(Process):
    """A state is (place, leaps left)."""

    def __init__(self, shown, length, wind):
        self.shown = shown
        self.length = length
        self.wind = wind

    def initial(self):
        return [Outcome(0.5, (0, 2), ("start",)), Outcome(0.5, (3, 2), ("start", "ahead"))]

    def transitions(self, state, action):
        place, leaps = state
        if action == 2:
            return [self._at(p, place + d, leaps - 1) for p, d in ((0.5, 9), (0.3, 5), (0.2, 0))]
        step = 5 if action == 1 else -1
        return [self._at(1 - self.wind, place + step, leaps), self._at(self.wind, place - 1, leaps)]

    def _at(self, p, place, leaps):
        place = max(0, place)
        if place >= self.length:
            pay = TERMS.earn(gain=10.0, per_turn_left={"gain": 0.25}, ends=True, metrics={"success": 1.0})
            return Outcome(p, (self.length, leaps), ("out",), pay)
        return Outcome(p, (place, leaps), ("at", str(place)), TERMS.earn(gain=-0.1))

    def legal(self, state):
        return (True, True, state[1] > 0)

    def timeout(self, state):
        return TERMS.earn(gain=-2.0, ends=True)

    def discrete(self, state):
        return min(7, 8 * state[0] // (self.length + 1))

    def features(self, state):
        return (state[0] / self.length, state[1] / 2)

    def choices(self, state):
        return ("left", "right", "leap" if state[1] else "")

    def note(self, state):
        return f"Place {state[0]} of {self.length}, {state[1]} leaps left"

    def say(self, event, draw):
        return " ".join(event) + "." * (draw % 3)
