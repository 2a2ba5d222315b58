"""Whatever is changed in a record, with all hashes made again: if it changes the simulation, it is found."""

from __future__ import annotations

import contextlib
import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

import textenvs
from textenvs.evaluation import EpisodeRecord, Header, play_episodes, read_records, replay, write_records
from textenvs_benchmarks.cli import main
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.progress import Silent
from textenvs_benchmarks.report import write_results
from textenvs_benchmarks.runner import run_suite
from textenvs_benchmarks.suite import Suite

SUITE = Suite(
    name="flips",
    version=1,
    environments=("TextDialogue-v0", "TextQA-v0"),
    agents=("random",),
    references=("optimal",),
    training_seeds=1,
    steps=100,
    episodes=4,
)
"""`random` sees numbers, `optimal` sees the text."""
KINDS = ("scenario", "seed", "actions", "reward_terms", "observations", "metrics", "terminated", "truncated")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = ResultsFolder(tmp_path_factory.mktemp("runs") / "flips")
    run_suite(SUITE, folder, 2, Silent())
    return folder


def flipped(record: EpisodeRecord, kind: str, n_actions: int, rng: random.Random) -> EpisodeRecord:
    """The record with one thing of this kind changed."""
    value = json.loads(json.dumps(getattr(record, kind)))
    if kind == "scenario":
        value = rng.choice([number for number in (0, value + 1, value + 7) if number != value])
    elif kind == "seed":
        value ^= 1 << rng.randrange(53)
    elif kind == "actions":
        place = rng.randrange(len(value))
        value[place] = rng.choice([action for action in range(n_actions) if action != value[place]])
    elif kind == "reward_terms":
        name = rng.choice(sorted(value))
        value[name][rng.randrange(len(value[name]))] += rng.choice([-1.0, 0.5, 1e-9, 20.0])
    elif kind == "observations":
        place = rng.randrange(len(value))
        value = value[:place] + rng.choice([c for c in "0123456789abcdef" if c != value[place]]) + value[place + 1 :]
    elif kind == "metrics":
        name = rng.choice(sorted(value))
        value[name] = rng.choice([number for number in (0.0, 0.5, 1.0) if number != value[name]])
    else:
        value = not value
    return replace(record, **{kind: value})


@pytest.mark.parametrize("flips", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_every_flip_that_changes_the_simulation_is_found(made, flips, capsys):
    rng = random.Random(7)
    paths = sorted(made.path.glob("episodes/*/*/*.jsonl"))
    counts: Counter[tuple[str, str]] = Counter()
    for number in range(flips):
        path = rng.choice(paths)
        header, records = read_records(path)
        kind = KINDS[number % len(KINDS)]
        place = rng.randrange(len(records))
        old = records[place]
        records[place] = new = flipped(old, kind, textenvs.task_of(header.env_id).n_actions, rng)
        kept = {file: file.read_bytes() for file in made.path.rglob("*") if file.is_file()}
        try:
            write_records(path, header, records)
            write_results(made)
            made.finish()
            capsys.readouterr()
            status = main(["verify", str(made.path)])
            said = capsys.readouterr()
        finally:
            for file, content in kept.items():
                file.write_bytes(content)
        if status == 0:
            assert kind == "actions", said
            again = replay(header, new)
            assert again == new
            assert replace(again, actions=old.actions) == old, "nothing but the name of the act is another"
        else:
            assert status == 3, said
            assert f"{path}, line {place + 2}: " in said.err
        counts[kind, "found" if status else "changes nothing"] += 1
    print(dict(counts))
    assert all(counts[kind, "found"] for kind in KINDS)
    assert sum(counts.values()) == flips


def test_the_hash_of_numbers_covers_the_words(made, monkeypatch):
    """What `random` saw is a number; what it said stands in the conversation."""
    path = made.records("random", "TextDialogue-v0", "test", 0)
    header, records = read_records(path)
    assert header.obs_type == "discrete"
    assert replay(header, records[0]) == records[0]
    from textenvs.core.transcript import Transcript

    write = Transcript.write
    monkeypatch.setattr(Transcript, "write", lambda *args: write(*args).replace("You: ", "You, "))
    assert replay(header, records[0]).observations != records[0].observations


def test_a_file_that_the_manifest_does_not_name_is_found(made, tmp_path, capsys):
    extra = made.path / "episodes" / "random" / "TextQA-v0" / "test-9.jsonl"
    extra.write_bytes(made.records("random", "TextQA-v0", "test", 0).read_bytes())
    try:
        assert main(["verify", str(made.path)]) == 3
        assert "manifest.json does not name episodes/random/TextQA-v0/test-9.jsonl" in capsys.readouterr().err
    finally:
        extra.unlink()
    assert main(["verify", str(made.path)]) == 0


@pytest.mark.parametrize("name", ["agents", "curves.csv", "results.json", "failures"])
def test_other_files_are_bound_by_the_manifest(made, tmp_path, name, capsys):
    Path(made.path, name).mkdir(exist_ok=True) if "." not in name else None
    path = Path(made.path, name, "more.txt") if "." not in name else Path(made.path, name)
    before = path.read_bytes() if path.exists() else None
    path.write_bytes((before or b"") + b"x")
    try:
        assert main(["verify", str(made.path)]) == 3
    finally:
        path.unlink() if before is None else path.write_bytes(before)
    assert path.name in capsys.readouterr().err


class Impossible:
    obs_type, action_type = "discrete", "choice"

    def reset(self, seed):
        self.turn = 0

    def act(self, observation, info):
        self.turn += 1
        return int(info["action_mask"].argmin() if self.turn == 1 else info["action_mask"].argmax())


def test_another_act_that_is_as_impossible_changes_nothing():
    header = Header("x", {}, "TextDialogue-v0", {}, "discrete", "choice", "test", 0, 0, "", "", "", {})
    counts = Counter()
    for record in play_episodes(Impossible(), "TextDialogue-v0", "test", enumerate(range(20))):
        for act in range(textenvs.task_of("TextDialogue-v0").n_actions):
            changed = replace(record, actions=[act, *record.actions[1:]])
            try:
                again = replay(header, changed)
            except ValueError:
                counts["another length"] += 1
                continue
            if again == changed:
                counts["changes nothing"] += 1
                assert replace(again, actions=record.actions) == record
            else:
                counts["found"] += 1
    assert counts["changes nothing"] > 20 < counts["found"]


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("agent", "optimal", 3),
        ("env_id", "TextDialogueClean-v0", 3),
        ("env_kwargs", {"reward": {"failure": -100.0}}, 3),
        ("env_kwargs", {"error_rate": 0.0}, 3),
        ("obs_type", "text", 3),
        ("split", "train", 3),
        ("seed", 3, 3),
        ("evaluation_seed", 3, 3),
        ("commitment", "0" * 64, 3),
        ("source", "0" * 32, 4),
    ],
)
def test_a_changed_header_is_found(made, field, value, status, capsys):
    """Also with records that fit it: whoever plays under other rules may not call them these."""
    kept = {file: file.read_bytes() for file in made.path.rglob("*") if file.is_file()}
    path = made.records("random", "TextDialogue-v0", "test", 0)
    header, records = read_records(path)
    changed = replace(header, **{field: value})
    try:
        if field not in ("obs_type", "source"):
            records = [replay(changed, record) for record in records]
        write_records(path, changed, records)
        with contextlib.suppress(ValueError):
            write_results(made)
        made.finish()
        assert main(["verify", str(made.path)]) == status
        assert str(path) in capsys.readouterr().err
    finally:
        for file, content in kept.items():
            file.write_bytes(content)


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        ("<script>alert(1)</script>", "failure must begin with one of crash, timeout"),
        ("crash: \x1b[31m", "failure must begin with one of"),
        ("crash: " + "x" * 300, "failure must begin with one of"),
        ("crash: exit status 1", "random is one of ours, and cannot fail as others do"),
    ],
)
def test_a_failure_is_one_that_is_known(made, failure, said, capsys):
    path = made.records("random", "TextDialogue-v0", "test", 0)
    kept = path.read_bytes()
    lines = [json.loads(line) for line in kept.splitlines()]
    lines[2]["failure"] = failure
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    try:
        assert main(["verify", str(made.path)]) == 3
        assert said in capsys.readouterr().err
    finally:
        path.write_bytes(kept)
