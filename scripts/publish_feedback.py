"""Puts the results of studies of feedback into benchmarks/results, and their table into docs/feedback.md.

    python scripts/publish_feedback.py NAME=FOLDER ...

The table of a study stands in the page where it has a place for it, and one of what the agents of the leaderboard score
that learned from judges.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

from textenvs_benchmarks.feedback.board import add_studies
from textenvs_benchmarks.feedback.study import policy_table
from textenvs_benchmarks.report import judged_rows

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "feedback.md"
BOARD = ("length", "confidence", "agreement")
"""Studies whose judges stand beside the leaderboard."""
BEGIN, END = "<!-- feedback {}: written by scripts/publish_feedback.py -->", "<!-- end of feedback {} -->"


def publish(name: str, folder: Path) -> None:
    """Copies the files of a study, and writes its table into the page."""
    for source, suffix in (("results.md", "md"), ("results.json", "json")):
        (RESULTS / f"feedback-{name}.{suffix}").write_bytes((folder / source).read_bytes())
    _put(name, block(name))
    _put("board", board())


def _put(name: str, table: str) -> None:
    """Writes a table into its place in the page, if there is one."""
    text = PAGE.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN.format(name))
    _, end, after = rest.partition(END.format(name))
    if begin and end:
        PAGE.write_text(f"{before}{table}{after}", encoding="utf-8", newline="\n")


def board() -> str:
    """What agents of the leaderboard score on test that learned from the truth, and from judges."""
    studies = {name: json.loads((RESULTS / f"feedback-{name}.json").read_text()) for name in BOARD}
    frame = add_studies(pd.read_csv(RESULTS / "leaderboard.csv"), studies)
    lines = ["| learned from | environment | agent | score on test |", "|---|---|---|---|"]
    for env_id, agent, judge, score in judged_rows(frame, "the truth"):
        lines.append(f"| {judge} | {env_id} | {agent} | {score} |")
    return "\n".join([BEGIN.format("board"), *lines, END.format("board")])


def block(name: str) -> str:
    """What stands in the page: gold scores, and the gap, by judge and by what it learned from."""
    results = json.loads((RESULTS / f"feedback-{name}.json").read_text())
    table = policy_table(results)
    table["who"] = [
        " ".join((judge, "" if dial == "as it is" else dial))
        for judge, dial in zip(table.judge, table.dial, strict=True)
    ]
    if table.pairs.nunique() > 1:
        kept = table[table.agent != "exact"].assign(column=table.pairs.map("{:,d} pairs".format))
        kept = kept.assign(row=kept.who + ", " + kept.agent)
    else:
        names = table.agent + ", " + table.way + ", penalty " + table.penalty.map("{:g}".format)
        kept = table.assign(row=names, column=table.who)
    columns, rows = (list(dict.fromkeys(kept[key])) for key in ("column", "row"))
    lines = ["| gold score on train, on test (gap) | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    for row in rows:
        found = kept[kept.row == row].set_index("column")
        cells = [_cell(found.loc[each]) if each in found.index else "" for each in columns]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join([BEGIN.format(name), *lines, END.format(name)])


def _cell(row: object) -> str:
    ends = "" if row.score_low != row.score_low else f" [{row.score_low:z.0f}, {row.score_high:z.0f}]"  # type: ignore[attr-defined]
    return f"{row.score:z.1f}{ends}, {row.test_score:z.1f} ({row.gap:z.0f})"  # type: ignore[attr-defined]


if __name__ == "__main__":
    if not sys.argv[1:] or not all("=" in argument for argument in sys.argv[1:]):
        sys.exit(__doc__)
    for argument in sys.argv[1:]:
        name, _, folder = argument.partition("=")
        publish(name, Path(folder))
