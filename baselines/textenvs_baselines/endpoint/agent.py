"""An agent that is a language model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar

from textenvs.models import Answer, Endpoint, Message, Refused, read_budget
from textenvs_baselines.language.conversation import final
from textenvs_baselines.language.prompt import load_prompt
from textenvs_baselines.language.talker import TalkConfig, Talker

TOOL = "say"


@dataclass(frozen=True)
class OpenAIConfig(TalkConfig):
    """Settings of a model behind an endpoint, beside those of all.

    Attributes:
        model: Its name there.
        base_url: The address.
        tools: Whether choices are offered as a tool; an endpoint that has none is asked for a number or a sentence.
        seed: Told to the endpoint, which may heed it.
        timeout: Seconds for an answer.
        tries: How often a question is asked, at most.
    """

    prompt: str = "number-1"
    history: int = 8
    max_tokens: int = 64
    model: str = ""
    base_url: str = "https://api.openai.com/v1"
    tools: bool = True
    seed: int = 0
    timeout: float = 60.0
    tries: int = 6

    def __post_init__(self) -> None:
        """Checks the ranges."""
        super().__post_init__()
        self.check_counts({"tries": 1})
        self.check_numbers("timeout")
        if not self.model:
            raise ValueError("say which model: --set model=NAME, and --set base_url=URL where it is not OpenAI's")
        if load_prompt(self.prompt).thinks and self.tools:
            raise ValueError(f"with {self.prompt} the model thinks before it answers: add tools=false")


class OpenAIAgent(Talker):
    """A language model behind an endpoint that says a number, a sentence, or calls a tool.

    Args:
        env_id: The id it will play.
        env_kwargs: The task's parameters.
        **settings: Fields of `OpenAIConfig`.
    """

    action_type = "reply"
    name = "openai"
    config_class = OpenAIConfig
    unrecorded = ("timeout", "tries", "rows")
    uses: ClassVar[tuple[str, ...]] = ("textenvs.models.endpoint", "textenvs_baselines.language.conversation")

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], **settings: Any) -> None:
        super().__init__(env_id, env_kwargs, **settings)
        self._endpoint = Endpoint(self.settings.base_url, read_budget(), self.settings.timeout, self.settings.tries)
        self._tools = self.settings.tools

    def act_rows(
        self, rows: Sequence[int], observations: Sequence[Any], infos: Sequence[Mapping[str, Any]]
    ) -> list[str]:
        """The reply in each row; all are asked for at once."""
        self.listen(rows, observations, infos)
        conversations = [self._conversations[row] for row in rows]
        told = [self._teller.messages(each, min(self.settings.history, len(each.turns))) for each in conversations]
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
        tokens = {"prompt_tokens": answer.prompt_tokens or 0, "completion_tokens": answer.completion_tokens or 0}
        self._conversations[row].count(**tokens)
        reply = final(_number(answer.arguments) if answer.arguments else answer.content, self._prompt.thinks)
        self.hear(row, messages, answer.arguments or answer.content, reply)
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
