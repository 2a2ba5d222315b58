"""What may be touched without making another environment, or another agent, of one: tried in a copy of the packages."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import textenvs
import textenvs_baselines
import textenvs_benchmarks
from textenvs.core.closure import KERNEL, defining_module, files_beside, import_closure, source_hash
from textenvs.drift import check_drift, drifted_parts, identity
from textenvs.errors import Drift
from textenvs.fingerprint import differences
from textenvs.registration import stored_of
from textenvs_benchmarks.cli import main

CLEAN, WRITING, WIKI = "TextDialogueClean-v0", "TextWriting-v0", "TextWritingWiki-v0"
SOURCES = """
import json, sys, textenvs
from textenvs_benchmarks.folder import agent_source
ids = [entry.id for entry in textenvs.entries()]
agents = ("random", "rule", "q_learning", "sarsa", "ppo", "lm", "keep_all", "optimal")
told = {"ids": {env_id: textenvs.find_entry(env_id).source for env_id in ids}}
told["agents"] = {name: agent_source(name, environments=textenvs.IDS) for name in agents}
json.dump(told, sys.stdout)
"""
IDENTITIES = """
import json, sys, textenvs
from textenvs.drift import drifted_parts
json.dump({name: [textenvs.identity(name), drifted_parts(name)] for name in sys.argv[1:]}, sys.stdout)
"""


@pytest.fixture
def copied(tmp_path):
    """The three packages in a folder of their own, and a way to run code on them."""
    for package in (textenvs, textenvs_baselines, textenvs_benchmarks):
        folder = Path(package.__file__).parent
        shutil.copytree(folder, tmp_path / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
    return Copy(tmp_path)


class Copy:
    def __init__(self, folder):
        self.folder = folder

    def run(self, code, *arguments):
        env = {**os.environ, "PYTHONPATH": str(self.folder), "TEXTENVS_CACHE": str(self.folder / "cache")}
        command = [sys.executable, "-W", "ignore", "-c", code, *arguments]
        done = subprocess.run(command, env=env, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def sources(self):
        return self.run(SOURCES)

    def drifted(self, *ids):
        """The parts in which ids differ now, for those that do."""
        found = self.run(IDENTITIES, *ids)
        for env_id, (name, parts) in found.items():
            assert (name == stored_of(env_id)["identity"]) == (not parts)
        return {env_id: parts for env_id, (_, parts) in found.items() if parts}

    def edit(self, path, old, new):
        file = self.folder / path
        text = file.read_text()
        assert text.count(old) >= 1, f"{path} does not hold {old!r}"
        file.write_text(text.replace(old, new, 1))

    def comment(self, *paths):
        for path in paths:
            self.add(path, (self.folder / path).read_text() + "# a comment\n")

    def add(self, path, text):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


NEW_TASK = """class = "Nothing"

[[environments]]
id = "TextNothing-v0"
summary = "Nothing."
capabilities = ["memory"]
"""


def test_what_is_elsewhere_changes_nobody(copied):
    """A comment in a module that nobody's closure has, a new reward, a new agent, a new task."""
    before = copied.sources()
    assert all(before["ids"][env_id] == textenvs.find_entry(env_id).source for env_id in textenvs.IDS)
    copied.comment("textenvs/rewards/style.py", "textenvs/feedback/judges.py", "textenvs/data/folder.py")
    copied.add("textenvs/rewards/politeness.py", "def politeness(prediction):\n    return 1.0\n")
    copied.add("textenvs_baselines/new.py", "class NewAgent:\n    pass\n")
    copied.add("textenvs_baselines/language/new-1.toml", 'system = "new"\n')
    copied.add("textenvs/tasks/nothing/__init__.py", "class Nothing:\n    pass\n")
    copied.add("textenvs/tasks/nothing/task.toml", NEW_TASK)
    copied.add("textenvs/tasks/nothing/phrases.en.toml", "")
    after = copied.sources()
    assert after["ids"].pop("TextNothing-v0")
    assert after == before


def test_a_comment_stays_in_its_closure(copied):
    """It tells to look anew, and only where the module is used."""
    before = copied.sources()
    copied.comment("textenvs/tasks/dialogue/rules.py", "textenvs/tasks/writing/policies.py")
    copied.comment("textenvs_baselines/sarsa.py")
    after = copied.sources()
    changed = {name for name in before["ids"] if before["ids"][name] != after["ids"][name]}
    assert changed == {name for name in textenvs.IDS if name.startswith("TextDialogue")}
    assert {name for name in before["agents"] if before["agents"][name] != after["agents"][name]} == {
        "sarsa",
        "rule",
        "keep_all",
    }


@pytest.mark.slow
def test_a_pure_refactoring_is_no_drift(copied):
    """Comments in the kernel and the tasks, a renamed class, a moved module: looked at anew, and found equal.

    A run that was made before is true after it.
    """
    command = (
        "import json, sys; from textenvs_benchmarks.cli import main; json.dump(main(sys.argv[1:]), sys.__stdout__)"
    )
    silent = f"import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n    {command}"
    ran = (
        "run",
        "--env",
        CLEAN,
        WRITING,
        "--agent",
        "random",
        "rule",
        "--seeds",
        "1",
        "--episodes",
        "5",
        "--out",
        "run",
    )
    assert copied.run(silent, *ran) == 0
    copied.comment("textenvs/core/env.py", "textenvs/text/matching.py", "textenvs/tasks/writing/rules.py")
    for path in (copied.folder / "textenvs/tasks/dialogue").glob("*.py"):
        text = path.read_text().replace("DialogueProcess", "BookingProcess")
        path.write_text(text.replace("dialogue.domain", "dialogue.world"))
    (copied.folder / "textenvs/tasks/dialogue/domain.py").rename(copied.folder / "textenvs/tasks/dialogue/world.py")
    sources = copied.sources()["ids"]
    assert all(sources[env_id] != textenvs.find_entry(env_id).source for env_id in textenvs.IDS)
    assert copied.drifted(CLEAN, WRITING, WIKI) == {}
    assert copied.run(silent, "verify", "run") == 0
    copied.edit("textenvs/tasks/writing/phrases.en.toml", "Take the last decision back.", "Undo the last decision.")
    assert copied.run(silent, "verify", "run") == 4


CHANGES = {
    "a probability": ("dialogue/booking.py", "ASK = 0.5", "ASK = 0.500001", {CLEAN}),
    "a sentence": ("writing/phrases.en.toml", "Take the last decision back.", "Undo it.", {WRITING, WIKI}),
    "a sentence that one of them says": ("writing/phrases.en.toml", "This is my mail.", "Here is my mail.", {WRITING}),
    "a reward": ("writing/task.py", "invalid=-0.05", "invalid=-0.051", {WRITING, WIKI}),
    "a wording of test": ("dialogue/phrases.en.toml", "Right, I'm off.", "Right, I am off.", {CLEAN}),
    "a wording that nobody hears": ("dialogue/phrases.en.toml", "(crackling)", "(crackle)", set()),
    "a cue": ("dialogue/phrases.en.toml", '"sat nav"', '"gps"', {CLEAN}),
    "what a whole text earns": ("writing/rules.py", "rewrite == right", "rewrite != right", {WRITING, WIKI}),
    "a word of the language": ("../text/language.en.toml", "without", "sans", {CLEAN, WRITING, WIKI}),
}


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_makes_another_of_those_that_have_it(copied, change):
    path, old, new, ids = CHANGES[change]
    copied.edit(f"textenvs/tasks/{path}", old, new)
    assert copied.drifted(CLEAN, WRITING, WIKI).keys() == ids


def test_drift_names_what_differs(monkeypatch, tmp_path, capsys):
    stored = stored_of(CLEAN)
    changed = {**stored, "source": "other", "fingerprint": {**stored["fingerprint"], "cues": "other"}}
    monkeypatch.setattr("textenvs.drift.stored_of", lambda env_id: changed)
    monkeypatch.setattr("textenvs.drift.fingerprint", lambda env_id: stored["fingerprint"])
    assert drifted_parts(CLEAN) == ["cues"]
    with pytest.raises(Drift, match=r"differs in: cues.*textenvs compile TextDialogueClean-v0 --new-behaviour"):
        check_drift(CLEAN)
    with pytest.raises(Drift, match="differs in: cues"):
        textenvs.reference_scores(CLEAN)
    assert main(["run", "--env", CLEAN, "--agent", "random", "--out", str(tmp_path / "run")]) == 4
    assert "differs in: cues" in capsys.readouterr().err
    assert identity(CLEAN) == stored["identity"], "that of what it does, not what is stored"


def test_numbers_are_equal_but_for_their_last_digits():
    numbers = {"train rewards": [1.0, 2.0, 3.0, 4.0, 12.0]}
    assert differences(numbers, {"train rewards": [1.0 + 1e-12, 2.0, 3.0, 4.0, 12.0]}) == []
    assert differences(numbers, {"train rewards": [1.0 + 1e-6, 2.0, 3.0, 4.0, 12.0]}) == ["train rewards"]
    assert differences(numbers, {}) == ["train rewards"]
    assert differences({"cues": "a"}, {"cues": "b"}) == ["cues"]


def test_every_file_that_a_task_opens_is_in_its_closure():
    """Modules of its own and of the readers, phrases, the language, data; found by watching what is opened."""
    for entry in textenvs.entries():
        if entry.parameters.get("source") == "wikipedia":
            continue  # the text of others is checked by its own hash
        module = entry.task.partition(":")[0]
        closure = {*import_closure([defining_module(*entry.task.split(":")), KERNEL], ["textenvs"]).values()}
        closure |= {*files_beside(Path(textenvs.__file__).parent / "tasks" / module.split(".")[-1], True).values()}
        done = subprocess.run(
            [sys.executable, "-c", OPENED, entry.id], capture_output=True, text=True, check=True, timeout=120
        )
        opened = {Path(name) for name in json.loads(done.stdout)}
        parts = ("tasks", "text", "rewards")
        read = {path for path in opened if {*parts} & {*path.parts} and path.suffix in (".toml", ".json")}
        read = {path for path in read if path.name not in ("task.toml", "agents.toml") and "scores" not in path.parts}
        assert any(path.name == "language.en.toml" for path in read)
        assert any(path.name == "phrases.en.toml" for path in read)
        assert read <= closure | {path for path in read if path.parts[-2] not in ("text", module.split(".")[-1])}


OPENED = """
import json, sys
opened = set()
sys.addaudithook(lambda event, arguments: opened.add(str(arguments[0])) if event == "open" else None)
import gymnasium as gym, textenvs
env = gym.make(sys.argv[1])
env.reset(seed=0)
env.step(0)
json.dump([name for name in opened if "textenvs" in name], sys.stdout)
"""


def test_imports_of_every_form_are_followed(tmp_path, monkeypatch):
    package = tmp_path / "forms"
    (package / "bare").mkdir(parents=True)
    for name in ("a", "b", "c", "d", "e"):
        (package / f"{name}.py").write_text(f"{name} = 1\n")
    (package / "bare" / "f.py").write_text("f = 1\n")
    (package / "__init__.py").write_text("from forms.a import a\n")
    (package / "root.py").write_text(
        "import forms\nimport forms.b\nimport forms.c as other\nfrom . import d\nfrom forms.bare import f\n"
        "def late():\n    from .e import e\n    return forms.a + forms.b.b + other.c + d.d + f.f\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    found = import_closure(["forms.root"], ["forms"])
    assert {*found} == {f"forms.{name}" for name in ("root", "a", "b", "c", "d", "e", "bare.f")}


def test_a_module_without_a_package_is_not_cached(tmp_path, monkeypatch):
    """What it reads is not known."""
    (tmp_path / "lonely.py").write_text("class Task:\n    pass\n")
    (tmp_path / "company").mkdir()
    (tmp_path / "company" / "__init__.py").write_text("from company.rules import Task\n")
    (tmp_path / "company" / "rules.py").write_text("class Task:\n    pass\n")
    (tmp_path / "company" / "data").mkdir()
    (tmp_path / "company" / "data" / "facts.txt").write_text("1")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert source_hash("lonely:Task") == ""
    before = source_hash("company:Task")
    assert before
    source_hash.cache_clear()
    (tmp_path / "company" / "data" / "facts.txt").write_text("2")
    assert source_hash("company:Task") != before


def test_the_closure_follows_names_to_where_they_are_defined():
    found = import_closure(["textenvs.tasks.qa.task"], ["textenvs"])
    assert "textenvs.rewards.answers" in found, "what the package hands on"
    assert "textenvs.rewards.style" not in found, "what it does not use"
    assert "textenvs.rewards" not in found, "the __init__ that only hands on"
    assert "textenvs.data.wikipedia" in found, "imports inside functions"
    assert source_hash("no_such_module:Task") == ""


def test_what_scores_rest_on_is_stored(copied):
    """A changed solver or blind policy makes what is stored stale, and no other environment of an id."""
    code = """
import json, sys, textenvs
from textenvs.compilation import is_stale
from textenvs.drift import drifted_parts
json.dump({name: [is_stale(name), drifted_parts(name)] for name in textenvs.IDS}, sys.stdout)
"""
    assert not any(stale for stale, _ in copied.run(code).values())
    copied.comment("textenvs/core/solve.py")
    assert set(map(tuple, (map(str, each) for each in copied.run(code).values()))) == {("True", "[]")}
    copied.edit("textenvs/core/solve.py", "# a comment\n", "")
    copied.edit("textenvs/tasks/qa/policies.py", '"open_first", "abstain")', '"open_second", "abstain")')
    found = copied.run(code)
    assert {name for name, (stale, _) in found.items() if stale} == {"TextQA-v0", "TextQAWiki-v0"}
    assert not any(parts for _, parts in found.values())
