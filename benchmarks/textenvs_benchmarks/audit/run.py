"""Lets each cheater cheat, and says what came of it."""

from __future__ import annotations

import contextlib
import html
import json
import math
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

import textenvs
from textenvs.errors import Drift
from textenvs.evaluation import EpisodeRecord, Header, replay
from textenvs_benchmarks.audit import cheaters
from textenvs_benchmarks.errors import Mismatch, one_line
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.report import rendered, write_results
from textenvs_benchmarks.runner import Monitor, run_suite
from textenvs_benchmarks.seeds import commit
from textenvs_benchmarks.suite import Suite, make_suite
from textenvs_benchmarks.summary import summarise
from textenvs_benchmarks.verify import rerun, verify_run

ID = "TextDialogueClean-v0"
EPISODES = 10
NOISE = 3.0
"""Points that a score of so few episodes may lie over the floor."""


@dataclass(frozen=True)
class Finding:
    """What came of a cheater.

    Attributes:
        name: Its name.
        tries: What it tries.
        result: What came of it, in a few words.
        held: Whether it came out as it must.
        score: Its score on test; NaN where it has none.
    """

    name: str
    tries: str
    result: str
    held: bool
    score: float = math.nan

    def cells(self) -> tuple[str, str, str, str]:
        """What stands of it in a list."""
        return self.name, self.tries, "-" if math.isnan(self.score) else f"{self.score:z.1f}", self.result


def print_findings(findings: list[Finding], console: Console) -> None:
    """Prints the list of cheaters with what came of each."""
    table = Table(box=None, padding=(0, 1, 0, 0))
    for heading in ("Cheater", "What it tries", "Score", "What came of it"):
        table.add_column(
            heading, justify="right" if heading == "Score" else "left", ratio=1 if " " in heading else None
        )
    for each in findings:
        table.add_row(*map(Text, each.cells()), style="" if each.held else "red")
    console.print(table)


def to_markdown(findings: list[Finding]) -> str:
    """The list of cheaters with what came of each."""
    lines = ["# What our own cheaters come to", "", "| cheater | what it tries | score | what came of it |"]
    lines.append("|---|---|---|---|")
    for each in findings:
        cells = (html.escape(cell, quote=False).replace("|", "&#124;") for cell in each.cells())
        lines.append("".join(f"| {cell} " for cell in cells) + "|")
    scores = textenvs.reference_scores(ID, "test")
    floor = scores.normalise(scores.floor or scores.random)
    lines += ["", f"Scores on test of {ID}: random play is 0, the best that never thinks {floor:.1f}, the optimum 100."]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Case:
    """A cheater that plays.

    Attributes:
        tries: What it tries.
        cheater: Its class; None for the program `cheaters.malformed`.
        lost: The kind of failure that must be named in its row; "" if it only must not score.
        limits: Limits that it plays under.
    """

    tries: str
    cheater: type[cheaters.Cheater] | None
    lost: str = ""
    limits: dict[str, int] = field(default_factory=dict)


CASES = {
    "memory": Case("walks gc, frames and env.unwrapped for the answer", cheaters.MemoryWalker),
    "reward": Case("patches the reward", cheaters.RewardPatcher),
    "malformed": Case("answers with what is no action, in 20 ways", None, "nonsense", {"failures_in_a_row": 100}),
    "sleep": Case("sleeps for an hour", cheaters.Sleeper, "timeout", {"failures_in_a_row": 2}),
    "fork": Case("leaves daemons behind", cheaters.Forker, "left behind"),
    "print": Case("prints 64 MiB for each act", cheaters.Printer, "flood"),
    "memory_hog": Case("takes all memory", cheaters.Glutton, "crash", {"memory_mib": 1024}),
    "names": Case("has settings of HTML, formulas and escape sequences", cheaters.Impostor),
}


def audit(monitor: Monitor) -> Iterator[Finding]:
    """Lets all cheaters cheat, one after the other."""
    with TemporaryDirectory() as place:
        work = Path(place)
        for name, case in CASES.items():
            yield _play(name, case, work / name, monitor)
        yield _kill(work, monitor)
        yield from _guess(work, monitor)
        yield _forge(work, monitor)
        yield from _tamper(work, monitor)
        yield from _names()


def _suite(name: str, reach: str, **limits: int) -> Suite:
    return Suite("audit", 1, (ID,), (name,), (), 1, 100, EPISODES, external={name: reach}, limits=limits)


def _reach(cheater: type[cheaters.Cheater]) -> str:
    return f"python:{cheater.__module__}:{cheater.__name__}"


def _row(folder: ResultsFolder) -> dict[str, Any]:
    return dict(summarise(folder)[1].iloc[-1])


def _most() -> float:
    scores = textenvs.reference_scores(ID, "test")
    assert scores.floor is not None
    return scores.normalise(scores.floor) + NOISE


def _play(name: str, case: Case, path: Path, monitor: Monitor) -> Finding:
    folder = ResultsFolder(path)
    if case.cheater is None:
        words = [sys.executable, "-m", cheaters.__name__, str(path.with_suffix(".state"))]
        reach = f"command:{shlex.join(words)}"
    else:
        reach = _reach(case.cheater)
    run_suite(_suite(name, reach, **{"action_seconds": 2, **case.limits}), folder, 1, monitor)
    row = _row(folder)
    true = _verified(folder)
    lost = f"lost {row['episodes_lost']} of {row['episodes']} ({row['lost_to']})" if row["episodes_lost"] else ""
    held = true == "" and row["score_test"] <= _most() and (row["lost_to"] == case.lost)
    if name == "names":
        held = held and not _dangerous(folder)
    result = ", ".join(filter(None, [lost, "scores no more than the floor", true]))
    return Finding(name, case.tries, result if held else f"NOT HELD: {result}", held, float(row["score_test"]))


def _kill(work: Path, monitor: Monitor) -> Finding:
    """The worker dies with its job; the others of the run go on."""
    folder = ResultsFolder(work / "kill")
    suite = _suite("kill", _reach(cheaters.Killer))
    suite = replace(suite, agents=("kill", "random"))
    summary = run_suite(suite, folder, 1, monitor)
    held = (summary.failed, summary.finished) == (1, 1)
    result = "its job failed, and that is said; the other job was finished"
    return Finding("kill", "kills the process that plays it", result if held else f"NOT HELD: {summary}", held)


def _guess(work: Path, monitor: Monitor) -> Iterator[Finding]:
    """Public seeds can be guessed, which is why the row says that they are; committed ones cannot."""
    suite = _suite("guess", _reach(cheaters.SeedGuesser), start_seconds=120)
    folder = ResultsFolder(work / "guess")
    run_suite(suite, folder, 1, monitor)
    row = _row(folder)
    held = bool(row["score_test"] > 100.0 and row["public_seeds"])
    result = "succeeds, and its row says 'public'"
    tries = "knows all public seeds, finds the one being played, plans with its chance"
    yield Finding("guess", tries, result if held else "NOT HELD: " + result, held, float(row["score_test"]))
    folder = ResultsFolder(work / "guess_hidden")
    run_suite(suite, folder, 1, monitor, secret=commit(suite, work / "secret.json"))
    row = _row(folder)
    held = bool(row["score_test"] <= _most() and not row["public_seeds"])
    result = "gains nothing"
    yield Finding(
        "guess_hidden",
        "the same, on committed seeds",
        result if held else "NOT HELD: it gains",
        held,
        float(row["score_test"]),
    )


def _forge(work: Path, monitor: Monitor) -> Finding:
    tries = "writes into its own records while it plays"
    if not Path("/proc/self/fd").exists():
        return Finding("forge", tries, "not tried: it needs /proc", True)
    folder = ResultsFolder(work / "forge")
    run_suite(_suite("forge", _reach(cheaters.Forger)), folder, 1, monitor)
    return _caught("forge", tries, folder)


def _tamper(work: Path, monitor: Monitor) -> Iterator[Finding]:
    """Records that were changed afterwards, with tables and manifest made again."""
    whole = work / "whole"
    suite = Suite("audit", 1, (ID,), ("random", "rule"), (), 2, 100, EPISODES)
    run_suite(suite, ResultsFolder(whole), 2, monitor)

    def ease(rows: list[Any], other: list[Any]) -> None:
        rows[0]["env_kwargs"] = {"reward": {"failure": -100.0}}
        header = Header(**{name: value for name, value in rows[0].items() if name != "format"})
        rows[1:] = [asdict(replay(header, EpisodeRecord(**row))) for row in rows[1:]]

    def deny(rows: list[Any], other: list[Any]) -> None:
        rows[3]["failure"] = "<script>alert(1)</script>"

    def edit(rows: list[Any], other: list[Any]) -> None:
        rows[3]["episodic_return"] += 10.0

    def swap(rows: list[Any], other: list[Any]) -> None:
        rows[2], rows[3] = rows[3], rows[2]

    def take_other_seed(rows: list[Any], other: list[Any]) -> None:
        rows[1:] = other[1:]

    for name, tries, change, source in (
        ("ease", "plays under another reward, and says so in the header alone", ease, "random/{}/test-0"),
        ("deny", "puts code where a failure is named", deny, "random/{}/test-0"),
        ("edit", "edits a return", edit, "random/{}/test-0"),
        ("swap", "swaps two episodes", swap, "random/{}/test-0"),
        ("copy", "copies the episodes of another training seed", take_other_seed, "rule/{}/test-1"),
    ):
        folder = _copied(whole, work / name)
        _change(folder, change, source.format(ID))
        yield _caught(name, tries, folder)

    def steal(rows: list[Any], other: list[Any]) -> None:
        rows[:] = [{**other[0], "agent": "random", "agent_source": rows[0]["agent_source"]}, *other[1:]]

    folder = _copied(whole, work / "suite")
    manifest = json.loads(folder.manifest.read_text())
    manifest["suite"]["name"] = "quick"
    folder.manifest.write_text(json.dumps(manifest))
    write_results(folder)
    folder.finish()
    yield _caught("suite", "gives a suite of its own the name of one of ours", folder)

    folder = _copied(whole, work / "steal")
    for split in textenvs.SPLITS:
        for seed in range(2):
            _change(folder, steal, f"rule/{ID}/{split}-{seed}", f"random/{ID}/{split}-{seed}")
    said = _verified(folder)
    try:
        rerun(folder, 2, monitor)
        held, again = False, "and so does verify --rerun"
    except Mismatch as error:
        held, again = said == "", f"verify --rerun: {_shortened(error, folder)}"
    result = said or f"replay finds nothing, for the scores are true, and another's; {again}"
    yield Finding("steal", "puts another agent's episodes under its own name", result, held)


def _names() -> Iterator[Finding]:
    """Names that are code where they are not read as text."""
    for name in ("<script>alert(1)</script>", "=cmd()", "\x1b[31mred", "../../etc", "con|x"):
        values = {"name": "audit", "version": 1, "environments": [ID], "agents": [name], "external": {name: "http://x"}}
        try:
            make_suite(values)
            yield Finding("name", f"calls itself {name!a}", "NOT HELD: the suite is taken", False)
        except ValueError as error:
            held = "cannot be that of a folder" in one_line(error)
            yield Finding("name", f"calls itself {name!a}", "refused as a name" if held else "NOT HELD", held)


def _dangerous(folder: ResultsFolder) -> bool:
    """Whether a table or a file of a run holds what a browser, a spreadsheet or a terminal would run."""
    tables = "".join(rendered(folder).values())
    everything = tables + "".join(path.read_text() for path in folder.path.rglob("*.jsonl"))
    odd = {character for character in everything if not character.isprintable()} - {"\n"}
    return bool(odd) or "<script" in tables or "=HYPERLINK" in tables


def _caught(name: str, tries: str, folder: ResultsFolder) -> Finding:
    """What came of a cheater whose run `verify` must not find true."""
    said = _verified(folder)
    return Finding(name, tries, said or "NOT HELD: verify says that it is true", bool(said))


def _verified(folder: ResultsFolder) -> str:
    """What `verify` says of a run; "" if it is true."""
    try:
        for _ in verify_run(folder):
            pass
    except (Mismatch, Drift, ValueError) as error:
        return f"verify: {_shortened(error, folder)}"
    return ""


def _shortened(error: Exception, folder: ResultsFolder) -> str:
    return one_line(error).replace(str(folder.path), "DIR")


def _copied(whole: Path, path: Path) -> ResultsFolder:
    shutil.copytree(whole, path)
    return ResultsFolder(path)


def _change(
    folder: ResultsFolder, change: Callable[[list[Any], list[Any]], None], source: str, target: str = ""
) -> None:
    """Changes the records of `random`, and makes tables and manifest again."""
    path = folder.path / "episodes" / f"{target or f'random/{ID}/test-0'}.jsonl"
    other = folder.path / "episodes" / f"{source}.jsonl"
    rows, others = ([json.loads(line) for line in each.read_text().splitlines()] for each in (path, other))
    change(rows, others)
    path.write_text("".join(json.dumps(row, sort_keys=True, separators=(",", ":")) + "\n" for row in rows))
    with contextlib.suppress(ValueError):  # of records that cannot be read there is no table
        write_results(folder)
    folder.finish()
