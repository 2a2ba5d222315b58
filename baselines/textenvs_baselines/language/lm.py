"""An agent that is a causal language model on this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textenvs.errors import unknown
from textenvs.models import LanguageModel, Message, Tokens, check_model, load_model
from textenvs_baselines.language.conversation import Conversation, final, message
from textenvs_baselines.language.prompt import load_prompt
from textenvs_baselines.language.talker import TalkConfig, Talker

ACTS = ("score", "generate")
SCORES = ("mean", "sum", "pmi")
DTYPES = ("auto", "float32", "bfloat16", "float16")
DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


@dataclass(frozen=True)
class LMConfig(TalkConfig):
    """Settings of a language model on this machine, beside those of all.

    Attributes:
        model: A data set ("smollm2"), a folder, or a name that transformers knows.
        act: "score": the choice that the model would rather say; "generate": what it says is read.
        score: Of a choice: "mean" (log-probability of a token), "sum" (of the sentence), or "pmi" (sum less what the
            sentence has without the conversation; Holtzman et al. 2021).
        device: "auto", "cpu", "cuda", "mps".
        dtype: "auto" (float32 on a CPU), "float32", "bfloat16", "float16".
    """

    prompt: str = "say-1"
    model: str = "smollm2"
    act: str = "score"
    score: str = "mean"
    device: str = "auto"
    dtype: str = "auto"

    def __post_init__(self) -> None:
        """Checks the ranges."""
        super().__post_init__()
        known = (("act", self.act, ACTS), ("score", self.score, SCORES), ("dtype", self.dtype, DTYPES))
        for name, value, names in known:
            if value not in names:
                raise unknown(name, value, names)
        check_model(self.model)
        if not DEVICE.fullmatch(self.device):
            raise ValueError(f"device must be auto, cpu, cuda, cuda:1 or mps, got {self.device!r}")
        if load_prompt(self.prompt).thinks and self.act == "score":
            raise ValueError(f"with {self.prompt} the model thinks before it answers: add act=generate")
        if load_prompt(self.prompt).by_number and self.act == "score":
            raise ValueError(
                f"{self.prompt} asks for numbers, of which a short one is likelier than a long: add act=generate, or "
                "take prompt=say-1"
            )


class LMAgent(Talker):
    """A causal language model: of what can be said it takes the likeliest, or it says something.

    A language model of transformers that scores what can be said, or says something.

    Args:
        env_id: The id it will play.
        env_kwargs: The task's parameters.
        **settings: Fields of `LMConfig`.
    """

    name = "lm"
    config_class = LMConfig

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], **settings: Any) -> None:
        super().__init__(env_id, env_kwargs, **settings)
        self.action_type = "choice" if self.settings.act == "score" else "reply"
        self._model: LanguageModel = load_model(self.settings.model, self.settings.device, self.settings.dtype)
        self._shared = self._model.shared(self._teller.opening)
        opening = len(self._model.chat(self._teller.opening))
        if opening + self.settings.max_tokens > self._model.context:
            raise ValueError(
                f"the rules and examples are {opening} tokens, and {self.settings.max_tokens} may be said, but "
                f"{self.settings.model} reads {self._model.context} at most: fewer examples, or a smaller max_tokens"
            )
        self._alone: dict[str, float] = {}
        self._rngs: list[np.random.Generator] = []

    @property
    def config(self) -> dict[str, Any]:
        """What stands in a record."""
        return {**super().config, **self._model.origin}

    def reset_rows(self, seeds: Sequence[int]) -> None:
        """Begins episodes."""
        super().reset_rows(seeds)
        self._rngs = [np.random.default_rng(seed) for seed in seeds]

    def act_rows(
        self, rows: Sequence[int], observations: Sequence[Any], infos: Sequence[Mapping[str, Any]]
    ) -> list[int | str]:
        """The action in each row."""
        self.listen(rows, observations, infos)
        told = [self._fitting(self._conversations[row]) for row in rows]
        contexts = [tokens for _, tokens in told]
        for row, context in zip(rows, contexts, strict=True):
            self._conversations[row].count(prompt_tokens=len(context))
        acting = self._score if self.settings.act == "score" else self._generate
        actions = acting(rows, contexts, infos)
        for row, (messages, _), (_, words) in zip(rows, told, actions, strict=True):
            self.hear(row, messages, words, words)
        return [action for action, _ in actions]

    def _score(
        self, rows: Sequence[int], contexts: Sequence[Tokens], infos: Sequence[Mapping[str, Any]]
    ) -> list[tuple[int | str, str]]:
        """The choice that is likeliest to be said, in each row, and its words."""
        offered = [np.flatnonzero(info["action_mask"]).tolist() for info in infos]
        sentences = [[str(info["choices"][k]) for k in numbers] for numbers, info in zip(offered, infos, strict=True)]
        texts = [
            [self._prompt.reply(k, words) for k, words in zip(numbers, group, strict=True)]
            for numbers, group in zip(offered, sentences, strict=True)
        ]
        tokens = [[self._model.encode_reply(text) for text in group] for group in texts]
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
            self._alone[text] = self._model.score_alone(context, self._model.encode_reply(text))
        return self._alone[text]

    def _fitting(self, conversation: Conversation) -> tuple[list[Message], Tokens]:
        """What is told now, with as many turns before as are wished and fit."""
        longest = max((len(self._model.encode_reply(each)) for each in conversation.choices), default=0)
        most = self._model.context - max(self.settings.max_tokens, longest)
        for kept in range(min(self.settings.history, len(conversation.turns)), -1, -1):
            messages = self._teller.messages(conversation, kept)
            tokens = self._model.chat(messages)
            if len(tokens) <= most:
                return messages, tokens
        begin = min(self._shared, most)
        return messages, tokens[:begin] + tokens[len(tokens) - (most - begin) :]
