"""Who plays: the Agent protocol, and agents by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

from textenvs.core.closure import defining_module
from textenvs.errors import printable, unknown
from textenvs.evaluation.policy import ReferenceFactory
from textenvs.evaluation.record import FAILURES, LONGEST_FAILURE
from textenvs.registration import entries, find_entry

GROUP = "textenvs.agents"
"""Entry points of agents: a name, and a factory called as `factory(env_id, env_kwargs, **options)`. One that is not for
all environments has a function `plays(env_id)`."""
REFERENCES = "textenvs.references"
"""Entry points of agents that are constructed for the split they play: they show what can be had, and are not ranked.
The policies that tasks name in their manifests as references are such agents too."""


RULE = "rule"
"""The agent that plays the rules that tasks name in their manifests."""


class AgentFailure(Exception):
    """Raised by an agent that cannot go on: it loses the episode.

    Args:
        kind: One of `textenvs.evaluation.FAILURES`.
        what: What happened, in a few words.
    """

    def __init__(self, kind: str, what: str) -> None:
        if kind not in FAILURES:
            raise unknown("kind of failure", kind, FAILURES)
        super().__init__(f"{kind}: {printable(what)}"[:LONGEST_FAILURE])


@runtime_checkable
class Agent(Protocol):
    """Whatever chooses actions. It sees observations and infos; it has no handle on the environment.

    Attributes:
        obs_type: The observation type that it plays: "text", "features" or "discrete".
        action_type: "choice" or "text".
    """

    obs_type: str
    action_type: str

    def reset(self, seed: int) -> None:
        """Begins an episode; all that is random in it comes from the seed."""

    def act(self, observation: Any, info: Mapping[str, Any]) -> int | str:
        """The action for an observation, and what `info` says of what can be done: `action_mask` and `choices`."""


@runtime_checkable
class BatchAgent(Protocol):
    """An agent that plays several episodes side by side, such as one that asks a model for several answers at once.

    Attributes:
        obs_type: The observation type that it plays.
        action_type: The action type.
        rows: How many at most.
    """

    obs_type: str
    action_type: str
    rows: int

    def reset_rows(self, seeds: Sequence[int]) -> None:
        """Begins an episode in each of the first rows; all that is random in it comes from its seed."""

    def act_rows(
        self, rows: Sequence[int], observations: Sequence[Any], infos: Sequence[Mapping[str, Any]]
    ) -> Sequence[int | str | AgentFailure]:
        """The action in each of these rows, whose episodes go on; a failure where it has none."""

    def usage(self, row: int) -> Mapping[str, float]:
        """What the episode of a row has taken so far: counts by name, such as tokens."""


class Training(NamedTuple):
    """What came of learning.

    Attributes:
        steps: Environment steps taken.
        curve: (global step, return) of each episode that was finished.
    """

    steps: int
    curve: list[tuple[int, float]]


@runtime_checkable
class Learner(Agent, Protocol):
    """An agent that learns, and can be saved and loaded without executing anything.

    One that learns from a batch has an attribute `num_envs`: it is given a vector environment of so many rows in
    autoreset mode SAME_STEP. An attribute `suffix` names the format of its files, such as ".safetensors".
    """

    @property
    def config(self) -> dict[str, Any]:
        """Its settings, as they stand in a record."""

    def train(
        self, env: Any, total_steps: int, seed: int = 0, progress: Callable[[int], None] | None = None
    ) -> Training:
        """Learns from an environment for at most so many steps.

        Args:
            env: Made with the agent's `obs_type` and `action_type`, on the train split.
            total_steps: Environment steps.
            seed: Seeds all that is random.
            progress: Called now and then with the number of steps since the last call.
        """

    def save(self, path: str | Path) -> None:
        """Saves what was learned."""

    @classmethod
    def load(cls, path: str | Path, env_id: str, env_kwargs: Mapping[str, Any]) -> Agent:
        """Loads what `save` has saved; raises ValueError where the file is something else."""


@cache
def _factories() -> dict[str, EntryPoint]:
    return {point.name: point for group in (GROUP, REFERENCES) for point in entry_points(group=group)}


def agent_names() -> list[str]:
    """Names of all agents that are installed, and of the policies that tasks name as references."""
    return sorted({*_factories(), *_task_references()})


def reference_names() -> list[str]:
    """Names of the agents that are not ranked."""
    return sorted({*(point.name for point in entry_points(group=REFERENCES)), *_task_references()})


def _task_references() -> set[str]:
    """Names of the references of tasks; an installed agent of the same name has precedence."""
    return {name for entry in entries() for name in entry.references} - _factories().keys()


def find_agent(name: str) -> Callable[..., Agent]:
    """The factory of an agent.

    Args:
        name: Name of an entry point of the group `textenvs.agents` or `textenvs.references`, or of a reference of a
            task.

    Raises:
        ValueError: If there is no such agent; the message names the near ones.
    """
    if name in _task_references():
        return ReferenceFactory(name)
    factory: Callable[..., Agent] = _entry_point(name).load()
    return factory


def summary_of(name: str) -> str:
    """What an agent does, in a sentence: the first of its documentation; "" where there is none.

    Args:
        name: Its name.
    """
    if name in _task_references():
        return next(entry.references[name].summary for entry in entries() if name in entry.references)
    if name not in _factories():
        return ""
    return " ".join((inspect.getdoc(find_agent(name)) or "").partition("\n\n")[0].split())


def agent_origin(name: str) -> tuple[str, str]:
    """The distribution that an agent comes from, and its factory as "module:name"; nothing of it is imported.

    Raises:
        ValueError: If there is no such agent; the message names the near ones.
    """
    if name in _task_references():
        return "textenvs", ReferenceFactory(name).policies()[0]
    point = _entry_point(name)
    return point.dist.name if point.dist else "", point.value


def agent_modules(name: str, environments: Iterable[str] = ()) -> list[str]:
    """The modules in which an agent is defined, and those of the policies that it plays in some environments.

    Args:
        name: Its name.
        environments: Ids that it plays.
    """
    played = [find_entry(env_id) for env_id in environments]
    if name in _task_references():
        policies = [entry.references[name].policy for entry in played if name in entry.references]
        return sorted({policy.partition(":")[0] for policy in policies})
    module, _, attribute = _entry_point(name).value.partition(":")
    rules = {entry.rule.partition(":")[0] for entry in played if entry.rule and name == RULE}
    return [defining_module(module, attribute), *sorted(rules)]


def _entry_point(name: str) -> EntryPoint:
    if name not in _factories():
        raise unknown("agent", name, agent_names())
    return _factories()[name]


def check_options(name: str, options: Mapping[str, Any]) -> None:
    """Raises ValueError if an agent has no such options, or cannot be made with them here.

    An agent whose options are the fields of a dataclass has it as an attribute `config_class`, which is made: it may
    look for what the agent needs on this machine, such as a model or a key.

    Args:
        name: Name of the agent.
        options: The options.
    """
    check_option_names(name, options)
    config = getattr(find_agent(name), "config_class", None)
    if config is not None:
        config(**options)


def check_option_names(name: str, options: Iterable[str]) -> None:
    """Raises ValueError if an agent has no such options; it names those that there are, if known.

    Args:
        name: Name of the agent.
        options: Names of the options.
    """
    factory = find_agent(name)
    parameters = inspect.signature(getattr(factory, "config_class", factory)).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    known = [each for each in parameters if each not in ("env_id", "env_kwargs")]
    for option in options:
        if not known:
            raise ValueError(f"{name} has no settings: leave --set out")
        if option not in known:
            raise unknown(f"setting of {name}", option, known)


def load_agent(name: str, env_id: str, env_kwargs: Mapping[str, Any] | None = None, **options: Any) -> Agent:
    """An agent by name, ready to play an id.

    Args:
        name: Name of an entry point of the group `textenvs.agents`.
        env_id: The registered id that it will play.
        env_kwargs: The task's parameters and `split` and `reward`, where they are not the id's own.
        **options: The agent's own options.

    Raises:
        ValueError: If there is no such agent, or it has no such option.
    """
    factory = find_agent(name)
    try:
        inspect.signature(factory).bind(env_id, {}, **options)
    except TypeError as error:
        raise ValueError(f"the agent {name!r} cannot be made like this: {error}") from None
    return factory(env_id, dict(env_kwargs or {}), **options)
