"""The tables of a study of feedback, as text, and what they mean."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from textenvs_benchmarks.feedback.study import curve_table, judge_table, policy_table, weight_table
from textenvs_benchmarks.feedback.worth import WEIGHT

NOTES = (
    "Score, test: gold return in scenarios of train, where it was learned, and of test; 0 as random and 100 as "
    "optimal play. Means over seeds, in brackets 95 % intervals (expanded percentiles, below five seeds joined with "
    "Student's t). Policies are evaluated exactly on the tables of the scenarios, without sampling, so that these do "
    "not hold noise of episodes, and none can lie above the exact frontiers of proxy and gold.",
    "Gap (Goodhart): what was gained under the reward that was learned from, less what was gained in truth, each "
    "beyond the reference and in percent of all that could be (proxy, gold). KL: divergence of episodes from those of "
    "the reference, in nats. Penalty: for a nat, where random and optimal play lie ten apart.",
    "Canonical: from a reward model of what the judge prefers. Direct: from its score of each act (of a judge of whole "
    "episodes the parts of its score; mistakes at random change nothing in it). Exact: the optimum under proxy and "
    "penalty. Best of n: the reference draws n replies each turn, and says the one after which most of the proxy is to "
    "be had if it goes on alone; by a model of replies, the one that it likes best at once.",
)
LADDER_NOTE = (
    "Mistakes at random leave each pair its majority: a reward model that can express the truth, as that on terms "
    "can, still finds it where pairs are many, with smaller logits (P = sigmoid of a difference of rewards: symmetric"
    " noise mostly rescales it). With few pairs the order is lost, and a model that cannot express the truth need not"
    " find it."
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
        given: Whether it is a part of the plan: it is left out where it is the same in all rows.
        spare: Whether it is left out on a terminal, where there is little room.
    """

    key: str
    label: str
    form: str = ""
    factor: float = 1.0
    ends: bool = False
    given: bool = False
    spare: bool = False

    def show(self, row: dict[str, Any]) -> str:
        """The cell."""
        value = row[self.key]
        if not self.form:
            return str(value)
        if value is None or math.isnan(value):
            return "-"
        text = f"{self.factor * value:{self.form}}"
        low, high = (row.get(f"{self.key}_{end}", math.nan) for end in ("low", "high"))
        return text if not self.ends or math.isnan(low) else f"{text} [{low:z.0f}, {high:z.0f}]"


PLANNED = (
    Column("judge", "Judge", given=True),
    Column("dial", "Setting", given=True),
    Column("pairs", "Pairs", ",.0f", given=True),
)
POLICIES = (
    *PLANNED,
    Column("agent", "Agent", given=True),
    Column("way", "Way", given=True),
    Column("penalty", "Penalty", "g", given=True),
    Column("score", "Score", "z.1f", ends=True),
    Column("test_score", "Test", "z.1f", ends=True),
    Column("gap", "Gap", "z.1f", ends=True),
    Column("proxy_gained", "Proxy", "z.0f", spare=True),
    Column("gold_gained", "Gold", "z.0f", spare=True),
    Column("divergence", "KL", "z.1f"),
)
CURVES = (
    *PLANNED,
    Column("way", "Way", given=True),
    Column("peak", "Peak", "z.1f"),
    Column("peak_divergence", "KL", "z.2f"),
    Column("end", "End", "z.1f"),
    Column("end_divergence", "KL at the end", "z.2f"),
)
CURVE_NOTE = (
    "The exact optimum under the proxy, from a large penalty to none, in the first seed: the most gold on that way, "
    "the divergence where it is reached, and gold at the end, without a penalty."
)
JUDGES = (
    *PLANNED,
    Column("agreement", "Right", ".0f", 100.0),
    Column("leaning", "Leans", ".0f", 100.0),
    Column("kappa", "Kappa", "z.2f"),
    Column("calibration", "Off", ".2f"),
    Column("flips", "Flips", ".0f", 100.0),
    Column("length_bias", "Longer", "+z.0f", 100.0),
    Column("injection", "Injected", ".0f", 100.0),
    Column("passes", "Passes", ".0f", 100.0),
    Column("coverage_optimal", "Met", ".0f", 100.0),
    Column("model_accuracy_in", "In", ".0f", 100.0),
    Column("model_accuracy_out", "Out", ".0f", 100.0),
    Column("model_calibration_out", "Model off", ".2f"),
    Column("model_rank", "Rank", "z.2f"),
)
JUDGE_NOTE = (
    "Percent, but for kappa, off and rank. Right: labels that are what is better; a judge that is not sure draws "
    "them, and leans to the better side as often as is told next. Kappa: right beyond chance (Cohen 1960). Off: "
    "expected calibration error of its probabilities of being better (who errs at random hedges where it leans "
    "right). Flips: prefers another one in the other order. Longer: errors where the shorter is better, less those "
    "where the longer is. Injected: a note to the judge wins for the one that was not preferred. Passes: says "
    "nothing. Met: share of an optimal episode in situations that rollouts met. In, out: the reward model says what "
    "the judge said, of pairs that it learned from, and of others; model off: its calibration error there; rank: its "
    "rank correlation with gold over episodes of the reference."
)


WEIGHT_NOTE = (
    "For each unit of a reward term, and for how a reply is said (ten words, agreement, sureness), in gold units; "
    "mean over seeds. What cannot be told apart in the pairs may be paid for in another way, and come to the same."
)


def print_study(results: dict[str, Any], console: Console) -> None:
    """Prints what came of studies."""
    start = policy_table(results).reference_score.iloc[0]
    console.print(f"{results['env_id']}: what was learned from feedback", style="bold", highlight=False, markup=False)
    console.print(f"{same_for_all(results)}The reference scores {start:.1f}.", highlight=False, markup=False)
    for title, frame, columns, notes in tables_of(results):
        console.print(f"\n{title}\n", style="bold", highlight=False, markup=False)
        console.print(_table(frame, columns))
        console.print()
        for note in notes:
            console.print(note, style="dim", highlight=False, markup=False)
    console.print(f"\n{highest(results)}", highlight=False, markup=False)


def tables_of(results: dict[str, Any]) -> Iterator[tuple[str, pd.DataFrame, Sequence[Column], Sequence[str]]]:
    """The tables of studies: title, rows, columns, and what they mean."""
    policies = policy_table(results)
    ladder = policies.dial.nunique() > 1 and policies.pairs.nunique() > 1
    yield "What was learned", policies, POLICIES, (*NOTES, *([LADDER_NOTE] if ladder else []))
    curves = curve_table(results)
    if len(curves):
        yield "The most of the proxy, exactly", curves, CURVES, (CURVE_NOTE,)
    yield "The judge, and the reward model", judge_table(results), JUDGES, (JUDGE_NOTE,)
    weights = weight_table(results)
    if len(weights):
        names = [name for name in map(str, weights) if name.startswith(WEIGHT)]
        columns = [Column(name, name.removeprefix(WEIGHT), "z.2f") for name in names]
        yield "What the reward model pays for", weights, (*PLANNED, *columns), (WEIGHT_NOTE,)


def same_for_all(results: dict[str, Any]) -> str:
    """What the tables leave out, as it is the same in all rows, in words."""
    plan, policies = results["studies"][0]["plan"], policy_table(results)
    said = [
        f"Judge {policies.judge.iloc[0]}" if policies.judge.nunique() == 1 else "",
        f"{policies.dial.iloc[0]}" if policies.dial.nunique() == 1 else "",
        f"{plan['pairs']:,d} pairs" if policies.pairs.nunique() == 1 else "",
    ]
    learner = f"{plan['steps']:,d} steps of learning; "
    rest = f"{plan['unit']} are compared; reward model on {plan['encoder']}; {learner}"
    rest += f"reference {plan['reference']}, {plan['explore']:.0%} of its acts anything; {plan['seeds']} seeds; "
    rest += f"{plan['scenarios']} scenarios of train and {plan['test_scenarios']} of test at most"
    return f"{'; '.join([*filter(None, said), rest])}. "


def highest(results: dict[str, Any]) -> str:
    """How far policies lie above the exact frontiers, in words."""
    most = float(policy_table(results).above.max())
    return f"Above the exact frontiers of proxy and gold: {max(most, 0.0):.1g} at most; none can be, but for rounding."


def to_markdown(results: dict[str, Any], command: str) -> str:
    """The tables and episodes of studies as Markdown.

    Args:
        results: What came of them.
        command: The command that made them.
    """
    start = policy_table(results).reference_score.iloc[0]
    lines = [f"# Feedback on {results['env_id']}", "", f"`{command}`", ""]
    summary = html.escape(same_for_all(results), quote=False)
    lines += [f"{summary}The reference scores {start:.1f}. {highest(results)}", ""]
    for title, frame, columns, notes in tables_of(results):
        lines += [f"## {title}", "", *_markdown(frame, columns), "", *(f"{note}\n" for note in notes)]
    for study in results["studies"]:
        for way, examples in study["examples"].items():
            lines += [f"## Episodes: {html.escape(study['dial'], quote=False)}, {way}", ""]
            for each in examples:
                said = [f"> {html.escape(line, quote=False)}  " for line in each["text"].splitlines()]
                lines += [f"Scenario {each['scenario']}, {told_of(each)}:", "", *said, ""]
    return "\n".join(lines).rstrip() + "\n"


def told_of(example: Mapping[str, Any]) -> str:
    """Whose an episode is, and what it earned."""
    return f"{example['who']}: gold return {example['gold']:z.2f}, under the proxy {example['proxy']:z.2f}"


def _markdown(frame: pd.DataFrame, columns: Sequence[Column]) -> list[str]:
    kept = shown_columns(frame, columns)
    return [
        "| " + " | ".join(column.label for column in kept) + " |",
        "|" + "|".join("---:" if column.form else "---" for column in kept) + "|",
        *("| " + " | ".join(_escaped(column.show(row)) for column in kept) + " |" for row in rows_of(frame)),
    ]


def _escaped(cell: str) -> str:
    return html.escape(cell, quote=False).replace("|", "\\|").replace("\n", " ")


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def shown_columns(frame: pd.DataFrame, columns: Sequence[Column]) -> list[Column]:
    """The columns that say something: parts of the plan that are the same in all rows, and what nobody knows, are not.

    Of a table of one row all parts of the plan are shown.
    """
    return [
        each
        for each in columns
        if (frame[each.key].nunique() > 1 or len(frame) == 1 if each.given else frame[each.key].notna().any())
    ]


def _table(frame: pd.DataFrame, columns: Sequence[Column]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0))
    kept = [each for each in shown_columns(frame, columns) if not each.spare]
    for column in kept:
        table.add_column(column.label, justify="right" if column.form else "left")
    for row in rows_of(frame):
        table.add_row(*(Text(column.show(row)) for column in kept))
    return table
