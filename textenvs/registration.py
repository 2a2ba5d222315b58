"""Which environments there are: the tasks of this package, those of other packages, and those that a program adds.

Tasks of packages are known by their manifests (`textenvs.manifest`), without importing any. A program adds others by
`register_task`, and whoever names a task by "module:Class" has it imported and registered.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import gymnasium as gym

from textenvs.core.loading import load_task
from textenvs.core.mdp import SPLITS, Task
from textenvs.errors import shown, unknown
from textenvs.manifest import Entry, check_id, foreign_tasks, own_entries, package_folder, read_manifest

NAMED = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*")
"""A task that is named by its entry point, "module:Class"."""
STORED = ("identity", "source", "actions", "horizon", "observations", "fingerprint", *SPLITS)
"""What `textenvs compile` stores of an id."""
_ENTRIES: dict[str, Entry] = {}
"""All registered environments, by id."""


def add_entry(entry: Entry) -> Entry:
    """Registers an environment, here and with Gymnasium.

    Raises:
        ValueError: If the id is that of another environment, or what is stored of it is damaged; nothing is registered.
    """
    known = _ENTRIES.get(entry.id)
    if known is not None:
        if (known.task, dict(known.parameters)) != (entry.task, dict(entry.parameters)):
            raise ValueError(f"{entry.id} is already {known.task} {dict(known.parameters) or ''}".rstrip())
        return known
    spec = gym.registry.get(entry.id)
    if spec is not None and spec.kwargs.get("task") != entry.task:
        raise ValueError(f"{entry.id} is already registered with Gymnasium, as {spec.entry_point}: choose another id")
    stored = _read_stored(entry.scores_file)
    gym.register(
        id=entry.id,
        entry_point="textenvs.core.env:TextEnv",
        vector_entry_point="textenvs.core.vector:TextVectorEnv",
        reward_threshold=stored["train"]["optimal"] if stored else None,
        order_enforce=False,  # it sees to that itself, and a wrapper costs time
        disable_env_checker=True,  # the tests have checked it
        kwargs={"task": entry.task, **entry.parameters},
    )
    _ENTRIES[entry.id] = entry
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
        task: Entry point of its class, "module:Class"; the module must be importable. It is not imported yet.
        parameters: Keyword arguments of the class, as JSON can hold them.
        capabilities: What it asks of an agent.
        summary: What is to be done, in a sentence.
        credits: Whose texts and facts are shown in it, and under which licence.

    Raises:
        ValueError: If the id is not well formed, or is that of another environment, or there is no such module.
    """
    check_id(env_id)
    module = check_named(task).partition(":")[0]
    try:
        json.dumps(dict(parameters or {}))
    except TypeError as error:
        raise ValueError(f"parameters of a task are what JSON can hold, got {shown(parameters)}: {error}") from None
    folder = _folder_of(module)
    add_entry(Entry(env_id, task, dict(parameters or {}), capabilities, summary, credits, folder, added=True))


def _folder_of(module: str) -> Path | None:
    """The folder of a package; None for a module without one."""
    if module in sys.modules:
        places = getattr(sys.modules[module], "__path__", None)
    else:
        try:
            spec = importlib.util.find_spec(module)
        except ImportError as error:
            raise ValueError(f"{module} cannot be imported: {error}") from None
        if spec is None:
            raise ValueError(f"there is no module {module!r}: is its folder on the path (PYTHONPATH)?")
        places = spec.submodule_search_locations
    return Path(next(iter(places))) if places else None


def is_named(name: str) -> bool:
    """Whether a name is that of a task by its entry point, "module:Class", and not an id."""
    return NAMED.fullmatch(name.removeprefix("textenvs:")) is not None


def check_named(task: Any) -> str:
    """The entry point of a task; raises ValueError if it is none."""
    if not isinstance(task, str) or not is_named(task):
        raise ValueError(f'a task is named by "module:Class", got {shown(task)}')
    return str(task)


def named_id(task: str) -> str:
    """The id of a task that is named by "module:Class": the name of its class, with "-v0"."""
    return f"{check_named(task).partition(':')[2]}-v0"


def register_named(task: str, env_id: str = "") -> Entry:
    """Imports and registers a task that is named by its entry point alone.

    Its module may lie in the current folder, which is looked through last.

    Args:
        task: The entry point, "module:Class".
        env_id: Its id; by default the name of the class, with "-v0".

    Raises:
        ValueError: If there is no such module, or no such task in it, or the id is that of another environment.
    """
    env_id = env_id or named_id(task)
    module, _, name = check_named(task).partition(":")
    add_current_folder()
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise ValueError(
            f"{module} cannot be imported ({error}): is it in the current folder, or on the path (PYTHONPATH)?"
        ) from error
    except (Exception, SystemExit) as error:
        raise ValueError(f"{module} fails when it is imported: {type(error).__name__}: {error}") from error
    made = vars(found)
    tasks = [
        key for key, each in made.items() if isinstance(each, type) and issubclass(each, Task) and each is not Task
    ]
    if name not in made and tasks:
        raise unknown(f"task of {module}", name, tasks)
    if name not in tasks:
        raise ValueError(f"{task} is no task: name a class of {module} that is derived from textenvs.core.mdp.Task")
    register_task(env_id, task, summary=(inspect.getdoc(made[name]) or "").partition("\n")[0])
    return _ENTRIES[env_id]


def add_current_folder() -> None:
    """Lets modules of the current folder be imported, where no other folder of the path has one of the name."""
    if not {"", os.getcwd()} & set(sys.path):
        sys.path.append(os.getcwd())


def registered_id(env_id: str) -> str:
    """The id of a task that is named by "module:Class", which is registered then; other names as they are."""
    return find_entry(env_id).id if is_named(env_id) else env_id


def added_entries() -> tuple[Entry, ...]:
    """The environments that were added in this process; another one is told of them by `add_entries`."""
    return tuple(entry for entry in _ENTRIES.values() if entry.added)


def add_entries(added: Iterable[Entry]) -> None:
    """Registers the environments that were added in another process; their modules are imported when they are made."""
    for entry in added:
        add_current_folder()
        add_entry(entry)


def entries() -> tuple[Entry, ...]:
    """All registered environments: those of this package first."""
    return tuple(_ENTRIES.values())


def known_entry(env_id: str) -> Entry | None:
    """The entry of an id, or None. Imports nothing, so that the id may come from an untrusted file."""
    return _ENTRIES.get(env_id.removeprefix("textenvs:"))


def find_entry(env_id: str) -> Entry:
    """The entry of an id, or of a task that is named by "module:Class", which is imported and registered then.

    Raises:
        ValueError: If there is no such id; the message names the near ones.
    """
    name = env_id.removeprefix("textenvs:")
    if name in _ENTRIES:
        return _ENTRIES[name]
    if is_named(name):
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


def stored_of(env_id: str) -> dict[str, Any] | None:
    """What is stored of an id: its reference scores by split, its sizes, and its fingerprint; None if nothing is."""
    return _read_stored(find_entry(env_id).scores_file)


@cache
def _read_stored(path: Path | None) -> dict[str, Any] | None:
    if path is None or not path.is_file():
        return None
    try:
        stored: Any = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(stored, dict) or not stored.keys() >= set(STORED):
            raise ValueError(f"it must hold {', '.join(STORED)}")
    except ValueError as error:
        raise ValueError(f"{path} is not what 'textenvs compile' stores ({error}): remove it") from None
    found: dict[str, Any] = stored
    return found


def forget_stored() -> None:
    """Reads what is stored anew when it is asked for next."""
    _read_stored.cache_clear()


def register_all() -> None:
    """Registers the environments of this package and those of other distributions.

    What cannot be read or registered of other distributions is told of by a warning, and left out.
    """
    for entry in own_entries():
        add_entry(entry)
    for point in foreign_tasks():
        origin = f"the task {point.name!r} of {point.dist.name if point.dist else 'an unknown distribution'}"
        try:
            found = read_manifest(point.value, package_folder(point.value))
        except Exception as error:  # whatever is wrong with it, this package can be imported
            gym.logger.warn("%s is left out: %s", origin, error)
            continue
        for entry in found:
            try:
                add_entry(entry)
            except Exception as error:
                gym.logger.warn("%s of %s is left out: %s", entry.id, origin, error)
