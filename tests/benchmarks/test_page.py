"""The page of a run: what it says, and that it is the same for the same run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import textenvs_benchmarks
from tests.benchmarks.conftest import ID, OTHER, SMALL
from textenvs_benchmarks import load
from textenvs_benchmarks.cli import main
from textenvs_benchmarks.comparison import compare
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.page.build import to_html
from textenvs_benchmarks.page.charts import Scale, make_plane, ring, round_ticks
from textenvs_benchmarks.page.columns import NONE, number
from textenvs_benchmarks.page.content import CAPABILITIES, Content
from textenvs_benchmarks.page.findings import find, joined
from textenvs_benchmarks.page.transcripts import choose


@pytest.fixture(scope="module")
def page(tiny_run: Path) -> str:
    return to_html(ResultsFolder(tiny_run))


@pytest.fixture(scope="module")
def small(small_run: Path) -> Content:
    return Content(ResultsFolder(small_run))


@pytest.fixture(scope="module")
def small_page(small_run: Path) -> str:
    return to_html(ResultsFolder(small_run))


def words(html: str) -> str:
    """The text of a page, without scripts and styles."""
    bare = re.sub(r"<(script|style).*?</\1>", "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", bare)).split())


def cells(table: str) -> dict[str, list[str]]:
    """The rows of a table by their headings."""
    rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    parted = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    plain = [[words(cell) for cell in row] for row in parted if row]
    return {row[0].split(" ")[0]: row[1:] for row in plain}


def test_it_says_what_few_seeds_do_not_say(page: str) -> None:
    text = words(page)
    for part in (ID, "All numbers", "How to read", "fewer than 3 training seeds", "2 training seeds cannot rank"):
        assert part in text
    assert "no intervals and no ranks" in text
    assert not re.search(r"\bnan\b", text)
    assert "[" not in text.split("The task, as an agent is told it")[0]


def test_numbers_are_those_of_the_table(small: Content, small_page: str, small_run: Path) -> None:
    results = pd.read_csv(small_run / "results.csv")
    whole = small_page.split('id="table"')[1]
    shown = re.findall(r"<tr.*?</tr>", whole.split("</table>")[0], re.DOTALL)[1:]
    assert len(shown) == len(results)
    for row in results.itertuples():
        (html,) = (each for each in shown if f">{row.env_id}<" in each and f'"text">{row.agent}' in each)
        text = words(html)
        assert f" {number(row.score_test)} " in text
        assert f" {number(row.return_test, '.2f')} " in text
        assert f" {number(row.success_test, '.1%')} " in text
        if not row.reference and row.score_test_low == row.score_test_low:
            assert f"[{number(row.score_test_low)}, {number(row.score_test_high)}]" in text
            assert row.score_test_low <= row.score_test <= row.score_test_high
            assert row.score_test_worst == pytest.approx(min(small.matrices[row.agent][:, column(row.env_id)]))
    assert not re.search(r"\bnan\b", words(small_page))


def column(env_id: str) -> int:
    return SMALL.environments.index(env_id)


def test_who_is_first_is_what_compare_finds(small: Content, small_page: str) -> None:
    overview = small_page.split('id="overview"')[1].split("</section>")[0]
    rows = cells(overview.split("<table")[1])
    for environment in small.environments:
        found = environment.finding
        assert found is not None
        assert rows[environment.id][-5].startswith(found.first)
        for tie in found.ties:
            assert tie in rows[environment.id][-4]
        assert rows[environment.id][-3] == (found.behind or NONE)
        assert rows[environment.id][-1] == found.certainty
        ours = small.matrices[found.first][:, column(environment.id)]
        theirs = small.matrices[found.behind][:, column(environment.id)]
        told = compare(ours, theirs)
        assert rows[environment.id][-2] == f"{number(told.difference)} [{number(told.low)}, {number(told.high)}]"
    assert small.finding is not None
    total = rows["Mean"]
    assert total[0].startswith(small.finding.first)
    for agent, matrix in small.matrices.items():
        mean = (
            f"{number(matrix.mean())} [{number(small.overall[agent]['low'])}, {number(small.overall[agent]['high'])}]"
        )
        assert (mean in " ".join(total)) == (agent in small.finding.best)
        assert mean in words(overview.split("<table")[2])


def test_means_over_environments_have_the_t_interval(small: Content) -> None:
    for agent, matrix in small.matrices.items():
        means = matrix.mean(axis=1)
        half = stats.t.ppf(0.975, 2) * stats.sem(means)
        assert small.overall[agent]["low"] == pytest.approx(means.mean() - half)
        for values, environments in zip(small.radar[agent], small.capabilities.values(), strict=True):
            assert values["score"] == pytest.approx(matrix[:, [column(each) for each in environments]].mean())
    assert small.improvements["rule", "random"] > 0.9
    assert small.improvements["random", "rule"] < 0.1
    assert small.capabilities == {
        "exploration + memory + planning": [ID],
        "generalisation": [ID, OTHER],
        "language": [OTHER],
    }


def test_the_profile_falls(small: Content) -> None:
    for line in small.profile.lines:
        heights = [float(point.split(",")[1]) for point in line.points.split()]
        assert heights == sorted(heights)  # downwards, as coordinates go
        assert line.band
    assert [line.name for line in small.profile.lines] == list(small.matrices)


def test_an_agent_that_lacks_seeds_is_named(small_run: Path, tmp_path: Path) -> None:
    shutil.copytree(small_run, tmp_path / "run")
    (tmp_path / "run" / "episodes" / "rule" / ID / "test-1.jsonl").unlink()
    content = Content(ResultsFolder(tmp_path / "run"), 0)
    assert content.agents[-1] == "rule"
    assert "rule" not in content.matrices
    text = words(to_html(ResultsFolder(tmp_path / "run"), 0))
    assert "rule lacks seeds" in text
    assert "rule did not play all of it" in text


def test_seeds_that_score_the_same_have_no_interval(small: Content) -> None:
    for row in small.rows:
        scores = small.matrices[row["agent"]][:, column(row["env_id"])] if not row["reference"] else np.zeros(1)
        assert (row["score_test_low"] == row["score_test_low"]) == (len(scores) > 2 and np.ptp(scores) > 1e-9)


def test_it_loads_nothing(page: str) -> None:
    assert re.findall(r"(?:src|href)=\"(?!#|data:,)[^\"]*\"", page) == []
    assert "url(" not in page
    assert " style=" not in page
    assert not re.search(r"<[^>]* on[a-z]+=", page)
    assert "default-src &#39;none&#39;" in page


def test_ranked_agents_come_before_references(page: str) -> None:
    tables = re.findall(r"<table.*?</table>", page, re.DOTALL)
    named = [re.findall(r'<th scope="row" class="text">(?:<span[^>]*><i></i>)?(\w+)', table) for table in tables]
    whole = [names for names in named if "optimal" in names]
    assert len(whole) == 4  # overview, two on the environment's page, all numbers
    for names in whole:
        assert set(names[-2:]) == {"optimal", "floor"}


def test_the_same_run_makes_the_same_bytes(tiny_run: Path, tmp_path: Path, page: str) -> None:
    code = "import sys; from textenvs_benchmarks.cli import main; sys.exit(main(sys.argv[1:]))"
    made = []
    for seed in ("1", "2"):
        out = tmp_path / f"{seed}.html"
        command = [sys.executable, "-c", code, "report", str(tiny_run), "--format", "html", "--out", str(out)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True)
        made.append(out.read_bytes())
    assert made == [page.encode()] * 2


def test_transcripts_are_what_was_recorded(tiny_run: Path, page: str) -> None:
    episodes = load(tiny_run)
    played = episodes[(episodes.agent == "q_learning") & (episodes.split == "test")]
    found = re.search(rf'id="episodes/{ID}/q_learning">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    worst, middle, best = (json.loads(line) for line in found[1].split("\n"))
    for told, total in ((worst, played.episodic_return.min()), (best, played.episodic_return.max())):
        assert sum(turn["reward"] for turn in told["turns"]) == pytest.approx(total, abs=0.01)
    below = (played.episodic_return < sum(turn["reward"] for turn in middle["turns"]) - 0.01).sum()
    assert below <= len(played) / 2
    for turn in middle["turns"]:
        worth = {action: value for _, value, action in turn["offered"]}
        assert turn["choice"] in worth
        assert worth[turn["best"]] == max(worth.values())
        assert turn["regret"] == pytest.approx(max(worth.values()) - worth[turn["choice"]], abs=0.002)


def test_choosing_spreads_over_the_order() -> None:
    frame = pd.DataFrame({"episodic_return": np.arange(101.0)[::-1], "training_seed": 0, "episode": range(101)})
    chosen = {place: row.episodic_return for place, row in choose(frame, 5)}
    assert chosen == {"worst": 0.0, "above 25%": 25.0, "median": 50.0, "above 75%": 75.0, "best": 100.0}
    assert [place for place, _ in choose(frame, 1)] == ["median"]
    assert [place for place, _ in choose(frame.head(1), 3)] == ["median"]
    assert len(list(choose(frame, 5000))) == 101
    assert list(choose(frame, 0)) == []
    assert list(choose(frame.head(0), 3)) == []


def test_findings() -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(60.0, 1.0, 10)
    scores = {"best": base + 10.0, "near": base + 10.0 + rng.normal(0.0, 1.0, 10), "bad": base}
    middle = {"best": 70.1, "near": 70.0, "bad": 60.0}
    found = find(scores, middle)
    assert found is not None
    assert (found.first, found.ties, found.behind) == ("best", ("near",), "bad")
    assert found.lead is not None
    assert found.lead.difference == pytest.approx(10.0)
    assert found.certainty == "strong (p < 0.001)"
    assert found.sentence == "best has the highest score, but cannot be told apart from near; bad is behind it"
    alone = find({"best": scores["best"]}, middle)
    assert alone is not None
    assert alone.sentence == "best is the only agent that was compared"
    missing = find({"best": scores["best"]}, middle, ["lost"])
    assert missing is not None
    assert missing.sentence.endswith("; lost did not play all of it")
    few = find({name: values[:2] for name, values in scores.items()}, middle)
    assert few is not None
    assert "2 training seeds cannot rank agents" in few.sentence
    assert few.lead is None
    assert find({}, {}) is None


def test_the_lead_is_that_of_compare() -> None:
    rng = np.random.default_rng(3)
    scores = {"a": rng.normal(70.0, 1.0, 5), "b": rng.normal(50.0, 1.0, 5)}
    found = find(scores, {"a": 70.0, "b": 50.0})
    assert found is not None
    assert found.lead == compare(scores["a"], scores["b"])
    reverse = find(scores, {"a": 50.0, "b": 70.0})  # the printed score does not make up for being worse
    assert reverse is not None
    assert reverse.first == "a"


def test_names_in_a_sentence() -> None:
    assert [joined(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_charts_by_hand() -> None:
    scale = Scale(0.0, 100.0, 10.0, 20.0)
    assert [scale(value) for value in (0.0, 50.0, 100.0, 300.0, -5.0)] == ["10", "15", "20", "20", "10"]
    assert round_ticks(0.0, 200_000.0) == [0.0, 50_000.0, 100_000.0, 150_000.0, 200_000.0]
    assert round_ticks(-10.0, 100.0) == [0.0, 25.0, 50.0, 75.0, 100.0]
    assert round_ticks(3.0, 3.0) == [3.0]
    nothing = [np.nan, np.nan]
    plane = make_plane((0.0, 1.0), (0.0, 1.0), (0.0, 1.0), {"a": ([0.0, 1.0], [0.0, 1.0], nothing, nothing)})
    assert (plane.lines[0].points, plane.lines[0].band) == ("46,270 628,24", "")
    assert ring([100.0, 0.0, 0.0]).split()[0] == "130,26"
    assert ring([-50.0, -1.0, 0.0]).split() == ["130,96"] * 3


def test_every_environment_is_tagged_with_what_a_radar_shows() -> None:
    import textenvs

    for entry in textenvs.entries():
        assert entry.capabilities
        assert set(entry.capabilities) <= set(CAPABILITIES)


def test_command(tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "made" / "it.html"
    assert main(["report", str(tiny_run), "--format", "html", "--transcripts", "0", "--out", str(out)]) == 0
    assert "open it in a browser" in capsys.readouterr().out
    assert "Episodes to read" not in out.read_text(encoding="utf-8")
    assert main(["report", str(tiny_run), "--out", str(tmp_path / "it.txt")]) == 0
    assert "tiny, version 1 (self-reported)" in (tmp_path / "it.txt").read_text(encoding="utf-8")
    latex = tmp_path / "it.tex"
    assert main(["report", str(tiny_run), "--format", "latex", "--out", str(latex)]) == 0
    text = latex.read_text(encoding="utf-8")
    assert "q\\_learning" in text
    assert f"\n{ID} & " in text
    assert text.count("\\\\\n") == 2
    assert "textbf" not in text  # two seeds have no ranks
    assert "interval" not in text
    for wrong, message in (
        (["--format", "html", "--out", str(tmp_path)], "is a folder: name a file with --out"),
        (["--format", "csv", "--out", ""], "is a folder: name a file with --out"),
        (["--format", "csv", "--transcripts", "3"], "--transcripts is for the page"),
        (["--format", "html", "--transcripts", "-1"], "whole number from 0"),
    ):
        assert main(["report", str(tiny_run), *wrong]) == 2
        assert message in capsys.readouterr().err


def test_an_unfinished_run_says_so(tiny_run: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes((tiny_run / "manifest.json").read_bytes())
    folder = ResultsFolder(tmp_path)
    folder.reopen()
    for split in ("train", "test"):
        target = folder.records("rule", ID, split, 0)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(ResultsFolder(tiny_run).records("rule", ID, split, 0).read_bytes())
    assert "This run has not ended yet" in to_html(folder)


def test_the_page_prints_its_worst_coverage(small_page: str) -> None:
    measured = json.loads((Path(textenvs_benchmarks.__file__).parent / "coverage.json").read_text())["3"]
    worst = min(measured, key=measured.get)
    text = words(small_page)
    said = f"it held the true value in {measured[worst]:.1f} to {max(measured.values()):.1f} % of cases"
    assert text.count(said) == 2
    assert f"worst where {worst}" in text
    assert "In simulations with 3 trainings" in text


@pytest.mark.parametrize(("seeds", "measured"), [(2, None), (3, 3), (7, 5), (50, 20)])
def test_coverage_is_that_of_as_many_seeds(tiny_run: Path, seeds: int, measured: int | None) -> None:
    content = Content(ResultsFolder(tiny_run), 0)
    object.__setattr__(content.suite, "training_seeds", seeds)
    assert (content.coverage or {}).get("seeds") == measured


def test_latex(small_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(small_run), "--format", "latex"]) == 0
    text = capsys.readouterr().out
    results = pd.read_csv(small_run / "results.csv")
    assert text.count(r"\textbf") == (results.rank_best == 1).sum() < (~results.reference).sum()
    assert "95 % interval" in text
    body = text.replace("$-$", "")
    assert "-" not in re.sub(r"(?m)^%.*$|-v0", "", body).replace("--", "")


def hostile(run: Path, **changes: Any) -> Path:
    """Changes what the records of rule say in the first environment."""
    for path in (run / "episodes" / "rule" / ID).glob("*.jsonl"):
        header, *episodes = map(json.loads, path.read_text().splitlines())
        header |= changes.get("header", {})
        episodes = [episode | changes.get("episode", {}) for episode in episodes]
        path.write_text("".join(json.dumps(each) + "\n" for each in (header, *episodes)))
    return run


@pytest.mark.parametrize(
    "episode",
    [
        {"episodic_return": 13.9, "length": 3},
        {"actions": [999]},
        {"actions": [10**30]},
        {"actions": [None, 1.5, [1], {}]},
        {"actions": ["hello"]},
        {"actions": [True]},
        {"actions": []},
        {"seed": 5},
    ],
    ids=str,
)
def test_an_episode_that_does_not_come_out_says_so(tiny_run: Path, tmp_path: Path, episode: dict[str, Any]) -> None:
    shutil.copytree(tiny_run, tmp_path / "run")
    page = to_html(ResultsFolder(hostile(tmp_path / "run", episode=episode)))
    found = re.search(rf'id="episodes/{ID}/rule">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    for line in found[1].split("\n"):
        assert "This episode cannot be shown: episode" in json.loads(line)["sum"]
        assert json.loads(line)["turns"] == []
    assert re.search(rf'id="episodes/{ID}/random">', page)


@pytest.mark.parametrize(
    "kwargs", [{"reward": {"turn": -9}}, {"env_id": "x"}, {"task": "os:system"}, {"split": "train"}]
)
def test_parameters_that_a_run_does_not_have_are_not_used(
    tiny_run: Path, tmp_path: Path, kwargs: dict[str, Any]
) -> None:
    shutil.copytree(tiny_run, tmp_path / "run")
    page = to_html(ResultsFolder(hostile(tmp_path / "run", header={"env_kwargs": kwargs})))
    assert page.count("episodes of a run have no parameters") == 3


@pytest.mark.parametrize(
    ("timings", "message"),
    [
        ("[1]", "machine must be a table"),
        ('{"machine": {}}', "seconds must be a table"),
        ('{"seconds": {}, "machine": "x"}', "machine must be a table"),
        (f'{{"machine": {{}}, "seconds": {{"rule/{ID}/0": 3}}}}', "there are no seconds of"),
        (f'{{"machine": {{}}, "seconds": {{"rule/{ID}/0": {{"training": "x"}}}}}}', "there are no seconds of"),
    ],
)
def test_times_that_cannot_be_read(
    tiny_run: Path, tmp_path: Path, timings: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(tiny_run, tmp_path / "run")
    (tmp_path / "run" / "timings.json").write_text(timings)
    assert main(["report", str(tmp_path / "run"), "--format", "html"]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(("name", "value"), [("obs_type", "foo"), ("action_type", "shout")])
def test_types_that_do_not_exist(
    tiny_run: Path, tmp_path: Path, name: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(tiny_run, tmp_path / "run")
    hostile(tmp_path / "run", header={name: value})
    assert main(["report", str(tmp_path / "run"), "--format", "html"]) == 2
    assert f"unknown {name} '{value}'" in capsys.readouterr().err


def test_half_a_character_is_no_text(tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(tiny_run, tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(manifest | {"command": "\ud800"}))
    assert main(["report", str(tmp_path / "run"), "--format", "html"]) == 2
    assert "command must be a text" in capsys.readouterr().err


def test_no_link_is_followed(tiny_run: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_run, tmp_path / "run")
    (tmp_path / "victim").write_text("mine")
    for name in ("report.html.partial", "report.html"):
        (tmp_path / "run" / name).symlink_to(tmp_path / "victim")
    assert main(["report", str(tmp_path / "run"), "--format", "html", "--transcripts", "0"]) == 0
    assert (tmp_path / "victim").read_text() == "mine"
    assert (tmp_path / "run" / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
