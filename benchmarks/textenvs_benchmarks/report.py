"""The table of a run as text, CSV, Markdown, JSON and LaTeX."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from textenvs.evaluation import summary_of
from textenvs_benchmarks.curves import curve_table, training_seconds
from textenvs_benchmarks.folder import TIERS, ResultsFolder, write_whole
from textenvs_benchmarks.intervals import FEW_SCORES, MIN_SCORES
from textenvs_benchmarks.suite import Suite
from textenvs_benchmarks.summary import FEEDBACK, judges_of, summarise

NOTES = (
    "Score: normalised return; 0 is the policy that takes every legal action with the same probability, 100 the "
    "optimal policy. It is the IQM, the interquartile mean (of the middle half), over training seeds; in brackets its "
    "95 % bootstrap interval over seeds. [-]: there is none, of fewer than 3 seeds, or where all score the same, "
    "so that it would be a point.",
    "A score is measured on finitely many episodes: it may lie a little beyond 0 or 100.",
    "The optimum knows the rules and what users of its split tend to want; on test, an agent trained on train cannot "
    "know that. The discrete observation tells less than the text, so that a table may not reach 100.",
    "Return, success, turns: means over episodes and seeds. Gap: score on train minus score on test. Steps to 90 %: "
    "until the return while learning first is at 90 % of what it is at the end, of all steps of training, or of "
    "choosing among a rule's variants. Area: mean of that return, 0 to 100, over all steps.",
    "Not possible: share of acts on test that were impossible, or not understood. Tokens: what a language model has "
    "read and written for an act, by its own word.",
    "Rank: the places on test at which an agent may stand; agents that cannot be told apart share them. Seeds marked * "
    "are fewer than 10, and intervals of so few are rough: docs/statistics.md says how often each kind holds.",
    "Seeds: how many trainings, and whether the seeds of the episodes were public, so that an agent could be made for "
    "them, or hidden until afterwards. Lost: episodes in which an agent failed, and which were played on at random. "
    "Drift: a part of the row was made with other sources or versions.",
)
REFERENCES_NOTE = "References are not ranked."
FEEDBACK_NOTE = (
    "Learned from feedback: what the same agent scores on test that learned from a reward model of what a judge "
    "prefers, evaluated exactly in some scenarios of test: docs/feedback.md."
)
PRINTED = (
    "Time: wall-clock of training, mean over seeds.",
    "Self-reported: as the run says; replayed: 'textenvs verify' played all episodes again here; re-run: it trained "
    "and played the agents again. Replay proves scores, not curves and failures: docs/trust.md.",
)
"""Notes on what stands in no file."""
HEADINGS = (
    "Agent,Return\ntest,Score\ntrain,Score\ntest,Gap,Success\ntest,Turns\ntest,Steps\nto 90 %,Area,Seeds"
).split(",")
MIN_WIDTHS = {"Return": 6, "Score": 14, "Gap": 5, "Time": 6}
"""Of columns on the terminal, so that those of all environments stand below each other."""


def rendered(folder: ResultsFolder) -> dict[str, str]:
    """The text of `results.csv`, `results.md`, `results.json`, which follow from the records, and of `curves.csv`."""
    return _render(folder, *summarise(folder))


def write_results(folder: ResultsFolder) -> pd.DataFrame:
    """Writes `results.csv`, `results.md`, `results.json` and `curves.csv`; none of them holds a time.

    Returns:
        The table that they hold.
    """
    suite, frame = summarise(folder)
    for name, text in _render(folder, suite, frame).items():
        write_whole(folder.path / name, text.encode())
    return frame


def _render(folder: ResultsFolder, suite: Suite, frame: pd.DataFrame) -> dict[str, str]:
    renderers = {"csv": to_csv, "md": to_markdown, "json": to_json}
    tables = {f"results.{suffix}": render(frame, suite) for suffix, render in renderers.items()}
    return {**tables, "curves.csv": str(curve_table(folder).to_csv(index=False, lineterminator="\n"))}


def to_csv(frame: pd.DataFrame, suite: Suite) -> str:
    """All columns, in full precision."""
    return str(frame.to_csv(index=False, lineterminator="\n"))


def to_json(frame: pd.DataFrame, suite: Suite) -> str:
    """All columns, in full precision; null where there is no value."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return json.dumps({"suite": suite.name, "version": suite.version, "rows": rows}, indent=2, allow_nan=False) + "\n"


def to_markdown(frame: pd.DataFrame, suite: Suite) -> str:
    """A table for each environment, and what the columns mean."""
    lines = [f"# {suite.name}, version {suite.version}", ""]
    for env_id, rows in frame.groupby("env_id", sort=False):
        lines += [f"## {env_id}", "", _markdown_row(HEADINGS), "|" + " --- |" * len(HEADINGS)]
        lines += [_markdown_row(_cells(row)) for row in rows.to_dict("records")]
        lines.append("")
    notes, judges = notes_on(suite), judges_of(frame)
    if judges:
        cells = [["Environment", "Agent", "Score", *(name.removeprefix(FEEDBACK) for name in judges)]]
        cells += [[row["env_id"], row["agent"], *_judged(row, judges)] for row in _learners(frame, judges)]
        lines += ["## Learned from feedback", "", _markdown_row(cells[0]), "|" + " --- |" * len(cells[0])]
        lines += [*map(_markdown_row, cells[1:]), ""]
        notes.append(FEEDBACK_NOTE)
    return "\n".join([*lines, *(f"{note}\n" for note in notes)])


def notes_on(suite: Suite) -> list[str]:
    """What the columns mean, and what the references of a suite are."""
    told = {name: summary_of(name) for name in suite.references}
    references = " ".join([REFERENCES_NOTE, *(f"'{name}': {what}" for name, what in told.items() if what)])
    return [*NOTES, *([references] if told else [])]


def without_references(markdown: str) -> list[str]:
    """The lines of a report but for that which tells what references are."""
    begin = REFERENCES_NOTE.removesuffix(".")
    return [line for line in markdown.split("\n") if not line.startswith(begin)]


def judged_rows(frame: pd.DataFrame, truth: str) -> Iterator[tuple[str, str, str, str]]:
    """Environment, agent, what it learned from, and its score on test: a row for the true reward, and for each judge.

    Args:
        frame: A table with columns for judges.
        truth: What the true reward is called.
    """
    judges = judges_of(frame)
    for row in _learners(frame, judges):
        names = [truth, *(name.removeprefix(FEEDBACK) for name in judges)]
        for name, cell in zip(names, _judged(row, judges), strict=True):
            if cell != "-":
                yield str(row["env_id"]), str(row["agent"]), name, cell


def _learners(frame: pd.DataFrame, judges: list[str]) -> list[dict[Hashable, Any]]:
    """The rows of agents that learned from a judge."""
    return [row for row in frame.to_dict("records") if not all(pd.isna(row[name]) for name in judges)]


def _judged(row: Mapping[Hashable, Any], judges: list[str]) -> list[str]:
    """The score on test of an agent that learned from the true reward, and from each judge."""
    cells = []
    for name in ("score_test", *judges):
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        ends = "" if pd.isna(low) else f" [{low:z.0f}, {high:z.0f}]"
        cells.append(f"{_number(row[name], 'z.1f')}{ends}")
    return cells


def _markdown_row(cells: list[str]) -> str:
    return "".join(f"| {cell.replace('|', chr(92) + '|').replace(chr(10), ' ')} " for cell in cells) + "|"


def to_latex(frame: pd.DataFrame, suite: Suite) -> str:
    """Scores on test by environment and agent, as a `tabular` for the package booktabs."""
    ranked = frame[~frame.reference]
    agents, rows = list(dict.fromkeys(ranked.agent)), ranked.set_index(["env_id", "agent"]).to_dict("index")
    lines = [
        f"% {suite.name}, version {suite.version}: scores on test, 0 is random and 100 optimal; IQM over "
        f"{suite.training_seeds} training seeds" + (", 95 % interval." if suite.training_seeds >= MIN_SCORES else "."),
        r"% Bold: no agent was shown to be better. Needs \usepackage{booktabs}.",
        rf"\begin{{tabular}}{{l{'r' * len(agents)}}}",
        r"\toprule",
        _latex_row(["Environment", *map(_latex_name, agents)]),
        r"\midrule",
    ]
    lines += [
        _latex_row([_latex_name(env_id), *(_latex_cell(rows.get((env_id, agent))) for agent in agents)])
        for env_id in suite.environments
    ]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _latex_row(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _latex_name(name: str) -> str:
    """A name; they have no other characters that mean something there (`suite.FOLDER_NAME`)."""
    return name.replace("_", r"\_")


def _latex_cell(row: Mapping[Hashable, Any] | None) -> str:
    if row is None or pd.isna(row["score_test"]):
        return "--"
    score = _latex_number(row["score_test"])
    if not pd.isna(row["rank_best"]) and row["rank_best"] == 1:
        score = rf"\textbf{{{score}}}"
    low, high = row["score_test_low"], row["score_test_high"]
    return score if pd.isna(low) else rf"{score} {{\scriptsize [{_latex_number(low)}, {_latex_number(high)}]}}"


def _latex_number(value: float) -> str:
    return f"{value:z.1f}".replace("-", "$-$")


FORMATS = {"csv": to_csv, "markdown": to_markdown, "json": to_json, "latex": to_latex}


def print_text(
    frame: pd.DataFrame,
    suite: Suite,
    timings: Mapping[str, Mapping[str, float]],
    console: Console,
    tier: str = TIERS[0],
) -> None:
    """Prints a table for each environment, with the time that training took, and what the columns mean."""
    title = f"{suite.name}, version {suite.version} ({tier})"
    console.print(title, style="bold", highlight=False, markup=False)
    for env_id, rows in frame.groupby("env_id", sort=False):
        console.print()
        console.print(_text_table(str(env_id), rows, timings))
    judges = judges_of(frame)
    if judges:
        console.print()
        console.print(_judges_table(frame))
    console.print()
    for note in (*notes_on(suite), *([FEEDBACK_NOTE] if judges else []), *PRINTED):
        console.print(note, style="dim", highlight=False, markup=False)


def _text_table(env_id: str, rows: pd.DataFrame, timings: Mapping[str, Mapping[str, float]]) -> Table:
    table = Table(title=env_id, title_justify="left", title_style="bold", box=None, padding=(0, 1, 0, 0))
    table.add_column(HEADINGS[0], min_width=12)
    for heading in (*HEADINGS[1:], "Time"):
        table.add_column(heading, justify="right", min_width=MIN_WIDTHS.get(heading.split("\n")[0]))
    for row in rows.to_dict("records"):
        cells = [*_cells(row), _time(env_id, row["agent"], timings)]
        style = "red" if row["failures"] else "cyan" if row["reference"] else ""
        table.add_row(*(Text(cell) for cell in cells), style=style)
    return table


def _judges_table(frame: pd.DataFrame) -> Table:
    """A line for each judge, so that many find room."""
    table = Table(
        title="Learned from feedback", title_justify="left", title_style="bold", box=None, padding=(0, 1, 0, 0)
    )
    for heading in ("Environment", "Agent", "Judge", "Score"):
        table.add_column(heading, justify="right" if heading == "Score" else "left")
    for cells in judged_rows(frame, "none: the true reward"):
        table.add_row(*map(Text, cells))
    return table


def _cells(row: Mapping[Hashable, Any]) -> list[str]:
    """A row in words; a second line in a cell says more."""
    few = "*" if row["seeds"] < FEW_SCORES and not row["reference"] else ""
    best, worst = row["rank_best"], row["rank_worst"]
    marks = [
        "" if pd.isna(best) else f"rank {best}" if best == worst else f"rank {best} to {worst}",
        f"{row['failures']} failed" if row["failures"] else "",
        f"lost {row['episodes_lost']} of {row['episodes']}\n({row['lost_to']})" if row["episodes_lost"] else "",
        f"{row['invalid_test']:.1%} not possible" if row["invalid_test"] > 0.0 else "",
        "" if pd.isna(row["tokens_turn"]) else f"{row['tokens_turn']:,.0f} tokens a turn",
        "drift" if row["drift"] else "",
        "reference" if row["reference"] else "",
    ]
    return [
        "\n".join([row["agent"], *filter(None, marks)]),
        _number(row["return_test"], "z.2f"),
        _score(row, "train"),
        _score(row, "test"),
        _number(row["gap"], "z.1f"),
        _number(row["success_test"], ".1%"),
        _number(row["turns_test"], ".1f"),
        _steps(row),
        _number(row["area"], "z.1f"),
        f"{row['seeds']}{few}\n{'public' if row['public_seeds'] else 'hidden'}",
    ]


def _score(row: Mapping[Hashable, Any], split: str) -> str:
    low, high = row[f"score_{split}_low"], row[f"score_{split}_high"]
    if row["reference"]:
        return _number(row[f"score_{split}"], "z.1f")
    interval = "[-]" if pd.isna(low) else f"[{low:z.1f}, {high:z.1f}]"
    return f"{_number(row[f'score_{split}'], 'z.1f')}\n{interval}"


def _steps(row: Mapping[Hashable, Any]) -> str:
    """Steps until it had learned, of those of training."""
    if pd.isna(row["training_steps"]):
        return "-"
    return f"{_number(row['steps_to_90'], ',.0f')}\nof {row['training_steps']:,d}"


def _number(value: Any, form: str) -> str:
    return "-" if pd.isna(value) else format(value, form)


def _time(env_id: str, agent: str, timings: Mapping[str, Mapping[str, float]]) -> str:
    seconds = training_seconds(timings, agent, env_id)
    return f"{seconds:.1f} s" if seconds > 0.0 else "-"
