"""An agent that is a language model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from textenvs.errors import Halt
from textenvs.evaluation import AgentFailure
from textenvs.models import Answer, Endpoint, Message, Refused, check_endpoint, read_budget
from textenvs_baselines.language.conversation import final, message
from textenvs_baselines.language.prompt import load_prompt
from textenvs_baselines.language.talker import TalkConfig, Talker

TOOL = "say"
PROBE = ("yes", "no")
"""The choices of the question that finds out how a server wants to be asked."""

GONE = "404"
"""The HTTP status of a model that is not there."""


class Dialect(NamedTuple):
    """How a server wants to be asked.

    Attributes:
        limit: What it calls the bound on the tokens of an answer. Where that is "max_completion_tokens", as for models
            that think before they answer, it is told no temperature.
        tools: Whether it takes tools.
    """

    limit: str
    tools: bool


DIALECTS = tuple(Dialect(limit, tools) for limit in ("max_tokens", "max_completion_tokens") for tools in (True, False))
"""The first that a server takes is spoken."""


@dataclass(frozen=True)
class OpenAIConfig(TalkConfig):
    """Settings of a model behind an endpoint, beside those of all.

    Attributes:
        model: Its name there.
        base_url: The address.
        tools: Whether choices are offered as a tool; an endpoint that has none is asked for a number or a sentence.
        seed: Told to the endpoint, which may heed it; above temperature 0 another one is derived for each turn.
        timeout: Seconds without an answer or a byte of one.
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
    tries: int = 8

    def __post_init__(self) -> None:
        """Checks the ranges, and what an endpoint needs: its address, a key, a budget that can be read."""
        super().__post_init__()
        self.check_counts({"tries": 1, "seed": 0})
        self.check_numbers("timeout")
        if not self.model:
            raise ValueError("say which model: openai.model=NAME, and openai.base_url=URL where it is not OpenAI's")
        if load_prompt(self.prompt).thinks and self.tools:
            raise ValueError(f"with {self.prompt} the model thinks before it answers: add tools=false")
        check_endpoint(self.base_url)
        read_budget()


class OpenAIAgent(Talker):
    """A language model behind an endpoint: it is asked what it would say.

    A language model behind an endpoint that says a number, a sentence, or calls a tool.

    Args:
        env_id: The id it will play.
        env_kwargs: The task's parameters.
        **settings: Fields of `OpenAIConfig`.
    """

    action_type = "reply"
    name = "openai"
    may_fail = True
    """An endpoint may refuse a question, which loses its episode."""
    config_class = OpenAIConfig
    unrecorded = ("timeout", "tries", "rows")

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], **settings: Any) -> None:
        super().__init__(env_id, env_kwargs, **settings)
        self._endpoint = Endpoint(self.settings.base_url, read_budget(), self.settings.timeout, self.settings.tries)
        self._dialect: Dialect | None = None
        self._seeds: list[int] = []

    def reset_rows(self, seeds: Sequence[int]) -> None:
        """Begins episodes."""
        super().reset_rows(seeds)
        self._seeds = list(seeds)

    def act(self, observation: str, info: Mapping[str, Any]) -> str:
        """The reply in a single episode.

        Raises:
            AgentFailure: If the endpoint refuses the question.
        """
        (reply,) = self.act_rows([0], [observation], [info])
        if isinstance(reply, AgentFailure):
            raise reply
        return reply

    def act_rows(  # type: ignore[override]
        self, rows: Sequence[int], observations: Sequence[Any], infos: Sequence[Mapping[str, Any]]
    ) -> list[str | AgentFailure]:
        """The reply in each row; all are asked for at once. A failure where the endpoint refuses the question."""
        self.listen(rows, observations, infos)
        dialect = self._dialect = self._dialect or self._find_dialect()
        with ThreadPoolExecutor(len(rows)) as pool:
            return list(pool.map(lambda row: self._reply(row, dialect), rows))

    def _find_dialect(self) -> Dialect:
        """How the server wants to be asked: found out by a tiny question, whose answer is kept like all others."""
        told = [message("user", self._prompt.say("Choose one.", PROBE))]
        dialects = [each for each in DIALECTS if self.settings.tools or not each.tools]
        questions = [self._question(told, PROBE, self.settings.seed, each) for each in dialects]
        return dialects[self._endpoint.first_taken(questions)]

    def _reply(self, row: int, dialect: Dialect) -> str | AgentFailure:
        """The reply in a row, with the turns before, or without them where they are refused."""
        conversation = self._conversations[row]
        seed = self._seed(row, len(conversation.turns))
        for kept in (min(self.settings.history, len(conversation.turns)), 0):
            messages = self._teller.messages(conversation, kept)
            question = self._question(messages, conversation.choices, seed, dialect)
            try:
                return self._heard(row, messages, self._endpoint.ask(question))
            except Refused as error:
                refusal = error
                if str(refusal).startswith(GONE):
                    self._endpoint.forget(question)
                    raise Halt(f"the endpoint has lost the model ({refusal}): check that it is served") from None
        return AgentFailure("crash", f"the endpoint refuses the question: {refusal}")

    def _seed(self, row: int, turn: int) -> int:
        """The seed that is told: where answers are drawn, one of its own for each turn of each episode."""
        if not self.settings.temperature:
            return int(self.settings.seed)
        sequence = np.random.SeedSequence([self.settings.seed, self._seeds[row], turn])
        return int(sequence.generate_state(1)[0]) & 0x7FFFFFFF

    def _question(
        self, messages: Sequence[Message], choices: Sequence[str], seed: int, dialect: Dialect
    ) -> dict[str, Any]:
        question: dict[str, Any] = {
            "model": self.settings.model,
            "messages": list(messages),
            "seed": seed,
            dialect.limit: self.settings.max_tokens,
        }
        if dialect.limit == "max_tokens":
            question["temperature"] = self.settings.temperature
        return {**question, **_tool(choices)} if dialect.tools else question

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
