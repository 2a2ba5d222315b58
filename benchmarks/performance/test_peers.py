"""How fast the peers step beside this suite, in one run, and the table of it: `make benchmark-peers`.

All are stepped through their own loops, as their own `make` gives them, with actions that were drawn before. Single
environments play their own episodes for the table; two that are compared end theirs together. A peer that is not
installed, or does not run without a network, is skipped with its reason. The table goes into the README, with versions
and machine.
"""

import importlib.metadata
import os
import platform
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
import pytest

import textenvs  # noqa: F401

ROUNDS, STEPS, ROWS, TURNS = 7, 16_384, 1024, 64
README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- speed: written by make benchmark-peers -->\n", "<!-- end of speed -->\n"
ID = "TextDialogue-v0"
FLOOR = "Gymnasium FrozenLake-v1"
GUESSES = ("crane", "stone", "house", "light", "mouth", "bread")


class Player(NamedTuple):
    """An environment and what is done in it.

    Attributes:
        begin: The first reset of a round, which plays the same episodes each time.
        reset: Every other reset.
        step: Takes an action, and tells whether the episode has ended.
        actions: The actions.
    """

    begin: Callable[[], Any]
    reset: Callable[[], Any]
    step: Callable[[Any], bool]
    actions: Sequence[Any]

    def play(self, lasts=None):
        """Takes all actions, or one for each of `lasts`, which says where episodes end besides; counts both."""
        lasts = [False] * len(self.actions) if lasts is None else lasts
        reset, step = self.reset, self.step
        self.begin()
        episodes = 1
        for action, last in zip(self.actions, lasts, strict=False):
            if step(action) or last:
                reset()
                episodes += 1
        return len(lasts), episodes


class Batch(NamedTuple):
    """A batch and the actions of each turn."""

    step: Callable[[Any], Any]
    actions: Sequence[Any]

    def play(self):
        """Takes all actions; gives the number of steps."""
        for action in self.actions:
            self.step(action)
        return len(self.actions) * ROWS, None


def in_step(one, other):
    """For each step whether it ends an episode, when those of two players end together."""
    one.begin()
    other.begin()
    lasts = []
    for mine, theirs in zip(one.actions, other.actions, strict=False):
        ended = [one.step(mine), other.step(theirs)]
        lasts.append(any(ended))
        if lasts[-1]:
            one.reset()
            other.reset()
    return lasts


def gymnasium_single(env_id, **kwargs):
    env = gym.make(env_id, **kwargs)

    def step(action):
        _, _, terminated, truncated, _ = env.step(action)
        return terminated or truncated

    actions = np.random.default_rng(0).integers(env.action_space.n, size=STEPS).tolist()
    return Player(partial(env.reset, seed=0), env.reset, step, actions)


def vector(**kwargs):
    env = gym.make_vec(ID, ROWS, **kwargs)
    env.reset(seed=0)
    return Batch(env.step, np.random.default_rng(0).integers(env.single_action_space.n, size=(TURNS, ROWS)))


def gem_single(env_id):
    import gem

    env = gem.make(env_id)
    env.reset(seed=0)

    def step(action):
        _, _, terminated, truncated, _ = env.step(action)
        return terminated or truncated

    return Player(partial(env.reset, seed=0), env.reset, step, [env.sample_random_action() for _ in range(STEPS)])


def gem_vector(env_id):
    import gem

    env = gem.make_vec([env_id] * ROWS, seed=0)
    env.reset()
    return Batch(env.step, [[env.envs[0].sample_random_action() for _ in range(ROWS)] for _ in range(TURNS)])


def textarena_single(env_id, actions):
    import textarena

    env = textarena.make(env_id)

    def step(action):
        done, _ = env.step(action)
        env.get_observation()
        return done

    reset = partial(env.reset, num_players=1, seed=0)
    return Player(reset, reset, step, [actions[i % len(actions)] for i in range(STEPS // 40)])


def textarena_wordle():
    """Its words come by a download: where there was none it is lent some. What it does with a guess is the same."""
    import nltk

    try:
        nltk.corpus.words.words()
    except LookupError:
        nltk.corpus.words = SimpleNamespace(words=lambda *_: GUESSES)
        nltk.pos_tag = lambda tokens: [(token, "NN") for token in tokens]
    return textarena_single("Wordle-v0", [f"[{word}]" for word in GUESSES])


def textworld_single():
    import textworld.gym

    options = textworld.GameOptions()
    options.seeds = 1
    options.path = str(Path(tempfile.mkdtemp()) / "game.z8")
    env = textworld.gym.make(textworld.gym.register_game(textworld.make(options)[0]))
    return Player(env.reset, env.reset, lambda action: env.step(action)[2], ["look", "inventory"] * (STEPS // 80))


def bsuite_single():
    from bsuite.environments import catch

    env = catch.Catch(seed=0)
    return Player(env.reset, env.reset, lambda action: env.step(action).last(), [0, 1, 2, 1] * (STEPS // 4))


OURS = {
    f"TextEnvs {ID}, text": lambda: gymnasium_single(ID),
    f"TextEnvs {ID}, discrete": lambda: gymnasium_single(ID, obs_type="discrete"),
    f"TextEnvs {ID}, text, batch of {ROWS}": vector,
    f"TextEnvs {ID}, features, batch of {ROWS}": lambda: vector(obs_type="features"),
    f"TextEnvs {ID}, discrete, batch of {ROWS}": lambda: vector(obs_type="discrete"),
}
PEERS = {
    FLOOR: ("gymnasium", lambda: gymnasium_single("FrozenLake-v1")),
    "GEM Mastermind, text": ("gem-llm", lambda: gem_single("game:Mastermind-v0-easy")),
    "GEM GuessTheNumber, text": ("gem-llm", lambda: gem_single("game:GuessTheNumber-v0-hard")),
    f"GEM Mastermind, text, batch of {ROWS}": ("gem-llm", lambda: gem_vector("game:Mastermind-v0-easy")),
    "TextArena Wordle, text": ("textarena", textarena_wordle),
    "TextArena GuessTheNumber, text": ("textarena", lambda: textarena_single("GuessTheNumber-v0", ["[3]"])),
    "TextWorld, text": ("textworld", textworld_single),
    "bsuite catch": ("bsuite", bsuite_single),
}
TEXT, MASTERMIND = f"TextEnvs {ID}, text", "GEM Mastermind, text"
PROMISED = (
    (TEXT, MASTERMIND, 1.3),
    (TEXT, "TextArena Wordle, text", 20.0),
    (f"{TEXT}, batch of {ROWS}", f"{MASTERMIND}, batch of {ROWS}", 2.0),
    (f"TextEnvs {ID}, discrete, batch of {ROWS}", f"{MASTERMIND}, batch of {ROWS}", 20.0),
)
"""Which of ours is how many times as fast as which peer, at least."""


@pytest.fixture(scope="module")
def players():
    """Who plays, by name, all warm; and why a peer does not."""
    found, missing = {name: make() for name, make in OURS.items()}, {}
    for name, (_, make) in PEERS.items():
        try:
            player = make()
            player.play()
            found[name] = player
        except Exception as error:
            said = next((line.strip() for line in str(error).splitlines() if re.search("[a-z]", line)), "")
            missing[name] = f"{type(error).__name__}: {said}"
    return found, missing


def measure(plays):
    """Steps a second by name, a value for each round; each round measures all. And steps an episode."""
    lengths = {
        name: steps / episodes if episodes else None for name, play in plays.items() for steps, episodes in [play()]
    }
    rates = {name: [] for name in plays}
    for _ in range(ROUNDS):
        for name, play in plays.items():
            began = time.perf_counter()
            steps, _ = play()
            rates[name].append(steps / (time.perf_counter() - began))
    return rates, lengths


def ratio(rates, a, b):
    return statistics.median(x / y for x, y in zip(rates[a], rates[b], strict=True))


def test_the_table_goes_into_the_readme(players):
    """If all of it was measured; it is printed in any case."""
    found, missing = players
    rates, lengths = measure({name: player.play for name, player in found.items()})
    lines = ["| environment | version | steps/s | x FrozenLake-v1 | steps an episode |", "|---|---|---|---|---|"]
    for name, values in rates.items():
        version = importlib.metadata.version(PEERS[name][0] if name in PEERS else "textenvs")
        cells = f"{statistics.median(values):,.0f}", f"{ratio(rates, name, FLOOR):.3g}", f"{lengths[name] or '-':.3}"
        lines.append(f"| {name} | {version} | {' | '.join(cells)} |")
    lines += [f"| {name} | - | not measured: {reason[:100]} | - | - |" for name, reason in missing.items()]
    machine = f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} CPUs"
    lines += ["", f"{machine}; medians of {ROUNDS} rounds in one run, each environment as its own `make` gives it."]
    table = "\n".join(lines) + "\n"
    print(f"\n{table}")
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    if not missing:
        README.write_text(f"{before}{BEGIN}{table}{END}{rest.partition(END)[2]}", encoding="utf-8")


@pytest.mark.parametrize(("ours", "peer", "least"), PROMISED)
def test_it_is_faster_than(players, ours, peer, least):
    found, missing = players
    if peer in missing:
        pytest.skip(missing[peer])
    pair = {name: found[name].play for name in (ours, peer)}
    if isinstance(found[peer], Player):
        lasts = in_step(*(found[name] for name in pair))
        pair = {name: partial(play, lasts) for name, play in pair.items()}
    rates, lengths = measure(pair)
    times = ratio(rates, ours, peer)
    print(f"\n{ours}: {times:.2f} x {peer}, {lengths}")
    assert times >= least
