"""Tasks of other distributions, and those that are named by module:Class: they are treated like ours."""

from __future__ import annotations

import json
import os
import pickle
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
from textenvs_benchmarks import ray_executor
from textenvs_benchmarks.folder import ResultsFolder
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
        "State = tuple",
        "from textenvs.text.phrases import load_phrases\nPHRASES = load_phrases(__package__)\nState = tuple",
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
    info = f"{name.replace('-', '_')}-1.0.dist-info"
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

    def run(self, *arguments):
        """A Python process that has ended; `-P` leaves the current folder out of its path."""
        return subprocess.run(
            [sys.executable, "-P", *arguments],
            env=self.env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def python(self, code, *flags):
        """What a program prints as JSON."""
        done = self.run(*flags, "-c", code)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout), done.stderr

    def command(self, line, status=0):
        """What a command prints, on both streams."""
        done = self.run("-m", "textenvs_benchmarks.cli", *line.split())
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
    "instructions": textenvs.instructions("{ID}"), "floor": scores.floor,
    "credits": textenvs.find_entry("{ID}").credits,
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


def test_its_identity_is_that_of_its_files(place):
    """In a package of a namespace, which several distributions can share, too."""
    moved = {f"space/{name}": text.replace("from tutoring", "from space.tutoring") for name, text in FILES.items()}
    write(place.site, distribution("tutoring", "space.tutoring", moved))
    write(place.site, {"space/other/__init__.py": "raise RuntimeError"})
    code = f"""
import json, sys, textenvs
print(json.dumps(textenvs.find_entry("{ID}").source))
assert "space" not in sys.modules
"""
    first, _ = place.python(code)
    assert len(first) == 32
    write(place.site, {"space/other/__init__.py": "pass", "space/tutoring/policies.py": ""})
    assert place.python(code)[0] == first
    write(place.site, {"space/tutoring/phrases.en.toml": FILES["tutoring/phrases.en.toml"].replace("Dust.", "Dirt.")})
    assert place.python(code)[0] != first


def test_the_kit_checks_it(installed):
    code = (
        f"from textenvs import testing; testing.check_id('{ID}'); testing.check_nothing_trivial_wins('{ID}'); print(1)"
    )
    installed.python(code)


@pytest.mark.slow
def test_it_runs_verifies_reports_and_compiles(installed):
    installed.command(
        f"run --env {ID} --agent random q_learning rule guess floor --seeds 3 --steps 2000 --episodes 20 --out r "
        "--workers 2"
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
    assert "are as they were recorded" in installed.command("verify r"), "its floor is known now, and was not then"


@pytest.mark.slow
def test_a_task_that_is_named_is_imported_by_those_who_name_it(place):
    imported = place.folder / "imported"
    write(place.folder, {"mytask.py": f"{EXAMPLE}\nopen({str(imported)!r}, 'w').close()\n", "mine.py": MINE})
    agents = "random q_learning rule floor mine:Mine"
    place.command(
        f"run --env mytask:Tutoring --agent {agents} --seeds 3 --steps 2000 --episodes 20 --out r --workers 2"
    )
    assert imported.exists()
    manifest = json.loads((place.folder / "r" / "manifest.json").read_text())
    assert manifest["suite"]["tasks"] == {"Tutoring-v0": "mytask:Tutoring"}
    assert "--env mytask:Tutoring" in manifest["command"]
    imported.unlink()
    table = place.command("report r --format csv")
    rows = {line.split(",")[1] for line in table.splitlines() if line.startswith("Tutoring-v0")}
    assert rows == {"random", "q_learning", "floor", "Mine"}, "no rule is written for it"
    place.command("report r --format html --transcripts 0")
    place.command("compare random q_learning --run r")
    place.command("pack r")
    place.python("import textenvs_benchmarks; print(len(textenvs_benchmarks.load('r.zip')))")
    due = (
        "Tutoring-v0 is the task mytask:Tutoring, which is not imported unless you name it: add --task mytask:Tutoring"
    )
    for line in ("verify r", "verify r.zip", "verify r --rerun", "report r --format html"):
        assert due in place.command(line, status=2)
    records = "r/episodes/random/Tutoring-v0/test-0.jsonl"
    assert "name the task with --task" in place.command(f"verify {records}", status=2)
    assert "this run has no task 'other:Tutoring'" in place.command("verify r --task other:Tutoring", status=2)
    assert not imported.exists()
    assert "are as they were recorded" in place.command(f"verify {records} --task mytask:Tutoring")
    assert imported.exists()
    assert "made the same files" in place.command("verify r.zip --task mytask:Tutoring --rerun --trust-agents")
    place.command("report r --format html --task mytask:Tutoring")
    assert "Knock to hear" in (place.folder / "r" / "report.html").read_text()
    refused = place.command("run --env mytask:Tutoring --agent rule --out other", status=2)
    assert "none of the agents rule can play any of Tutoring-v0" in refused


def test_a_worker_elsewhere_is_told_of_what_was_added(place, added, tmp_path):
    """As one of Ray is, which has a process of its own."""
    textenvs.register_task("Mine-v0", NAMED, summary="Find it.")
    (job,) = plan_jobs(Suite("mine", 1, ("Mine-v0",), ("random",), training_seeds=1, episodes=2))
    home = ray_executor._Home.of(job, ResultsFolder(tmp_path / "r"))
    (place.folder / "sent").write_bytes(pickle.dumps((job, home)))
    code = """
import json, pickle, pathlib
from textenvs_benchmarks.ray_executor import _play
job, home = pickle.loads(pathlib.Path("sent").read_bytes())
outcome, files, _ = _play(job, {}, home)
print(json.dumps([outcome.error, len(files)]))
"""
    place.env["PYTHONPATH"] += os.pathsep + str(Path(__file__).parents[1])
    assert place.python(code)[0] == [None, 2]


@pytest.mark.slow
def test_a_task_that_is_named_is_evaluated_trained_and_learned_from(place):
    write(place.folder, {"mytask.py": EXAMPLE, "mine.py": MINE})
    assert "mean return" in place.command("evaluate random mytask:Tutoring --episodes 20")
    said = place.command("train q_learning mytask:Tutoring --steps 2000")
    saved = "runs/q_learning-Tutoring-v0-0.npz"
    assert f"textenvs evaluate q_learning mytask:Tutoring --load {saved}" in said
    place.command(f"evaluate q_learning mytask:Tutoring --load {saved} --episodes 20")
    place.command("play mytask:Tutoring --agent random --seed 1")
    place.command("check-agent --agent mine:Mine --env mytask:Tutoring")
    place.command(
        "feedback mytask:Tutoring --reference random --pairs 30 --held-out 10 --steps 500 --seeds 2 --penalty 0 "
        "--way canonical --workers 2 --out f"
    )
    place.command("run --env mytask:Tutoring --agent random --seeds 1 --episodes 2 --out r", status=0)


def test_errors_of_names(place):
    write(place.folder, {"mytask.py": EXAMPLE, "raises.py": "1 / 0", "leaves.py": "import sys\nsys.exit(0)"})
    for line, message in {
        "evaluate random raises:Task": "raises fails when it is imported: ZeroDivisionError: division by zero",
        "evaluate random leaves:Task": "leaves fails when it is imported: SystemExit: 0",
        "evaluate random mytask:Tutorin": "unknown task of mytask 'Tutorin': did you mean 'Tutoring'?",
        "evaluate random nowhere:Tutoring": "is it in the current folder, or on the path (PYTHONPATH)?",
        "run --env mytask:DRAWERS --agent random": "mytask:DRAWERS is no task: name a class of mytask that is derived",
    }.items():
        assert message in place.command(line, status=2)


def test_the_current_folder_is_looked_through_last_and_only_for_a_name(place):
    write(place.folder, {"json.py": "raise RuntimeError", "mytask.py": EXAMPLE})
    code = """
import json, os, sys, textenvs
before = [*sys.path]
textenvs.solve("TextWriting-v0")
assert sys.path == before
textenvs.solve("mytask:Tutoring")
print(json.dumps(sys.path == [*before, os.getcwd()]))
"""
    assert place.python(code)[0] is True


BROKEN = {
    "no_toml": ({"no_toml/__init__.py": ""}, "no_toml has no task.toml"),
    "bad_toml": ({"bad_toml/__init__.py": "", "bad_toml/task.toml": "class = 100 %s"}, "task.toml:"),
    "bad_kind": ({"bad_kind/__init__.py": "", "bad_kind/task.toml": "class = 'A'\nenvironments = 3"}, "must be a list"),
    "bad_id": (
        {"bad_id/__init__.py": "", "bad_id/task.toml": "class = 'A'\n[[environments]]\nid = '../A-v0'"},
        "an id is a name with a version",
    ),
    "missing": ({}, "there is no package 'missing'"),
    "clash": (
        {"clash/__init__.py": "", "clash/task.toml": "class = 'A'\n[[environments]]\nid = 'TextQA-v0'"},
        "TextQA-v0 is already textenvs.tasks.qa:",
    ),
    "bad_scores": (
        {
            "bad_scores/__init__.py": "",
            "bad_scores/task.toml": "class = 'A'\n[[environments]]\nid = 'Bad-v0'",
            "bad_scores/scores/Bad-v0.json": "[]",
        },
        "is not what 'textenvs compile' stores",
    ),
    "deep": ({"deep/__init__.py": "raise RuntimeError", "deep/er/__init__.py": ""}, "deep.er has no task.toml"),
}


def test_a_broken_distribution_is_told_of_and_left_out(installed):
    for name, (files, _) in BROKEN.items():
        write(installed.site, distribution(name.replace("_", "-"), "deep.er" if name == "deep" else name, files))
    code = "import json, textenvs; print(json.dumps([entry.id for entry in textenvs.entries()]))"
    ids, told = installed.python(code)
    assert ids == [*textenvs.IDS, ID]
    for name, (_, message) in BROKEN.items():
        said = [line for line in told.splitlines() if f"'{name.replace('_', '-')}' of {name.replace('_', '-')}" in line]
        assert len(said) == 1, told
        assert message in said[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('class = "Tutoring"', "", "the key 'class' is missing"),
        (
            'rule = "policies:Rule"',
            'rule = "policies"',
            """rule must be "module:Class", with a module of the package""",
        ),
        ("capabilities", "capability", "unknown key 'capability': did you mean 'capabilities'?"),
        ('["memory"]', '"memory"', "capabilities must be a list, got 'memory'"),
        ('["memory"]', "[1]", "capability must be a text, got 1"),
        ('class = "Tutoring"', 'class = "A b"', "class must be the name of a class, got 'A b'"),
        ("credits", "parameters = { day = 2020-01-01 }\ncredits", "date is not JSON serializable"),
    ],
)
def test_a_manifest_is_checked(tmp_path, old, new, message):
    assert old in FILES["tutoring/task.toml"]
    (tmp_path / "task.toml").write_text(FILES["tutoring/task.toml"].replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=r"task\.toml: ") as caught:
        read_manifest("tutoring", tmp_path)
    assert message in str(caught.value)


NAMED = "tests.tasks.example_task:Drawers"


def test_a_program_registers_a_task(added):
    with pytest.raises(ValueError, match="unknown environment 'Mine-v0'"):
        textenvs.solve("Mine-v0")
    textenvs.register_task("Mine-v0", NAMED, summary="Find it.")
    assert textenvs.find_entry("Mine-v0").summary == "Find it."
    assert textenvs.solve("Mine-v0").solution.optimal == textenvs.solve(NAMED).solution.optimal
    testing.check_declaration("Mine-v0")
    textenvs.register_task("Mine-v0", NAMED)  # the same again
    with pytest.raises(ValueError, match=f"Mine-v0 is already {NAMED}"):
        textenvs.register_task("Mine-v0", "tests.toys:Chain")
    for env_id in ("Mine", "ns/Mine-v0", "textenvs:Mine-v0", 3):
        with pytest.raises(ValueError, match="an id is a name with a version"):
            textenvs.register_task(env_id, NAMED)
    with pytest.raises(ValueError, match="CartPole-v1 is already registered with Gymnasium"):
        textenvs.register_task("CartPole-v1", NAMED)
    with pytest.raises(ValueError, match="there is no module 'nowhere'"):
        textenvs.register_task("Other-v0", "nowhere:Task")
    with pytest.raises(ValueError, match="are what JSON can hold"):
        textenvs.register_task("Other-v0", NAMED, {"sets": {1}})


class Open(example_task.Drawers):
    """The letter lies on the left."""

    def scenario(self, split, index):
        return Left()


class Left(example_task.DrawersProcess):
    def posterior(self, state):
        return [1.0, 0.0, 0.0]

    def transitions(self, state, action):
        return [each for each in super().transitions(state, action) if each.probability]


def test_what_wins_without_thinking_is_refused(added, monkeypatch, tmp_path):
    monkeypatch.setenv("TEXTENVS_CACHE", str(tmp_path))
    limit = r"'always open_left' scores 100\.0 on test without reading, and 5 is the limit: let each act be right"
    with pytest.raises(AssertionError, match=limit):
        testing.check_nothing_trivial_wins(f"{__name__}:Open", "test")


def suite(*environments, **more):
    return Suite("mine", 1, environments, ("random", "rule"), **more)


def test_a_suite_names_tasks_and_imports_none(added):
    made = suite("TextQA-v0", "antigravity:Tutoring")
    assert made.environments == ("TextQA-v0", "Tutoring-v0")
    assert made.tasks == {"Tutoring-v0": "antigravity:Tutoring"}
    assert make_suite(json.loads(json.dumps(to_table(made)))) == made
    assert plays(made, "random", "Tutoring-v0")
    assert not plays(made, "rule", "Tutoring-v0")
    assert {(job.agent, job.env_id) for job in plan_jobs(made)} == {
        ("random", "TextQA-v0"),
        ("rule", "TextQA-v0"),
        ("random", "Tutoring-v0"),
    }
    with pytest.raises(ValueError, match="add --task antigravity:Tutoring"):
        require_tasks(made)
    with pytest.raises(ValueError, match=r"no task 'this:Tutoring' that must be named.*it has 'antigravity:Tutoring'"):
        import_named(made, ["this:Tutoring"])
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize(
    ("environments", "tasks", "message"),
    [
        (("a:Tutoring", "b:Tutoring"), {}, "a:Tutoring and b:Tutoring would both be called Tutoring-v0"),
        (("../a-v0",), {"../a-v0": "a:A"}, "an id is a name with a version"),
        (("A-v0",), {"A-v0": "a"}, 'a task is named by "module:Class"'),
        (("TextQA-v0",), {"A-v0": "a:A"}, "unknown environment in tasks 'A-v0'"),
        (("TextQA-v0",), {"TextQA-v0": "a:A"}, "TextQA-v0 is textenvs.tasks.qa:"),
        (("A-v0", "B-v0"), {"A-v0": "a:A"}, "unknown environment 'B-v0'"),
    ],
)
def test_tasks_of_a_suite_are_checked(environments, tasks, message):
    with pytest.raises(ValueError, match="^" + message.replace(".", r"\.")):
        suite(*environments, tasks=tasks)


def test_a_suite_without_tasks_is_as_it_was():
    assert "tasks" not in to_table(TINY)
    assert hash_suite(TINY) == "343372d9f1ac877506e3d565284638950c20560de23c302c62ef164b4aed5c57"
    assert hash_suite(suite("a:A")) != hash_suite(suite("b:A")), "a commitment binds to the task"


def test_records_do_not_decide_what_is_imported(tmp_path):
    header = Header(
        agent="random",
        agent_config={},
        env_id="antigravity:Tutoring",
        env_kwargs={},
        obs_type="text",
        action_type="choice",
        split="test",
        seed=0,
        evaluation_seed=0,
        commitment="",
        source="",
        agent_source="",
        versions={},
    )
    with pytest.raises(ValueError, match="no environment 'antigravity:Tutoring' is registered"):
        next(verify_records(tmp_path, header, [], lambda number: number))
    assert "antigravity" not in sys.modules
