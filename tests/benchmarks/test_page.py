"""The page of a run: what it says, and that it is the same for the same run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.benchmarks.conftest import ID, TINY
from textenvs_benchmarks import load
from textenvs_benchmarks.cli import main
from textenvs_benchmarks.comparison import compare
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.page.build import to_html
from textenvs_benchmarks.page.charts import Scale, make_plane, ring, round_ticks
from textenvs_benchmarks.page.content import CAPABILITIES, Content
from textenvs_benchmarks.page.findings import find, joined
from textenvs_benchmarks.page.transcripts import choose


@pytest.fixture(scope="module")
def page(tiny_run: Path) -> str:
    return to_html(ResultsFolder(tiny_run))


def test_it_says_what_the_table_says(tiny_run: Path, page: str) -> None:
    content = Content(ResultsFolder(tiny_run), 0)
    for row in content.rows:
        assert row["agent"] in page
        assert f"<b>{row['score_test']:z.1f}</b>" in page
    assert f"{TINY.name} \N{EN DASH} TextEnvs" in page
    for part in (ID, "All numbers", "How to read", "fewer than 3 training seeds", "2 training seeds cannot rank"):
        assert part in page
    assert "nan" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL).lower().split()


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
    assert found.certainty == "clear (p < 0.001)"
    assert found.sentence == "best is best, tied with near; next behind it is bad"
    alone = find({"best": scores["best"]}, middle)
    assert alone is not None
    assert alone.sentence == "best is the only agent"
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
    plane = make_plane((0.0, 1.0), (0.0, 1.0), {"a": ([0.0, 1.0], [0.0, 1.0], nothing, nothing)}, (0.0, 1.0))
    assert (plane.lines[0].points, plane.lines[0].band) == ("46,270 628,24", "")
    assert ring([100.0, 0.0, 0.0]).split()[0] == "130,26"
    assert ring([-50.0, -1.0, 0.0]).split() == ["130,96"] * 3


def test_every_environment_is_tagged_with_what_a_radar_shows() -> None:
    import textenvs

    for entry in textenvs.ENTRIES:
        assert entry.capabilities
        assert set(entry.capabilities) <= set(CAPABILITIES)


def test_command(tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "made" / "it.html"
    assert main(["report", str(tiny_run), "--format", "html", "--transcripts", "0", "--out", str(out)]) == 0
    assert "open it in a browser" in capsys.readouterr().out
    assert "Episodes to read" not in out.read_text(encoding="utf-8")
    latex = tmp_path / "it.tex"
    assert main(["report", str(tiny_run), "--format", "latex", "--out", str(latex)]) == 0
    text = latex.read_text(encoding="utf-8")
    assert "q\\_learning" in text
    assert f"\n{ID} & " in text
    assert text.count("\\\\\n") == 2
    for wrong, message in (
        (["--out", str(out)], "--out is for a format"),
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


def test_the_page_prints_its_worst_coverage(tiny_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = Content(ResultsFolder(tiny_run), 0)
    assert content.coverage is None  # two seeds have no interval
    for seeds, measured in ((3, 3), (7, 5), (50, 20)):
        object.__setattr__(content.suite, "training_seeds", seeds)
        content.__dict__.pop("coverage", None)
        assert content.coverage is not None
        assert content.coverage["seeds"] == measured
        assert content.coverage["least"] < content.coverage["most"]
