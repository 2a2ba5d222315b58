"""What a reward model sees of an act: numbers for each candidate, and rewards for all acts of a scene from weights."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from zlib import crc32

import numpy as np

from textenvs.core.mdp import Task
from textenvs.core.solve import Rewards
from textenvs.errors import unknown
from textenvs.feedback.candidates import Candidate
from textenvs.feedback.scene import Array, Scene
from textenvs.feedback.style import STYLES
from textenvs.models.sentences import sentence_encoder
from textenvs.text.tokens import tokens

WIDTH = 384
"""Numbers of a sentence's embedding, by all-MiniLM-L6-v2."""
HASHED = 4096
"""Numbers of the encoder of n-grams."""


class Encoder(Protocol):
    """Tells what an act is."""

    @property
    def size(self) -> int:
        """How many numbers it has for a candidate, D."""

    def encode(self, scenes: Sequence[Scene], candidates: Sequence[Candidate]) -> Array:
        """(candidates, D), the sums over the steps of each."""

    def rewards(self, scene: Scene, weights: Array) -> Rewards:
        """The reward of each act under (D,) weights."""


def _styled(scene: Scene, weights: Array) -> Array:
    """(states, actions) what each reply is worth for how it is said, under weights of the `STYLES`."""
    said = zip(weights, STYLES, strict=True)
    return sum((weight * scene.style(name) for weight, name in said), np.zeros(scene.legal.shape))


@dataclass(frozen=True)
class Terms:
    """What an act amounts to on average in the task's reward terms, and how it is said.

    A reward model on it knows what happens, and has to learn what that is worth.

    Attributes:
        n_terms: Number of the task's reward terms.
    """

    n_terms: int

    @property
    def size(self) -> int:
        """How many numbers it has for a candidate."""
        return self.n_terms + len(STYLES)

    def encode(self, scenes: Sequence[Scene], candidates: Sequence[Candidate]) -> Array:
        """(candidates, D), the sums over the steps of each."""
        found = np.zeros((len(candidates), self.size))
        for row, candidate in enumerate(candidates):
            scene = scenes[candidate.scene]
            styles = [scene.style(name) for name in STYLES]
            found[row, : self.n_terms] = candidate.earned(scene, scene.amounts)
            for step in candidate.steps:
                found[row, self.n_terms :] += [style[step.state, step.action] for style in styles]
        return found

    def rewards(self, scene: Scene, weights: Array) -> Rewards:
        """The reward of each act under (D,) weights."""
        earned = scene.amounts.weighted(weights[: self.n_terms])
        return earned.plus(_styled(scene, weights[self.n_terms :]))


@dataclass(frozen=True)
class Features:
    """The feature observation, apart for each action, and how the reply is said.

    Attributes:
        n_features: Number of the task's features.
        n_actions: Number of actions.
    """

    n_features: int
    n_actions: int

    @property
    def size(self) -> int:
        """How many numbers it has for a candidate."""
        return self.n_actions * (self.n_features + 1) + len(STYLES)

    def _seen(self, scene: Scene) -> Array:
        """(states, features + 1) the features and a 1; the place of the turn is left out."""
        seen = scene.tables.features.astype(np.float64)
        seen[:, -1] = 1.0
        return seen

    def encode(self, scenes: Sequence[Scene], candidates: Sequence[Candidate]) -> Array:
        """(candidates, D), the sums over the steps of each."""
        found = np.zeros((len(candidates), self.n_actions, self.n_features + 1))
        said = np.zeros((len(candidates), len(STYLES)))
        seen = [self._seen(scene) for scene in scenes]
        for row, candidate in enumerate(candidates):
            styles = [scenes[candidate.scene].style(name) for name in STYLES]
            for step in candidate.steps:
                found[row, step.action] += seen[candidate.scene][step.state]
                said[row] += [style[step.state, step.action] for style in styles]
        return np.hstack([found.reshape(len(candidates), -1), said])

    def rewards(self, scene: Scene, weights: Array) -> Rewards:
        """The reward of each act under (D,) weights."""
        own = weights[: -len(STYLES)].reshape(self.n_actions, self.n_features + 1)
        return Rewards.of(self._seen(scene) @ own.T + _styled(scene, weights[-len(STYLES) :]))


@dataclass(frozen=True)
class NGrams:
    """Words and pairs of words of a reply, and the action's number with each word of the situation, hashed."""

    size: int = HASHED

    def encode(self, scenes: Sequence[Scene], candidates: Sequence[Candidate]) -> Array:
        """(candidates, D), the sums over the steps of each."""
        found = np.zeros((len(candidates), self.size))
        for row, candidate in enumerate(candidates):
            for step in candidate.steps:
                np.add.at(found[row], self._places(scenes[candidate.scene], step.state, step.action), 1.0)
        return found

    def rewards(self, scene: Scene, weights: Array) -> Rewards:
        """The reward of each act under (D,) weights."""
        now = np.zeros(scene.legal.shape)
        for state, action in zip(*np.nonzero(scene.legal & scene.reached[:, None]), strict=True):
            now[state, action] = weights[self._places(scene, int(state), int(action))].sum()
        return Rewards.of(now)

    def _places(self, scene: Scene, state: int, action: int) -> list[int]:
        """The numbers of what a reply has, and a situation with it."""
        said = tokens(scene.replies(state)[action])
        parts = [*said, *map(" ".join, itertools.pairwise(said))]
        crossed = [f"{word}|{action}" for word in dict.fromkeys(tokens(scene.context(state)))]
        return [crc32(part.encode()) % self.size for part in (*parts, *crossed)]


@dataclass(frozen=True)
class Embeddings:
    """The embedding of a reply, alone and times that of its situation, number by number."""

    @property
    def size(self) -> int:
        """How many numbers it has for a candidate."""
        return 2 * WIDTH

    def encode(self, scenes: Sequence[Scene], candidates: Sequence[Candidate]) -> Array:
        """(candidates, D), the sums over the steps of each."""
        met = [(each.scene, step.state, step.action) for each in candidates for step in each.steps]
        texts = [(scenes[scene].context(state), scenes[scene].replies(state)[action]) for scene, state, action in met]
        known = _embedded([text for pair in texts for text in pair])
        found = np.zeros((len(candidates), self.size))
        rows = np.repeat(np.arange(len(candidates)), [len(each.steps) for each in candidates])
        for row, (situation, reply) in zip(rows, texts, strict=True):
            found[row] += np.concatenate([known[reply], known[reply] * known[situation]])
        return found

    def rewards(self, scene: Scene, weights: Array) -> Rewards:
        """The reward of each act under (D,) weights."""
        now = np.zeros(scene.legal.shape)
        states = np.flatnonzero(scene.reached).tolist()
        situations = {state: scene.context(state) for state in states}
        replies = {state: scene.replies(state) for state in states}
        known = _embedded([*situations.values(), *(text for each in replies.values() for text in each if text)])
        for state in states:
            liked = weights[:WIDTH] + weights[WIDTH:] * known[situations[state]]
            for action in np.flatnonzero(scene.legal[state]).tolist():
                now[state, action] = liked @ known[replies[state][action]]
        return Rewards.of(now)


def _embedded(texts: Sequence[str]) -> dict[str, Array]:
    """The embedding of each text, each found once in a process."""
    missing = [text for text in dict.fromkeys(texts) if text not in _EMBEDDED]
    if missing:
        vectors = np.asarray(sentence_encoder()(missing), dtype=np.float64)
        _EMBEDDED.update(zip(missing, vectors, strict=True))
    return _EMBEDDED


_EMBEDDED: dict[str, Array] = {}
ENCODERS = ("terms", "features", "ngrams", "embeddings")


def make_encoder(name: str, task: Task) -> Encoder:
    """An encoder by name.

    Raises:
        ValueError: If there is none; the message names the near ones.
    """
    made: Mapping[str, Encoder] = {
        "terms": Terms(len(task.terms)),
        "features": Features(len(task.feature_names), task.n_actions),
        "ngrams": NGrams(),
        "embeddings": Embeddings(),
    }
    if name not in made:
        raise unknown("encoder", name, ENCODERS)
    return made[name]
