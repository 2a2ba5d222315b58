"""The conformance kit: what an environment of a third party must pass. The tests of this package run it on every id.

Each function takes an id that Gymnasium knows, made of `TextEnv` and `TextVectorEnv`, and raises AssertionError with
what is wrong.
"""

from __future__ import annotations

import json
import pickle
import warnings
from typing import Any, cast

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from textenvs.core.env import TextEnv
from textenvs.core.loading import load_tables
from textenvs.core.mdp import SPLITS, Process
from textenvs.core.spaces import OBS_TYPES
from textenvs.core.tables import Tables
from textenvs.core.vector import INFO_KEYS, TextVectorEnv

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


def check_id(env_id: str) -> None:
    """All checks of this kit."""
    for obs_type in OBS_TYPES:
        check_gymnasium(env_id, obs_type)
        check_determinism(env_id, obs_type)
        check_spec(env_id, obs_type)
    check_observation_types_agree(env_id)
    check_invalid(env_id)
    check_docstring(env_id)
    for split in SPLITS:
        check_tables(env_id, split)
        check_scenarios(env_id, split)
        for mode in AutoresetMode:
            check_vector(env_id, "discrete", split, mode, num_envs=5)
        check_vector(env_id, "text", split, AutoresetMode.SAME_STEP, num_envs=3)
        check_vector(env_id, "features", split, AutoresetMode.NEXT_STEP, num_envs=3)


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
    assert same(first, rollout(gym.make(env_id, obs_type=obs_type), actions, seed=7)), "two runs differ"
    assert same(first, rollout(pickle.loads(pickle.dumps(env)), actions, seed=7)), "a pickled copy differs"
    assert not same(first, rollout(env, actions, seed=8)), "the seed makes no difference"


def check_spec(env_id: str, obs_type: str) -> None:
    """A spec survives JSON and makes the same environment."""
    spec = gym.make(env_id, obs_type=obs_type, split="test").spec
    assert spec is not None
    json.loads(spec.to_json())
    again = gym.make(EnvSpec.from_json(spec.to_json()))
    actions = random_actions(env_id, 30)
    assert same(rollout(gym.make(spec), actions, seed=1), rollout(again, actions, seed=1)), "the spec's copy differs"


def check_observation_types_agree(env_id: str, steps: int = 200) -> None:
    """The same seed and actions give the same game whatever is observed, and the text determines the number."""
    actions = random_actions(env_id, steps)
    runs = {kind: rollout(gym.make(env_id, obs_type=kind), actions, seed=3) for kind in OBS_TYPES}
    plain = [step[1:] for step in runs["discrete"]]
    seen: dict[str, Any] = {}
    for kind in OBS_TYPES:
        assert same(plain, [step[1:] for step in runs[kind]]), f"{kind} plays another game than discrete"
    for text, number in zip(runs["text"], runs["discrete"], strict=True):
        assert seen.setdefault(text[0], number[0]) == number[0], f"one text, two discrete observations: {text[0]!r}"


def check_invalid(env_id: str) -> None:
    """An impossible act costs its turn and the term `invalid`, and changes nothing."""
    env = gym.make(env_id, obs_type="discrete")
    for seed in range(100):
        observation, info = env.reset(seed=seed)
        impossible = np.flatnonzero(info["action_mask"] == 0)
        if len(impossible):
            after, reward, _, _, later = env.step(int(impossible[0]))
            assert later["reward_terms"]["invalid"] < 0, "an impossible act has no cost"
            assert float(reward) < 0, "an impossible act has no cost"
            assert after == observation, "an impossible act changes the state"
            return


def check_docstring(env_id: str) -> None:
    """The docstring of the task is its page of documentation."""
    task = cast(TextEnv, gym.make(env_id).unwrapped).task
    text = type(task).__doc__ or ""
    places = [text.find(f"## {section}\n") for section in SECTIONS]
    assert -1 not in places, f"the docstring lacks {SECTIONS[places.index(-1)]!r}"
    assert places == sorted(places), f"the docstring's sections are not in the order {SECTIONS}"


def check_tables(env_id: str, split: str, scenarios: int = 3) -> None:
    """Over some scenarios: the texts determine the state, and everything is in its range and shape."""
    task = cast(TextEnv, gym.make(env_id).unwrapped).task
    assert len(task.action_names) == len(task.cues) == task.n_actions, "a name and cues for each action"
    for k in range(min(scenarios, task.n_scenarios(split))):
        process, tables = task.scenario(split, k), load_tables(task, split, k)
        check_texts_determine_states(process, tables)
        assert 0 <= tables.discrete.min() <= tables.discrete.max() < task.n_observations, "discrete is out of range"
        assert tables.features.shape == (tables.n_states, len(task.feature_names) + 1), "features have a wrong length"
        assert tables.features.min() >= 0.0, "a feature is below 0"
        assert tables.features.max() <= 1.0, "a feature is above 1"
        for state, mask in zip(tables.states, tables.mask, strict=True):
            assert [bool(sentence) for sentence in process.choices(state)] == mask.tolist(), "words for the impossible"
        for payoff in tables.payoffs:
            assert len(payoff.terms) == len(task.terms), "an amount for each term"
            assert len(payoff.metrics) == len(task.metrics) * payoff.terminated, "metrics at the end, and only there"


def check_texts_determine_states(process: Process[Any], tables: Tables) -> None:
    """Whoever knows the state and reads the next text knows the next state."""
    notes = [process.note(state) for state in tables.states]
    for row, (start, count) in enumerate(zip(tables.start.tolist(), tables.count.tolist(), strict=True)):
        reached = set(tables.next[start : start + count].tolist())
        assert len({notes[state] for state in reached}) == len(reached), (
            f"row {row} leads to two states that look alike"
        )
    for state, mask in zip(tables.states, tables.mask, strict=True):
        sentences = [sentence for sentence in process.choices(state) if sentence]
        assert len(set(sentences)) == len(sentences) == mask.sum(), "a sentence of its own for each legal act"


def check_scenarios(env_id: str, split: str) -> None:
    """What is shown at reset tells the scenarios of a split apart."""
    task = cast(TextEnv, gym.make(env_id).unwrapped).task
    n = task.n_scenarios(split)
    shown = {task.scenario(split, k).shown for k in range(n)}
    assert len(shown) == n, f"{n} scenarios, but only {len(shown)} different things are shown"
    assert n == 1 or "" not in shown, "a scenario shows nothing"


def check_vector(
    env_id: str, obs_type: str, split: str, mode: AutoresetMode, num_envs: int, steps: int = 120, seed: int = 11
) -> None:
    """A batch equals `SyncVectorEnv` of single environments in the same mode, infos and all."""
    kwargs: dict[str, Any] = {"obs_type": obs_type, "split": split}
    native = gym.make_vec(env_id, num_envs, autoreset_mode=mode.value, info_keys=INFO_KEYS, **kwargs)
    assert isinstance(native, TextVectorEnv)
    sync = SyncVectorEnv([lambda: gym.make(env_id, **kwargs)] * num_envs, autoreset_mode=mode)
    actions = np.random.default_rng(seed).integers(native.single_action_space.n, size=(steps, num_envs))  # type: ignore[attr-defined]
    assert same(native.reset(seed=seed), sync.reset(seed=seed)), "the first observations differ"
    for step, action in enumerate(actions):
        mine, theirs = native.step(action), sync.step(action)
        for name, a, b in zip(
            ("observations", "rewards", "terminations", "truncations", "infos"), mine, theirs, strict=True
        ):
            assert same(a, b), f"{name} differ at step {step}: {a!r} is not {b!r}"
        ended = mine[2] | mine[3]
        if mode is AutoresetMode.DISABLED and ended.any():
            options = {"reset_mask": ended}
            assert same(native.reset(options=dict(options)), sync.reset(options=dict(options))), "partial resets differ"
