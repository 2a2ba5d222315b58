"""What is played: a suite of agents, environments and seeds, by name, from a file, or as given."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import textenvs
from textenvs.errors import shown, unknown
from textenvs.evaluation import agent_names, agent_origin, check_option_names
from textenvs.manifest import check_id
from textenvs.registration import check_named, is_named, known_entry, named_id
from textenvs_benchmarks.external.protocol import make_limits
from textenvs_benchmarks.external.reach import Reach, parse_reach

DECIDING = ("environments", "training_seeds", "steps", "episodes", "evaluation_seed")
"""What of a suite decides its episodes and how long agents learn, whoever they are."""
WITH = "-with-"
"""Stands in the name of a suite before the agents that were added to it."""
FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}")
LARGEST = 1 << 16
"""Bytes of a file at most."""
MOST_DOTS = 1000
"""In a line of it at most: to read a key of many parts takes the square of their number."""


@dataclass(frozen=True)
class Suite:
    """Agents, environments, and how they are trained and evaluated.

    Attributes:
        name: Its name, and that of its folder under `runs`.
        version: Raised with every change that changes results.
        environments: Registered ids, or tasks as "module:Class", whose ids then stand here instead.
        agents: Names of the agents that are ranked. Those that learn do so on train, once for each seed.
        references: Names of agents that are constructed for the split they play, and are not ranked.
        training_seeds: How many; they are 0, 1, ...
        steps: Environment steps of training, at most.
        agent_steps: The same for some of the agents, by name, instead.
        external: How agents are reached that are not installed, by their names; they are ranked too:
            "python:module:Class", "command:./agent --flag" or "http://host:8000".
        limits: What such agents may take: fields of `external.protocol.Limits`, where they are to be others.
        tasks: The environments that were named by the entry point of their task, "module:Class", and by which. Their
            modules are imported where they are played, and not where results are read.
        options: Options of agents that are ours, by name. The option "agent" names which of ours it is, for a row of
            another name. Their values are checked before a run alone: to read results, no model or key need be there.
        episodes: Episodes of evaluation on each split.
        evaluation_seed: Training seed *k* of every agent is evaluated on the same episodes.

    Raises:
        ValueError: If something in it does not exist or cannot be; the message says what.
    """

    name: str
    version: int
    environments: tuple[str, ...]
    agents: tuple[str, ...]
    references: tuple[str, ...] = ()
    training_seeds: int = 5
    steps: int = 200_000
    episodes: int = 500
    evaluation_seed: int = 20260101
    agent_steps: Mapping[str, int] = field(default_factory=dict, hash=False)
    external: Mapping[str, str] = field(default_factory=dict, hash=False)
    limits: Mapping[str, int] = field(default_factory=dict, hash=False)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    tasks: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not FOLDER_NAME.fullmatch(self.name):
            raise ValueError(f"name must be a word that can be a folder's, got {shown(self.name)}")
        for name in ("version", "training_seeds", "steps", "episodes", "evaluation_seed"):
            least = 0 if name == "evaluation_seed" else 1
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, got {shown(getattr(self, name))}")
        tasks = dict(self.tasks)
        object.__setattr__(self, "environments", tuple(_id_of(name, tasks) for name in self.environments))
        object.__setattr__(self, "tasks", tasks)
        _check_tasks(self)
        added = (agent for agent in self.external if agent not in self.agents)
        object.__setattr__(self, "agents", (*self.agents, *added))
        for agent in self.external:
            if agent in agent_names():
                raise ValueError(f"{agent!r} is the name of an agent that is installed: give yours another")
        for agent, steps in self.agent_steps.items():
            if agent not in self.agents:
                raise unknown("agent in agent_steps", agent, self.agents)
            if type(steps) is not int or steps < 1:
                raise ValueError(f"agent_steps must be whole numbers from 1, got {shown(steps)} for {agent}")
        for agent, options in self.options.items():
            if agent not in self.agents:
                why = unknown("agent in options", agent, self.agents)
                raise ValueError(f"{why}; add it to agents, or remove [options.{shown(agent)[1:-1]}]")
            if not all(isinstance(value, str | int | float) for value in options.values()):
                raise ValueError(f"options must be texts, numbers or truth values, got {shown(options)} for {agent}")
            if self.reach(agent) is not None:
                raise ValueError(f"{agent} is not one of ours: it has no options here")
            check_option_names(self.installed(agent), self.options_of(agent))
        make_limits(self.limits)
        for agent in self.agents + self.references:
            self.reach(agent)
            if not FOLDER_NAME.fullmatch(agent):
                raise ValueError(f"the agent's name {shown(agent)} cannot be that of a folder")
        for what, names in (("environment", self.environments), ("agent", self.agents + self.references)):
            if not names:
                raise ValueError(f"there is no {what}")
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"{what} {name!r} is named twice")

    def reach(self, agent: str) -> Reach | None:
        """How an agent is reached that is not ours; None for ours.

        Raises:
            ValueError: If there is no such agent.
        """
        if agent in self.external:
            return parse_reach(self.external[agent])
        distribution, factory = agent_origin(self.installed(agent))
        return None if distribution == "textenvs" else Reach("python", factory)

    def installed(self, agent: str) -> str:
        """The name under which an agent is installed, which may have another one in the suite."""
        return str(self.options.get(agent, {}).get("agent", agent))

    def options_of(self, agent: str) -> dict[str, Any]:
        """The options with which an agent is made."""
        return {name: value for name, value in self.options.get(agent, {}).items() if name != "agent"}


def _id_of(name: str, tasks: dict[str, str]) -> str:
    """The id of an environment, imported or not; a task that is named by its entry point is added to `tasks`."""
    if is_named(name):
        env_id = named_id(name)
        if tasks.setdefault(env_id, name) != name:
            raise ValueError(
                f"{tasks[env_id]} and {name} would both be called {env_id}: give one of them an id of its own in the "
                "table 'tasks' of a suite file"
            )
        return env_id
    env_id = name.removeprefix("textenvs:")
    return env_id if env_id in tasks else textenvs.find_entry(name).id


def _check_tasks(suite: Suite) -> None:
    """Raises ValueError if a task is not named as it must be, or its id is that of another environment."""
    for env_id, task in suite.tasks.items():
        check_id(env_id)
        check_named(task)
        if env_id not in suite.environments:
            raise unknown("environment in tasks", env_id, suite.environments)
        known = known_entry(env_id)
        if known is not None and known.task != task:
            raise ValueError(f"{env_id} is {known.task} here, and not {task}")


def to_table(suite: Suite) -> dict[str, Any]:
    """A suite as a table of JSON, from which `make_suite` makes it again."""
    values = asdict(suite)
    if not suite.tasks:
        del values["tasks"]
    return values


KINDS = {"str": str, "int": int, "tuple[str, ...]": list, "Mapping[str, int]": dict, "Mapping[str, str]": dict}
KINDS["Mapping[str, Mapping[str, Any]]"] = dict


def make_suite(values: Mapping[str, Any]) -> Suite:
    """A suite from a table of TOML or JSON; types and names are checked."""
    kinds = {each.name: KINDS[str(each.type)] for each in fields(Suite)}
    for name, value in values.items():
        if name not in kinds:
            raise unknown("key", name, kinds)
        if not isinstance(value, kinds[name]) or isinstance(value, bool):
            raise ValueError(f"{name} must be of type {kinds[name].__name__}, got {shown(value)}")
        if isinstance(value, list) and not all(isinstance(item, str) for item in value):
            raise ValueError(f"{name} must be a list of names, got {shown(value)}")
        if name == "external" and not all(isinstance(reach, str) for reach in values["external"].values()):
            raise ValueError(f"external must give a text for each name, got {shown(value)}")
        if name == "tasks" and not all(isinstance(task, str) for task in values["tasks"].values()):
            raise ValueError(f"tasks must give a text for each id, got {shown(value)}")
        if name == "options" and not all(isinstance(options, dict) for options in values["options"].values()):
            raise ValueError(f"options must give a table for each agent, got {shown(value)}")
    for name in ("name", "version", "environments", "agents"):
        if name not in values:
            raise ValueError(f"the key {name!r} is missing")
    frozen: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    return Suite(**frozen)


def suite_names() -> list[str]:
    """Names of the suites that ship with the package."""
    return sorted(path.name.removesuffix(".toml") for path in files(__package__).joinpath("suites").iterdir())


def is_shipped(suite: Suite) -> bool:
    """Whether a suite has the name of one that ships with the package, with agents added or not."""
    return suite.name.partition(WITH)[0] in suite_names()


def load_suite(name: str) -> Suite:
    """A suite by name, or from a file.

    Args:
        name: One of `suite_names()`, or the path of a file that ends with ".toml".
    """
    if not name.endswith(".toml") and name not in suite_names():
        raise unknown("suite", name, suite_names())
    file = Path(name) if name.endswith(".toml") else files(__package__).joinpath("suites", f"{name}.toml")
    with file.open("rb") as opened:
        content = opened.read(LARGEST + 1)
    try:
        if len(content) > LARGEST:
            raise ValueError(f"it has more than {LARGEST >> 10} KiB")
        if max(line.count(b".") for line in content.split(b"\n")) > MOST_DOTS:
            raise ValueError(f"it has a line of more than {MOST_DOTS} dots")
        suite = make_suite(tomllib.loads(content.decode()))
        if name.endswith(".toml") and is_shipped(suite):
            raise ValueError(f"the name {suite.name!r} is that of a suite that ships with the package: choose another")
        return suite
    except RecursionError:
        raise ValueError(f"suite {name}: it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"suite {name}: {error}") from None
