"""A run in one file."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.benchmarks.conftest import ID
from tests.benchmarks.test_external import AGENTS
from textenvs_benchmarks import load
from textenvs_benchmarks.cli import main
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.pack import pack, unpacked


@pytest.fixture
def packed(tiny_run: Path, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.zip"
    pack(ResultsFolder(tiny_run), path)
    return path


def test_it_holds_what_the_manifest_names_and_no_more(tiny_run: Path, packed: Path) -> None:
    names = zipfile.ZipFile(packed).namelist()
    assert set(names) == {"manifest.json", *ResultsFolder(tiny_run).hashes()}
    with unpacked(packed) as place:
        for name in names:
            assert (place / name).read_bytes() == (tiny_run / name).read_bytes()


def test_the_same_run_gives_the_same_bytes(tiny_run: Path, packed: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_run, tmp_path / "copy")
    pack(ResultsFolder(tmp_path / "copy"), tmp_path / "copy.zip")
    assert (tmp_path / "copy.zip").read_bytes() == packed.read_bytes()


def test_it_can_be_verified_elsewhere(packed: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert main(["verify", str(packed)]) == 0
    assert capsys.readouterr().out.endswith("tier: replayed\n")
    assert list(elsewhere.iterdir()) == []


def test_tiers(tiny_run: Path, tmp_path: Path, capsys) -> None:
    folder = tmp_path / "run"
    shutil.copytree(tiny_run, folder)
    for command, tier in (([], "self-reported"), (["verify"], "replayed"), (["verify", "--rerun"], "re-run")):
        if command:
            assert main([*command, str(folder)]) == 0
        capsys.readouterr()
        assert main(["report", str(folder)]) == 0
        assert capsys.readouterr().out.splitlines()[0] == f"tiny, version 1 ({tier})"
        assert main(["report", str(folder), "--format", "json"]) == 0
        assert {row["tier"] for row in json.loads(capsys.readouterr().out)["rows"]} == {tier}
    for name in ("manifest.json", f"episodes/random/{ID}/test-0.jsonl"):
        before = (folder / name).read_text()
        (folder / name).write_text(before + "\n")
        assert ResultsFolder(folder).tier() == "self-reported", "what was verified was another"
        (folder / name).write_text(before)
        assert ResultsFolder(folder).tier() == "re-run"
    assert not any(path.name.startswith("verif") for path in folder.iterdir()), "whoever made it may not say so"


def test_what_is_packed_is_read_as_it_is(tiny_run: Path, packed: Path, capsys) -> None:
    assert len(load(packed)) == len(load(tiny_run))
    assert main(["report", str(packed), "--format", "csv"]) == 0
    said = capsys.readouterr().out
    assert main(["report", str(tiny_run), "--format", "csv"]) == 0
    assert capsys.readouterr().out == said
    assert main(["verify", "none.zip"]) == 2
    assert capsys.readouterr().err == "textenvs: none.zip: there is no such file\n"


def test_errors_name_the_file_and_not_where_it_was_unpacked(packed: Path, tmp_path: Path, capsys) -> None:
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(tmp_path / "bad.zip", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'"episodic_return":-25.0', b'"episodic_return":25.0'))
    assert main(["verify", str(tmp_path / "bad.zip")]) == 3
    assert capsys.readouterr().err.startswith(f"textenvs: {tmp_path / 'bad.zip'}/episodes/")


def test_a_rerun_executes_no_agent_of_others_unasked(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agent.sh").write_text("touch executed\n" + (AGENTS / "first_possible.sh").read_text())
    run = ["run", "--env", ID, "--agent-cmd", "mine=sh agent.sh", "--episodes", "2", "--seeds", "1", "--out", "run"]
    assert main(run) == 0
    assert main(["pack", "run"]) == 0
    (tmp_path / "executed").unlink()
    for path in ("run", "run.zip"):
        assert main(["verify", path, "--rerun"]) == 2
        said = capsys.readouterr().err
        assert "--rerun would execute mine (command:sh agent.sh): agree with --sandbox, or with --trust-agents" in said
        assert not (tmp_path / "executed").exists()
    assert main(["verify", "run.zip", "--rerun", "--trust-agents"]) == 0
    assert (tmp_path / "executed").exists()


def test_an_agent_that_differs_or_is_not_there_is_told_apart(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "dice.py"
    program.write_text(
        (AGENTS / "first_possible.py")
        .read_text()
        .replace("import json", "import json, random", 1)
        .replace(
            'message["action_mask"].index(1)', 'random.choice([k for k, x in enumerate(message["action_mask"]) if x])'
        )
    )
    run = ["run", "--env", ID, "--agent-cmd", "dice=python3 dice.py", "--episodes", "9", "--seeds", "1", "--out", "run"]
    assert main(run) == 0
    assert main(["verify", "run", "--rerun", "--trust-agents"]) == 3
    assert "its agent draws chance from more than its seed, or is another" in capsys.readouterr().err


def test_a_job_that_failed_is_not_untrue(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    run = ["run", "--env", ID, "--agent", "random", "sb3", "--episodes", "2", "--seeds", "1", "--out", "run"]
    assert main(run) == 1
    assert main(["verify", "run"]) == 0
    assert "4 episodes are as they were recorded" in capsys.readouterr().out


def test_a_run_that_has_not_ended_is_not_packed(tiny_run: Path, tmp_path: Path, capsys) -> None:
    folder = tmp_path / "run"
    shutil.copytree(tiny_run, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"files": {}}))
    assert main(["pack", str(folder), "--out", str(tmp_path / "x.zip")]) == 2
    assert "has not ended yet: go on with 'textenvs run'" in capsys.readouterr().err
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "results.md").write_text("other")
    assert main(["pack", str(folder), "--out", str(tmp_path / "x.zip")]) == 3
    assert not (tmp_path / "x.zip").exists()


def test_nothing_is_overwritten(tiny_run: Path, packed: Path, capsys) -> None:
    before = packed.read_bytes()
    assert main(["pack", str(tiny_run), "--out", str(packed)]) == 2
    assert "exists already: name another file with --out" in capsys.readouterr().err
    assert packed.read_bytes() == before


@pytest.mark.parametrize("name", ["../out", "/etc/out", "a/../../out", "a\\..\\out", "C:out", "episodes/../../out"])
def test_no_file_gets_out(tmp_path: Path, name: str, capsys) -> None:
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", "{}")
        archive.writestr(name, "x")
    before = sorted(tmp_path.rglob("*"))
    assert main(["verify", str(path)]) == 2
    assert "which is no place in a run" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_what_unfolds_too_far_is_refused(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("textenvs_benchmarks.pack.LARGEST", 1 << 20)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"0" * (4 << 20))
    assert main(["verify", str(path)]) == 2
    assert "holds more than" in capsys.readouterr().err


@pytest.mark.parametrize("cut", [0, 10, 1000, -10])
def test_a_damaged_file_is_named(packed: Path, cut: int, capsys) -> None:
    packed.write_bytes(packed.read_bytes()[:cut])
    assert main(["verify", str(packed)]) == 2
    assert "tiny.zip" in capsys.readouterr().err


def test_two_files_of_one_name_are_refused(tmp_path: Path, capsys) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("manifest.json", "{}")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("manifest.json", "{}")
    path = tmp_path / "twice.zip"
    path.write_bytes(content.getvalue())
    assert main(["verify", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
