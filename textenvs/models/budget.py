"""What endpoints may cost, and what they have cost so far: a file that all processes with the same cache share."""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any

from textenvs.core.cache import folder
from textenvs.core.lock import locked
from textenvs.errors import Halt, unknown

BUDGET = "TEXTENVS_BUDGET"
"""The environment variable that bounds what is spent, such as "calls=1000,usd=5,usd_in=0.15,usd_out=0.6"."""
MILLION = 1e6
LARGEST = 1e15
"""A number in a line of the ledger that is larger is none."""
PAUSE = 0.005
"""Seconds between two looks whether another process has let go of the ledger."""


@dataclass(frozen=True)
class Budget:
    """What may be spent, by all who share a cache; None is no bound.

    Attributes:
        calls: Questions that are sent, each time that they are.
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

    def price(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """What an answer costs; None where there are no prices."""
        if self.usd_in is None or self.usd_out is None:
            return None
        return (prompt_tokens * self.usd_in + completion_tokens * self.usd_out) / MILLION


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


def ledger_of(cache: Path) -> Path:
    """The file in a cache that says what was spent."""
    return cache / "answers" / "ledger.jsonl"


def spent() -> str:
    """What all runs with this cache have spent, in words; "" where none has asked anything."""
    cache = folder()
    if cache is None or not ledger_of(cache).exists():
        return ""
    return Ledger(ledger_of(cache), Budget()).summary()


class Ledger:
    """What was spent: a line for each call, before it is sent, and one for its tokens when it is answered.

    A line holds `calls`, `tokens`, `usd` and whether the tokens are `known` or estimated. A line of an earlier version,
    which has `tokens` and `usd` alone, is a call. A line that is damaged is passed over.

    Args:
        path: The file.
        budget: What may be spent.
    """

    def __init__(self, path: Path, budget: Budget) -> None:
        self._path, self._budget = path, budget
        self._lock = threading.Lock()
        self._offset = 0
        self.calls, self.tokens, self.usd, self.priced = 0, 0, 0.0, 0

    def reserve(self, model: str) -> None:
        """Writes down a call that is about to be sent.

        Raises:
            Halt: If there is nothing left to spend; then it is not written down.
        """
        with self._held() as file:
            self._read(file)
            self._check()
            self._append(file, {"calls": 1, "tokens": 0, "usd": 0.0, "known": False, "model": model})

    def settle(self, model: str, prompt_tokens: int, completion_tokens: int, known: bool) -> None:
        """Writes down what an answer has cost; its call is written down already."""
        line = {
            "calls": 0,
            "tokens": prompt_tokens + completion_tokens,
            "usd": self._budget.price(prompt_tokens, completion_tokens),
            "known": known,
            "model": model,
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
        }
        with self._held() as file:
            self._append(file, line)

    def summary(self) -> str:
        """What was spent so far, in words, of a file that is there."""
        with self._lock, self._path.open("rb") as file:
            self._read(file)
            usd = f"${self.usd:,.{2 if self.usd >= 1.0 else 4}f}"
            return f"{self.calls:,d} calls, {self.tokens:,d} tokens, {usd}, {self._coverage()}"

    def _coverage(self) -> str:
        share = 100 * self.priced // self.calls if self.calls else 0
        return f"cost known for {share} % of calls"

    def _check(self) -> None:
        bounds = (
            ("calls", self.calls, self._budget.calls),
            ("tokens", self.tokens, self._budget.tokens),
            ("usd", self.usd, self._budget.usd),
        )
        for name, amount, most in bounds:
            if most is not None and amount >= most:
                known = f"; {self._coverage()}" if name == "usd" else ""
                raise Halt(f"the budget of {name} is spent ({amount:g} of {most:g}{known}): raise it")

    @contextmanager
    def _held(self) -> Iterator[IO[bytes]]:
        """The file, to append to; no other thread or process writes meanwhile."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock, locked(self._path.with_suffix(".lock"), pause=PAUSE), self._path.open("a+b") as file:
            yield file

    def _append(self, file: IO[bytes], line: dict[str, Any]) -> None:
        file.seek(0, os.SEEK_END)
        if file.tell():
            file.seek(-1, os.SEEK_CUR)
            if file.read(1) != b"\n":  # whoever wrote the last line was killed meanwhile
                file.write(b"\n")
        file.write(json.dumps(line).encode() + b"\n")

    def _read(self, file: IO[bytes]) -> None:
        file.seek(self._offset)
        for line in file:
            if not line.endswith(b"\n"):
                break
            self._offset += len(line)
            self._count(line)

    def _count(self, line: bytes) -> None:
        try:
            spent = json.loads(line)
            tokens, usd = spent["tokens"] or 0, spent["usd"] or 0.0
            calls, known = spent.get("calls", 1), spent.get("known", True) and spent["usd"] is not None
            if not all(type(each) in (int, float) and 0 <= each < LARGEST for each in (tokens, usd, calls)):
                return
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return
        self.calls += int(calls)
        self.tokens += int(tokens)
        self.usd += usd
        self.priced += bool(known)
