"""What is published is what was made: the README's table, and the files beside their manifest."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path

import pytest

from textenvs_benchmarks.feedback.report import to_markdown
from textenvs_benchmarks.feedback.study import policy_table

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
SCRIPT = ROOT / "scripts" / "publish_results.py"
pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="published results stand in the sources alone")
PUBLISHED = sorted(path.name.removesuffix(".manifest.json") for path in RESULTS.glob("*.manifest.json"))


def test_the_readme_has_the_tables_that_it_has_a_place_for():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    spec = importlib.util.spec_from_file_location("publish_results", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    shown = [name for name in PUBLISHED if script.BEGIN.format(name) in readme]
    assert "leaderboard" in shown
    assert readme.count("written by scripts/publish_results.py") == len(shown)
    for name in shown:
        assert script.block(name) in readme


STUDIES = sorted(path.stem.removeprefix("feedback-") for path in RESULTS.glob("feedback-*.json"))


@pytest.mark.parametrize("name", STUDIES)
def test_the_tables_of_feedback_are_what_the_results_say(name):
    spec = importlib.util.spec_from_file_location("publish_feedback", SCRIPT.with_name("publish_feedback.py"))
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.block(name) in (ROOT / "docs" / "feedback.md").read_text(encoding="utf-8")
    results = json.loads((RESULTS / f"feedback-{name}.json").read_text())
    text = (RESULTS / f"feedback-{name}.md").read_text(encoding="utf-8")
    (command,) = (line.strip("`") for line in text.splitlines() if line.startswith("`textenvs feedback "))
    assert to_markdown(results, command) == text
    policies = policy_table(results)
    assert (policies.above <= 1e-6).all()


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_tables_are_those_that_the_manifest_names(name):
    manifest = json.loads((RESULTS / f"{name}.manifest.json").read_text())
    assert manifest["suite"]["name"] == name
    assert manifest["command"] == f"textenvs run {name}"
    for suffix in ("csv", "md"):
        content = (RESULTS / f"{name}.{suffix}").read_bytes()
        assert manifest["files"][f"results.{suffix}"] == hashlib.sha256(content).hexdigest()
    assert sum(file.startswith("episodes/") for file in manifest["files"]) > 80
