"""An agent that is a language model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from textenvs_baselines.endpoint.client import Answer, Endpoint, Refused, read_budget
from textenvs_baselines.language.conversation import Conversation, Teller, final
from textenvs_baselines.language.prompt import Message, load_prompt
from textenvs_baselines.settings import make_config

TOOL = "say"
UNRECORDED = ("timeout", "tries", "rows")
"""Settings that make no difference to what is answered."""


@dataclass(frozen=True)
class OpenAIConfig:
    """Settings of a model behind an endpoint.

    Attributes:
        model: Its name there.
        base_url: The address.
        prompt: Name of the prompt.
        tools: Whether choices are offered as a tool; an endpoint that has none is asked for a number or a sentence.
        examples: Decisions of the optimum on train that are shown before the conversation.
        history: Turns before the present one that are told, at most.
        temperature: Of its sampling.
        max_tokens: Tokens of an answer, at most.
        seed: Told to the endpoint, which may heed it.
        rows: Episodes that are played side by side, and so questions that are asked at once.
        timeout: Seconds for an answer.
        tries: How often a question is asked, at most.
    """

    model: str = ""
    base_url: str = "https://api.openai.com/v1"
    prompt: str = "number-1"
    tools: bool = True
    examples: int = 0
    history: int = 8
    temperature: float = 0.0
    max_tokens: int = 64
    seed: int = 0
    rows: int = 8
    timeout: float = 60.0
    tries: int = 6

    def __post_init__(self) -> None:
        if not self.model:
            raise ValueError("say which model: --set model=NAME, and --set base_url=URL where it is not OpenAI's")
        for name, low in {"examples": 0, "history": 0, "max_tokens": 1, "rows": 1, "tries": 1}.items():
            value = getattr(self, name)
            if type(value) is not int or value < low:
                raise ValueError(f"{name} must be a whole number from {low} on, got {value!r}")
        for name in ("temperature", "timeout"):
            value = getattr(self, name)
            if type(value) not in (int, float) or not 0.0 <= value < math.inf:
                raise ValueError(f"{name} must be a number from 0 on, got {value!r}")
        if load_prompt(self.prompt).thinks and self.tools:
            raise ValueError(f"with {self.prompt} the model thinks before it answers: add tools=false")


class OpenAIAgent:
    """A language model behind an endpoint that says a number, a sentence, or calls a tool.

    Args:
        env_id: The id it will play.
        env_kwargs: The task's parameters.
        **settings: Fields of `OpenAIConfig`.

    Attributes:
        exchanges: For each row what the model was told last, and what it answered.
    """

    obs_type = "text"
    action_type = "reply"
    config_class = OpenAIConfig

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], **settings: Any) -> None:
        self.settings: OpenAIConfig = make_config(OpenAIConfig, env_id, "openai", settings)
        self.rows = self.settings.rows
        self._prompt = load_prompt(self.settings.prompt)
        self._teller = Teller(env_id, env_kwargs, self._prompt, self.settings.examples)
        self._endpoint = Endpoint(self.settings.base_url, read_budget(), self.settings.timeout, self.settings.tries)
        self._tools = self.settings.tools
        self._conversations: list[Conversation] = []
        self.exchanges: dict[int, tuple[Sequence[Message], str]] = {}

    @property
    def config(self) -> dict[str, Any]:
        """What stands in a record; no key."""
        told = {name: value for name, value in asdict(self.settings).items() if name not in UNRECORDED}
        return {**told, "prompt_hash": self._prompt.digest}

    def reset(self, seed: int) -> None:
        """Begins an episode."""
        self.reset_rows([seed])

    def act(self, observation: str, info: Mapping[str, Any]) -> str:
        """The action of a single episode."""
        return self.act_rows([0], [observation], [info])[0]

    def reset_rows(self, seeds: Sequence[int]) -> None:
        """Begins episodes."""
        self._conversations = [Conversation() for _ in seeds]

    def usage(self, row: int) -> Mapping[str, float]:
        """Tokens that were read and written, by the endpoint's word."""
        return self._conversations[row].counts

    def act_rows(
        self, rows: Sequence[int], observations: Sequence[Any], infos: Sequence[Mapping[str, Any]]
    ) -> list[str]:
        """The reply in each row; all are asked for at once."""
        told = []
        for row, observation, info in zip(rows, observations, infos, strict=True):
            conversation = self._conversations[row]
            conversation.observation, conversation.choices = observation, info["choices"]
            told.append(self._teller.messages(conversation, min(self.settings.history, len(conversation.turns))))
        with ThreadPoolExecutor(len(rows)) as pool:
            answers = list(pool.map(self._ask, told, [info["choices"] for info in infos]))
        return [self._heard(*each) for each in zip(rows, told, answers, strict=True)]

    def _ask(self, messages: Sequence[Message], choices: Sequence[str]) -> Answer:
        question: dict[str, Any] = {
            "model": self.settings.model,
            "messages": list(messages),
            "temperature": self.settings.temperature,
            "max_tokens": self.settings.max_tokens,
            "seed": self.settings.seed,
        }
        if self._tools:
            try:
                return self._endpoint.ask({**question, **_tool(choices)})
            except Refused:
                self._tools = False
        return self._endpoint.ask(question)

    def _heard(self, row: int, messages: Sequence[Message], answer: Answer) -> str:
        conversation = self._conversations[row]
        conversation.count(prompt_tokens=answer.prompt_tokens or 0, completion_tokens=answer.completion_tokens or 0)
        said = _number(answer.arguments) if answer.arguments else answer.content
        self.exchanges[row] = (messages, answer.arguments or answer.content)
        reply = final(said, self._prompt.thinks)
        conversation.turns.append((conversation.observation, reply))
        return reply


def _tool(choices: Sequence[str]) -> dict[str, Any]:
    """The choices as a tool that is to be called."""
    numbers = [number for number, sentence in enumerate(choices) if sentence]
    parameters = {
        "type": "object",
        "properties": {"number": {"type": "integer", "enum": numbers, "description": "the number of the sentence"}},
        "required": ["number"],
    }
    function = {"name": TOOL, "description": "Says one of the sentences.", "parameters": parameters}
    return {
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": TOOL}},
    }


def _number(arguments: str) -> str:
    """The number that a tool was called with; what it was called with where that is none."""
    try:
        number = json.loads(arguments)["number"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return arguments
    return str(number) if type(number) is int else arguments
