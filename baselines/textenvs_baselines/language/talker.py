"""What all agents that are language models share: their settings, the episodes that they play, what they were told."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textenvs.models import Message
from textenvs_baselines.language.conversation import Conversation, Teller
from textenvs_baselines.language.prompt import load_prompt
from textenvs_baselines.settings import TunedAgent


@dataclass(frozen=True)
class TalkConfig:
    """Settings of a language model.

    Attributes:
        prompt: Name of the prompt.
        examples: Decisions of the optimum on train that are shown before the conversation.
        history: Turns before the present one that are told, at most, without their choices.
        temperature: 0 takes the best; above, it is drawn.
        max_tokens: Tokens of what is said, at most.
        rows: Episodes that are played side by side.
    """

    prompt: str
    examples: int = 0
    history: int = 2
    temperature: float = 0.0
    max_tokens: int = 48
    rows: int = 8

    def __post_init__(self) -> None:
        """Checks the ranges."""
        self.check_counts({"examples": 0, "history": 0, "max_tokens": 1, "rows": 1})
        self.check_numbers("temperature")
        load_prompt(self.prompt)

    def check_counts(self, least: Mapping[str, int]) -> None:
        """Raises ValueError if fields are no whole numbers, or less than these."""
        for name, low in least.items():
            value = getattr(self, name)
            if type(value) is not int or value < low:
                raise ValueError(f"{name} must be a whole number from {low} on, got {value!r}")

    def check_numbers(self, *names: str) -> None:
        """Raises ValueError if fields are no numbers, or negative."""
        for name in names:
            value = getattr(self, name)
            if type(value) not in (int, float) or not 0.0 <= value < math.inf:
                raise ValueError(f"{name} must be a number from 0 on, got {value!r}")


class Talker(TunedAgent):
    """A language model that plays episodes side by side.

    Args:
        env_id: The id it will play.
        env_kwargs: The task's parameters.
        **settings: Fields of its config.

    Attributes:
        exchanges: For each row what the model was told last, and what it answered.
    """

    obs_type = "text"
    unrecorded: ClassVar[tuple[str, ...]] = ()
    """Settings that make no difference to what is answered."""

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], **settings: Any) -> None:
        super().__init__(env_id, env_kwargs, **settings)
        self.rows: int = self.settings.rows
        self._prompt = load_prompt(self.settings.prompt)
        self._teller = Teller(env_id, env_kwargs, self._prompt, self.settings.examples)
        self._conversations: list[Conversation] = []
        self.exchanges: dict[int, tuple[Sequence[Message], str]] = {}

    @property
    def config(self) -> dict[str, Any]:
        """What stands in a record."""
        told = {name: value for name, value in super().config.items() if name not in self.unrecorded}
        return {**told, "prompt_hash": self._prompt.digest}

    def reset(self, seed: int) -> None:
        """Begins a single episode."""
        self.reset_rows([seed])

    def act(self, observation: str, info: Mapping[str, Any]) -> int | str:
        """The action of a single episode."""
        return self.act_rows([0], [observation], [info])[0]

    def reset_rows(self, seeds: Sequence[int]) -> None:
        """Begins episodes."""
        self._conversations = [Conversation() for _ in seeds]

    def act_rows(
        self, rows: Sequence[int], observations: Sequence[Any], infos: Sequence[Mapping[str, Any]]
    ) -> Sequence[int | str]:
        """The action in each row."""
        raise NotImplementedError

    def usage(self, row: int) -> Mapping[str, float]:
        """Tokens that were read, and those that were written or scored."""
        return self._conversations[row].counts

    def hear(self, row: int, messages: Sequence[Message], answer: str, words: str) -> None:
        """Writes down what a model has answered, and which words of it stand in the conversation."""
        conversation = self._conversations[row]
        conversation.turns.append((conversation.observation, words))
        self.exchanges[row] = (messages, answer)

    def listen(self, rows: Sequence[int], observations: Sequence[Any], infos: Sequence[Mapping[str, Any]]) -> None:
        """Writes down what is observed, and what can be said."""
        for row, observation, info in zip(rows, observations, infos, strict=True):
            conversation = self._conversations[row]
            conversation.observation, conversation.choices = observation, info["choices"]
