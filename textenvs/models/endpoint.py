"""An OpenAI-compatible endpoint: asked with patience, once for the same question, and never beyond a budget."""

from __future__ import annotations

import hashlib
import json
import math
import os
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from textenvs.core.cache import folder
from textenvs.errors import Halt, printable, require
from textenvs.models.budget import Budget, Ledger, ledger_of

KEY = "OPENAI_API_KEY"
"""The environment variable that holds the key; it is nowhere else."""
HERE = ("localhost", "127.0.0.1", "::1")
"""This machine: no key is needed for it, and the way to it need not be encrypted."""
REFUSING = (400, 404, 413, 422)
"""Statuses that say that a question is not taken as it is: it is no use to ask it again."""
BUSY = (408, 409, 429)
"""Statuses that say to ask again later, beside those from 500 on."""
LONGEST_WAIT = 60.0
"""Seconds between two tries, at most, and up to a quarter more."""
LONGEST_ERROR = 200
"""Characters of what went wrong that are kept."""
LIKELIEST = 20
"""Alternatives to a token that are kept, at most."""
TOKEN_LENGTH = 3
"""Characters of a token, where an endpoint does not say how many tokens there were."""


@dataclass(frozen=True)
class Answer:
    """What an endpoint has answered.

    Attributes:
        content: The text.
        arguments: Of a tool call, as JSON; "" where there was none.
        prompt_tokens: Tokens that were read, by its own word; None where it does not say.
        completion_tokens: Tokens that were written.
        refused: Status and words with which the question was refused; "" where it was answered.
        first: The first token with its log-probability, and then the likeliest in its place with theirs; empty where
            the endpoint does not tell.
    """

    content: str
    arguments: str
    prompt_tokens: int | None
    completion_tokens: int | None
    refused: str = ""
    first: tuple[tuple[str, float], ...] = ()


_lock = threading.Lock()
_asking: dict[Path, Future[Answer]] = {}
"""In this process: what is being asked, by where its answer is kept."""


class Refused(ValueError):
    """The endpoint does not take the question as it is; the message begins with the HTTP status."""


class Endpoint:
    """Asks an endpoint.

    Args:
        base_url: Its address, such as "http://localhost:8000/v1".
        budget: What may be spent.
        timeout: Seconds without an answer or a byte of one.
        tries: How often one question is asked, at most.

    Raises:
        MissingExtra: Without the extra `api`.
        ValueError: If the address holds a key, or there is none in the environment for an address that needs one.
    """

    def __init__(self, base_url: str, budget: Budget, timeout: float, tries: int) -> None:
        self._openai = require("openai", "api")
        self._key, direct = _key_for(base_url)
        self._client = self._openai.OpenAI(
            api_key=self._key or "none",
            base_url=base_url,
            timeout=timeout,
            max_retries=0,
            http_client=self._openai.DefaultHttpxClient(trust_env=False) if direct else None,
        )
        weakref.finalize(self, self._client.close)
        cache = _cache()
        self._url, self._answers, self._tries, self._timeout = base_url, cache / "answers", tries, timeout
        self._ledger = Ledger(ledger_of(cache), budget)

    def ask(self, question: Mapping[str, Any]) -> Answer:
        """The answer to a question: the arguments of a chat completion. Who asks the same meanwhile waits for it.

        Raises:
            Halt: If the budget is spent, or the endpoint does not answer.
            Refused: If it does not take the question, now or when it was asked first.
        """
        path = self._path(question)
        with _lock:
            asked = _asking.get(path)
            answer = asked or _asking.setdefault(path, Future())
        if asked is None:
            try:
                answer.set_result(_read(path) or _keep(path, self._ask_anew(question, path)))
            except BaseException as error:
                answer.set_exception(error)
            finally:
                with _lock:
                    del _asking[path]
        found = answer.result()
        if found.refused:
            raise Refused(found.refused)
        return found

    def first_taken(self, questions: Sequence[Mapping[str, Any]]) -> int:
        """The place of the first of several questions that the endpoint takes; its answer is kept like all others.

        Raises:
            Halt: If it refuses them all; they are forgotten, as what is wrong may be mended before the next run.
        """
        refusal: Refused | None = None
        for place, question in enumerate(questions):
            try:
                self.ask(question)
            except Refused as error:
                refusal = error
            else:
                return place
        for question in questions:
            self.forget(question)
        raise Halt(f"the endpoint refuses every question ({refusal}): check model and base_url")

    def forget(self, question: Mapping[str, Any]) -> None:
        """Forgets the answer to a question: it is asked anew the next time."""
        self._path(question).unlink(missing_ok=True)

    def _path(self, question: Mapping[str, Any]) -> Path:
        text = json.dumps([self._url, question], sort_keys=True, ensure_ascii=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return self._answers / digest[:2] / f"{digest[2:]}.json"

    def _ask_anew(self, question: Mapping[str, Any], path: Path) -> Answer:
        for attempt in range(self._tries):
            self._ledger.reserve(question["model"])
            asked_wait = 0.0
            try:
                answer = _parsed(self._client.chat.completions.create(**question))
            except self._openai.APIStatusError as error:
                said, status, why = self._scrubbed(error), error.status_code, self._why(error)
                if status in REFUSING:
                    return Answer("", "", None, None, f"{status} {said}")
                if status in (401, 403):
                    raise Halt(f"the endpoint does not let us in ({said}): check {KEY}") from None
                if status not in BUSY and status < 500:
                    break
                asked_wait = _asked_wait(error.response.headers)
            except (self._openai.OpenAIError, ValueError, AttributeError, TypeError, IndexError) as error:
                why = self._why(error)
            else:
                self._settle(question, answer)
                return answer
            if attempt + 1 < self._tries:
                time.sleep(_wait(attempt, asked_wait, path.stem))
        raise Halt(why)

    def _settle(self, question: Mapping[str, Any], answer: Answer) -> None:
        counted = (answer.prompt_tokens, answer.completion_tokens)
        texts = (json.dumps(question, ensure_ascii=False), answer.content + answer.arguments)
        read, written = (
            math.ceil(len(text) / TOKEN_LENGTH) if tokens is None else tokens
            for tokens, text in zip(counted, texts, strict=True)
        )
        self._ledger.settle(question["model"], read, written, known=None not in counted)

    def _why(self, error: Exception) -> str:
        """Why there is no answer, and what to look at."""
        address, said = self._scrubbed(self._url), self._scrubbed(error)
        if isinstance(error, self._openai.APITimeoutError):
            return f"the endpoint does not answer in {self._timeout:g} s at {address}: is it busy? Else raise timeout"
        if isinstance(error, self._openai.APIConnectionError):
            return f"the endpoint does not answer ({said}) at {address}: is a server running there?"
        if isinstance(error, self._openai.APIStatusError):
            return f"the endpoint does not answer ({said}) at {address}: is that its address, and is it well?"
        return f"what came from {address} is no chat completion: does base_url end in /v1?"

    def _scrubbed(self, said: object) -> str:
        """What went wrong, or an address, on one line, without the key."""
        text, key = f"{type(said).__name__}: {said}" if isinstance(said, Exception) else str(said), _key()
        return printable(" ".join((text.replace(key, "***") if key else text).split()))[:LONGEST_ERROR]


def check_endpoint(base_url: str) -> None:
    """Raises ValueError if what is at an address cannot be asked from here, as without a key or a cache."""
    _key_for(base_url)
    _cache()


def _cache() -> Path:
    """The cache.

    Raises:
        ValueError: If it is turned off.
    """
    cache = folder()
    if cache is None:
        raise ValueError("answers are kept in the cache, which is turned off: unset TEXTENVS_CACHE, or name a folder")
    return cache


def _key() -> str:
    """The key in the environment; "" where there is none."""
    return os.environ.get(KEY, "").strip()


def _key_for(base_url: str) -> tuple[str, bool]:
    """The key that is sent to an address, "" for none, and whether no proxy may see it on the way.

    Raises:
        ValueError: If it is no address, or holds a key, or needs one. The message does not say it: it may hold a key.
    """
    try:
        parts = urlsplit(str(base_url))
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ValueError("base_url must be an address such as http://localhost:8000/v1, and is not")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"base_url must not hold a key, nor end in ?... or #...: the key is read from {KEY} alone")
    here, key = host in HERE, _key()
    if parts.scheme == "http":
        return key if here else "", here
    if not key and not here:
        raise ValueError(f"an https address elsewhere needs a key: put it into the environment variable {KEY}")
    return key, False


def _parsed(response: Any) -> Answer:
    """What a response says; raises ValueError where it says nothing that can be read."""
    message = response.choices[0].message
    calls = message.tool_calls or []
    usage = response.usage
    tokens = (getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens"))
    read, written = (number if type(number) is int and number >= 0 else None for number in tokens)
    content = message.content or ""
    arguments = calls[0].function.arguments if calls else ""
    if not isinstance(content, str) or not isinstance(arguments, str):
        raise ValueError("the answer is no text")
    return Answer(content, arguments, read, written, first=_first(response.choices[0]))


def _first(choice: Any) -> tuple[tuple[str, float], ...]:
    """The first token of an answer and those in its place; empty where that cannot be read."""
    try:
        token = choice.logprobs.content[0]
        return _pairs([(each.token, each.logprob) for each in (token, *(token.top_logprobs or ())[:LIKELIEST])])
    except (AttributeError, TypeError, IndexError, KeyError, ValueError):
        return ()


def _pairs(found: Sequence[Any]) -> tuple[tuple[str, float], ...]:
    """Tokens with their log-probabilities; raises ValueError where they are none."""
    pairs = tuple((token, float(logprob)) for token, logprob in found)
    if not all(isinstance(token, str) and math.isfinite(logprob) for token, logprob in pairs):
        raise ValueError("these are no log-probabilities of tokens")
    return pairs


def _wait(attempt: int, asked: float, digest: str) -> float:
    """Seconds to the next try: they double, and no two questions wait equally long."""
    spread = int(hashlib.sha256(f"{digest} {attempt}".encode()).hexdigest()[:8], 16) / 16**8
    return min(max(0.5 * 2.0**attempt, asked), LONGEST_WAIT) * (1.0 + spread / 4)


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
        kept = json.loads(path.read_bytes())
        return Answer(**{**kept, "first": _pairs(kept.get("first", ()))})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _keep(path: Path, answer: Answer) -> Answer:
    """Keeps an answer, whole or not at all; gives the one that is kept: of several that come at once, the first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.partial")
    try:
        partial.write_text(json.dumps(asdict(answer)), encoding="utf-8")
        try:
            os.link(partial, path)
        except OSError:  # there is one, or there are no links here
            kept = _read(path)
            if kept is not None:
                return kept
            partial.replace(path)
        return answer
    finally:
        partial.unlink(missing_ok=True)
