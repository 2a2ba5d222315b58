"""What is said to an agent, and what it may answer: one JSON object each way. `docs/protocol.md` specifies it."""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np

import textenvs
from textenvs import ACTION_TYPES, OBS_TYPES
from textenvs.errors import shown, unknown
from textenvs.evaluation import AgentFailure
from textenvs.evaluation.record import TooDeep, from_json

PROTOCOL = "textenvs-agent/1"
MAX_ANSWER = 1 << 16
"""Bytes of an answer at most, its line break not counted."""
MAX_DEPTH = 8
"""Objects and lists in each other at most."""
LINE_END = b"\n"
LONGEST = 256
"""Bytes of a line that an error looks at."""
ELSEWHERE = " (what an agent prints for itself goes to stderr)"


@dataclass(frozen=True)
class Limits:
    """What an agent may take.

    Attributes:
        start_seconds: Until it has answered "hello".
        action_seconds: Until it has answered anything else.
        episode_seconds: For all acts of an episode together.
        train_seconds: Until it has learned, if it is one in Python that learns.
        memory_mib: Address space of each of its processes.
        failures_in_a_row: Lost episodes after which it is not asked any more, in this file of records.
    """

    start_seconds: int = 60
    action_seconds: int = 10
    episode_seconds: int = 600
    train_seconds: int = 86_400
    memory_mib: int = 8192
    failures_in_a_row: int = 5

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if type(value) is not int or value < 1:
                raise ValueError(f"the limit {name} must be a whole number from 1, got {shown(value)}")


def make_limits(given: Mapping[str, int]) -> Limits:
    """Limits, of which some are given by name.

    Raises:
        ValueError: If there is no such limit, or it cannot be.
    """
    for name in given:
        if name not in Limits.__dataclass_fields__:
            raise unknown("limit", name, Limits.__dataclass_fields__)
    return Limits(**given)


class Nonsense(AgentFailure):
    """An answer that the protocol does not know."""

    def __init__(self, what: str) -> None:
        super().__init__("nonsense", what)


def encode(message: Mapping[str, Any]) -> bytes:
    """A message as a line."""
    return _ENCODER.encode(message).encode() + b"\n"


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else operator.index(value)


_ENCODER = json.JSONEncoder(separators=(",", ":"), default=_plain)


def hello(env_id: str) -> dict[str, Any]:
    """The first message: what is to be played."""
    with ExitStack() as stack:
        envs = {kind: stack.enter_context(closing(gym.make(env_id, obs_type=kind))) for kind in OBS_TYPES}
        acting = {kind: stack.enter_context(closing(gym.make(env_id, action_type=kind))) for kind in ACTION_TYPES}
    return {
        "type": "hello",
        "protocol": PROTOCOL,
        "env_id": env_id,
        "instructions": {kind: textenvs.instructions(env_id, kind) for kind in ACTION_TYPES},
        "observation_spaces": {kind: _describe(env.observation_space) for kind, env in envs.items()},
        "action_spaces": {kind: _describe(env.action_space) for kind, env in acting.items()},
    }


def _describe(space: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"type": type(space).__name__}
    for name in ("n", "shape", "max_length"):
        value = getattr(space, name, None)
        if value:
            told[name] = list(value) if name == "shape" else int(value)
    return told


def decode(line: bytes, number: int) -> dict[str, Any]:
    """An answer.

    Args:
        line: What was sent, without the line break.
        number: The number of the message that it must answer.

    Raises:
        Nonsense: If it is none; the message says what is wrong with it.
    """
    if len(line) > MAX_ANSWER:
        raise Nonsense(f"an answer has {MAX_ANSWER} bytes at most")
    try:
        answer = from_json(line)
    except UnicodeDecodeError:
        raise Nonsense(f"an answer is UTF-8, got {_text(line)}") from None
    except TooDeep:
        raise Nonsense(f"an answer is at most {MAX_DEPTH} deep") from None
    except ValueError:
        raise Nonsense(f"an answer is one line of JSON, got {_text(line)}{ELSEWHERE}") from None
    if not isinstance(answer, dict):
        raise Nonsense(f"an answer is an object, got {_text(line)}{ELSEWHERE}")
    if line.count(b"[") + line.count(b"{") > MAX_DEPTH and _depth(answer) > MAX_DEPTH:
        raise Nonsense(f"an answer is at most {MAX_DEPTH} deep")
    if type(answer.get("id")) is not int or answer["id"] != number:
        raise Nonsense(f'"id" must be {number}, that of the message, got {shown(answer.get("id"))}')
    return answer


def _depth(value: Any) -> int:
    level, values = 0, [value]
    while values and level <= MAX_DEPTH:
        parts = (each.values() if isinstance(each, dict) else each for each in values if isinstance(each, dict | list))
        values = [value for part in parts for value in part]
        level += 1
    return level


def check_hello(answer: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """What an agent plays, and its settings, from its answer to "hello".

    Raises:
        Nonsense: If it says something else.
    """
    if answer.get("protocol") != PROTOCOL:
        raise Nonsense(f'"protocol" must be "{PROTOCOL}", got {shown(answer.get("protocol"))}')
    for name, known in (("obs_type", OBS_TYPES), ("action_type", ACTION_TYPES)):
        if answer.get(name) not in known:
            raise Nonsense(f'"{name}" must be one of {", ".join(known)}, got {shown(answer.get(name))}')
    config = answer.get("config", {})
    if not isinstance(config, dict):
        raise Nonsense(f'"config" must be an object, got {shown(config)}')
    return str(answer["obs_type"]), str(answer["action_type"]), config


def check_action(answer: Mapping[str, Any], action_type: str, most: int) -> int | str:
    """The action of an answer to "act".

    Args:
        answer: The answer.
        action_type: "choice", "text" or "reply".
        most: How many choices there are, or how many characters a text may have.

    Raises:
        Nonsense: If it has none that the environment would take.
    """
    action = answer.get("action")
    if action_type == "choice":
        if type(action) is not int or not 0 <= action < most:
            raise Nonsense(f'"action" must be a whole number from 0 to {most - 1}, got {shown(action)}')
        return action
    if not isinstance(action, str):
        raise Nonsense(f'"action" must be a sentence, got {shown(action)}')
    if len(action) > most:
        raise Nonsense(f'"action" has {most} characters at most, got {len(action)}')
    if any("\ud800" <= character <= "\udfff" for character in action):
        raise Nonsense(f'"action" must be text, got {shown(action)}')
    return action


def several(answers: bytes) -> Nonsense:
    """What is wrong where more than a line was answered."""
    return Nonsense(
        f"more than one line in answer to one, the first {_text(answers.partition(LINE_END)[0])}{ELSEWHERE}"
    )


def _text(line: bytes) -> str:
    """A line as an error shows it."""
    return shown(line[:LONGEST].decode(errors="replace"))
