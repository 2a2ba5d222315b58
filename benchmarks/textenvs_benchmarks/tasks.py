"""The tasks of a run that are not known by their ids alone: they were named by "module:Class".

Whoever runs a suite names its tasks, and has them imported. Whoever reads a run of others imports only what they name
themselves: the manifest does not decide what is executed here.
"""

from __future__ import annotations

from collections.abc import Sequence

from textenvs.errors import shown
from textenvs.manifest import Entry
from textenvs.registration import check_named, known_entry, register_named
from textenvs_benchmarks.suite import Suite


def import_tasks(suite: Suite) -> None:
    """Imports and registers the tasks that a suite names; for those who run it."""
    for env_id, task in suite.tasks.items():
        register_named(task, env_id)


def import_named(suite: Suite, named: Sequence[str]) -> None:
    """Imports and registers those tasks of a run that its reader has named.

    Raises:
        ValueError: If the run has no such task.
    """
    for task in named:
        ids = [env_id for env_id, each in suite.tasks.items() if each == check_named(task)]
        if not ids:
            told = ", ".join(map(shown, suite.tasks.values())) or "none"
            raise ValueError(f"this run has no task {shown(task)} that must be named: leave --task out (it has {told})")
        for env_id in ids:
            register_named(task, env_id)


def require_tasks(suite: Suite) -> None:
    """Raises ValueError if the suite has a task that its reader has not named."""
    for env_id, task in suite.tasks.items():
        if known_entry(env_id) is None:
            raise ValueError(
                f"{env_id} is the task {task}, which is not imported unless you name it: add --task {task}"
            )


def entry_of(env_id: str, suite: Suite) -> Entry:
    """What is known of an environment of a run: nothing but its task where it was not imported."""
    return known_entry(env_id) or Entry(env_id, suite.tasks[env_id])
