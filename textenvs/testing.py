"""The conformance kit: what an environment of a third party must pass. The tests of this package run it on every id.

Each function takes an id that Gymnasium knows, made of `TextEnv` and `TextVectorEnv`, and raises AssertionError with
what is wrong, the value, the limit, and what to do about it.
"""

from __future__ import annotations

import json
import pickle
import re
import warnings
from itertools import product
from typing import Any, cast

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from textenvs.core.env import TextEnv
from textenvs.core.loading import load_tables
from textenvs.core.mdp import SPLITS, Process, Task
from textenvs.core.spaces import OBS_TYPES
from textenvs.core.tables import Tables
from textenvs.core.vector import INFO_KEYS, TextVectorEnv
from textenvs.evaluation import evaluate, load_agent, load_policy
from textenvs.floor import exact_return, known_returns
from textenvs.reference import reference_scores
from textenvs.registration import find_entry, known_entry, registered_id, task_of

SECTIONS = (
    "Description",
    "Action Space",
    "Observation Space",
    "Rewards",
    "Starting State",
    "Episode End",
    "Reference Scores",
    "Arguments",
    "References",
    "Version History",
)
"""Sections of a task's docstring, in this order."""
OPTIMA = ("exact", "bound")
TEXTS = ("text", "references", "source")
BLIND, BLIND_OF_A_BOUND, HOPEFUL = 5.0, 10.0, 15.0
"""What an agent may score at most that does not read: where the optimum is exact; where it is a bound; and where the
agent is told which acts are certain to fail, which is worth something everywhere."""
SEED = "draw by the bits that `say` is given, and from no generator of your own"


UNFILLED = re.compile(r"\{\w*\}")
DRAWS = 4
"""Wordings in which each event is read."""


def check_id(env_id: str) -> None:
    """All checks of this kit but `check_nothing_trivial_wins`, which plays many episodes.

    Args:
        env_id: A registered id, or "module:Class".
    """
    env_id = registered_id(env_id)
    check_declaration(env_id)
    for obs_type in OBS_TYPES:
        check_gymnasium(env_id, obs_type)
        check_determinism(env_id, obs_type)
        check_spec(env_id, obs_type)
    check_observation_types_agree(env_id)
    check_invalid(env_id)
    check_docstring(env_id)
    check_policies(env_id)
    for split in SPLITS:
        check_tables(env_id, split)
        check_scenarios(env_id, split)
        for mode in AutoresetMode:
            check_vector(env_id, "discrete", split, mode, num_envs=5)
        check_vector(env_id, "text", split, AutoresetMode.SAME_STEP, num_envs=3)
        check_vector(env_id, "features", split, AutoresetMode.NEXT_STEP, num_envs=3)


def check_declaration(env_id: str) -> None:
    """What the task says of itself is there, and fits together."""
    task = _task(env_id)
    assert "invalid" in task.terms, (
        f"the reward terms are {', '.join(task.terms)}: add one called 'invalid', which an impossible act is charged"
    )
    assert "success" in task.metrics, (
        f"the metrics are {task.metrics}: add 'success', 1.0 for a success and 0.0 for a failure, to Terms(metrics=...)"
    )
    assert task.n_actions == len(task.action_names) == len(task.cues), (
        f"{task.n_actions} actions have {len(task.action_names)} names and cues for {len(task.cues)}: "
        "declare them once, as `acts`"
    )
    assert len(task.invalid.terms) == len(task.terms), (
        f"`invalid` has {len(task.invalid.terms)} amounts for {len(task.terms)} terms: make it by `terms.earn`"
    )
    assert task.optimum in OPTIMA, f"optimum is {task.optimum!r}: make it one of {', '.join(OPTIMA)}"
    for kind in task.texts:
        assert kind in TEXTS, f"texts names {kind!r}: it may name {', '.join(TEXTS)}"


def _task(env_id: str) -> Task:
    return cast(TextEnv, gym.make(env_id).unwrapped).task


def check_gymnasium(env_id: str, obs_type: str) -> None:
    """Gymnasium's own `check_env`, without a warning."""
    env = gym.make(env_id, obs_type=obs_type).unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env, skip_render_check=True)


def random_actions(env_id: str, n: int, seed: int = 0) -> list[int]:
    """Actions drawn uniformly, legal or not."""
    space = gym.make(env_id).action_space
    assert isinstance(space, gym.spaces.Discrete)
    return [int(action) for action in np.random.default_rng(seed).integers(space.n, size=n)]


def rollout(env: gym.Env[Any, Any], actions: list[int], seed: int) -> list[tuple[Any, ...]]:
    """What happens under the actions, with a reset after each end: (observation, reward, ends, info) by step."""
    observation, info = env.reset(seed=seed)
    happened: list[tuple[Any, ...]] = [(observation, 0.0, False, info)]
    for action in actions:
        observation, reward, terminated, truncated, info = env.step(action)
        happened.append((observation, reward, terminated, info))
        if terminated or truncated:
            observation, info = env.reset()
            happened.append((observation, 0.0, False, info))
    return happened


def same(a: Any, b: Any) -> bool:
    """Whether two nested structures of arrays, numbers and strings are equal, types and all."""
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)):
        return type(a) is type(b) and len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, np.ndarray) and a.dtype == object:
        return same(a.tolist(), b.tolist())
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def check_determinism(env_id: str, obs_type: str, steps: int = 50) -> None:
    """The same seed and actions give the same, in two environments and in a pickled one."""
    actions = random_actions(env_id, steps)
    env = gym.make(env_id, obs_type=obs_type)
    first = rollout(env, actions, seed=7)
    assert same(first, rollout(gym.make(env_id, obs_type=obs_type), actions, seed=7)), (
        f"two runs of seed 7 differ: {SEED}"
    )
    assert same(first, rollout(pickle.loads(pickle.dumps(env)), actions, seed=7)), (
        "a pickled copy plays another game: keep nothing in the task that changes"
    )
    assert not same(first, rollout(env, actions, seed=8)), (
        f"seeds 7 and 8 play the same in {steps} steps: give `initial` or `transitions` more than one outcome, or the "
        "split more than one scenario"
    )


def check_spec(env_id: str, obs_type: str) -> None:
    """A spec survives JSON and makes the same environment."""
    spec = gym.make(env_id, obs_type=obs_type, split="test").spec
    assert spec is not None
    json.loads(spec.to_json())
    again = gym.make(EnvSpec.from_json(spec.to_json()))
    actions = random_actions(env_id, 30)
    assert same(rollout(gym.make(spec), actions, seed=1), rollout(again, actions, seed=1)), (
        "the environment of the spec's copy plays another game: take nothing but JSON as parameters"
    )


def check_observation_types_agree(env_id: str, steps: int = 200) -> None:
    """The same seed and actions give the same game whatever is observed, and the text determines the number."""
    actions = random_actions(env_id, steps)
    runs = {kind: rollout(gym.make(env_id, obs_type=kind), actions, seed=3) for kind in OBS_TYPES}
    plain = [step[1:] for step in runs["discrete"]]
    seen: dict[str, Any] = {}
    for kind in OBS_TYPES:
        assert same(plain, [step[1:] for step in runs[kind]]), (
            f"obs_type={kind!r} plays another game than 'discrete': `say`, `note` and `features` may change nothing"
        )
    for text, number in zip(runs["text"], runs["discrete"], strict=True):
        assert seen.setdefault(text[0], number[0]) == number[0], (
            f"one text has the discrete observations {seen[text[0]]} and {number[0]}: let the note tell "
            f"the difference, or `discrete` leave it out; the text is {text[0]!r}"
        )


def check_invalid(env_id: str) -> None:
    """An impossible act costs its turn and the term `invalid`, and changes nothing."""
    env = gym.make(env_id, obs_type="discrete")
    for seed in range(100):
        observation, info = env.reset(seed=seed)
        impossible = np.flatnonzero(info["action_mask"] == 0)
        if len(impossible):
            after, reward, _, _, later = env.step(int(impossible[0]))
            cost = later["reward_terms"]["invalid"]
            assert cost < 0, f"an impossible act earns {cost} of the term 'invalid': make it less than 0"
            assert float(reward) < 0, f"an impossible act earns {reward}: make it less than 0, by the term's weight"
            assert after == observation, (
                f"an impossible act leads from observation {observation} to {after}: let `discrete` see the state alone"
            )
            return


def check_docstring(env_id: str) -> None:
    """The docstring of the task is its page of documentation."""
    task = _task(env_id)
    name, text = type(task).__name__, type(task).__doc__ or ""
    places = [text.find(f"## {section}\n") for section in SECTIONS]
    lacking = ", ".join(section for section, place in zip(SECTIONS, places, strict=True) if place < 0)
    assert not lacking, f"the docstring of {name} lacks the sections {lacking}: add a line '## ...' and a text for each"
    assert places == sorted(places), f"the docstring of {name} has its sections in another order than {SECTIONS}"


def check_tables(env_id: str, split: str, scenarios: int = 3) -> None:
    """Over some scenarios: the texts determine the state, and everything is in its range and shape."""
    task = _task(env_id)
    for k in range(min(scenarios, task.n_scenarios(split))):
        process, tables = task.scenario(split, k), load_tables(task, split, k)
        check_sentences(task, process, tables)
        check_texts_determine_states(process, tables)
        check_observations(task, tables)
        check_payoffs(task, tables)


def check_sentences(task: Task, process: Process[Any], tables: Tables) -> None:
    """Legal acts have a sentence, each one of its own, and no others have one."""
    for state, mask in zip(tables.states, tables.mask.tolist(), strict=True):
        owners: dict[str, str] = {}
        for name, sentence, legal in zip(task.action_names, process.choices(state), mask, strict=True):
            assert bool(sentence) == legal, (
                f"in state {state} {name} is {'legal' if legal else 'impossible'}, and its sentence is "
                f"{sentence!r}: let `choices` give a sentence to legal acts alone"
            )
            other = owners.setdefault(sentence, name) if sentence else name
            assert other == name, (
                f"in state {state} {other} and {name} have the sentence {sentence!r}: give each one of its own"
            )
            _check_filled(f"the sentence of {name} in state {state}", sentence)
        _check_filled(f"the note of state {state}", process.note(state))
    for event in tables.events:
        if event is not None:
            for draw in range(DRAWS):
                _check_filled(f"the event {event!r}", process.say(event, draw))


def _check_filled(what: str, text: str) -> None:
    slots = UNFILLED.findall(text)
    assert not slots, f"{what} has slots that are not filled, {', '.join(slots)}: fill them by `.format`"


def check_payoffs(task: Task, tables: Tables) -> None:
    """Payoffs have the task's terms, and its metrics where an episode ends."""
    for payoff in tables.payoffs:
        assert len(payoff.terms) == len(task.terms), (
            f"{payoff} has {len(payoff.terms)} amounts for {len(task.terms)} terms: make it by `terms.earn`"
        )
        wanted = len(task.metrics) * payoff.terminated
        assert len(payoff.metrics) == wanted, (
            f"{payoff} has {len(payoff.metrics)} metrics and should have {wanted}, as metrics are of an episode's "
            "end: make it by `terms.earn`"
        )


def check_observations(task: Task, tables: Tables) -> None:
    """Observations are in their range and shape."""
    for state, number in zip(tables.states, tables.discrete.tolist(), strict=True):
        assert 0 <= number < task.n_observations, (
            f"`discrete` of state {state} is {number}, n_observations is {task.n_observations}: "
            f"it must be from 0 to {task.n_observations - 1}"
        )
    for state, values in zip(tables.states, tables.features[:, :-1].tolist(), strict=True):
        for name, value in zip(task.feature_names, values, strict=True):
            assert 0.0 <= value <= 1.0, (
                f"the feature {name!r} of state {state} is {value}: it must be from 0 to 1, so divide it by its most"
            )


def check_texts_determine_states(process: Process[Any], tables: Tables) -> None:
    """Whoever knows the state and reads the next text knows the next state."""
    notes = [process.note(state) for state in tables.states]
    for row, (start, count) in enumerate(zip(tables.start.tolist(), tables.count.tolist(), strict=True)):
        told: dict[str, int] = {}
        for state in tables.next[start : start + count].tolist():
            other = told.setdefault(notes[state], state)
            assert other == state, (
                f"{_where(tables, row)} leads to the states {tables.states[other]} and {tables.states[state]}, which "
                f"have one note, {notes[state]!r}: let `note` tell them apart"
            )


def _where(tables: Tables, row: int) -> str:
    """The state and action of a row."""
    if row == tables.n_states * tables.n_actions:
        return "the start"
    return f"action {row % tables.n_actions} in state {tables.states[row // tables.n_actions]}"


def check_scenarios(env_id: str, split: str) -> None:
    """What is shown at reset tells the scenarios of a split apart."""
    task = _task(env_id)
    n = task.n_scenarios(split)
    shown = {task.scenario(split, k).shown for k in range(n)}
    assert len(shown) == n, (
        f"{n} scenarios of {split} have {len(shown)} different things `shown`: show what tells each from the others"
    )
    assert n == 1 or "" not in shown, f"one of {n} scenarios of {split} shows nothing: set its `shown`"


def check_vector(
    env_id: str, obs_type: str, split: str, mode: AutoresetMode, num_envs: int, steps: int = 120, seed: int = 11
) -> None:
    """A batch equals `SyncVectorEnv` of single environments in the same mode, infos and all."""
    kwargs: dict[str, Any] = {"obs_type": obs_type, "split": split}
    native = gym.make_vec(env_id, num_envs, autoreset_mode=mode.value, info_keys=INFO_KEYS, **kwargs)
    assert isinstance(native, TextVectorEnv)
    sync = SyncVectorEnv([lambda: gym.make(env_id, **kwargs)] * num_envs, autoreset_mode=mode)
    actions = np.random.default_rng(seed).integers(native.single_action_space.n, size=(steps, num_envs))  # type: ignore[attr-defined]
    assert same(native.reset(seed=seed), sync.reset(seed=seed)), (
        "the first observations of a batch are not those of single environments: "
        "let `say` and `note` depend on their arguments alone"
    )
    for step, action in enumerate(actions):
        mine, theirs = native.step(action), sync.step(action)
        for name, a, b in zip(
            ("observations", "rewards", "terminations", "truncations", "infos"), mine, theirs, strict=True
        ):
            assert same(a, b), (
                f"{name} of a batch and of single environments differ at step {step}, {a!r} and {b!r}: "
                "let equal states have equal outcomes and words"
            )
        ended = mine[2] | mine[3]
        if mode is AutoresetMode.DISABLED and ended.any():
            options = {"reset_mask": ended}
            assert same(native.reset(options=dict(options)), sync.reset(options=dict(options))), "partial resets differ"


def check_policies(env_id: str) -> None:
    """The rule in all its variants and the references that the task names play two episodes of each split."""
    entry = known_entry(env_id)
    if entry is None:
        return
    variants = len(load_policy(entry.rule).variants) if entry.rule else 0
    played: list[tuple[str, dict[str, int]]] = [("rule", {"variant": k}) for k in range(variants)]
    played += [(name, {}) for name in entry.references]
    for split, (name, options) in product(SPLITS, played):
        agent = load_agent(name, env_id, {"split": split}, **options)
        evaluate(agent, env_id, split=split, episodes=2, seed=0)


def check_nothing_trivial_wins(env_id: str, split: str = "train") -> None:
    """No agent wins without thinking: each constant act, what comes first or last, the parrot, and the task's own.

    Their returns are read where they are stored; elsewhere each agent plays 500 episodes, once.

    Args:
        env_id: A registered id, or "module:Class".
        split: "train" or "test".
    """
    env_id = find_entry(env_id).id
    scores = reference_scores(env_id, split)
    assert scores.optimal > scores.random, (
        f"optimal and random play earn the same on {split}, {scores.optimal:g}: give a reward to what is to be achieved"
    )
    blind = BLIND_OF_A_BOUND if task_of(env_id).optimum == "bound" else BLIND
    for name, earned in known_returns(env_id, split).items():
        score, limit = scores.normalise(earned), HOPEFUL if "never_gives_up" in name else blind
        if score > limit and (exact := exact_return(env_id, split, name)) is not None:
            score = scores.normalise(exact)  # the mean over episodes may be above by chance
        assert score <= limit, (
            f"{name!r} scores {score:.1f} on {split} without reading, and {limit:g} is the limit: let each act be "
            "right only at its time, and let a wrong one cost something, as by ending the episode"
        )
