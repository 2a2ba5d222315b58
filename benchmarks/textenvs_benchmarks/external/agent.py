"""An agent that is not ours, as one that can be evaluated: how it is trained, asked, and given up."""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import stat
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import textenvs
from textenvs.evaluation import AgentFailure
from textenvs_benchmarks.external.process import GRACE, Process, Sandbox
from textenvs_benchmarks.external.protocol import (
    PROTOCOL,
    Limits,
    Nonsense,
    check_action,
    check_hello,
    decode,
    encode,
    hello,
)
from textenvs_benchmarks.external.reach import Reach
from textenvs_benchmarks.external.web import Endpoint
from textenvs_benchmarks.training import read_curve


class Line(Protocol):
    """To whom lines are said, and who answers them."""

    tail: bytes

    def ask(self, line: bytes, seconds: float) -> bytes:
        """The answer to a line."""

    def stop(self, grace: float = 0.0) -> int:
        """Ends it; gives the number of processes that it had left behind."""


@dataclass(frozen=True)
class Terms:
    """On which an agent plays; they do not change what it does, if it keeps to them.

    Attributes:
        passed: Names of environment variables that it is given beside the usual.
        sandbox: Whether it runs in bubblewrap.
        hidden: Files and folders that it does not see there.
    """

    passed: tuple[str, ...] = ()
    sandbox: bool = False
    hidden: tuple[str, ...] = ()


NO_TERMS = Terms()


@dataclass(frozen=True)
class External:
    """An agent that is not ours.

    Attributes:
        reach: How it is reached.
        limits: What it may take.
        terms: On which it plays.
    """

    reach: Reach
    limits: Limits
    terms: Terms = NO_TERMS

    def start(
        self, words: Sequence[str], hidden: Sequence[Path], readable: Sequence[Path] = (), writable: Sequence[Path] = ()
    ) -> Process:
        """Starts a command on its terms; in a sandbox, it sees what is readable though it lies in what is hidden."""
        sandbox = Sandbox([*hidden, *map(Path, self.terms.hidden)], readable, writable) if self.terms.sandbox else None
        return Process(words, self.limits.memory_mib, self.terms.passed, sandbox)


def train_external(
    external: External, env_id: str, steps: int, seed: int, stem: Path, curve: Path, hidden: Sequence[Path] = ()
) -> Path | None:
    """Trains an agent in a process that ends before it plays.

    Args:
        external: The agent.
        env_id: A registered id.
        steps: Environment steps.
        seed: Training seed.
        stem: Where what it has learned is put, but for the suffix.
        curve: Where its learning curve is put.
        hidden: Folders that it does not see in a sandbox.

    Returns:
        What it has learned; None if it does not learn, or is not written in Python.

    Raises:
        RuntimeError: If it fails; the message ends with what it said.
        AgentFailure: If it takes too long.
        ValueError: If what it leaves is no file, or no learning curve.
    """
    if external.reach.kind != "python":
        return None
    stem.parent.mkdir(parents=True, exist_ok=True)
    curve.parent.mkdir(parents=True, exist_ok=True)
    for stale in stem.parent.glob(f"{stem.name}-*.partial"):
        shutil.rmtree(stale)
    with TemporaryDirectory(dir=stem.parent, prefix=f"{stem.name}-", suffix=".partial") as place:
        words = [*external.reach.words("train"), *told_of(env_id), env_id, str(steps), str(seed), place]
        process = external.start(words, hidden, writable=[Path(place)])
        try:
            status = process.wait(external.limits.train_seconds)
        finally:
            process.stop()
        if status:
            said = process.tail.decode(errors="replace").strip()
            raise RuntimeError(f"{external.reach} failed in training, with exit status {status}: {said}")
        saved, learned = next(Path(place).glob("agent.*"), None), Path(place, "curve.csv")
        if saved is None:
            return None
        for path in (saved, learned):
            if not stat.S_ISREG(path.lstat().st_mode):
                raise ValueError(f"{external.reach} has left a {path.name} that is no file")
        read_curve(learned)
        learned.replace(curve)
        return saved.replace(stem.with_name(stem.name + saved.suffix))


def told_of(env_id: str) -> list[str]:
    """How the process of an agent in Python is told of an environment that was added here, which it would not know."""
    entry = textenvs.find_entry(env_id)
    told = {"env_id": entry.id, "task": entry.task, "parameters": dict(entry.parameters)}
    return ["--added", json.dumps(told)] if entry.added else []


class ExternalAgent:
    """An agent behind a line. What it does wrong raises `AgentFailure`; it is then started again for the next episode.

    Args:
        external: How it is reached.
        env_id: What it plays.
        saved: What it has learned, if it was trained here.
        hidden: Folders that it does not see in a sandbox.

    Attributes:
        obs_type: What it sees, by its own word.
        action_type: How it acts, by its own word.
        config: Its settings, by its own word, and how it was reached.
        failure: Why it has not started; None if it has.
        lost: Episodes that it has just lost, one after the other.
        said_goodbye: Whether it has answered "close".
        asked: The last message.
        answered: The answer to it, if there was one.
        tail: What it has said last on stderr, or with an error.
    """

    def __init__(self, external: External, env_id: str, saved: Path | None = None, hidden: Sequence[Path] = ()) -> None:
        self._external = external
        self._saved = saved
        self._hidden = hidden
        self._hello = hello(env_id)
        spaces = self._hello["action_spaces"]
        self._most = {kind: space.get("n") or space["max_length"] for kind, space in spaces.items()}
        self._line: Line | None = None
        self._number = 0
        self._ends = math.inf
        self._in_episode = False
        self.lost = 0
        self.said_goodbye = False
        self.failure: AgentFailure | None = None
        self.asked = self.answered = self.tail = b""
        self.obs_type, self.action_type = "text", "choice"
        self.config: dict[str, Any] = {"reach": str(external.reach)}
        try:
            self.obs_type, self.action_type, config = self._start()
            self.config = {**config, "reach": str(external.reach), "protocol": PROTOCOL}
        except AgentFailure as error:
            self.failure = error
        self.lost = 0

    def reset(self, seed: int) -> None:
        """Begins an episode.

        Raises:
            AgentFailure: If it cannot; it has been ended then.
        """
        limits = self._external.limits
        if self._in_episode:
            self.lost = 0  # the last one came to its end
        self._in_episode = False
        if self.lost >= limits.failures_in_a_row:
            raise AgentFailure("given up", f"after {limits.failures_in_a_row} lost episodes in a row")
        if self.failure is not None and self.lost == 0:
            self.lost = 1
            raise self.failure
        if self._line is None:
            obs_type, action_type, _ = self._start()
            if (obs_type, action_type) != (self.obs_type, self.action_type):
                raise self._lose(Nonsense(f"it played {self.obs_type} and {self.action_type}, and now something else"))
        self._say({"type": "reset", "seed": seed}, limits.action_seconds)
        self._ends = time.monotonic() + limits.episode_seconds
        self._in_episode = True

    def act(self, observation: Any, info: Mapping[str, Any]) -> int | str:
        """Its action.

        Raises:
            AgentFailure: If it gives none; it has been ended then.
        """
        limits = self._external.limits
        if time.monotonic() > self._ends:
            raise self._lose(AgentFailure("timeout", f"an episode of more than {limits.episode_seconds} s"))
        answer = self._say({"type": "act", "observation": observation, **info}, limits.action_seconds)
        try:
            return check_action(answer, self.action_type, self._most[self.action_type])
        except AgentFailure as error:
            raise self._lose(error) from None

    def finish(self) -> str:
        """Ends it; gives what it has done wrong with that, or ""."""
        if self._line is None:
            return ""
        with contextlib.suppress(AgentFailure):
            decode(self._line.ask(encode({"id": self._number + 1, "type": "close"}), GRACE), self._number + 1)
            self.said_goodbye = True
        left = self.close(GRACE)
        return str(AgentFailure("left behind", f"{left} process{'es' if left > 1 else ''}")) if left else ""

    def close(self, grace: float = 0.0) -> int:
        """Ends it, with all that it has started.

        Args:
            grace: Seconds that it has to end by itself.

        Returns:
            How many processes it had left behind.
        """
        if self._line is None:
            return 0
        line, self._line = self._line, None
        left = line.stop(grace)
        self.tail = line.tail
        return left

    def _start(self) -> tuple[str, str, dict[str, Any]]:
        reach = self._external.reach
        if reach.kind == "url":
            self._line = Endpoint(reach.target)
        else:
            loaded = [] if self._saved is None else ["--load", str(self._saved)]
            if reach.kind == "python":
                loaded += told_of(self._hello["env_id"])
            readable = [] if self._saved is None else [self._saved]
            self._line = self._external.start([*reach.words("play"), *loaded], self._hidden, readable)
        self._number = 0
        answer = self._say(self._hello, self._external.limits.start_seconds)
        try:
            return check_hello(answer)
        except AgentFailure as error:
            raise self._lose(error) from None

    def _say(self, message: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        assert self._line is not None
        self._number += 1
        self.asked, self.answered = encode({"id": self._number, **message}), b""
        try:
            self.answered = self._line.ask(self.asked, seconds)
            return decode(self.answered, self._number)
        except AgentFailure as error:
            raise self._lose(error) from None

    def _lose(self, error: AgentFailure) -> AgentFailure:
        """Ends it; the episode is lost."""
        self.lost += 1
        self._in_episode = False
        self.close()
        return error
