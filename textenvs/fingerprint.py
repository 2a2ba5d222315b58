"""What an environment does, as a fingerprint: two tasks with equal fingerprints cannot be told apart by playing them.

A fingerprint holds no name of a class or module and no line of source, so that comments, renamings and moved files do
not change it. It has parts, so that a difference says what differs. What is exact (texts, masks, which state follows)
is hashed. Numbers are kept as weighted sums, which are compared within a tolerance: other versions of numpy, and other
processors, differ in the last digits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from textenvs.core import chance
from textenvs.core.env import TextEnv
from textenvs.core.loading import load_tables
from textenvs.core.mdp import SPLITS, Payoff, Process, Task, Written
from textenvs.core.spaces import ACTION_TYPES, OBS_TYPES
from textenvs.core.tables import Tables
from textenvs.core.transcript import Transcript
from textenvs.text import matching
from textenvs.text.language import ENGLISH
from textenvs.text.phrases import noted_wordings

FORMAT = 1
"""Raised when what a fingerprint holds is changed."""
Fingerprint = Mapping[str, str | list[float]]
"""By part: a hash, or sums of numbers."""
SUMS = 4
"""Weighted sums of each array of numbers."""
TOLERANCE = {"features": 1e-5, "probabilities": 1e-8, "rewards": 1e-8, "metrics": 1e-8}
"""By which sums may differ, by the last word of the part. Features are float32."""
WORDINGS_READ = 3
"""Draws with which each event is put into words. All wordings that are chosen from are held in full."""
EPISODES = 4
"""Rollouts for each split, observation type and action type."""
READ = (
    "",
    "yes",
    "No.",
    "Goodbye!",
    "I do not know.",
    "It isn't that one.",
    "It isn\u2019t that one.",
    "Neither the first nor the second.",
    "Is it the first?",
    "the second one, please",
    "3",
    "Answer: 2",
    "2. Something else",
    "number three",
    "0",
    "99",
    "-1",
    "What is the price?",
    "Would you like it cheap, or expensive?",
    "How about a table for four people?",
    "I am sorry, there is none.",
    "I never said that.",
    "The answer is",
    'The answer is "Paris".',
    "The answer is Paris.",
    "The answer is not Paris.",
    "The answer is \u4e2d\u56fd.",
    "Open the first result.",
    "Search for the whole question.",
    "Keep it.",
    "Take the first suggestion instead.",
    "I am done.",
    "Thank you for calling, goodbye!",
    "asdf qwer zxcv",
)
"""Sentences that are read in each of some states, beside the choices themselves."""
READ_STATES = 12
"""States of a scenario in which they are read."""
READ_SCENARIOS = 4
WRITTEN_STATES = 12
"""States of a scenario in which the texts are noted that acts bring forth."""


class Exact:
    """A hash of texts and whole numbers, fed piece by piece."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=16)

    def text(self, *texts: str) -> None:
        """Adds texts, each with its length."""
        for text in texts:
            encoded = text.encode()
            self._hash.update(len(encoded).to_bytes(4, "little") + encoded)

    def numbers(self, values: Any) -> None:
        """Adds whole numbers, as int64."""
        array = np.ascontiguousarray(values, dtype="<i8")
        self._hash.update(array.size.to_bytes(8, "little") + array.tobytes())

    @property
    def value(self) -> str:
        """The hash, in hexadecimal digits."""
        return self._hash.hexdigest()


class Sums:
    """Weighted sums of numbers, fed piece by piece; the weights are +-[0.5, 1), drawn once and for all."""

    def __init__(self) -> None:
        self._sums = np.zeros(SUMS)
        self._at = 0

    def numbers(self, values: Any) -> None:
        """Adds numbers."""
        array = np.asarray(values, dtype=np.float64).ravel()
        places = np.arange(self._at, self._at + array.size, dtype=np.uint64)
        self._at += array.size
        for k in range(SUMS):
            u = chance.uniform_many(np.array([k], np.uint64), places, np.zeros_like(places), chance.OUTCOME)
            self._sums[k] += float(np.sum(array * np.where(u < 0.5, u - 1.0, u)))

    @property
    def value(self) -> list[float]:
        """The sums, to 12 digits."""
        return [float(f"{each:.12g}") for each in (*self._sums.tolist(), float(self._at))]


class Parts:
    """The parts of a fingerprint, each made when it is first fed."""

    def __init__(self) -> None:
        self._parts: dict[str, Exact | Sums] = {}

    def exact(self, name: str) -> Exact:
        """A part that is a hash."""
        part = self._parts.setdefault(name, Exact())
        assert isinstance(part, Exact)
        return part

    def sums(self, name: str) -> Sums:
        """A part that is sums."""
        part = self._parts.setdefault(name, Sums())
        assert isinstance(part, Sums)
        return part

    @property
    def values(self) -> dict[str, str | list[float]]:
        """All of them, by name."""
        return {name: part.value for name, part in sorted(self._parts.items())}


def take_fingerprint(task: Task) -> Fingerprint:
    """The fingerprint of a task: every scenario of both splits is compiled, described and played.

    Raises:
        MissingExtra: If the task needs an extra that is not installed.
    """
    parts = Parts()
    _add_constants(parts, task)
    for split in SPLITS:
        with noted_wordings() as noted:
            for k in range(task.n_scenarios(split)):
                process, tables = task.scenario(split, k), load_tables(task, split, k)
                _add_tables(parts, split, task, tables)
                _add_words(parts, split, process, tables)
                if k < READ_SCENARIOS:
                    _add_readings(parts.exact(f"{split} sentences read"), task, process, tables)
                    _add_texts(parts, split, task, k)
        for said, wordings in sorted((said, wordings) for (said, _), wordings in noted.items()):
            parts.exact(f"{split} wordings").text(said, *wordings)
        _add_rollouts(parts, task, split)
    return parts.values


def digest(fingerprint: Fingerprint) -> str:
    """The name of a fingerprint: a hash of all of its parts, of numbers to 9 digits, which processors agree on."""
    told = {
        name: [f"{number:.9g}" for number in part] if isinstance(part, list) else part
        for name, part in fingerprint.items()
    }
    return blake2b(json.dumps([FORMAT, told], sort_keys=True).encode(), digest_size=16).hexdigest()


def differences(stored: Fingerprint, found: Fingerprint) -> list[str]:
    """The parts in which two fingerprints differ by more than the last digits of numbers."""
    return [name for name in sorted({*stored, *found}) if not _equal(name, stored.get(name), found.get(name))]


def _equal(name: str, stored: Any, found: Any) -> bool:
    if not isinstance(stored, list) or not isinstance(found, list) or len(stored) != len(found):
        return bool(stored == found)
    tolerance = TOLERANCE[name.rsplit(" ", 1)[-1]]
    return all(abs(a - b) <= tolerance * max(1.0, abs(a) * 1e-3) for a, b in zip(stored, found, strict=True))


def _add_constants(parts: Parts, task: Task) -> None:
    rules = parts.exact("rules")
    rules.numbers([task.n_actions, task.horizon, task.n_observations, task.max_length])
    rules.text(task.optimum, task.partner, *task.action_names, "features", *task.feature_names, "terms", *task.terms)
    rules.text("metrics", *task.metrics, "texts", *task.texts)
    rules.text(json.dumps(task.rewards, sort_keys=True))
    parts.sums("rewards").numbers([*task.terms.values(), *_amounts(task, task.invalid)])
    words = parts.exact("instructions")
    words.text(task.instructions, task.text_instructions or "")
    cues = parts.exact("cues")
    for group in task.cues:
        cues.text("action", *group)
    parts.exact("language").text(json.dumps(ENGLISH.content(), sort_keys=True))


def _amounts(task: Task, payoff: Payoff) -> tuple[float, ...]:
    """The amounts of the terms, and their amounts for each turn that is left."""
    return *payoff.terms, *(payoff.per_turn_left or (0.0,) * len(task.terms))


def _add_tables(parts: Parts, split: str, task: Task, tables: Tables) -> None:
    """States in breadth-first order, what follows each act, what it earns, and what is observed."""
    played = slice(0, int(tables.start[-1]))
    dynamics = parts.exact(f"{split} dynamics")
    dynamics.numbers(tables.mask)
    dynamics.numbers(tables.count)
    dynamics.numbers(tables.next)
    parts.sums(f"{split} probabilities").numbers(tables.probability)
    amounts = np.array([_amounts(task, payoff) for payoff in tables.payoffs])
    metrics = np.array([payoff.metrics or (0.0,) * len(task.metrics) for payoff in tables.payoffs])
    ends = np.array([payoff.terminated for payoff in tables.payoffs])
    payoff = tables.payoff[played]
    going = np.zeros(tables.n_states, np.bool_)  # states in which the time can be up
    going[tables.next[played][~ends[payoff]]] = True
    going[tables.next[played.stop :]] = True
    timeout = tables.timeout[going]
    parts.sums(f"{split} rewards").numbers(amounts[payoff])
    parts.sums(f"{split} rewards").numbers(amounts[timeout])
    parts.sums(f"{split} metrics").numbers(metrics[payoff])
    parts.sums(f"{split} metrics").numbers(metrics[timeout])
    parts.exact(f"{split} ends").numbers(ends[payoff])
    parts.exact(f"{split} discrete observations").numbers(tables.discrete)
    parts.sums(f"{split} features").numbers(tables.features)


def _add_words(parts: Parts, split: str, process: Process[Any], tables: Tables) -> None:
    """What is shown, the sentence of every legal act, the belief text of every state, and every event in words."""
    parts.exact(f"{split} texts at reset").text(process.shown)
    choices, notes = parts.exact(f"{split} choices"), parts.exact(f"{split} belief texts")
    for state in tables.states:
        choices.text(*process.choices(state))
        notes.text(process.note(state))
    _, first, numbers = np.unique(tables.event, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    events = parts.exact(f"{split} events")
    events.numbers(order[numbers])
    for place in np.sort(first).tolist():
        event = tables.events[tables.event[place]]
        events.text(*(process.say(event, draw) for draw in _draws(place)))


def _draws(place: int) -> Iterator[int]:
    return (chance.bits(place, draw, 0, chance.OUTCOME) for draw in range(WORDINGS_READ))


def _add_readings(part: Exact, task: Task, process: Process[Any], tables: Tables) -> None:
    """What the readers make of sentences: fixed ones, and the choices in small letters, without their marks."""
    step = max(1, tables.n_states // READ_STATES)
    for state in tables.states[::step]:
        choices = process.choices(state)
        loose = [choice.lower().strip(".?!") for choice in choices if choice]
        for read in matching.READERS.values():
            verdicts = (read(sentence, choices, task.cues) for sentence in (*READ, *loose))
            part.numbers([-1 if verdict is None else verdict for verdict in verdicts])


def _add_texts(parts: Parts, split: str, task: Task, scenario: int) -> None:
    """The texts that acts bring forth, and what becomes of whole texts, where they are acts: right, wrong, the same."""
    if not task.texts:
        return
    process = task.with_text().scenario(split, scenario)
    written = parts.exact(f"{split} texts brought forth")
    states = [outcome.state for outcome in process.initial()[:1]]
    for state in states:  # which grow
        for action in np.flatnonzero(process.legal(state)).tolist():
            for outcome in process.transitions(state, action)[:1]:
                written.text(*_fields(process.written(state, action, outcome)))
                if len(states) < WRITTEN_STATES and not outcome.payoff.terminated:
                    states.append(outcome.state)
        if task.writes_text:
            _, first = process.submit(state, process.shown)
            for text in (process.shown, *first.references, process.shown[:-20], f"{first.references[0]} More."):
                outcome, submitted = process.submit(state, text)
                written.text(*_fields(submitted))
                parts.sums(f"{split} whole texts rewards").numbers(_amounts(task, outcome.payoff))
                parts.sums(f"{split} whole texts metrics").numbers(outcome.payoff.metrics)


def _fields(written: Written | None) -> tuple[str, ...]:
    return () if written is None else (written.text, *written.references, f"{written.source}", f"{written.before}")


def _add_rollouts(parts: Parts, task: Task, split: str) -> None:
    """Episodes through the environment, with possible and impossible acts, and sentences for them; and all turns.

    After each seeded episode a second one goes on with the same stream of chance.
    """
    part, following = parts.exact(f"{split} rollouts"), parts.exact(f"{split} second episodes")
    transcript = Transcript(task, task.scenario(split, 0))
    parts.exact("turns").text(*(transcript.write(turn, "said", None, 0, "note") for turn in range(1, task.horizon + 1)))
    for obs_type in OBS_TYPES:
        for action_type in ACTION_TYPES:
            env = TextEnv(task, obs_type=obs_type, action_type=action_type, split=split)
            for seed in range(EPISODES):
                for step in _played(env, seed):
                    part.text(*step)
                if obs_type == "text" and action_type == "choice":
                    for step in _played(env, None):
                        following.text(*step)


def _played(env: TextEnv, seed: int | None) -> Iterator[tuple[str, ...]]:
    """An episode, each step as texts; numbers to 9 digits."""
    observation, info = env.reset(seed=seed)
    seed = seed or 0
    yield _told(observation, 0.0, info)
    ended, step = False, 0
    while not ended:
        bits = chance.bits(seed, 0, step, chance.EXPLORE)
        observation, reward, ended, _, info = env.step(_action(env, info, bits))
        step += 1
        yield _told(observation, reward, info)


def _action(env: TextEnv, info: Mapping[str, Any], bits: int) -> int | str:
    """A legal act in three of four cases; as a sentence where the environment takes one."""
    legal = np.flatnonzero(info["action_mask"])
    number = int(legal[(bits >> 8) % len(legal)]) if bits % 4 else (bits >> 8) % env.task.n_actions
    if env.action_type == "choice":
        return number
    if bits >> 4 & 1:
        return READ[(bits >> 16) % len(READ)]
    said: str = info["choices"][number]
    return str(number) if env.action_type == "reply" and bits >> 5 & 1 else said.lower()


def _told(observation: Any, reward: float, info: Mapping[str, Any]) -> tuple[str, ...]:
    if isinstance(observation, np.ndarray):
        observation = _digits(observation.tolist(), 5)
    return (
        str(observation),
        *_digits([reward, *info["reward_terms"].values(), *info.get("metrics", {}).values()], 9).split(),
        "".join(map(str, info["action_mask"].tolist())),
        *info["choices"],
    )


def _digits(values: Sequence[float], digits: int) -> str:
    return " ".join(f"{value + 0.0:.{digits}g}" for value in values)
