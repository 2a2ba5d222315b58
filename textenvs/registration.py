"""Which environments there are: the tasks of this package, those of other packages, and those that a program adds.

A task is a package of its own with a file `task.toml`, which names its environments; nothing else names it. Those of
this package stand in `textenvs/tasks`; those of other distributions are named by entry points of the group
`textenvs.tasks`, whose value is the package of the task. Reading them imports no task.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import parse_env_id

from textenvs.core.closure import source_hash
from textenvs.core.loading import load_task
from textenvs.core.mdp import Task
from textenvs.errors import shown, unknown

GROUP = "textenvs.tasks"
"""Entry points of this group name packages of tasks."""
MANIFEST = "task.toml"
"""The file of a task's package that names its environments."""
TASK_KEYS = ("class", "rule", "references", "environments")
REFERENCE_KEYS = ("policy", "summary", "blind")
ENTRY_KEYS = ("id", "parameters", "capabilities", "summary", "credits")


@dataclass(frozen=True)
class Reference:
    """A hand-written policy that shows what can be had; it is not ranked.

    Attributes:
        policy: Entry point of its class, "module:Class".
        summary: What it does, in a sentence.
        blind: Whether it decides nothing by what it reads: the best of these is the floor.
    """

    policy: str
    summary: str = ""
    blind: bool = False


@dataclass(frozen=True)
class Entry:
    """One registered environment.

    Attributes:
        id: Its Gymnasium id; a variant goes before the version.
        task: Entry point of its task, "module:Class".
        parameters: The task's parameters.
        capabilities: What it asks of an agent.
        summary: What is to be done, in a sentence.
        credits: Whose texts and facts are shown in it, and under which licence; "" where they are our own.
        folder: The folder of the task's package; None where the task is a module without one.
        rule: Entry point of its hand-written policy, "module:Class"; "" if it has none.
        references: Its further policies, by name.
    """

    id: str
    task: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    summary: str = ""
    credits: str = ""
    folder: Path | None = None
    rule: str = ""
    references: Mapping[str, Reference] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """A hash of its parameters and of all files that decide how it behaves; "" where these are not known."""
        files = source_hash(self.task)
        told = json.dumps([files, dict(self.parameters)], sort_keys=True)
        return blake2b(told.encode(), digest_size=16).hexdigest() if files else ""

    @property
    def scores_file(self) -> Path | None:
        """Where its reference scores, its sizes and its fingerprint are stored; None where there is no place."""
        return self.folder / "scores" / f"{self.id}.json" if self.folder else None


_ENTRIES: dict[str, Entry] = {}
"""All registered environments, by id."""


def read_manifest(package: str, folder: Path) -> list[Entry]:
    """The environments of a task's package.

    Args:
        package: Its full name.
        folder: Where it lies.

    Raises:
        ValueError: If the manifest is missing or not well formed; the message names the file and the cure.
    """
    path = folder / MANIFEST
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        _check_keys(values, TASK_KEYS, ("class", "environments"))
        rule = f"{package}.{values['rule']}" if "rule" in values else ""
        references = {}
        for name, row in values.get("references", {}).items():
            _check_keys(row, REFERENCE_KEYS, ("policy", "summary"))
            references[name] = Reference(**{**row, "policy": f"{package}.{row['policy']}"})
        entries = []
        for row in values["environments"]:
            _check_keys(row, ENTRY_KEYS, ("id",))
            _check_id(row["id"])
            row["capabilities"] = tuple(row.get("capabilities", ()))
            entries.append(
                Entry(task=f"{package}:{values['class']}", folder=folder, rule=rule, references=references, **row)
            )
        return entries
    except FileNotFoundError:
        raise ValueError(f"{package} has no {MANIFEST}: a task's package needs one") from None
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None


def _check_keys(table: Mapping[str, Any], known: tuple[str, ...], needed: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise unknown("key", key, known)
    for key in needed:
        if key not in table:
            raise ValueError(f"the key {key!r} is missing")


def _check_id(env_id: Any) -> None:
    """Raises ValueError where an id is none of Gymnasium's, or has no version."""
    try:
        version = parse_env_id(env_id)[2] if isinstance(env_id, str) else None
    except gym.error.Error:
        version = None
    if version is None:
        raise ValueError(f'an id is a name with a version, such as "MyTask-v0", got {shown(env_id)}')


def own_entries() -> list[Entry]:
    """The environments of this package, in the order of the names of their tasks."""
    tasks = Path(__file__).parent / "tasks"
    folders = sorted(path.parent for path in tasks.glob(f"*/{MANIFEST}"))
    return [entry for folder in folders for entry in read_manifest(f"textenvs.tasks.{folder.name}", folder)]


def foreign_entries() -> Iterator[Entry]:
    """The environments of other distributions; one that cannot be read is told of, and left out."""
    for point in entry_points(group=GROUP):
        try:
            yield from read_manifest(point.value, package_folder(point.value))
        except (ImportError, ValueError) as error:
            gym.logger.warn(f"the task {point.name!r} of {point.dist.name if point.dist else '?'} is left out: {error}")


def package_folder(package: str) -> Path:
    """The folder of a package, which is not imported itself.

    Raises:
        ValueError: If there is no such package, or it is a module without a folder.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ValueError(f"there is no package {package!r}")
    return Path(spec.submodule_search_locations[0])


def add_entry(entry: Entry) -> Entry:
    """Registers an environment, here and with Gymnasium.

    Raises:
        ValueError: If the id is that of another environment.
    """
    known = _ENTRIES.get(entry.id)
    if known is not None:
        if (known.task, dict(known.parameters)) != (entry.task, dict(entry.parameters)):
            raise ValueError(f"{entry.id} is already {known.task} {dict(known.parameters) or ''}".rstrip())
        return known
    _ENTRIES[entry.id] = entry
    stored = stored_of(entry.id)
    gym.register(
        id=entry.id,
        entry_point="textenvs.core.env:TextEnv",
        vector_entry_point="textenvs.core.vector:TextVectorEnv",
        reward_threshold=stored["train"]["optimal"] if stored else None,
        order_enforce=False,  # it sees to that itself, and a wrapper costs time
        disable_env_checker=True,  # the tests have checked it
        kwargs={"task": entry.task, **entry.parameters},
    )
    return entry


def register_task(
    env_id: str,
    task: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    capabilities: tuple[str, ...] = (),
    summary: str = "",
    credits: str = "",  # the word of the manifest
) -> None:
    """Registers a task of yours under an id, for this process: it is treated like those of this package.

    Args:
        env_id: The id, with its version: "MyTask-v0".
        task: Entry point of its class, "module:Class"; the module must be importable.
        parameters: Keyword arguments of the class, as JSON can hold them.
        capabilities: What it asks of an agent.
        summary: What is to be done, in a sentence.
        credits: Whose texts and facts are shown in it, and under which licence.

    Raises:
        ValueError: If the id is not well formed, or is that of another environment.
    """
    _check_id(env_id)
    module, _, name = task.partition(":")
    if not module or not name:
        raise ValueError(f'a task is named by "module:Class", got {shown(task)}')
    try:
        spec = importlib.util.find_spec(module)
    except ImportError as error:
        raise ValueError(f"{module} cannot be imported: {error}") from None
    if spec is None:
        raise ValueError(f"there is no module {module!r}: is its folder on the path (PYTHONPATH)?")
    folder = Path(spec.submodule_search_locations[0]) if spec.submodule_search_locations else None
    json.dumps(dict(parameters or {}))
    add_entry(Entry(env_id, task, dict(parameters or {}), capabilities, summary, credits, folder))


def register_named(task: str) -> Entry:
    """Registers a task by its entry point alone, "module:Class": its id is the name of the class, with "-v0".

    Raises:
        ValueError: If there is no such module or class.
    """
    module, _, name = task.partition(":")
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise ValueError(f"{module} cannot be imported ({error}): is its folder on the path (PYTHONPATH)?") from None
    classes = [key for key, value in vars(found).items() if isinstance(value, type)]
    if name not in classes:
        raise unknown(f"class of {module}", name, classes)
    env_id = f"{name}-v0"
    register_task(env_id, task, summary=(getattr(found, name).__doc__ or "").strip().partition("\n")[0])
    return _ENTRIES[env_id]


def entries() -> tuple[Entry, ...]:
    """All registered environments: those of this package first."""
    return tuple(_ENTRIES.values())


def find_entry(env_id: str) -> Entry:
    """The entry of an id, or of a task that is named by "module:Class", which is registered then.

    Raises:
        ValueError: If there is no such id; the message names the near ones.
    """
    name = env_id.removeprefix("textenvs:")
    if name in _ENTRIES:
        return _ENTRIES[name]
    if ":" in name:
        return register_named(name)
    raise unknown("environment", env_id, _ENTRIES)


def task_of(env_id: str, **parameters: Any) -> Task:
    """The task of an id: its actions, horizon, reward terms and instructions.

    Args:
        env_id: A registered id, or "module:Class".
        **parameters: Parameters that replace those of the id.
    """
    entry = find_entry(env_id)
    return load_task(entry.task, {**entry.parameters, **parameters})


@cache
def stored_of(env_id: str) -> dict[str, Any] | None:
    """What is stored of an id: its reference scores by split, its sizes, and its fingerprint; None if nothing is."""
    path = find_entry(env_id).scores_file
    if path is None or not path.is_file():
        return None
    stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return stored


def register_all() -> None:
    """Registers the environments of this package and those of other distributions."""
    for entry in own_entries():
        add_entry(entry)
    for entry in foreign_entries():
        try:
            add_entry(entry)
        except ValueError as error:
            gym.logger.warn(f"{entry.task} is left out: {error}")
