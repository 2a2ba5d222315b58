"""Tasks of other distributions, and those that are named by module:Class: they are treated like ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import gymnasium as gym
import pytest

import textenvs
from tests.benchmarks.conftest import TINY
from tests.tasks import example_task
from textenvs import registration, testing
from textenvs.evaluation import Header
from textenvs.manifest import read_manifest
from textenvs_benchmarks.jobs import plan_jobs, plays
from textenvs_benchmarks.seeds import hash_suite
from textenvs_benchmarks.suite import Suite, make_suite, to_table
from textenvs_benchmarks.tasks import import_named, require_tasks
from textenvs_benchmarks.verify import verify_records

ID = "TextTutoring-v0"
EXAMPLE = Path(example_task.__file__).read_text(encoding="utf-8").replace("Drawers", "Tutoring")
SPOKEN = """        words = {"start": "Where is it?", "letter": "A letter!", "dust": "Dust."}
        return words.get(event) or (f"Rustle, {event}.", f"From the {event} drawer: rustle.")[draw % 2]
"""
FROM_FILE = """        if event in ("start", "letter", "dust"):
            return PHRASES[event]
        return PHRASES.choose("rustle", draw, "train").format(drawer=event)
"""
FILES = {
    "tutoring/__init__.py": "from tutoring.task import Tutoring as Tutoring\n",
    "tutoring/task.py": EXAMPLE.replace(SPOKEN, FROM_FILE).replace(
        "State = tuple", "from textenvs.text.phrases import load_phrases\nPHRASES = load_phrases(__package__)\nState = tuple"
    ),
    "tutoring/phrases.en.toml": """
[texts]
start = "Where is it?"
letter = "A letter!"
dust = "Dust."

[wordings.rustle]
slots = ["drawer"]
both = ["Rustle, {drawer}.", "From the {drawer} drawer: rustle.", "I hear the {drawer} one."]
""",
    "tutoring/policies.py": '''
from textenvs.core.policy import Policy


class Rule(Policy):
    """Knocks twice, then opens the drawer that rustled most."""

    def act(self, observation, possible):
        heard = {word: observation.count(f"{word} ") for word in ("left", "middle", "right")}
        note = observation.split("\\n")[-2]
        counts = {word: int(note.split(f"{word} ")[1][0]) for word in heard} if "Rustled" in note else heard
        return "knock" if sum(counts.values()) < 2 else "open_" + max(counts, key=counts.get)
''',
    "tutoring/task.toml": f"""
class = "Tutoring"
rule = "policies:Rule"

[references.guess]
policy = "policies:Rule"
summary = "Knocks twice."

[[environments]]
id = "{ID}"
summary = "Find a letter."
capabilities = ["memory"]
credits = "letters of nobody"
""",
}
MINE = """
import textenvs

class Mine:
    obs_type, action_type = "text", "choice"

    def __init__(self, env_id, env_kwargs):
        assert textenvs.task_of(env_id).horizon == 5

    def reset(self, seed):
        pass

    def act(self, observation, info):
        return int(info["action_mask"].argmax())
"""


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def distribution(name, package, files):
    """The files of an installed distribution that names one task."""
    info = f"{name}-1.0.dist-info"
    metadata = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/entry_points.txt": f"[textenvs.tasks]\n{name} = {package}\n",
    }
    return {**files, **metadata}


class Place:
    """A folder in which programs run, with a folder of installed distributions."""

    def __init__(self, folder):
        self.folder, self.site = folder / "work", folder / "site"
        self.folder.mkdir()
        paths = [str(self.site), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        self.env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "TEXTENVS_CACHE": str(folder / "cache")}

    def python(self, code, *flags):
        """What a program prints as JSON; `-P` leaves the current folder out of its path."""
        done = subprocess.run(
            [sys.executable, "-P", *flags, "-c", code],
            env=self.env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout), done.stderr

    def command(self, line, status=0):
        """What a command prints, on both streams."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "textenvs_benchmarks.cli", *line.split()],
            env=self.env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == status, f"{line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.fixture
def installed(place):
    write(place.site, distribution("tutoring", "tutoring", FILES))
    return place


@pytest.fixture
def added():
    """Forgets the environments that a test adds."""
    before, path = set(registration._ENTRIES), [*sys.path]
    yield
    sys.path[:] = path
    for env_id in set(registration._ENTRIES) - before:
        del registration._ENTRIES[env_id], gym.registry[env_id]


KNOWN = f"""
import json, sys
import textenvs
from textenvs_benchmarks.listing import catalogue
(listed,) = [each for each in catalogue()["environments"] if each["id"] == "{ID}"]
unimported = "tutoring" not in sys.modules
import gymnasium as gym
env = gym.make("{ID}")
scores = textenvs.reference_scores("{ID}", "test")
rule = textenvs.load_agent("rule", "{ID}")
returns = [record.episodic_return for record in textenvs.evaluate(rule, "{ID}", episodes=300)]
json.dump({{
    "listed": listed, "unimported": unimported, "ours": "{ID}" in textenvs.IDS,
    "text": env.reset(seed=0)[0], "optimal": textenvs.solve("{ID}").solution.optimal, "scores": scores.optimal,
    "instructions": textenvs.instructions("{ID}"), "floor": scores.floor, "credits": textenvs.find_entry("{ID}").credits,
    "rule": scores.normalise(sum(returns) / len(returns)), "agents": textenvs.evaluation.agent_names(),
}}, sys.stdout)
"""


def test_a_task_of_another_distribution_is_known_by_its_id(installed):
    told, warnings = installed.python(KNOWN, "-W", "error")
    assert not warnings
    assert told["unimported"], "neither import nor listing imports a task"
    assert not told["ours"]
    assert (told["listed"]["actions"], told["listed"]["horizon"]) == (None, None)
    assert told["listed"]["capabilities"] == ["memory"]
    assert told["listed"]["splits"] == {"train": {}, "test": {}}
    assert told["text"].startswith("Desk: Where is it?")
    assert told["optimal"] == pytest.approx(told["scores"])
    assert told["instructions"].startswith("A letter lies")
    assert told["floor"] is None, "it is measured where it is asked for"
    assert told["credits"] == "letters of nobody"
    assert told["rule"] > 60
    assert "guess" in told["agents"]


def test_the_kit_checks_it(installed):
    code = f"from textenvs import testing; testing.check_id('{ID}'); testing.check_nothing_trivial_wins('{ID}'); print(1)"
    installed.python(code)


@pytest.mark.slow
def test_it_runs_verifies_reports_and_compiles(installed):
    installed.command(
        f"run --env {ID} --agent random q_learning rule guess floor --seeds 3 --steps 2000 --episodes 20 --out r --workers 2"
    )
    table = installed.command("report r --format csv")
    rows = {line.split(",")[1] for line in table.splitlines() if line.startswith(ID)}
    assert rows == {"random", "q_learning", "rule", "guess", "floor"}
    assert "tasks" not in json.loads((installed.folder / "r" / "manifest.json").read_text())["suite"]
    assert "are as they were recorded" in installed.command("verify r")
    assert ID in installed.command("report r --format markdown")
    installed.command("report r --format html")
    page = (installed.folder / "r" / "report.html").read_text()
    assert "Find a letter." in page
    assert "letters of nobody" in page
    assert installed.command(f"compile {ID}").endswith(f"{ID}: stored\n")
    stored = json.loads((installed.site / "tutoring" / "scores" / f"{ID}.json").read_text())
    listed = json.loads(installed.command("list --json"))["environments"][-1]
    assert (listed["id"], listed["actions"], listed["horizon"]) == (ID, 4, 5)
    assert listed["splits"]["test"]["floor"] == stored["test"]["floor"]
    assert installed.command(f"compile {ID}").endswith("up to date\n")
    installed.command(f"compile --check {ID}")
    assert "are as they were recorded" in installed.command("verify r", status=0 if stored["test"] is None else 3), (
        "its floor is known now, which the manifest did not say"
    )
