"""Judges on this machine: what a language model, or a sentence encoder, makes of each reply by itself."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from textenvs.core.solve import Rewards
from textenvs.feedback.candidates import Candidate, Pair
from textenvs.feedback.reading import clean, sentences, situation
from textenvs.feedback.scene import Array, Scene
from textenvs.models import LanguageModel, Message, Tokens, check_model, load_model
from textenvs.models.sentences import sentence_encoder
from textenvs.rewards.models import Embed

NOTHING = "Say something."
"""Stands where a situation would, when replies are weighed by themselves."""
FARTHEST = 500.0
"""A logit that is farther from 0 makes no difference."""


class Said(NamedTuple):
    """A reply as a judge reads it.

    Attributes:
        rules: The instructions of the task.
        situation: What is known.
        sentence: What the agent says.
    """

    rules: str
    situation: str
    sentence: str


@dataclass(frozen=True, eq=False, kw_only=True)
class ScoringJudge(ABC):
    """Gives each reply a score by itself; of an episode it takes the mean over what the agent says.

    It prefers the first with the logit `(its score - the other's) / temperature`. A score is kept: the same reply in
    the same situation is weighed once. It passes where a score is no number.

    Attributes:
        name: Its name.
        temperature: Above 0; the smaller, the surer it is.
        most: States of a scene that `score` takes, at most.
    """

    name: str
    temperature: float = 1.0
    most: int = 1000
    _known: dict[Said, float] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Checks the ranges."""
        temperature: Any = self.temperature
        if not isinstance(temperature, int | float) or not 0.0 < temperature < math.inf:
            raise ValueError(f"temperature of a judge must be a number above 0, got {self.temperature!r}")
        if type(self.most) is not int or self.most < 1:
            raise ValueError(f"most must be a whole number from 1 on, got {self.most!r}")

    @property
    @abstractmethod
    def config(self) -> dict[str, Any]:
        """Its settings."""

    @abstractmethod
    def weigh(self, rules: str, asked: Mapping[str, Sequence[str]]) -> Iterator[tuple[Said, float]]:
        """The scores of replies.

        Args:
            rules: The instructions of the task.
            asked: For each situation, replies in it.
        """

    def values(self, scenes: Sequence[Scene], candidates: Sequence[Candidate]) -> Array:
        """(candidates,) the mean score of what the agent says in each."""
        read = [_read(scenes[each.scene], each) for each in candidates]
        self._learn(said for each in read for said in each)
        return np.array([np.mean([self._known[said] for said in each]) for each in read])

    def compare(self, scenes: Sequence[Scene], pairs: Sequence[Pair]) -> Array:
        """The probability with which the first of each pair is preferred."""
        values = self.values(scenes, [candidate for pair in pairs for candidate in pair]).reshape(-1, 2)
        with np.errstate(invalid="ignore"):  # where both are infinite
            logits = (values[:, 0] - values[:, 1]) / self.temperature
        preferred: Array = 1.0 / (1.0 + np.exp(-np.clip(logits, -FARTHEST, FARTHEST)))
        return preferred

    def score(self, scene: Scene, unit: float = 1.0) -> Rewards:
        """The score of each act in units of the temperature, as a reward to learn from directly.

        Args:
            scene: The scene.
            unit: Makes no difference: gold returns are not known to it.

        Raises:
            ValueError: If the scene has more states than it may score.
        """
        self.check(scene)
        states = np.flatnonzero(scene.reached).tolist()
        read = {}
        for state in states:
            known, replies = situation(scene, state), scene.replies(state)
            for action in np.flatnonzero(scene.legal[state]).tolist():
                read[state, action] = Said(scene.task.instructions, known, clean(replies[action]))
        self._learn(read.values())
        now = np.zeros(scene.legal.shape)
        for place, said in read.items():
            now[place] = self._known[said] / self.temperature
        return Rewards.of(now)

    def check(self, scene: Scene) -> None:
        """Raises ValueError if a scene has more states than it may score; nothing is scored."""
        states = int(scene.reached.sum())
        if states > self.most:
            raise ValueError(
                f"a scenario has {states} states, and {self.name} scores {self.most} at most: let a reward model learn "
                "from what it prefers (--way canonical), take an id with fewer states, or a larger `most`"
            )

    def _learn(self, read: Iterable[Said]) -> None:
        """Weighs the replies that are not known yet."""
        asked: dict[str, dict[str, list[str]]] = {}
        for said in dict.fromkeys(read):
            if said not in self._known:
                asked.setdefault(said.rules, {}).setdefault(said.situation, []).append(said.sentence)
        for rules, replies in asked.items():
            self._known.update(self.weigh(rules, replies))


def _read(scene: Scene, candidate: Candidate) -> list[Said]:
    """What the agent says in a candidate."""
    said = zip(candidate.steps, sentences(scene, candidate), strict=True)
    return [Said(scene.task.instructions, situation(scene, step.state), sentence) for step, sentence in said]


@dataclass(frozen=True, eq=False, kw_only=True)
class LikelihoodJudge(ScoringJudge):
    """A language model on this machine: a reply is worth what the situation adds to its log-probability, in nats.

    That is what is called pointwise mutual information: `log p(reply | situation) - log p(reply | nothing)`.

    Attributes:
        name: Its name.
        temperature: Above 0; the smaller, the surer it is.
        most: States of a scene that `score` takes, at most.
        model: A data set ("smollm2"), a folder, or a name that transformers knows.
        device: "auto", "cpu", "cuda", "mps".
        dtype: "auto" (float32 on a CPU), "float32", "bfloat16", "float16".
        rows: Situations that are read side by side; they make no difference.
    """

    name: str = "likelihood"
    model: str = "smollm2"
    device: str = "auto"
    dtype: str = "auto"
    rows: int = 8
    _alone: dict[str, float] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Checks the ranges; the model is loaded when it is needed."""
        super().__post_init__()
        if type(self.rows) is not int or self.rows < 1:
            raise ValueError(f"rows must be a whole number from 1 on, got {self.rows!r}")
        check_model(self.model)

    @cached_property
    def _lm(self) -> LanguageModel:
        return load_model(self.model, self.device, self.dtype)

    @property
    def config(self) -> dict[str, Any]:
        """Its settings, and what the model is."""
        return {"temperature": self.temperature, "model": self.model, **self._lm.origin}

    def weigh(self, rules: str, asked: Mapping[str, Sequence[str]]) -> Iterator[tuple[Said, float]]:
        """The scores of replies."""
        self._weigh_alone({sentence for replies in asked.values() for sentence in replies})
        opening: list[Message] = [{"role": "system", "content": rules}]
        shared = self._lm.shared(opening)
        by_length = sorted(asked, key=lambda text: (sum(map(len, asked[text])), len(text), text))
        for part in _parts(by_length, self.rows):
            contexts = [self._lm.chat([*opening, {"role": "user", "content": text}]) for text in part]
            found = self._score(contexts, [asked[text] for text in part], shared)
            for text, scores in zip(part, found, strict=True):
                for sentence, score in zip(asked[text], scores, strict=True):
                    yield Said(rules, text, sentence), score - self._alone[sentence]

    def _weigh_alone(self, texts: Iterable[str]) -> None:
        """Finds out the log-probability of replies without a situation."""
        missing = sorted((text for text in texts if text not in self._alone), key=lambda text: (len(text), text))
        context = self._lm.chat([{"role": "user", "content": NOTHING}])
        for part in _parts(missing, self.rows):
            found = self._score([context] * len(part), [[text] for text in part], len(context) - 1)
            self._alone.update((text, score) for text, (score,) in zip(part, found, strict=True))

    def _score(
        self, contexts: Sequence[Tokens], replies: Sequence[Sequence[str]], shared: int
    ) -> Sequence[Sequence[float]]:
        """The log-probabilities of replies; what is longer than the model reads is cut."""
        half = self._lm.context // 2
        tokens = [[self._lm.encode_reply(text)[:half] for text in group] for group in replies]
        return self._lm.score([_cut(context, half, shared) for context in contexts], tokens, shared)


def _parts(texts: Sequence[str], length: int) -> Iterator[Sequence[str]]:
    """Parts of so many texts."""
    return (texts[start : start + length] for start in range(0, len(texts), length))


def _cut(tokens: Tokens, most: int, begin: int) -> Tokens:
    """The beginning and the end of what is too long."""
    begin = min(begin, most // 2)
    return tokens if len(tokens) <= most else tokens[:begin] + tokens[begin - most :]


@dataclass(frozen=True, eq=False, kw_only=True)
class EmbeddingJudge(ScoringJudge):
    """A sentence encoder: a reply is worth the cosine of its embedding and that of the situation.

    Attributes:
        name: Its name.
        temperature: Above 0; the smaller, the surer it is.
        most: States of a scene that `score` takes, at most.
        embed: Gives the embeddings of texts, an array (texts, dimensions); all-MiniLM-L6-v2 where it is None.
    """

    name: str = "embedding"
    temperature: float = 0.1
    embed: Embed | None = None

    @property
    def config(self) -> dict[str, Any]:
        """Its settings."""
        return {"temperature": self.temperature, "encoder": "all-MiniLM-L6-v2" if self.embed is None else "own"}

    def weigh(self, rules: str, asked: Mapping[str, Sequence[str]]) -> Iterator[tuple[Said, float]]:
        """The scores of replies; each text is embedded once."""
        texts = list(dict.fromkeys([*asked, *(sentence for replies in asked.values() for sentence in replies)]))
        vectors = np.asarray((self.embed or sentence_encoder())(texts), dtype=np.float64)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        units = dict(zip(texts, vectors / np.where(norms > 0, norms, 1.0), strict=True))
        for text, replies in asked.items():
            for sentence in replies:
                yield Said(rules, text, sentence), float(units[text] @ units[sentence])
