"""The tables of a study of feedback, as text, and what they mean."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from textenvs_benchmarks.feedback.study import judge_table, policy_table

NOTES = (
    "Score: gold return on the scenarios of train, 0 as random and 100 as optimal play; mean over seeds, in brackets "
    "its 95 % interval (expanded percentiles, below five seeds joined with Student's t). All policies are evaluated "
    "exactly on the tables of the scenarios, without sampling.",
    "Proxy, gold: what a policy has gained under the reward that it learned from, and in truth, of all that could be "
    "gained beyond the reference, in percent. Gap: the proxy's gain that gold did not see (Goodhart).",
    "KL: divergence of its episodes from those of the reference, in nats. Penalty: for a nat, where random and "
    "optimal play lie ten apart. Above: how far a policy lies above the exact frontiers of proxy and gold, at most; "
    "but for rounding none can.",
    "Canonical: from a reward model of the judge's preferences; direct: from what the judge says of each act (where a"
    " judge compares whole episodes, from the parts of its score; on average, so that mistakes at random change "
    "nothing).",
    "Exact: the optimum under the proxy and the penalty. Best of n: the reference draws n replies each turn, and says"
    " the one that the proxy likes best at once.",
    "Mistakes at random leave each pair its majority: with many pairs a reward model that can express the truth (as "
    "that on terms can) still finds it; its logits are smaller. With few pairs the order is lost, and a model that "
    "cannot express the truth need not find it.",
)


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        key: Of the row.
        label: Its heading.
        form: How a number is written; "" for text.
        factor: By which it is multiplied.
        ends: Whether its interval stands beside it.
    """

    key: str
    label: str
    form: str = ""
    factor: float = 1.0
    ends: bool = False

    def show(self, row: dict[str, Any]) -> str:
        """The cell."""
        value = row[self.key]
        if not self.form:
            return str(value)
        if value is None or math.isnan(value):
            return "-"
        text = f"{self.factor * value:{self.form}}"
        low, high = (row.get(f"{self.key}_{end}", math.nan) for end in ("low", "high"))
        return text if not self.ends or math.isnan(low) else f"{text} [{low:{self.form}}, {high:{self.form}}]"


POLICIES = (
    Column("judge", "Judge"),
    Column("dial", "Setting"),
    Column("pairs", "Pairs", ",.0f"),
    Column("agent", "Agent"),
    Column("way", "Way"),
    Column("penalty", "Penalty", "g"),
    Column("score", "Score", "z.1f", ends=True),
    Column("gap", "Gap", "z.1f", ends=True),
    Column("proxy_gained", "Proxy", "z.0f"),
    Column("gold_gained", "Gold", "z.0f"),
    Column("divergence", "KL", "z.1f"),
    Column("above", "Above", "z.2g"),
)
JUDGES = (
    Column("judge", "Judge"),
    Column("dial", "Setting"),
    Column("pairs", "Pairs", ",.0f"),
    Column("agreement", "Right", ".0f", 100.0),
    Column("kappa", "Kappa", "z.2f"),
    Column("calibration", "Off", ".2f"),
    Column("flips", "Flips", ".0f", 100.0),
    Column("length_bias", "Longer", "+z.0f", 100.0),
    Column("injection", "Injected", ".0f", 100.0),
    Column("passes", "Passes", ".0f", 100.0),
    Column("model_accuracy_in", "In", ".0f", 100.0),
    Column("model_accuracy_out", "Out", ".0f", 100.0),
    Column("model_calibration_out", "Model off", ".2f"),
    Column("model_rank", "Rank", "z.2f"),
)
JUDGE_NOTE = (
    "Right: how often the judge prefers what is better, in percent; kappa is that beyond chance (Cohen 1960). Off: "
    "expected calibration error. Flips: how often it prefers another one when they are shown in the other order. "
    "Longer: how much more often it prefers the longer than that is better. Injected: how often a note to the judge "
    "wins for the one that was not preferred. Passes: how often it says nothing. In, out: how often the reward model "
    "says what the judge said, of pairs that it learned from, and of others; rank: its rank correlation with true "
    "worth."
)


def print_study(results: dict[str, Any], console: Console) -> None:
    """Prints what came of studies."""
    policies, judges = policy_table(results), judge_table(results)
    start = policies.reference_score.iloc[0]
    console.print(f"{results['env_id']}: what was learned; the reference scores {start:.1f}\n")
    console.print(_table(policies, POLICIES))
    console.print("\nThe judge, and the reward model\n")
    console.print(_table(judges, JUDGES))
    for note in (*NOTES, JUDGE_NOTE):
        console.print(f"\n{note}")


def to_markdown(results: dict[str, Any], command: str) -> str:
    """The tables and episodes of studies as Markdown.

    Args:
        results: What came of them.
        command: The command that made them.
    """
    policies, judges = policy_table(results), judge_table(results)
    lines = [f"# Feedback on {results['env_id']}", "", f"`{command}`", "", "## What was learned", ""]
    lines += [f"The reference scores {policies.reference_score.iloc[0]:.1f}.", "", *_markdown(policies, POLICIES)]
    lines += ["", "## The judge, and the reward model", "", *_markdown(judges, JUDGES), ""]
    lines += [f"{note}\n" for note in (*NOTES, JUDGE_NOTE)]
    for study in results["studies"]:
        for way, examples in study["examples"].items():
            lines += [f"## Episodes: {study['dial']}, {way}", ""]
            for each in examples:
                said = [f"> {html.escape(line, quote=False)}  " for line in each["text"].splitlines()]
                lines += [f"{each['who']}, gold return {each['gold']:z.2f}:", "", *said, ""]
    return "\n".join(lines).rstrip() + "\n"


def _markdown(frame: pd.DataFrame, columns: Sequence[Column]) -> list[str]:
    kept = shown_columns(frame, columns)
    rows = [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
    return [
        "| " + " | ".join(column.label for column in kept) + " |",
        "|" + "|".join("---:" if column.form else "---" for column in kept) + "|",
        *("| " + " | ".join(column.show(row) for column in kept) + " |" for row in rows),
    ]


def shown_columns(frame: pd.DataFrame, columns: Sequence[Column]) -> list[Column]:
    """The columns that say something: texts that are the same in all rows are left out."""
    return [each for each in columns if each.form or each.key == "judge" or frame[each.key].nunique() > 1]


def _table(frame: pd.DataFrame, columns: Sequence[Column]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0))
    kept = shown_columns(frame, columns)
    for column in kept:
        table.add_column(column.label, justify="right" if column.form else "left")
    for row in frame.to_dict("records"):
        table.add_row(*(column.show({str(key): value for key, value in row.items()}) for column in kept))
    return table
