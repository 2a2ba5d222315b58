"""What there is to play, and who can."""

from __future__ import annotations

import textwrap
from dataclasses import fields
from typing import Any

from rich.console import Console
from rich.table import Table

import textenvs
from textenvs import SPLITS, ReferenceScores
from textenvs.evaluation import agent_names
from textenvs.manifest import Entry
from textenvs.registration import stored_of
from textenvs_benchmarks.suite import suite_names

SIZES = {"scenarios": "Scenarios", "states": "States", "outcomes": "Outcomes", "bytes": "MB"}
"""What may be stored of a compiled scenario beside its reference scores, and its heading."""
OBSERVATIONS = ("text", "features", "discrete")
NOTE = (
    "Text: characters at most; Features, Discrete: how many. Returns on average: Random of the policy that takes every "
    "legal action with the same probability (score 0), Optimal of the best policy (score 100; where the kind is "
    "'bound', none is better), Floor of the best agent that does not think, which plays as 'floor'. States, Outcomes, "
    "MB: of the compiled tables of the largest scenario. '-' means not stored: 'textenvs compile ID' stores it."
)


def catalogue() -> dict[str, Any]:
    """Environments, agents and suites that are installed."""
    return {
        "environments": [_environment(entry) for entry in textenvs.entries()],
        "agents": agent_names(),
        "suites": suite_names(),
    }


def _environment(entry: Entry) -> dict[str, Any]:
    """What is stored of an environment, so that no task is imported; where nothing is, sizes and scores are unknown."""
    stored = stored_of(entry.id)
    sizes = stored or {"observations": dict.fromkeys(OBSERVATIONS), "actions": None, "horizon": None}
    names = (*(each.name for each in fields(ReferenceScores)), *SIZES)
    return {
        "id": entry.id,
        "parameters": dict(entry.parameters),
        "observations": sizes["observations"],
        "actions": sizes["actions"],
        "horizon": sizes["horizon"],
        "capabilities": list(entry.capabilities),
        "splits": {split: {name: stored[split][name] for name in names} if stored else {} for split in SPLITS},
    }


def print_catalogue(found: dict[str, Any], console: Console) -> None:
    """Prints a catalogue: what an environment asks, what its scores are, and who can play."""
    for table in (_environment_table(found["environments"]), _score_table(found["environments"])):
        console.print(table)
        console.print()
    console.print(f"{NOTE}\n", style="dim", highlight=False, markup=False)
    for what in ("agents", "suites"):
        console.print(f"{what.capitalize()}: {', '.join(found[what])}", highlight=False, markup=False)


def _environment_table(environments: list[dict[str, Any]]) -> Table:
    table = _table("Environments", ("Id", "Capabilities"), ("Text", "Features", "Discrete", "Actions", "Horizon"))
    for env in environments:
        capabilities = "\n".join(textwrap.wrap(", ".join(env["capabilities"]), 36))
        sizes = (*env["observations"].values(), env["actions"], env["horizon"])
        table.add_row(env["id"], capabilities, *("-" if size is None else str(size) for size in sizes))
    return table


def _score_table(environments: list[dict[str, Any]]) -> Table:
    sizes = [name for name in SIZES if any(name in split for env in environments for split in env["splits"].values())]
    names = ("kind", "floor_agent", "floor", "random", "optimal", *sizes)
    headings = ("Floor", "Random", "Optimal", *(SIZES[name] for name in sizes))
    table = _table("Reference scores", ("Id", "Split", "Kind", "Floor agent"), headings)
    for env in environments:
        for number, (split, known) in enumerate(env["splits"].items()):
            cells = [_cell(name, known.get(name)) for name in names]
            table.add_row("" if number else env["id"], split, *cells)
    return table


def _table(title: str, names: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 1, 0, 0))
    for name in names:
        table.add_column(name, no_wrap=name == "Id", overflow="fold")
    for number in numbers:
        table.add_column(number, justify="right")
    return table


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name == "bytes":
        return f"{value / 1e6:.1f}"
    if isinstance(value, float):
        return f"{value:z.2f}"
    return f"{value:,d}" if isinstance(value, int) else str(value)
