"""A judge that is a language model behind an OpenAI-compatible endpoint: it reads two candidates and says A or B."""

from __future__ import annotations

import hashlib
import math
import re
import string
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from textenvs.errors import Halt, unknown
from textenvs.feedback.candidates import Pair
from textenvs.feedback.reading import conversation, same_situation, sentences, situation
from textenvs.feedback.scene import Array, Scene
from textenvs.models import Answer, Endpoint, Message, Refused, read_budget

PROMPT = "judge-1"
"""The file that says what it is told, with its version."""
DIGITS = 16
"""Of a hash."""
LABELS = ("A", "B")
AROUND = string.punctuation + string.whitespace
"""What may stand around a label."""
LIKELIEST = 5
"""Alternatives to the first token that are asked for: more are not offered everywhere."""
GONE = "404"
"""The HTTP status of a model that is not there."""
SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class EndpointJudgeConfig:
    """Settings of a judge behind an endpoint.

    Attributes:
        model: Its name there.
        name: Its name in tables.
        base_url: The address.
        criterion: What makes a candidate better, in a sentence or more; "" is the one in the prompt.
        longest: Characters of a situation, a reply or a conversation that it reads, at most: the end.
        logprobs: Whether it is asked how sure it is; where an endpoint does not tell, it is always sure.
        max_tokens: Tokens of an answer, at most; a model that thinks before it answers needs many.
        seed: Told to the endpoint, which may heed it.
        timeout: Seconds without an answer or a byte of one.
        tries: How often a question is asked, at most.
        rows: Questions that are asked at once.
    """

    model: str = ""
    name: str = "endpoint"
    base_url: str = "https://api.openai.com/v1"
    criterion: str = ""
    longest: int = 6000
    logprobs: bool = True
    max_tokens: int = 8
    seed: int = 0
    timeout: float = 60.0
    tries: int = 8
    rows: int = 8

    def __post_init__(self) -> None:
        """Checks the ranges."""
        for name, low in (("longest", 1), ("max_tokens", 1), ("seed", 0), ("tries", 1), ("rows", 1)):
            value = getattr(self, name)
            if type(value) is not int or value < low:
                raise ValueError(f"{name} must be a whole number from {low} on, got {value!r}")
        if type(self.timeout) not in (int, float) or not 0.0 < self.timeout < math.inf:
            raise ValueError(f"timeout must be a number above 0, got {self.timeout!r}")
        if not self.model:
            raise ValueError("say which model judges: model=NAME, and base_url=URL where it is not OpenAI's")


class Dialect(NamedTuple):
    """How a server wants to be asked.

    Attributes:
        limit: What it calls the bound on the tokens of an answer. Where that is "max_completion_tokens", as for models
            that think before they answer, it is told no temperature.
        logprobs: Whether it can be asked how likely its tokens are.
    """

    limit: str
    logprobs: bool


DIALECTS = tuple(
    Dialect(limit, logprobs) for limit in ("max_tokens", "max_completion_tokens") for logprobs in (True, False)
)
"""The first that a server takes is spoken."""


class EndpointJudge:
    """A language model behind an endpoint that compares two candidates.

    Answers are kept, budgets heeded and faults survived as `textenvs.models.Endpoint` has it. It passes where an answer
    is not exactly A or B, and where the endpoint refuses the question.

    Args:
        **settings: Fields of `EndpointJudgeConfig`.

    Attributes:
        settings: Its settings.
        name: Its name.

    Raises:
        MissingExtra: Without the extra `api`.
        ValueError: For a setting that does not exist or is out of range.
    """

    unrecorded = ("name", "timeout", "tries", "rows")
    """Settings that make no difference to what is answered."""

    def __init__(self, **settings: Any) -> None:
        known = [field.name for field in fields(EndpointJudgeConfig)]
        for name in settings:
            if name not in known:
                raise unknown("setting", name, known)
        self.settings = EndpointJudgeConfig(**settings)
        self.name = self.settings.name
        self._endpoint = Endpoint(self.settings.base_url, read_budget(), self.settings.timeout, self.settings.tries)
        self._dialect: Dialect | None = None

    @property
    def config(self) -> dict[str, Any]:
        """Its settings, and what it is told."""
        told = {name: value for name, value in asdict(self.settings).items() if name not in self.unrecorded}
        return {**told, "prompt": PROMPT, "prompt_hash": prompt()["digest"]}

    def compare(self, scenes: Sequence[Scene], pairs: Sequence[Pair]) -> Array:
        """The probability with which the first of each pair is preferred.

        Raises:
            Halt: If the budget is spent, or the endpoint does not answer; the same call goes on later.
        """
        if not pairs:
            return np.zeros(0)
        dialect = self._dialect = self._dialect or self._find_dialect()
        with ThreadPoolExecutor(min(self.settings.rows, len(pairs))) as pool:
            return np.array(list(pool.map(lambda pair: self._judge(scenes, pair, dialect), pairs)))

    def messages(self, scenes: Sequence[Scene], pair: Pair) -> list[Message]:
        """What it is told about a pair."""
        scene, longest, told = scenes[pair[0].scene], self.settings.longest, prompt()
        criterion = self.settings.criterion or told["criterion"]
        system = _filled(told["system"], {"instructions": scene.task.instructions, "criterion": criterion})
        if same_situation(scenes, pair):
            known = situation(scene, pair[0].steps[0].state, longest)
            (first,), (second,) = (sentences(scenes[each.scene], each, longest) for each in pair)
            user = _filled(told["replies"], {"situation": known, "first": first, "second": second})
        else:
            first, second = (conversation(scenes[each.scene], each, longest) for each in pair)
            user = _filled(told["conversations"], {"first": first, "second": second})
        return [{"role": "system", "content": system}, {"role": "user", "content": user}]

    def _find_dialect(self) -> Dialect:
        """How the server wants to be asked: found out by a tiny question, whose answer is kept like all others."""
        told: list[Message] = [{"role": "user", "content": "Reply with A."}]
        dialects = [each for each in DIALECTS if self.settings.logprobs or not each.logprobs]
        return dialects[self._endpoint.first_taken([self._question(told, each) for each in dialects])]

    def _question(self, messages: Sequence[Message], dialect: Dialect) -> dict[str, Any]:
        question: dict[str, Any] = {
            "model": self.settings.model,
            "messages": list(messages),
            "seed": self.settings.seed,
            dialect.limit: self.settings.max_tokens,
        }
        if dialect.limit == "max_tokens":
            question["temperature"] = 0.0
        return {**question, "logprobs": True, "top_logprobs": LIKELIEST} if dialect.logprobs else question

    def _judge(self, scenes: Sequence[Scene], pair: Pair, dialect: Dialect) -> float:
        """The probability with which the first is preferred; NaN where it passes."""
        question = self._question(self.messages(scenes, pair), dialect)
        try:
            return preferred(self._endpoint.ask(question))
        except Refused as refusal:
            if str(refusal).startswith(GONE):
                self._endpoint.forget(question)
                raise Halt(f"the endpoint has lost the model ({refusal}): check that it is served") from None
            return math.nan


def preferred(answer: Answer) -> float:
    """The probability of A against B in an answer; 1 or 0 where it is not told; NaN where it is neither."""
    said = _label(answer.content)
    if not said:
        return math.nan
    if not answer.first or _label(answer.first[0][0]) != said:
        return float(said == "A")
    logits = dict(answer.first)  # the first token stands among the likeliest once more
    likeliest = max(logits.values())
    a, b = (sum(math.exp(logit - likeliest) for token, logit in logits.items() if _label(token) == x) for x in LABELS)
    return a / (a + b) if a + b else float(said == "A")


def _label(text: str) -> str:
    """The label that a text is, without what stands around it; "" where it is none."""
    text = text.strip(AROUND)
    return text if text in LABELS else ""


@cache
def prompt() -> Mapping[str, str]:
    """What a judge is told: `system`, `criterion`, `replies`, `conversations`; and the `digest` of the file."""
    content = files(__package__).joinpath(f"{PROMPT}.toml").read_bytes().replace(b"\r\n", b"\n")
    told = {name: text.strip() for name, text in tomllib.loads(content.decode()).items()}
    return {**told, "digest": hashlib.sha256(content).hexdigest()[:DIGITS]}


def _filled(template: str, values: Mapping[str, str]) -> str:
    """A template with its slots filled; what is filled in has none."""
    return SLOT.sub(lambda slot: values[slot[1]], template)
