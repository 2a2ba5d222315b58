"""What happened: episodes as JSON lines.

A file holds one agent on one id, split and training seed: a header line, then a line an episode. It only grows, an
episode at a time. It holds nothing that differs between two runs of the same command: no time, no machine, no order in
which workers finished.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, get_origin, get_type_hints

from textenvs.core.loading import check_split
from textenvs.core.spaces import ACTION_TYPES, OBS_TYPES
from textenvs.errors import shown, unknown

FORMAT = "textenvs-record/2"
FAILURES = ("crash", "timeout", "flood", "nonsense", "left behind", "given up")
"""Kinds of failures of agents; a failure begins with one of them, and a colon."""
LONGEST_FAILURE = 200
"""Characters of a failure at most."""
LARGEST = 1e300
"""Of the numbers that are summed."""
Row = TypeVar("Row")


@dataclass(frozen=True)
class Header:
    """What was played, and by whom.

    Attributes:
        agent: Name of the agent.
        agent_config: Its settings.
        env_id: The registered id.
        env_kwargs: Arguments beyond those of the id.
        obs_type: What the agent saw.
        action_type: How it answered.
        split: The split.
        seed: Training seed of the agent.
        evaluation_seed: From which the episodes' seeds are derived.
        commitment: Hash of the secret from which the episodes' seeds are derived instead; "" where they are public.
        source: The identity of the environment: a hash of what it does, with the parameters of its id.
        agent_source: Hash of the modules that decide what the agent does; "" where they are not known.
        versions: Versions of the packages involved.
    """

    agent: str
    agent_config: Mapping[str, Any]
    env_id: str
    env_kwargs: Mapping[str, Any]
    obs_type: str
    action_type: str
    split: str
    seed: int
    evaluation_seed: int
    commitment: str
    source: str
    agent_source: str
    versions: Mapping[str, str]


@dataclass(frozen=True)
class EpisodeRecord:
    """One episode: enough to play it again, and to see that it is the same.

    Attributes:
        episode: Its number in the evaluation.
        seed: What the environment was reset with.
        scenario: Number of the scenario in the split.
        actions: The actions, one a step.
        reward_terms: The amount of each term at each step.
        observations: Hash of all observations that the agent saw, from reset to end, and of the conversation.
        episodic_return: Sum of the rewards.
        length: Number of steps.
        terminated: Whether the episode came to its own end.
        truncated: Whether it was cut off.
        metrics: The task's metrics of the episode.
        failure: How the agent failed in it; "" if it did not. From there on it was played at random.
        usage: What the agent has taken, counts by name, by its own word; a record has it where there is some.
    """

    episode: int
    seed: int
    scenario: int
    actions: list[int | str]
    reward_terms: dict[str, list[float]]
    observations: str
    episodic_return: float
    length: int
    terminated: bool
    truncated: bool
    metrics: dict[str, float]
    failure: str = ""
    usage: dict[str, float] = field(default_factory=dict)

    def to_line(self) -> str:
        """Its line in a file."""
        values = asdict(self)
        if not self.usage:
            del values["usage"]
        return to_line(values)


def to_line(values: Mapping[str, Any]) -> str:
    """One line of JSON, the same for the same values."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n"


def finite(digits: str) -> float:
    """A number of JSON, as the hook of a reader.

    Raises:
        ValueError: For NaN, and what is too large.
    """
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{shown(digits)} is not a finite number")
    return value


_DECODER = json.JSONDecoder(parse_float=finite, parse_constant=finite)


class TooDeep(ValueError):
    """JSON that is nested too deeply to be read."""

    def __init__(self) -> None:
        super().__init__("it is nested too deeply")


def from_json(content: bytes) -> Any:
    """What a line or a file of JSON says, written by whomever.

    Raises:
        ValueError: If it is not in UTF-8, is no JSON, is nested too deeply, or holds a number that is not finite.
    """
    try:
        return _DECODER.decode(content.decode())
    except RecursionError:
        raise TooDeep from None


class NoRecords(ValueError):
    """A file of records without a whole line."""


class RecordFile:
    """A file of records that grows; each episode is on the disk before the next is played.

    What another process has left is continued, and a line that it had not finished is dropped. Records of other sources
    or versions are replaced.

    Args:
        path: The file; it and its folder are made where they are missing.
        header: What is played.

    Attributes:
        episodes: How many it holds.

    Raises:
        ValueError: If it holds records of something else; nothing is changed then.
    """

    def __init__(self, path: Path, header: Header) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b", buffering=0)
        self._file.seek(0)
        whole = _whole_lines(self._file.read())
        first = to_line({"format": FORMAT, **asdict(header)}).encode()
        if whole and whole[0] + b"\n" != first:
            self._check_drifted(path, header)
            whole = []
        self._file.truncate(sum(len(line) + 1 for line in whole))
        if not whole:
            self._write(first)
        self.episodes = max(len(whole) - 1, 0)

    def _check_drifted(self, path: Path, header: Header) -> None:
        """Raises ValueError if another header differs in more than sources and versions."""
        try:
            found, _ = read_records(path)
            other = [name for name, value in asdict(header).items() if getattr(found, name) != value]
        except ValueError:
            self._file.close()
            raise
        drifted = set(other) & {"source", "agent_source", "versions"}
        if not drifted or set(other) - drifted - {"agent_config", "obs_type", "action_type"}:
            self._file.close()
            raise ValueError(f"{path} holds episodes with another {' and '.join(other)}: remove it and run again")

    def append(self, record: EpisodeRecord) -> None:
        """Adds an episode."""
        self._write(record.to_line().encode())
        self.episodes += 1

    def _write(self, line: bytes) -> None:
        left = memoryview(line)
        while left:
            left = left[self._file.write(left) :]
        os.fsync(self._file.fileno())

    def __enter__(self) -> RecordFile:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it."""
        self._file.close()


def _whole_lines(content: bytes) -> list[bytes]:
    """The lines of a file but for a last one that was not finished: it has no end, or parts that were never written."""
    lines = content.split(b"\n")[:-1]
    return lines[:-1] if lines and b"\0" in lines[-1] else lines


def write_records(path: Path, header: Header, records: Iterable[EpisodeRecord]) -> None:
    """Writes a file of records, whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        file.write(to_line({"format": FORMAT, **asdict(header)}))
        for record in records:
            file.write(record.to_line())
    partial.replace(path)


def read_records(path: Path) -> tuple[Header, list[EpisodeRecord]]:
    """Reads a file of records. A last line that was not finished is left out.

    Raises:
        ValueError: If it is not one; the message names the file and the line.
    """
    header: Header | None = None
    rows = []
    for number, line in enumerate(_whole_lines(path.read_bytes()), start=1):
        try:
            row = from_json(line)
            if not isinstance(row, dict):
                raise ValueError("not an object")
            if header is None:
                if row.pop("format", None) != FORMAT:
                    raise ValueError(f"the first line must say {FORMAT!r}")
                header = _typed(Header, row, HEADER_TYPES)
                _check_header(header)
            else:
                record = _typed(EpisodeRecord, row, EPISODE_TYPES)
                _check_episode(record)
                rows.append(record)
        except ValueError as error:
            raise ValueError(f"{path}: line {number} is not a record: {error}") from None
    if header is None:
        raise NoRecords(f"{path}: there is no whole line, so it holds no records")
    return header, rows


def _types(row: type[Any]) -> dict[str, tuple[type, ...]]:
    """The types of each field's values: of lists and objects only that they are some, and a float may be whole."""
    kinds = {name: get_origin(hint) or hint for name, hint in get_type_hints(row).items()}
    also: dict[type, tuple[type, ...]] = {float: (float, int), Mapping: (dict,)}
    return {name: also.get(kind, (kind,)) for name, kind in kinds.items()}


HEADER_TYPES, EPISODE_TYPES = _types(Header), _types(EpisodeRecord)


NEEDED: dict[type[Any], list[str]] = {
    row: [each.name for each in fields(row) if each.default is each.default_factory is MISSING]
    for row in (Header, EpisodeRecord)
}


def _typed(row: type[Row], values: Mapping[str, Any], types: Mapping[str, tuple[type, ...]]) -> Row:
    """The row of these values, if they are its fields, of their types, and what is counted is not negative."""
    for name in NEEDED[row]:
        if name not in values:
            raise ValueError(f"{name} is missing")
    for name, value in values.items():
        if name not in types:
            raise ValueError(f"it has a field {shown(name)} too many")
        kinds = types[name]
        if type(value) not in kinds:
            raise ValueError(f"{name} must be of type {kinds[0].__name__}, got {shown(value)}")
        if kinds == (int,) and value < 0:
            raise ValueError(f"{name} must be at least 0, got {shown(value)}")
    return row(**values)


def _check_header(header: Header) -> None:
    check_split(header.split)
    for name, known in (("obs_type", OBS_TYPES), ("action_type", ACTION_TYPES)):
        if getattr(header, name) not in known:
            raise unknown(name, getattr(header, name), known)
    if not all(isinstance(version, str) for version in header.versions.values()):
        raise ValueError(f"versions must be texts, got {shown(header.versions)}")


def _check_episode(record: EpisodeRecord) -> None:
    if not all(type(amounts) is list and all(map(is_number, amounts)) for amounts in record.reward_terms.values()):
        raise ValueError(f"reward_terms must be lists of numbers, got {shown(record.reward_terms)}")
    for name, numbers in (("metrics", record.metrics), ("usage", record.usage)):
        if not all(map(is_number, numbers.values())):
            raise ValueError(f"{name} must be numbers, got {shown(numbers)}")
    kind, colon, _ = record.failure.partition(": ")
    known = kind in FAILURES and colon and len(record.failure) <= LONGEST_FAILURE and record.failure.isprintable()
    if record.failure and not known:
        raise ValueError(f"failure must begin with one of {', '.join(FAILURES)}, got {shown(record.failure)}")
    if not is_number(record.episodic_return):
        raise ValueError(f"episodic_return must be a number, got {shown(record.episodic_return)}")


def is_number(value: Any) -> bool:
    """Whether a value of JSON is a number that can be counted with."""
    return type(value) in (float, int) and -LARGEST <= value <= LARGEST
