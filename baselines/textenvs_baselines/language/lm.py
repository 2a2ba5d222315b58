"""An agent that is a causal language model on this machine."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from textenvs.errors import unknown
from textenvs_baselines.language.conversation import Conversation, Teller, final, message
from textenvs_baselines.language.model import LanguageModel, Tokens, load_model
from textenvs_baselines.language.prompt import Message, load_prompt
from textenvs_baselines.settings import make_config

ACTS = ("score", "generate")
SCORES = ("mean", "sum", "pmi")
DTYPES = ("auto", "float32", "bfloat16", "float16")
DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


@dataclass(frozen=True)
class LMConfig:
    """Settings of a language model.

    Attributes:
        model: A data set ("smollm2"), a folder, or a name that transformers knows.
        act: "score": the choice that the model would rather say; "generate": what it says is read.
        score: Of a choice: "mean" (log-probability of a token), "sum" (of the sentence), or "pmi" (sum less what the
            sentence has without the conversation; Holtzman et al. 2021).
        prompt: Name of the prompt.
        examples: Decisions of the optimum on train that are shown before the conversation.
        history: Turns before the present one that are told, at most, without their choices; fewer where the model
            cannot read so much.
        temperature: 0 takes the best; above, choices or tokens are drawn.
        max_tokens: Tokens of what is generated, at most.
        rows: Episodes that are played side by side.
        device: "auto", "cpu", "cuda", "mps".
        dtype: "auto" (float32 on a CPU), "float32", "bfloat16", "float16".
    """

    model: str = "smollm2"
    act: str = "score"
    score: str = "mean"
    prompt: str = "say-1"
    examples: int = 0
    history: int = 2
    temperature: float = 0.0
    max_tokens: int = 48
    rows: int = 8
    device: str = "auto"
    dtype: str = "auto"

    def __post_init__(self) -> None:
        for name, value, known in (("act", self.act, ACTS), ("score", self.score, SCORES)):
            if value not in known:
                raise unknown(name, value, known)
        for name, least in (("examples", 0), ("history", 0), ("max_tokens", 1), ("rows", 1)):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise ValueError(f"{name} must be a whole number from {least} on, got {value!r}")
        if type(self.temperature) not in (int, float) or not 0.0 <= self.temperature < math.inf:
            raise ValueError(f"temperature must be a number from 0 on, got {self.temperature!r}")
        if self.dtype not in DTYPES:
            raise unknown("dtype", self.dtype, DTYPES)
        if not DEVICE.fullmatch(self.device):
            raise ValueError(f"device must be auto, cpu, cuda, cuda:1 or mps, got {self.device!r}")
        if load_prompt(self.prompt).thinks and self.act == "score":
            raise ValueError(f"with {self.prompt} the model thinks before it answers: add act=generate")


class LMAgent:
    """A language model of transformers that scores what can be said, or says something.

    Args:
        env_id: The id it will play.
        env_kwargs: The task's parameters.
        **settings: Fields of `LMConfig`.

    Attributes:
        exchanges: For each row what the model was told last, and what came of it.
    """

    obs_type = "text"
    config_class = LMConfig

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], **settings: Any) -> None:
        self.settings: LMConfig = make_config(LMConfig, env_id, "lm", settings)
        self.action_type = "choice" if self.settings.act == "score" else "reply"
        self.rows = self.settings.rows
        self._prompt = load_prompt(self.settings.prompt)
        self._teller = Teller(env_id, env_kwargs, self._prompt, self.settings.examples)
        self._model: LanguageModel = load_model(self.settings.model, self.settings.device, self.settings.dtype)
        self._shared = self._common_tokens()
        self._alone: dict[str, float] = {}
        self._conversations: list[Conversation] = []
        self._rngs: list[np.random.Generator] = []
        self.exchanges: dict[int, tuple[Sequence[Message], str]] = {}

    @property
    def config(self) -> dict[str, Any]:
        """What stands in a record; not where it was computed."""
        told = {name: value for name, value in asdict(self.settings).items() if name != "device"}
        return {**told, "prompt_hash": self._prompt.digest}

    def reset(self, seed: int) -> None:
        """Begins an episode."""
        self.reset_rows([seed])

    def act(self, observation: str, info: Mapping[str, Any]) -> int | str:
        """The action of a single episode."""
        return self.act_rows([0], [observation], [info])[0]

    def reset_rows(self, seeds: Sequence[int]) -> None:
        """Begins episodes."""
        self._conversations = [Conversation() for _ in seeds]
        self._rngs = [np.random.default_rng(seed) for seed in seeds]

    def usage(self, row: int) -> Mapping[str, float]:
        """Tokens that were read, and written or scored."""
        return self._conversations[row].counts

    def act_rows(
        self, rows: Sequence[int], observations: Sequence[Any], infos: Sequence[Mapping[str, Any]]
    ) -> list[int | str]:
        """The action in each row."""
        for row, observation, info in zip(rows, observations, infos, strict=True):
            self._conversations[row].observation = observation
            self._conversations[row].choices = info["choices"]
        told = [self._fitting(self._conversations[row]) for row in rows]
        contexts = [tokens for _, tokens in told]
        for row, context in zip(rows, contexts, strict=True):
            self._conversations[row].count(prompt_tokens=len(context))
        acting = self._score if self.settings.act == "score" else self._generate
        actions = acting(rows, contexts, infos)
        for row, (messages, _), (_, words) in zip(rows, told, actions, strict=True):
            conversation = self._conversations[row]
            conversation.turns.append((conversation.observation, words))
            self.exchanges[row] = (messages, words)
        return [action for action, _ in actions]

    def _score(
        self, rows: Sequence[int], contexts: Sequence[Tokens], infos: Sequence[Mapping[str, Any]]
    ) -> list[tuple[int | str, str]]:
        """The choice that is likeliest to be said, in each row, and its words."""
        offered = [np.flatnonzero(info["action_mask"]).tolist() for info in infos]
        sentences = [[str(info["choices"][k]) for k in numbers] for numbers, info in zip(offered, infos, strict=True)]
        texts = [
            [self._reply(k, words) for k, words in zip(numbers, group, strict=True)]
            for numbers, group in zip(offered, sentences, strict=True)
        ]
        tokens = [[self._model.encode(text) for text in group] for group in texts]
        found = self._model.score(contexts, tokens, self._shared)
        chosen: list[tuple[int | str, str]] = []
        for place, row in enumerate(rows):
            values = np.array(found[place])
            if self.settings.score == "mean":
                values = values / [len(each) for each in tokens[place]]
            elif self.settings.score == "pmi":
                values = values - [self._by_itself(text) for text in texts[place]]
            best = self._drawn(values, self._rngs[row])
            self._conversations[row].count(scored_tokens=sum(map(len, tokens[place])))
            chosen.append((offered[place][best], sentences[place][best]))
        return chosen

    def _reply(self, number: int, sentence: str) -> str:
        """What a model replies that means a choice."""
        return str(number) if "{number}" in self._prompt.choice else sentence

    def _generate(
        self, rows: Sequence[int], contexts: Sequence[Tokens], infos: Sequence[Mapping[str, Any]]
    ) -> list[tuple[int | str, str]]:
        """What is said in each row, and the same."""
        stop = "" if self._prompt.thinks else "\n"
        replies = self._model.generate(contexts, self.settings.max_tokens, self._next(rows), stop)
        said: list[tuple[int | str, str]] = []
        for row, reply in zip(rows, replies, strict=True):
            self._conversations[row].count(completion_tokens=len(reply))
            text = self._model.decode(reply).strip()
            said.append((final(text, self._prompt.thinks), text))
        return said

    def _next(self, rows: Sequence[int]) -> Any:
        return lambda place, logits: self._drawn(
            logits.float().cpu().numpy().astype(np.float64), self._rngs[rows[place]]
        )

    def _drawn(self, values: Any, rng: np.random.Generator) -> int:
        """The best of log-probabilities, or one drawn at the temperature."""
        if not self.settings.temperature:
            return int(values.argmax())
        weights = np.exp((values - values.max()) / self.settings.temperature)
        return int(rng.choice(len(values), p=weights / weights.sum()))

    def _by_itself(self, text: str) -> float:
        """The log-probability of a reply without a conversation."""
        if text not in self._alone:
            context = self._model.chat([message("user", self._prompt.nothing)])
            self._alone[text] = self._model.score_alone(context, self._model.encode(text))
        return self._alone[text]

    def _fitting(self, conversation: Conversation) -> tuple[list[Message], Tokens]:
        """What is told now, with as many turns before as are wished and fit."""
        most = self._model.context - self.settings.max_tokens
        for kept in range(min(self.settings.history, len(conversation.turns)), -1, -1):
            messages = self._teller.messages(conversation, kept)
            tokens = self._model.chat(messages)
            if len(tokens) <= most:
                return messages, tokens
        return messages, tokens[: self._shared] + tokens[self._shared - most :]

    def _common_tokens(self) -> int:
        """How many tokens all conversations begin with."""
        first, second = (self._model.chat([*self._teller.opening, message("user", text)]) for text in ("A", "B"))
        same = [a == b for a, b in zip(first, second, strict=False)]
        return same.index(False) if False in same else len(same) - 1
