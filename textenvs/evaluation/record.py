"""What happened: episodes as JSON lines.

A file holds one agent on one id, split and training seed: a header line, then a line an episode. It holds nothing
that differs between two runs of the same command: no time, no machine, no order in which workers finished.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar, get_origin, get_type_hints

FORMAT = "textenvs-record/1"
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
        source: Hash of the sources that decide how the environment behaves.
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
    source: str
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
        observations: Hash of all observations that the agent saw, from reset to end.
        episodic_return: Sum of the rewards.
        length: Number of steps.
        terminated: Whether the episode came to its own end.
        truncated: Whether it was cut off.
        metrics: The task's metrics of the episode.
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


def to_line(values: Mapping[str, Any]) -> str:
    """One line of JSON, the same for the same values."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n"


def write_records(path: Path, header: Header, records: Iterable[EpisodeRecord]) -> None:
    """Writes a file of records, whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        file.write(to_line({"format": FORMAT, **asdict(header)}))
        for record in records:
            file.write(to_line(asdict(record)))
    partial.replace(path)


def read_records(path: Path) -> tuple[Header, list[EpisodeRecord]]:
    """Reads a file of records.

    Raises:
        ValueError: If it is not one; the message names the file and the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{path}: not a record, but bytes that are no text") from None
    rows = []
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("not an object")
            if number == 1:
                if row.pop("format", None) != FORMAT:
                    raise ValueError(f"the first line must say {FORMAT!r}")
                header = _typed(Header(**row), HEADER_TYPES)
            else:
                rows.append(_typed(EpisodeRecord(**row), EPISODE_TYPES))
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"{path}: line {number} is not a record: {error}") from None
    if not lines:
        raise ValueError(f"{path}: the file is empty, not a record")
    return header, rows


def _types(row: type[Any]) -> dict[str, tuple[type, ...]]:
    """The types of each field's values: of lists and objects only that they are some, and a float may be whole."""
    kinds = {name: get_origin(hint) or hint for name, hint in get_type_hints(row).items()}
    also: dict[type, tuple[type, ...]] = {float: (float, int), Mapping: (dict,)}
    return {name: also.get(kind, (kind,)) for name, kind in kinds.items()}


HEADER_TYPES, EPISODE_TYPES = _types(Header), _types(EpisodeRecord)


def _typed(row: Row, types: Mapping[str, tuple[type, ...]]) -> Row:
    """The row, if its fields are of their types."""
    for name, kinds in types.items():
        if type(value := getattr(row, name)) not in kinds:
            raise ValueError(f"{name} must be of type {kinds[0].__name__}, got {value!r:.50}")
    return row
