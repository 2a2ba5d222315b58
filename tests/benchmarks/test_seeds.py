"""Hidden seeds: committed before a run, revealed after it, and bound to what was published."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks.conftest import ID, TINY
from textenvs.evaluation import read_records
from textenvs_benchmarks import load
from textenvs_benchmarks.cli import main
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.progress import Silent
from textenvs_benchmarks.report import write_results
from textenvs_benchmarks.runner import run_suite
from textenvs_benchmarks.seeds import commit, published, read_secret

SUITE = replace(TINY, agents=("random",), references=(), training_seeds=2, episodes=5)


@pytest.fixture(scope="module")
def secret(tmp_path_factory):
    return commit(SUITE, tmp_path_factory.mktemp("secrets") / "secret.json")


@pytest.fixture(scope="module")
def hidden(tmp_path_factory, secret):
    """A run on hidden seeds."""
    folder = ResultsFolder(tmp_path_factory.mktemp("runs") / "hidden")
    run_suite(SUITE, folder, 2, Silent(), secret=secret)
    return folder


def test_a_secret_is_long_and_its_owners_alone(tmp_path):
    path = tmp_path / "secret.json"
    secret = commit(SUITE, path)
    assert len(bytes.fromhex(secret.secret)) == 32
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_secret(path) == secret
    assert secret.secret not in repr(secret) + json.dumps(published(secret))
    with pytest.raises(ValueError, match="exists already, and no secret is overwritten: name another file with --out"):
        commit(SUITE, path)
    assert read_secret(path) == secret
    assert commit(SUITE, tmp_path / "other.json").commitment != secret.commitment


def test_a_short_secret_is_refused(secret):
    with pytest.raises(ValueError, match="at least 128 bits"):
        replace(secret, secret="00" * 15)


@pytest.mark.parametrize("change", [{"version": 2}, {"episodes": 6}, {"environments": ("TextDialogue-v0",)}])
def test_a_secret_is_for_its_suite_alone(secret, tmp_path, change):
    with pytest.raises(ValueError, match="the secret was committed for tiny, version 1, and not for this"):
        run_suite(replace(SUITE, **change), ResultsFolder(tmp_path / "run"), 1, Silent(), secret=secret)
    assert not (tmp_path / "run").exists()
    for values in ({"secret": "00" * 32}, {"suite": "other"}, {"version": 2}, {"suite_hash": "0"}):
        assert replace(secret, **values).commitment != secret.commitment


def test_the_seeds_follow_from_the_secret(hidden, secret):
    header, records = read_records(hidden.records("random", ID, "test", 1))
    assert header.commitment == secret.commitment
    key = bytes.fromhex(secret.secret)
    for record in records:
        digest = hmac.new(key, f"test\0{1}\0{record.episode}".encode(), hashlib.sha256).digest()
        assert record.seed == int.from_bytes(digest[:8]) >> 11 < 2**53
    seeds = load(hidden.path).seed
    assert seeds.nunique() == len(seeds)


def test_no_file_of_the_run_tells_the_secret(hidden, secret):
    for path in hidden.path.rglob("*"):
        if path.is_file():
            assert secret.secret.encode() not in path.read_bytes()


def test_rows_say_whether_their_seeds_were_public(hidden, tiny_run, capsys):
    assert not load(hidden.path).public_seeds.any()
    assert [row["public_seeds"] for row in json.loads((hidden.path / "results.json").read_text())["rows"]] == [False]
    assert "hidden" in (hidden.path / "results.md").read_text()
    assert main(["report", str(hidden.path)]) == 0
    assert "hidden" in capsys.readouterr().out
    assert main(["report", str(tiny_run)]) == 0
    assert "public" in capsys.readouterr().out


def test_from_commitment_to_reveal(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(
        f'name = "mine"\nversion = 3\nenvironments = ["{ID}"]\nagents = ["random"]\nepisodes = 3\ntraining_seeds = 1\n'
    )
    assert main(["seeds", "commit", "mine.toml"]) == 0
    public = json.loads(capsys.readouterr().out)
    assert (public["suite"], public["version"]) == ("mine", 3)
    assert main(["seeds", "commit", "mine.toml"]) == 2
    assert "mine-3.secret.json exists already" in capsys.readouterr().err
    run = ["run", "mine.toml", "--workers", "1", "--out", "run"]
    assert main([*run, "--seeds-file", "mine-3.secret.json"]) == 0
    assert main(run) == 2
    assert "with another secret of its seeds: give another --out" in capsys.readouterr().err
    assert json.loads(Path("run/manifest.json").read_text())["commitment"] == public["commitment"]
    assert main(["verify", "run"]) == 2
    assert "the seeds of run are hidden: give the secret with --seeds-file" in capsys.readouterr().err
    assert main(["verify", "run", "--seeds-file", "mine-3.secret.json"]) == 0
    assert main(["verify", f"run/episodes/random/{ID}/test-0.jsonl", "--seeds-file", "mine-3.secret.json"]) == 0
    assert main(["seeds", "commit", "mine.toml", "--out", "other.json"]) == 0
    assert main(["verify", "run", "--seeds-file", "other.json"]) == 3
    assert main(["seeds", "reveal", "other.json", "run"]) == 3
    capsys.readouterr()
    assert main(["seeds", "reveal", "mine-3.secret.json", "run"]) == 0
    assert json.loads(capsys.readouterr().out)["commitment"] == public["commitment"]
    assert main(["verify", "run"]) == 0
    assert main(["pack", "run", "--out", "run.zip"]) == 0
    assert main(["verify", "run.zip"]) == 0


def test_a_seed_that_does_not_follow_is_found(hidden, secret, tmp_path, capsys):
    path = tmp_path / "secret.json"
    path.write_text(
        json.dumps({"format": "textenvs-seeds/1"} | {k: getattr(secret, k) for k in secret.__dataclass_fields__})
    )
    records = hidden.records("random", ID, "test", 0)
    kept = records.read_bytes()
    lines = kept.decode().splitlines()
    row = json.loads(lines[2])
    records.write_text("\n".join([*lines[:2], json.dumps(row | {"seed": row["seed"] + 1}), *lines[3:]]) + "\n")
    try:
        assert main(["verify", str(hidden.path), "--seeds-file", str(path)]) == 3
        assert "line 3: seed is" in capsys.readouterr().err
    finally:
        records.write_bytes(kept)


def test_a_part_of_what_was_committed_is_not_the_whole(hidden, secret, tmp_path, capsys):
    """Whoever keeps the best of three training seeds has other episodes than were committed."""
    path = tmp_path / "run"
    shutil.copytree(hidden.path, path)
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["suite"]["training_seeds"] = 1
    (path / "manifest.json").write_text(json.dumps(manifest))
    for records in path.rglob("*-1.jsonl"):
        records.unlink()
    folder = ResultsFolder(path)
    write_results(folder)
    folder.finish()
    folder.reveal(secret)
    assert main(["verify", str(path)]) == 3
    assert "the secret was committed for tiny, version 1, and not for this" in capsys.readouterr().err
