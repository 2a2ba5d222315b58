"""An OpenAI-compatible endpoint: asked with patience, once for the same question, and never beyond a budget."""

from __future__ import annotations

import hashlib
import json
import math
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from textenvs.core.cache import folder
from textenvs.errors import Halt, printable, require, unknown

KEY = "OPENAI_API_KEY"
"""The environment variable that holds the key; it is nowhere else."""
LONGEST_WAIT = 30.0
"""Seconds between two tries, at most."""
MILLION = 1e6


BUDGET = "TEXTENVS_BUDGET"
"""The environment variable that bounds what is spent, such as "calls=1000,usd=5,usd_in=0.15,usd_out=0.6"."""


@dataclass(frozen=True)
class Budget:
    """What may be spent, by all who share a cache; None is no bound.

    Attributes:
        calls: Calls that were answered.
        tokens: Tokens, read and written.
        usd: Money, by the prices.
        usd_in: Price of a million tokens that are read.
        usd_out: Price of a million that are written.
    """

    calls: float | None = None
    tokens: float | None = None
    usd: float | None = None
    usd_in: float | None = None
    usd_out: float | None = None

    def __post_init__(self) -> None:
        for name, bound in asdict(self).items():
            if bound is not None and not 0.0 <= bound < math.inf:
                raise ValueError(f"{name} of the budget must be a number from 0 on, got {bound}")
        if self.usd is not None and None in (self.usd_in, self.usd_out):
            raise ValueError("a budget in money needs prices: add usd_in and usd_out, for a million tokens")


def read_budget() -> Budget:
    """The budget in the environment.

    Raises:
        ValueError: If it cannot be read.
    """
    pairs = [pair.partition("=") for pair in os.environ.get(BUDGET, "").split(",") if pair]
    known = [field.name for field in fields(Budget)]
    values = {}
    for name, _, number in pairs:
        if name not in known:
            raise unknown("part of the budget", name, known)
        try:
            values[name] = float(number)
        except ValueError:
            raise ValueError(f"{name} of the budget must be a number, got {number!r}") from None
    return Budget(**values)


@dataclass(frozen=True)
class Answer:
    """What an endpoint has answered.

    Attributes:
        content: The text.
        arguments: Of a tool call, as JSON; "" where there was none.
        prompt_tokens: Tokens that were read, by its own word; None where it does not say.
        completion_tokens: Tokens that were written.
    """

    content: str
    arguments: str
    prompt_tokens: int | None
    completion_tokens: int | None


class Refused(ValueError):
    """The endpoint does not take the question as it is."""


class Endpoint:
    """Asks an endpoint.

    Args:
        base_url: Its address, such as "http://localhost:8000/v1".
        budget: What may be spent.
        timeout: Seconds for an answer.
        tries: How often one question is asked, at most.

    Raises:
        MissingExtra: Without the extra `api`.
        ValueError: If the address holds a key, or there is none in the environment for an address elsewhere.
    """

    def __init__(self, base_url: str, budget: Budget, timeout: float, tries: int) -> None:
        self._openai = require("openai", "api")
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"base_url must be an address such as http://localhost:8000/v1, got {base_url!r}")
        if parts.username or parts.password or parts.query:
            raise ValueError(f"base_url must not hold a key: the key is read from {KEY} alone")
        self._key = os.environ.get(KEY, "")
        if not self._key and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError(f"{parts.hostname} needs a key: put it into the environment variable {KEY}")
        self._client = self._openai.OpenAI(
            api_key=self._key or "none", base_url=base_url, timeout=timeout, max_retries=0
        )
        cache = folder()
        if cache is None:
            raise ValueError(
                "answers are kept in the cache, which is turned off: unset TEXTENVS_CACHE, or name a folder"
            )
        self._url, self._answers, self._tries = base_url, cache / "answers", tries
        self._ledger = Ledger(self._answers / "ledger.jsonl", budget)

    def ask(self, question: Mapping[str, Any]) -> Answer:
        """The answer to a question: the arguments of a chat completion.

        Raises:
            Halt: If the budget is spent, or the endpoint does not answer.
            Refused: If it does not take the question.
        """
        text = json.dumps([self._url, question], sort_keys=True, ensure_ascii=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        path = self._answers / digest[:2] / f"{digest[2:]}.json"
        found = _read(path)
        if found is None:
            found = self._ask_anew(question)
            _write(path, found)
        return found

    def _ask_anew(self, question: Mapping[str, Any]) -> Answer:
        for attempt in range(self._tries):
            self._ledger.check()
            wait = min(0.5 * 2.0**attempt, LONGEST_WAIT)
            try:
                answer = _parsed(self._client.chat.completions.create(**question))
            except self._openai.APIStatusError as error:
                said = self._scrubbed(error)
                if error.status_code in (401, 403):
                    raise Halt(f"the endpoint does not let us in ({said}): check {KEY}") from None
                if error.status_code not in (408, 409, 429) and error.status_code < 500:
                    raise Refused(said) from None
                wait = max(wait, _asked_wait(error.response.headers))
            except (self._openai.OpenAIError, ValueError, AttributeError, TypeError, IndexError) as error:
                said = self._scrubbed(error)
            else:
                self._ledger.add(answer)
                return answer
            if attempt + 1 < self._tries:
                time.sleep(min(wait, LONGEST_WAIT))
        raise Halt(f"the endpoint does not answer ({said})")

    def _scrubbed(self, error: Exception) -> str:
        """What went wrong, on one line, without the key."""
        said = printable(" ".join(f"{type(error).__name__}: {error}".split()))[:200]
        return said.replace(self._key, "***") if self._key else said


class Ledger:
    """What was spent: a line for each call that was answered, by all processes that share the file.

    Args:
        path: The file.
        budget: What may be spent.
    """

    def __init__(self, path: Path, budget: Budget) -> None:
        self._path, self._budget = path, budget
        self._lock = threading.Lock()
        self._offset = 0
        self.calls, self.tokens, self.usd, self.priced = 0, 0, 0.0, 0

    def add(self, answer: Answer) -> None:
        """Writes down a call."""
        line: dict[str, float | None] = {"tokens": None, "usd": None}
        if answer.prompt_tokens is not None and answer.completion_tokens is not None:
            line["tokens"] = answer.prompt_tokens + answer.completion_tokens
            if self._budget.usd_in is not None and self._budget.usd_out is not None:
                spent = answer.prompt_tokens * self._budget.usd_in + answer.completion_tokens * self._budget.usd_out
                line["usd"] = spent / MILLION
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab", buffering=0) as file:
            file.write(json.dumps(line).encode() + b"\n")

    def check(self) -> None:
        """Raises Halt if there is nothing left to spend."""
        with self._lock:
            self._read()
            bounds = (
                ("calls", self.calls, self._budget.calls),
                ("tokens", self.tokens, self._budget.tokens),
                ("usd", self.usd, self._budget.usd),
            )
            for name, spent, most in bounds:
                if most is not None and spent >= most:
                    shown = f"{spent:g} of {most:g}"
                    known = f"; cost known for {self.priced / max(self.calls, 1):.0%} of calls" if name == "usd" else ""
                    raise Halt(f"the budget of {name} is spent ({shown}{known}): raise it")

    def _read(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                spent = json.loads(line)
                self.calls += 1
                self.tokens += spent["tokens"] or 0
                self.usd += spent["usd"] or 0.0
                self.priced += spent["usd"] is not None


def _parsed(response: Any) -> Answer:
    """What a response says; raises ValueError where it says nothing that can be read."""
    message = response.choices[0].message
    calls = message.tool_calls or []
    usage = response.usage
    tokens = [getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")]
    counts = [number if type(number) is int and number >= 0 else None for number in tokens]
    content = message.content or ""
    arguments = calls[0].function.arguments if calls else ""
    if not isinstance(content, str) or not isinstance(arguments, str):
        raise ValueError("the answer is no text")
    return Answer(content, arguments, *counts)


def _asked_wait(headers: Mapping[str, str]) -> float:
    """The seconds that an endpoint asks to wait."""
    try:
        wait = float(headers.get("retry-after", "0"))
    except ValueError:
        return 0.0
    return wait if math.isfinite(wait) else 0.0


def _read(path: Path) -> Answer | None:
    """An answer that is known; None where it is not, or its file is damaged."""
    try:
        return Answer(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _write(path: Path, answer: Answer) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.partial")
    partial.write_text(json.dumps(asdict(answer)), encoding="utf-8")
    partial.replace(path)
