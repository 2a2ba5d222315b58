"""A reward model: Bradley-Terry (1952) on what an encoder tells of candidates, as an ensemble, in numpy.

`P(first preferred) = sigmoid(r(first) - r(second))`, where `r` is linear in what is told of an act and adds up over
steps. The weights are the maximum of the likelihood with a penalty on their squares, found to the end by Newton's
method, so that nothing of how they are found is left in them but rounding.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from textenvs.core.mdp import Task
from textenvs.core.solve import Rewards
from textenvs.feedback.candidates import UNITS, Candidate, Pair
from textenvs.feedback.encoders import make_encoder
from textenvs.feedback.preferences import Preference, unit_told, usable
from textenvs.feedback.scene import Array, Scene

FORMAT = "textenvs-reward-model/1"
NEWTON = 60
"""Steps of Newton's method, at most."""
CLOSE = 1e-9
"""It ends where no weight's gradient is larger."""


def fit_bradley_terry(differences: Array, labels: Array, penalty: float, weights: Array | None = None) -> Array:
    """The weights that explain labels best.

    Args:
        differences: (pairs, D) what is told of the first less what is told of the second.
        labels: (pairs,) in [0, 1], what the judge says of the first.
        penalty: Of half the sum of squared weights.
        weights: (pairs,) how much each pair counts; 1 where it is not given.

    Returns:
        (D,) weights.
    """
    n, size = differences.shape
    counts = np.ones(n) if weights is None else weights
    if n < size:  # the weights are a combination of the pairs
        basis, triangle = np.linalg.qr(differences.T)
        return np.asarray(basis @ fit_bradley_terry(triangle.T, labels, penalty, weights))
    found = np.zeros(size)
    value = _loss(differences, labels, penalty, counts, found)
    for _ in range(NEWTON):
        chance = 1.0 / (1.0 + np.exp(-np.clip(differences @ found, -500.0, 500.0)))
        gradient = differences.T @ (counts * (chance - labels)) + penalty * found
        if np.abs(gradient).max(initial=0.0) < CLOSE:
            break
        curvature = (differences * (counts * chance * (1.0 - chance))[:, None]).T @ differences
        move = np.linalg.solve(curvature + penalty * np.eye(size), gradient)
        step = 1.0
        while step > 1e-8 and _loss(differences, labels, penalty, counts, found - step * move) > value + 1e-12:
            step /= 2.0
        found = found - step * move
        value = _loss(differences, labels, penalty, counts, found)
    return found


def _loss(differences: Array, labels: Array, penalty: float, counts: Array, weights: Array) -> float:
    logits = differences @ weights
    return float((counts * (np.logaddexp(0.0, logits) - labels * logits)).sum() + penalty / 2.0 * weights @ weights)


@dataclass(frozen=True, eq=False)
class RewardModel:
    """What a judge seems to like.

    Attributes:
        encoder: Name of the encoder.
        unit: What was compared when it was learned: "episodes" or "replies".
        weights: (members, D) weights of the encoder's numbers, of each member of the ensemble.
        terms: Names of the reward terms of the task that it judges, by which its file is told from those of others.
    """

    encoder: str
    unit: str
    weights: Array
    terms: tuple[str, ...]

    @classmethod
    def fit(
        cls,
        scenes: Sequence[Scene],
        preferences: Sequence[Preference],
        encoder: str = "terms",
        penalty: float = 1.0,
        members: int = 1,
        seed: int = 0,
    ) -> RewardModel:
        """Learns from preferences.

        Args:
            scenes: Where the candidates are from.
            preferences: The preferences.
            encoder: Name of the encoder.
            penalty: Of half the sum of squared weights, of numbers that are scaled to a mean square of 1.
            members: Size of the ensemble; beyond one, each learns from pairs drawn with replacement.
            seed: Seeds the drawing.

        Raises:
            ValueError: If there is nothing to learn from, or a number is out of range.
        """
        if not 0.0 < penalty < math.inf or members < 1:
            raise ValueError(f"penalty must be a number above 0, and members 1 at least, got {penalty} and {members}")
        pairs, labels = usable(preferences)
        if not pairs:
            raise ValueError("there is no pair of which the judge says anything: collect more, or another judge")
        told = make_encoder(encoder, scenes[0].task)
        first, second = (told.encode(scenes, [pair[k] for pair in pairs]) for k in (0, 1))
        differences = first - second
        scale = np.sqrt((differences**2).mean(axis=0))
        scale = np.where(scale > 1e-12, scale, 1.0)
        rng = np.random.default_rng([seed, 2])
        found = []
        for _ in range(members):
            counts = np.ones(len(pairs))
            if members > 1:
                counts = np.bincount(rng.integers(len(pairs), size=len(pairs)), minlength=len(pairs)).astype(float)
            found.append(fit_bradley_terry(differences / scale, labels, penalty, counts) / scale)
        return cls(encoder, unit_told(preferences), np.array(found), tuple(scenes[0].task.terms))

    def score(self, scenes: Sequence[Scene], candidates: Sequence[Candidate]) -> Array:
        """(members, candidates) what each is worth."""
        told = make_encoder(self.encoder, scenes[0].task)
        return np.asarray(self.weights @ told.encode(scenes, candidates).T)

    def prefers(self, scenes: Sequence[Scene], pairs: Sequence[Pair]) -> tuple[Array, Array]:
        """(pairs,) the probability that the first is preferred, by the mean of the ensemble, and its spread."""
        first, second = (self.score(scenes, [pair[k] for pair in pairs]) for k in (0, 1))
        chances = 1.0 / (1.0 + np.exp(-np.clip(first - second, -500.0, 500.0)))
        return chances.mean(axis=0), chances.std(axis=0)

    def rewards(self, scene: Scene, caution: float = 0.0) -> Rewards:
        """The reward of each act of a scene.

        What was learned from replies says which is the best, and nothing of how one situation compares with another:
        what the best reply of each is worth at once is 0. What is due for turns left, and at the end of the time, is
        left as it is: it is what keeps a policy from going round in circles.

        Args:
            scene: The scene.
            caution: How many standard deviations of the ensemble are taken off each part.

        Raises:
            ValueError: If it is a model of another task.
        """
        if tuple(scene.task.terms) != self.terms:
            raise ValueError(f"this model judges a task with the terms {', '.join(self.terms)}: fit one for this task")
        told = make_encoder(self.encoder, scene.task)
        members = [told.rewards(scene, weights) for weights in self.weights]
        parts = [np.array([getattr(each, name) for each in members]) for name in ("now", "each_left", "timeout")]
        now, each_left, timeout = (part.mean(axis=0) - caution * part.std(axis=0) for part in parts)
        if self.unit == "replies":
            now = now - np.where(scene.legal, now, -np.inf).max(axis=1, keepdims=True)
        return Rewards(now, each_left, timeout)

    def save(self, path: str | Path) -> None:
        """Saves it as an npz file, without pickle."""
        meta = json.dumps({"format": FORMAT, "encoder": self.encoder, "unit": self.unit, "terms": self.terms})
        with Path(path).open("wb") as file:
            np.savez(file, weights=self.weights, meta=np.array(meta))

    @classmethod
    def load(cls, path: str | Path, task: Task) -> RewardModel:
        """Loads what `save` has saved.

        Args:
            path: The file.
            task: The task that it is to judge.

        Raises:
            ValueError: If the file is not such a model; nothing in it is ever executed.
        """
        try:
            with Path(path).open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                weights, meta = file["weights"], _meta(file["meta"])
            if meta["terms"] != list(task.terms):
                raise ValueError("it judges another task")
            size = make_encoder(meta["encoder"], task).size
            if weights.ndim != 2 or weights.shape[1] != size or not np.isfinite(weights).all():
                raise ValueError(f"its weights are not {size} numbers")
            return cls(meta["encoder"], meta["unit"], weights.astype(np.float64), tuple(task.terms))
        except OSError:
            raise
        except Exception as error:  # whatever is wrong with the file
            raise ValueError(f"{path} holds no reward model for this task ({error}): fit it again") from None


def _meta(stored: Any) -> dict[str, Any]:
    meta = json.loads(str(stored))
    if meta.get("format") != FORMAT or meta.get("unit") not in UNITS:
        raise ValueError(f"it does not say that it is of format {FORMAT}")
    return {name: meta[name] for name in ("encoder", "unit", "terms")}
