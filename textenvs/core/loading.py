"""From a task's name to its process, graph and tables, each made once in a Python process and shared."""

from __future__ import annotations

import inspect
import json
import pkgutil
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np

from textenvs.core import cache
from textenvs.core.graph import Graph, Size
from textenvs.core.mdp import SPLITS, Task
from textenvs.core.tables import Arena, Tables, compile_tables
from textenvs.errors import unknown

OF_BATCHES = ("autoreset_mode", "info_keys", "memory_budget")
"""Arguments that a vector environment has, and a single one has not."""


def load_task(task: str | Task, parameters: Mapping[str, Any] | None = None) -> Task:
    """A task from its entry point, the same object for the same parameters.

    Args:
        task: "module:Class", or a task object (then there are no parameters).
        parameters: Keyword arguments of the class.

    Raises:
        ValueError: If the class has no such parameter.
    """
    if isinstance(task, str):
        return _load_task(task, json.dumps(dict(parameters or {}), sort_keys=True))
    if parameters:
        raise ValueError(f"a task object takes no parameters, got {', '.join(sorted(parameters))}")
    return task


@lru_cache(maxsize=64)
def _load_task(entry_point: str, parameters: str) -> Task:
    try:
        factory = pkgutil.resolve_name(entry_point)
    except AttributeError:
        module, _, name = entry_point.partition(":")
        raise ValueError(f"{module} has no class {name!r}: name that of the task (in task.toml)") from None
    keywords = json.loads(parameters)
    known = [p.name for p in inspect.signature(factory).parameters.values()]
    for keyword in keywords:
        if keyword in OF_BATCHES:
            raise ValueError(f"{keyword!r} is an argument of batches: gymnasium.make_vec")
        if keyword not in known:
            raise unknown("parameter", keyword, [*known, "obs_type", "action_type", "split", "reward", "render_mode"])
    task: Task = factory(**keywords)
    _ORIGINS[id(task)] = (task, json.dumps([entry_point, parameters]))
    return task


_ORIGINS: dict[int, tuple[Task, str]] = {}
"""Where the tasks came from that were loaded by name: what the cache on disk is keyed by."""


def check_split(split: str) -> str:
    """The split, if there is one of that name."""
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    return split


def check_scenario(scenario: Any, split: str, n_scenarios: int) -> int:
    """The number of a scenario, if the split has it."""
    if isinstance(scenario, bool) or not isinstance(scenario, (int, np.integer)) or not 0 <= scenario < n_scenarios:
        raise ValueError(f"scenario {scenario!r} does not exist: {split} has 0 to {n_scenarios - 1}")
    return int(scenario)


def asked_scenario(
    options: Mapping[str, Any], split: str, n_scenarios: int, known: Sequence[str] = ("scenario",)
) -> int | None:
    """The scenario that the options of a reset ask for, if they do, and name nothing else than they may."""
    for option in options:
        if option not in known:
            raise unknown("option", option, known)
    scenario = options.get("scenario")
    return None if scenario is None else check_scenario(scenario, split, n_scenarios)


NODES = 100_000
"""States and payoffs that the graphs of a Python process hold together, about."""
GRAPH = 20
"""Fixed cost of a graph, in states."""
_GRAPHS: OrderedDict[tuple[Task, str, int], Graph] = OrderedDict()
"""Graphs, that used longest ago first."""
_SIZE = Size()
"""Of these graphs together; they grow after they were loaded."""


def load_graph(task: Task, split: str, scenario: int) -> Graph:
    """The graph of a scenario; for a new one those used longest ago are let go when there are too many states."""
    key = (task, split, scenario)
    graph = _GRAPHS.get(key)
    if graph is not None:
        _GRAPHS.move_to_end(key)
        return graph
    graph = _GRAPHS[key] = Graph(task, task.scenario(split, scenario), _SIZE)
    while _SIZE.total + GRAPH * len(_GRAPHS) > NODES and len(_GRAPHS) > 1:
        _GRAPHS.popitem(last=False)[1].detach()
    return graph


def forget_graphs() -> None:
    """Lets all graphs go."""
    while _GRAPHS:
        _GRAPHS.popitem()[1].detach()


def load_tables(task: Task, split: str, scenario: int = 0) -> Tables:
    """The compiled tables of a scenario; where the split has only one, they are kept in memory and on disk.

    A task that has them already gives them by `compiled`.

    Raises:
        ValueError: If the states hold the texts and are too many.
    """
    if not task.compilable:
        raise ValueError(
            "with measures of its text as reward terms this task has too many states to be compiled, so that it has no "
            "reference scores and no optimum"
        )
    tables: Tables | None = task.compiled(split, scenario)
    if tables is not None:
        return tables
    if task.n_scenarios(split) == 1:
        return _kept_tables(task, split)
    return compile_tables(task, task.scenario(split, scenario))


@lru_cache(maxsize=8)
def _kept_tables(task: Task, split: str) -> Tables:
    process = task.scenario(split, 0)
    origin = _ORIGINS.get(id(task))
    path = cache.path_of(origin[1], split, 0) if origin else None
    if path is None:
        return compile_tables(task, process)
    tables = cache.load(path, process.state_types)
    if tables is None:
        tables = compile_tables(task, process)
        cache.store(path, tables)
    return tables


def make_arena(task: Task, split: str, memory_budget: int) -> Arena:
    """An empty arena for the scenarios of a split."""
    return Arena(task, partial(load_tables, task, split), memory_budget)
