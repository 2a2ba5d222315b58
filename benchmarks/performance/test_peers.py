"""How fast the peers step beside this suite, in one run, and the table of it: `make benchmark-peers`.

All are stepped through their own loops with actions that were drawn before. A single peer is reset wherever an episode
of ours ended, so that all episodes are equally long. A peer that is not installed, or does not run without a network,
is skipped with its reason. What is measured goes into the README, with versions and machine.
"""

import importlib.metadata
import os
import platform
import re
import statistics
import tempfile
import time
from functools import cache
from pathlib import Path
from types import SimpleNamespace

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


def stepped(reset, step, actions, begin=None):
    """A function that takes a step for each action; `step` tells whether an episode has ended.

    With `begin` for its first reset it plays the same episodes each time, so that all is warm.
    """
    lasts = last_steps()

    def run():
        (begin or reset)()
        for action, last in zip(actions, lasts, strict=False):
            if step(action) or last:
                reset()

    return run, len(actions)


@cache
def last_steps():
    """For each step whether it is the last of its episode, as our own environment plays them."""
    env = gym.make(ID)
    env.reset(seed=0)
    lasts = []
    for action in random_actions(env.action_space.n):
        _, _, terminated, truncated, _ = env.step(action)
        lasts.append(terminated or truncated)
        if lasts[-1]:
            env.reset()
    return lasts


def random_actions(n):
    return np.random.default_rng(0).integers(n, size=STEPS).tolist()


def gymnasium_single(env_id, **kwargs):
    env = gym.make(env_id, **kwargs)
    env.reset(seed=0)

    def step(action):
        _, _, terminated, truncated, _ = env.step(action)
        return terminated or truncated

    return stepped(env.reset, step, random_actions(env.action_space.n), lambda: env.reset(seed=0))


def vector(**kwargs):
    env = gym.make_vec(ID, ROWS, **kwargs)
    actions = np.random.default_rng(0).integers(env.single_action_space.n, size=(TURNS, ROWS))

    env.reset(seed=0)

    def run():
        for action in actions:
            env.step(action)

    return run, TURNS * ROWS


def gem_single(env_id):
    import gem

    env = gem.make(env_id)
    env.reset(seed=0)
    actions = [env.sample_random_action() for _ in range(STEPS)]

    def step(action):
        _, _, terminated, truncated, _ = env.step(action)
        return terminated or truncated

    return stepped(env.reset, step, actions, lambda: env.reset(seed=0))


def gem_vector(env_id):
    import gem

    env = gem.make_vec([env_id] * ROWS, seed=0)
    env.reset()
    actions = [[env.envs[0].sample_random_action() for _ in range(ROWS)] for _ in range(TURNS)]

    def run():
        for action in actions:
            env.step(action)

    return run, TURNS * ROWS


def textarena_single(env_id, actions):
    import textarena

    env = textarena.make(env_id)

    def step(action):
        done, _ = env.step(action)
        env.get_observation()
        return done

    return stepped(
        lambda: env.reset(num_players=1, seed=0), step, [actions[i % len(actions)] for i in range(STEPS // 40)]
    )


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

    folder = Path(tempfile.gettempdir()) / "textenvs-textworld"
    options = textworld.GameOptions()
    options.seeds = 1
    options.path = str(folder / "game.z8")
    game = textworld.make(options)[0]
    env = textworld.gym.make(textworld.gym.register_game(game))

    def step(action):
        return env.step(action)[2]

    return stepped(env.reset, step, ["look", "inventory"] * (STEPS // 80))


def bsuite_single():
    from bsuite.environments import catch

    env = catch.Catch(seed=0)
    return stepped(env.reset, lambda action: env.step(action).last(), [0, 1, 2, 1] * (STEPS // 4))


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
SINGLE, BATCH = next(iter(OURS)), list(OURS)[-1]
PROMISED = {
    "GEM Mastermind, text": (SINGLE, 1.3),
    "TextArena Wordle, text": (SINGLE, 20.0),
    f"GEM Mastermind, text, batch of {ROWS}": (BATCH, 20.0),
}
"""By peer, which of ours is at least how many times as fast."""


@pytest.fixture(scope="module")
def rates():
    """Steps a second by name, a value for each round; each round measures all. Missing peers have a reason instead."""
    runs, missing = {name: make() for name, make in OURS.items()}, {}
    for name, (_, make) in PEERS.items():
        try:
            runs[name] = make()
            runs[name][0]()
        except Exception as error:
            runs.pop(name, None)
            said = next((line.strip() for line in str(error).splitlines() if re.search("[a-z]", line)), "")
            missing[name] = f"{type(error).__name__}: {said}"
    for run, _ in runs.values():
        run()
    found = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, (run, steps) in runs.items():
            began = time.perf_counter()
            run()
            found[name].append(steps / (time.perf_counter() - began))
    write_results(found, missing)
    return found, missing


def ratio(rates, a, b):
    return statistics.median(x / y for x, y in zip(rates[a], rates[b], strict=True))


def write_results(rates, missing):
    """Writes the table into the README, if all of it was measured, and prints it."""
    lines = ["| environment | version | steps/s | x FrozenLake-v1 |", "|---|---|---|---|"]
    for name, values in rates.items():
        package = PEERS[name][0] if name in PEERS else "textenvs"
        version = importlib.metadata.version(package)
        lines.append(f"| {name} | {version} | {statistics.median(values):,.0f} | {ratio(rates, name, FLOOR):.3g} |")
    lines += [f"| {name} | - | not measured: {reason[:100]} | - |" for name, reason in missing.items()]
    machine = f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} CPUs"
    steps = STEPS / sum(last_steps())
    lines += [
        "",
        f"{machine}. Medians of {ROUNDS} rounds in one run; episodes of {steps:.1f} steps where they are single.",
    ]
    table = "\n".join(lines) + "\n"
    print(f"\n{table}")
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    if not missing:
        README.write_text(f"{before}{BEGIN}{table}{END}{rest.partition(END)[2]}", encoding="utf-8")


@pytest.mark.parametrize("peer", PROMISED)
def test_it_is_faster_than(rates, peer):
    found, missing = rates
    if peer in missing:
        pytest.skip(missing[peer])
    ours, least = PROMISED[peer]
    times = ratio(found, ours, peer)
    print(f"\n{ours}: {times:.1f} x {peer}")
    assert times >= least
