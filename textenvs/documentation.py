"""The page of an environment, made of its docstring and its declarations, and its acts as tools of language models."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

from textenvs.core.acts import Acts
from textenvs.core.mdp import SPLITS, Task
from textenvs.core.observation import Observation
from textenvs.manifest import Entry
from textenvs.registration import entries, find_entry, stored_of, task_of
from textenvs.text.tables import markdown_table

HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


def documentation(env_id: str) -> str:
    """The page of an environment in Markdown.

    It is the docstring of the task. The sections "Action Space", "Observation Space" and "Reference Scores" end with
    tables that are made of the declared acts and observations and of what is stored; the ids of the task, with their
    parameters and summaries, stand before the first section.

    Args:
        env_id: A registered id, or "module:Class".

    Raises:
        ValueError: If there is no such id; the message names the near ones.
    """
    entry = find_entry(env_id)
    task = task_of(entry.id)
    family = [each for each in entries() if each.task == entry.task]
    page, *parts = HEADING.split(inspect.cleandoc(type(task).__doc__ or ""))
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    made = {
        "Action Space": _actions(task),
        "Observation Space": _observations(task),
        "Reference Scores": _scores(family),
    }
    for title, text in made.items():
        sections[title] = f"{sections.get(title, '').rstrip()}\n\n{text}"
    head = [f"# {entry.id}", page.strip(), _ids(family)]
    body = [f"## {title}\n\n{text.strip()}" for title, text in sections.items()]
    return "\n\n".join(part for part in (*head, *body) if part) + "\n"


def tools(env_id: str) -> list[dict[str, Any]]:
    """The acts of an environment as tools of language models, in OpenAI's form; see `textenvs.core.acts.Acts.tools`.

    A call is turned into an action by `task_of(env_id).acts.call(name, arguments)`.

    Args:
        env_id: A registered id, or "module:Class".

    Raises:
        ValueError: If there is no such id, or its task declares no acts.
    """
    task = task_of(env_id)
    acts = _declared_acts(task)
    if acts is None:
        raise ValueError(
            f"{env_id} has no tools, because {type(task).__name__} declares no acts: "
            "give it `acts` (textenvs.core.acts.Acts) in place of `action_names` and `cues`"
        )
    return acts.tools()


def _declared_acts(task: Task) -> Acts | None:
    """The acts of a task; None where it names its actions only."""
    acts: Acts | None = getattr(task, "acts", None)
    return acts


def _ids(family: Sequence[Entry]) -> str:
    """The ids of a task: what they are made with, and what is to be done."""
    rows = [
        (f"`{each.id}`", ", ".join(f"`{key}={value!r}`" for key, value in each.parameters.items()), each.summary)
        for each in family
    ]
    return markdown_table(("Id", "Parameters", "What is to be done"), rows)


def _actions(task: Task) -> str:
    """The space of actions, and what they are."""
    acts = _declared_acts(task)
    table = (
        markdown_table(("Number", "Action"), [(str(k), f"`{name}`") for k, name in enumerate(task.action_names)])
        if acts is None
        else acts.table()
    )
    return f"`Discrete({task.n_actions})`:\n\n{table}"


def _observations(task: Task) -> str:
    """The spaces of the observations, and the fields where they are declared."""
    rows = [
        ("`text`", f"up to {task.max_length} characters"),
        ("`features`", f"`Box(0, 1, ({len(task.feature_names) + 1},), float32)`; the last is the share of turns taken"),
        ("`discrete`", f"`Discrete({task.n_observations})`"),
    ]
    spaces = markdown_table(("`obs_type`", "Space"), rows)
    observation: Observation | None = getattr(task, "observation", None)
    if observation is None:
        return spaces
    return f"{spaces}\n\n{observation.table()}"


def _scores(family: Sequence[Entry]) -> str:
    """What is stored of the ids."""
    rows = []
    for entry in family:
        for split, scores in (stored_of(entry.id) or {}).items():
            if split in SPLITS:
                numbers = (f"{scores[name]:.2f}" for name in ("random", "floor", "optimal"))
                rows.append((f"`{entry.id}`", split, *numbers, scores["kind"]))
    if not rows:
        return "None are stored: `textenvs.reference_scores` computes them."
    return markdown_table(("Id", "Split", "Random", "Floor", "Optimal", "Optimum is"), rows)
