"""Puts the results of a run into benchmarks/results, and a table of them into the README if it has a place for it.

    python scripts/publish_results.py runs/leaderboard

Beside the tables stands the manifest of the run: the command that made it, and the hashes of all its records; where
language models played, also what an act took of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.page.content import Content
from textenvs_benchmarks.verify import verify_run

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- results of {}: written by scripts/publish_results.py -->", "<!-- end of results of {} -->"
KEPT = {"results.csv": ".csv", "results.md": ".md", "manifest.json": ".manifest.json"}


def publish(folder: ResultsFolder) -> None:
    """Verifies a run, and writes its files and the table of the README."""
    episodes = sum(1 for _ in verify_run(folder))
    name = folder.read()[0].suite.name
    for source, suffix in KEPT.items():
        content = (folder.path / source).read_bytes()
        (ROOT / "benchmarks" / "results" / f"{name}{suffix}").write_bytes(content)
    _write_costs(folder, name)
    readme = ROOT / "README.md"
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN.format(name))
    _, _, after = rest.partition(END.format(name))
    if begin:
        readme.write_text(f"{before}{block(name)}{after}", encoding="utf-8", newline="\n")
    print(f"{name}: {episodes:,d} episodes verified and published")


def _write_costs(folder: ResultsFolder, name: str) -> None:
    """Writes what an act took of language models, in tokens and seconds, if there were any."""
    content = Content(folder)
    told = ("env_id", "agent", "tokens_turn", "seconds_turn")
    rows = [{key: row[key] for key in told} for row in content.rows if not pd.isna(row["tokens_turn"])]
    if rows:
        table = pd.DataFrame(rows).round({"tokens_turn": 0, "seconds_turn": 3})
        table.to_csv(_costs(name), index=False, lineterminator="\n")


def _costs(name: str) -> Path:
    return ROOT / "benchmarks" / "results" / f"{name}.costs.csv"


def block(name: str) -> str:
    """What stands in the README of published results: test scores by agent and environment."""
    table = pd.read_csv(ROOT / "benchmarks" / "results" / f"{name}.csv")
    ranked = table[~table.reference]
    environments = list(dict.fromkeys(ranked.env_id))
    lines = ["| score on test | " + " | ".join(each.removesuffix("-v0") for each in environments) + " |"]
    lines.append("|---|" + "---|" * len(environments))
    for agent in dict.fromkeys(ranked.agent):
        rows = ranked[ranked.agent == agent].set_index("env_id")
        lines.append(f"| `{agent}` | " + " | ".join(_cell(rows, env_id) for env_id in environments) + " |")
    if _costs(name).exists():
        costs = pd.read_csv(_costs(name))
        for agent in dict.fromkeys(costs.agent):
            rows = costs[costs.agent == agent].set_index("env_id")
            took = [f"{rows.tokens_turn[each]:,.0f}, {rows.seconds_turn[each]:.2f} s" for each in environments]
            lines.append(f"| `{agent}`: an act | " + " | ".join(took) + " |")
    return "\n".join([BEGIN.format(name), *lines, END.format(name)])


def _cell(rows: pd.DataFrame, env_id: str) -> str:
    if env_id not in rows.index:
        return "-"
    row = rows.loc[env_id]
    ends = "" if pd.isna(row.score_test_low) else f" [{row.score_test_low:z.0f}, {row.score_test_high:z.0f}]"
    return f"{row.score_test:z.1f}{ends}"


if __name__ == "__main__":
    publish(ResultsFolder(sys.argv[1]))
