"""The page of a run in a real browser: it opens without an error, sorts, unfolds, and runs no script but its own."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

import textenvs_benchmarks.suite
from tests.benchmarks.conftest import ID
from textenvs_benchmarks.feedback.page import to_html as feedback_page
from textenvs_benchmarks.feedback.plan import Plan
from textenvs_benchmarks.feedback.study import run_studies
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.page.build import to_html
from textenvs_benchmarks.progress import Silent
from textenvs_benchmarks.runner import run_suite
from textenvs_benchmarks.suite import Suite

playwright = pytest.importorskip("playwright.sync_api", reason="the extra browser is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: install Debian's package chromium")

EVIL = "<img src=x onerror=owned=1><script>owned=2<"  # a folder's name has no slash
WORSE = "</script><script>owned=3</script><!--<script>${owned=4}{{7*7}}'\""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(small_run: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(to_html(ResultsFolder(small_run)), tmp_path_factory.mktemp("page"))


def written(page: str, folder: Path) -> str:
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    """Opens an address; afterwards nothing may have been complained of, and nothing else loaded."""
    contexts, complaints, requests, addresses = [], [], [], set()

    def go(address: str, **settings: Any) -> Any:
        contexts.append(browser.new_context(**settings))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        addresses.add(address.partition("#")[0])
        page.goto(address)
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []
    assert {url.partition("#")[0] for url in requests if not url.startswith("data:")} <= addresses


def column(page: Any, heading: str) -> list[str]:
    return page.evaluate(
        """heading => {
            const table = document.querySelector("#table table");
            const cell = [...table.tHead.rows[0].cells].find((each) => each.textContent.trim() === heading);
            return [...table.tBodies[0].rows].map((row) => row.cells[cell.cellIndex].dataset.v);
        }""",
        heading,
    )


def test_a_click_on_a_heading_sorts(visit: Any, address: str) -> None:
    page = visit(f"{address}#table")
    before = column(page, "Score on test")
    button = page.locator("#table th button", has_text="Score on test")
    for direction in ("descending", "ascending"):
        button.click()
        values = [float(value) for value in column(page, "Score on test")]
        assert values == sorted(values, reverse=direction == "descending")
        assert page.locator(f"#table th[aria-sort={direction}]").count() == 1
    assert sorted(before) == sorted(column(page, "Score on test"))
    page.locator("#table th button", has_text="Area").focus()
    page.keyboard.press("Enter")
    values = column(page, "Area")
    known = [float(value) for value in values if value]
    assert known == sorted(known, reverse=True)
    assert "" not in values[: len(known)]  # what has no value comes last
    page.locator("#table th button", has_text="Agent").click()
    names = page.locator("#table tbody th").all_inner_texts()
    assert names == sorted(names)


def test_rows_are_filtered(visit: Any, address: str) -> None:
    page = visit(f"{address}#table")
    page.fill("#filter", "q_LEARN")
    assert page.locator("#table tbody th:visible").all_inner_texts() == ["q_learning"] * 2
    page.fill("#filter", "writing RULE")
    assert page.locator("#table tbody th:visible").all_inner_texts() == ["rule"]
    assert not page.locator("#none").is_visible()
    page.fill("#filter", "nobody")
    assert page.locator("#table tbody tr:visible").count() == 0
    assert page.locator("#none").is_visible()


def test_an_episode_unfolds(visit: Any, address: str) -> None:
    page = visit(f"{address}#{ID}")
    episode = page.locator(".page.open [data-agent=q_learning] details.episode").first
    assert episode.locator(".turn").count() == 0
    episode.locator("summary").first.focus()
    page.keyboard.press("Enter")
    lines = page.evaluate(f"document.getElementById('episodes/{ID}/q_learning').textContent.split('\\n')")
    told = json.loads(lines[0])
    sentences = json.loads(page.evaluate(f"document.getElementById('sentences/{ID}').textContent"))
    assert episode.locator(".turn").count() == len(told["turns"]) + 1
    said = [
        next(sentences[k] for k, _, action in turn["offered"] if action == turn["choice"]) for turn in told["turns"]
    ]
    assert episode.locator(".said").all_inner_texts() == said
    assert "User:" in episode.locator(".heard").first.inner_text()
    acts = episode.locator(".turn details").first
    acts.locator("summary").click()
    assert acts.locator("tbody tr").count() == len(told["turns"][0]["offered"])
    assert acts.locator("tr.taken").inner_text().split("\t")[1] == said[0]
    episode.locator("summary").first.click()
    episode.locator("summary").first.click()
    assert episode.locator(".turn").count() == len(told["turns"]) + 1  # written once


def test_one_page_at_a_time(visit: Any, address: str) -> None:
    page = visit(address)
    assert page.locator(".page:visible").count() == 1
    page.locator("nav a", has_text="TextDialogueClean").click()
    page.wait_for_function("document.querySelector('.page.open h1').textContent === 'TextDialogueClean-v0'")
    assert page.title().startswith("TextDialogueClean-v0")
    page.go_back()
    page.wait_for_function("document.querySelector('.page.open').id === 'overview'")
    page.emulate_media(media="print")
    assert page.locator(".page:visible").count() == page.locator(".page").count()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_and_can_be_read(visit: Any, address: str, scheme: str, width: int) -> None:
    page = visit(address, color_scheme=scheme, viewport={"width": width, "height": 844})
    for link in page.locator("nav a").all():
        page.evaluate("hash => { location.hash = hash; }", link.get_attribute("href"))
        page.wait_for_function(
            "hash => '#' + document.querySelector('.page.open').id === hash", arg=link.get_attribute("href")
        )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ink, ground = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    luminance = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (ink, ground)]
    assert (luminance[0] < luminance[1]) == (scheme == "light")
    assert abs(luminance[0] - luminance[1]) > 500


def test_without_scripts_all_but_the_steps_can_be_read(visit: Any, address: str) -> None:
    page = visit(address, java_script_enabled=False)
    assert page.locator(".page:visible").count() == page.locator(".page").count()
    assert page.locator("text=which is switched off here").count() == 2


def test_odd_addresses_and_the_skip_link(visit: Any, address: str) -> None:
    for odd in ("#100%", "#nothing", "#%E0%A4%A", "#"):
        page = visit(f"{address}{odd}")
        assert page.locator(".page:visible").count() == 1
        assert page.locator("#overview:visible").count() == 1
    page = visit(f"{address}#table")
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    assert page.locator("#table:visible").count() == 1
    assert page.evaluate("document.activeElement.id") == "main"


def test_nothing_that_a_run_says_is_run(
    visit: Any, tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever its maker could write: the agent's name, settings, failures, hashes, versions, the command."""
    monkeypatch.setattr(textenvs_benchmarks.suite, "FOLDER_NAME", re.compile(".*"))
    run = tmp_path / "run"
    shutil.copytree(tiny_run, run)
    for place in ("episodes", "agents", "curves"):
        if (run / place / "rule").exists():
            (run / place / "rule").rename(run / place / EVIL)
    for path in (run / "episodes" / EVIL).rglob("*.jsonl"):
        header, *episodes = map(json.loads, path.read_text().splitlines())
        header |= {"agent": EVIL, "agent_config": {WORSE: WORSE}, "agent_source": WORSE}
        for episode in episodes:
            episode["failure"] = f"crash: {WORSE}"
        path.write_text("".join(json.dumps(each) + "\n" for each in (header, *episodes)))
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["suite"]["name"] = WORSE
    manifest["suite"]["agents"] = ["random", "q_learning"]
    manifest["suite"]["external"] = {EVIL: f"command:{shlex.quote(WORSE)}"}
    manifest["agents"][EVIL] = manifest["command"] = manifest["commitment"] = WORSE
    manifest["versions"][WORSE] = WORSE
    for scale in manifest["reference_scores"][ID].values():
        scale["floor_agent"] = scale["kind"] = WORSE
    (run / "manifest.json").write_text(json.dumps(manifest))
    page = visit(written(to_html(ResultsFolder(run)), tmp_path))
    assert page.evaluate("typeof owned") == "undefined"
    assert page.locator("img").count() == 0
    for link in page.locator("nav a").all():
        page.evaluate("hash => { location.hash = hash; }", link.get_attribute("href"))
    page.evaluate("hash => { location.hash = hash; }", f"#{ID}")
    page.wait_for_function(f"document.querySelector('.page.open').id === '{ID}'")
    for summary in page.locator(".page.open details.episode > summary").all():
        summary.click()
    assert page.evaluate("typeof owned") == "undefined"
    assert page.locator("img").count() == 0
    assert EVIL in page.locator("body").inner_text()
    assert "crash: </script>" in page.locator(".page.open").text_content()


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A small study of feedback, of two judges."""
    plan = Plan("TextQA-v0", pairs=40, held_out=10, steps=2000, scenarios=4, test_scenarios=2, seeds=1)
    plans = [plan.with_dials(confidence=value) for value in (0.0, 8.0)]
    folder = tmp_path_factory.mktemp("study")
    return run_studies(plans, folder, 1, lambda line: None, curves=True)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_study_fits_sorts_and_unfolds(
    visit: Any, study: dict[str, Any], tmp_path: Path, scheme: str, width: int
) -> None:
    address = written(feedback_page(study, "textenvs feedback"), tmp_path)
    page = visit(address, color_scheme=scheme, viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    table = page.locator("table", has_text="Penalty").first
    table.locator("th button", has_text="Score").click()
    headings = table.locator("th").all_inner_texts()
    place = next(k for k, text in enumerate(headings) if "Score" in text)
    shown = [row.locator("td").nth(place).get_attribute("data-v") for row in table.locator("tbody tr").all()]
    assert [float(each) for each in shown] == sorted(map(float, shown), reverse=True)
    details = page.locator("details").first
    assert not details.locator("pre").is_visible()
    details.locator("summary").click()
    assert "Library:" in details.locator("pre").inner_text()
    assert page.locator("figure.chart").count() == 6


def test_nothing_that_a_judge_is_called_is_run(visit: Any, study: dict[str, Any], tmp_path: Path) -> None:
    evil = json.loads(json.dumps(study))
    for each in evil["studies"]:
        each["dial"] = each["judge_name"] = WORSE + EVIL + each["dial"]
    page = visit(written(feedback_page(evil, WORSE), tmp_path))
    assert page.evaluate("typeof owned") == "undefined"
    assert WORSE[:20] in page.locator("main").inner_text()


def test_no_script_of_another_is_allowed(browser: Any, address: str) -> None:
    """The policy alone would keep a script from running, had one got in."""
    html = Path(url2pathname(urlsplit(address).path)).read_text(encoding="utf-8")
    begin, main, rest = html.partition('<main id="main" tabindex="-1">')
    assert main
    html = f"{begin}{main}<script>owned = 1</script><img src=x onerror='owned = 2'>{rest}"
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    path = Path(url2pathname(urlsplit(address).path)).with_name("other.html")
    path.write_text(html, encoding="utf-8")
    page.goto(path.as_uri())
    assert page.evaluate("typeof owned") == "undefined"
    assert page.locator("th button").count()  # ours still runs
    assert page.locator(".page:visible").count() == 1
    assert sum("Content Security Policy" in each for each in complaints) >= 2
    with pytest.raises(playwright.Error, match="TrustedHTML"):
        page.evaluate("document.body.innerHTML = '<b>no</b>'")
    page.close()


@pytest.mark.slow
def test_ten_thousand_episodes_open_in_two_seconds(browser: Any, tmp_path: Path) -> None:
    suite = Suite("many", 1, (ID,), ("random", "rule"), training_seeds=1, steps=100, episodes=5000)
    run_suite(suite, ResultsFolder(tmp_path / "run"), 2, Silent())
    html = to_html(ResultsFolder(tmp_path / "run"), 5000)
    address = written(html, tmp_path)
    seconds = []
    for _ in range(3):
        page = browser.new_page()
        page.goto(f"{address}#{ID}")
        assert page.locator("details.episode").count() == 10_000
        seconds.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000.0)
        episode = page.locator("details.episode").nth(7000)
        episode.locator("summary").first.click()
        assert episode.locator(".turn").count() > 2
        page.close()
    print(f"10,000 episodes, {len(html) / 1e6:.1f} MB: {sorted(seconds)[1]:.2f} s")
    assert sorted(seconds)[1] < 2.0
