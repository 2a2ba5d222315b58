"""A run that was killed, or that found no room, goes on and ends with the same bytes as one that was not."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from tests.benchmarks.conftest import ID, TINY
from tests.benchmarks.test_runner import contents
from textenvs.errors import Drift
from textenvs.evaluation import Header, RecordFile, load_agent, play_episodes, read_records
from textenvs_benchmarks.cli import main
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.progress import Lines, Silent
from textenvs_benchmarks.runner import run_suite

HEADER = Header("random", {}, ID, {}, "text", "choice", "test", 0, 0, "", "hash", "", {})
SUITE = """
name = "killed"
version = 1
environments = ["TextDialogueClean-v0"]
agents = ["random", "q_learning"]
references = ["floor"]
training_seeds = 1
steps = 20000
episodes = {episodes}
"""


def textenvs(*arguments: object, seconds: float | None = None) -> tuple[int, str]:
    """Runs the command, and kills it after some time; gives the exit status and the last line of what it said."""
    command = [sys.executable, "-m", "textenvs_benchmarks.cli", *map(str, arguments)]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:  # subprocess has sent SIGKILL
        return -9, ""
    return ended.returncode, (ended.stderr.splitlines() or [""])[-1]


@pytest.fixture
def played():
    agent = load_agent("random", ID)
    agent.obs_type = "text"
    return list(play_episodes(agent, ID, "test", enumerate([5, 6, 7, 8])))


@pytest.mark.parametrize(
    "torn", [b"", b"{", b'{"episode":2,"seed":7', b"\0" * 40, b"\0" * 40 + b"\n", b'{"episode":2,"see\0\0\n']
)
def test_what_was_not_finished_is_dropped(tmp_path, played, torn):
    whole, path = tmp_path / "whole", tmp_path / "folder" / "torn"
    with RecordFile(whole, HEADER) as file:
        for record in played:
            file.append(record)
    with RecordFile(path, HEADER) as file:
        for record in played[:2]:
            file.append(record)
    path.write_bytes(path.read_bytes() + torn)
    with RecordFile(path, HEADER) as file:
        assert file.episodes == 2
        for record in played[2:]:
            file.append(record)
    assert path.read_bytes() == whole.read_bytes()
    assert read_records(path) == (HEADER, played)


@pytest.mark.parametrize("torn", [b"", b'{"format":', b"\0\0\0"])
def test_a_torn_header_is_written_again(tmp_path, played, torn):
    path = tmp_path / "file"
    path.write_bytes(torn)
    with pytest.raises(ValueError, match="holds no records"):
        read_records(path)
    with RecordFile(path, HEADER) as file:
        file.append(played[0])
    assert read_records(path) == (HEADER, played[:1])


def test_records_under_another_header_are_replaced(tmp_path, played):
    path = tmp_path / "file"
    for header in (replace(HEADER, source="other"), HEADER):
        with RecordFile(path, header) as file:
            assert file.episodes == 0
            file.append(played[0])
    assert read_records(path) == (HEADER, played[:1])


def test_every_episode_is_on_the_disk_before_the_next(tmp_path, played, monkeypatch):
    synced = []
    path = tmp_path / "file"
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(path.read_bytes().count(b"\n")))
    with RecordFile(path, HEADER) as file:
        for record in played:
            file.append(record)
    assert synced == [1, 2, 3, 4, 5]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL on this system")
@pytest.mark.parametrize("kills", [4, pytest.param(50, marks=pytest.mark.slow)])
def test_a_run_that_is_killed_ends_with_the_same_bytes(tmp_path, kills):
    suite = tmp_path / "killed.toml"
    suite.write_text(SUITE.format(episodes=1000 if kills > 4 else 500))
    began = time.monotonic()
    assert textenvs("run", suite, "--workers", 2, "--out", tmp_path / "whole")[0] == 0
    whole = time.monotonic() - began
    rng, killed, ended, out = random.Random(3), 0, 0, tmp_path / "killed"
    progress = set()
    while killed < kills:
        seconds = rng.uniform(0.1, 0.9) * whole
        status, said = textenvs("run", suite, "--workers", 2, "--out", out, seconds=seconds)
        if status == -9:
            killed += 1
            progress.add(sum(path.stat().st_size for path in out.rglob("*.jsonl")))
        else:
            ended += 1
            assert status == 0, said
            assert contents(out) == contents(tmp_path / "whole")
            shutil.rmtree(out)
    assert textenvs("run", suite, "--workers", 2, "--out", out)[0] == 0
    assert contents(out) == contents(tmp_path / "whole")
    print(f"{killed} kills, {ended} runs that ended before; records had {len(progress)} sizes when they were killed")
    assert len(progress) > kills // 3, "most kills came before anything was recorded"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 400 KB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", place], capture_output=True, text=True, check=False
        )
        if shutil.which("mount")
        else None
    )
    if mount is None or mount.returncode:
        pytest.skip(f"no small file system can be mounted here: {mount.stderr.strip() if mount else 'no mount'}")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_stops_a_run_which_then_goes_on(tmp_path, small_disk):
    suite = tmp_path / "killed.toml"
    suite.write_text(SUITE.format(episodes=400))
    assert textenvs("run", suite, "--workers", 2, "--out", tmp_path / "whole")[0] == 0
    ballast = small_disk / "ballast"
    out = small_disk / "run"
    sizes = []
    for size in (330, 250, 150):
        ballast.write_bytes(b"\0" * 1024 * size)
        status, said = textenvs("run", suite, "--workers", 2, "--out", out)
        assert said == f"textenvs: {out}: No space left on device: make room, and the same command goes on"
        assert status == 130
        sizes.append(sum(path.stat().st_size for path in out.rglob("*.jsonl")))
    assert 0 < sizes[0] < sizes[1] < sizes[2]
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=4m", small_disk], check=True)
    assert textenvs("run", suite, "--workers", 2, "--out", out)[0] == 0
    assert contents(out) == contents(tmp_path / "whole")


def test_a_second_writer_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("textenvs_benchmarks.folder.PATIENCE", 0.3)
    folder = ResultsFolder(tmp_path / "run")
    with (
        folder.held(),
        pytest.raises(
            ValueError, match=r"another run is writing in .*: wait until it has ended, or give another --out"
        ),
    ):
        run_suite(TINY, ResultsFolder(tmp_path / "run"), 1, Lines())
    assert [path.name for path in (tmp_path / "run").iterdir()] == [".lock"]


@pytest.mark.skipif(sys.platform == "win32", reason="locks are not inherited on Windows")
def test_the_lock_is_held_until_the_last_worker_has_ended(tmp_path):
    code = (
        "import fcntl, multiprocessing, sys, time\n"
        "from textenvs_benchmarks.runner import _Inherited\n"
        "def wait(lock): print('up', flush=True); time.sleep(60)\n"
        "if __name__ == '__main__':\n"
        "    file = open(sys.argv[1], 'ab'); fcntl.flock(file, fcntl.LOCK_EX)\n"
        "    worker = multiprocessing.get_context('spawn').Process(target=wait, args=(_Inherited(file.fileno()),))\n"
        "    worker.start(); print(worker.pid, flush=True); worker.join()\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    folder = ResultsFolder(tmp_path / "run")
    folder.path.mkdir()
    with subprocess.Popen([sys.executable, script, folder.path / ".lock"], stdout=subprocess.PIPE, text=True) as parent:
        worker = int(parent.stdout.readline())
        assert parent.stdout.readline() == "up\n"
        parent.kill()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textenvs_benchmarks.folder.PATIENCE", 0.0)
        with pytest.raises(ValueError, match="another run is writing"), folder.held():
            pass
    os.kill(worker, signal.SIGKILL)
    with folder.held():
        pass


@pytest.fixture
def drifted(tiny_run, tmp_path):
    """A run of which a job is missing, and that was begun under another version of an agent."""
    path = tmp_path / "drifted"
    shutil.copytree(tiny_run, path)
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["agents"]["random"] = "0" * 32
    (path / "manifest.json").write_text(json.dumps(manifest))
    for records in (path / "episodes" / "random").rglob("*.jsonl"):
        lines = records.read_text().splitlines(keepends=True)
        header = json.loads(lines[0]) | {"agent_source": "0" * 32}
        records.write_text("".join([json.dumps(header, sort_keys=True, separators=(",", ":")) + "\n", *lines[1:]]))
    records.write_text("".join(records.read_text().splitlines(keepends=True)[:-3]))
    return path


def test_other_sources_are_refused_unless_drift_is_allowed(drifted):
    before = contents(drifted)
    with pytest.raises(Drift, match=r"begun with other sources or versions of agent random: .* --allow-drift"):
        run_suite(TINY, ResultsFolder(drifted), 1, Lines())
    assert contents(drifted) == before
    summary = run_suite(TINY, ResultsFolder(drifted), 1, Lines(), allow_drift=True)
    assert (summary.found, summary.finished) == (9, 1)
    rows = json.loads((drifted / "results.json").read_text())["rows"]
    assert {row["agent"]: row["drift"] for row in rows} == {
        "optimal": False,
        "floor": False,
        "rule": False,
        "q_learning": False,
        "random": True,
    }


def test_drift_has_an_exit_status_of_its_own(tmp_path, capsys):
    run = ["run", "--env", ID, "--agent", "random", "--episodes", "2", "--seeds", "1", "--out", str(tmp_path / "run")]
    assert main(run) == 0
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    manifest["versions"]["numpy"] = "1.0"
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(manifest))
    capsys.readouterr()
    assert main(run) == 4
    assert "other sources or versions of package numpy: give another --out, or go on" in capsys.readouterr().err
    assert main([*run, "--allow-drift"]) == 0
    assert "drift" in capsys.readouterr().out


@pytest.mark.parametrize("torn", [b'{"episode":19', b"\0" * 99, b"\0" * 99 + b"\n", b""])
def test_a_run_drops_what_was_not_finished(tiny_run, tmp_path, torn):
    path = tmp_path / "run"
    shutil.copytree(tiny_run, path)
    records = path / "episodes" / "random" / ID / "test-0.jsonl"
    records.write_bytes(b"".join(records.read_bytes().splitlines(keepends=True)[:-2]) + torn)
    assert run_suite(TINY, ResultsFolder(path), 1, Silent()).finished == 1
    assert contents(path) == contents(tiny_run)


def test_a_damaged_line_is_named_with_its_cure(tiny_run, tmp_path):
    path = tmp_path / "run"
    shutil.copytree(tiny_run, path)
    records = path / "episodes" / "random" / ID / "test-0.jsonl"
    lines = records.read_bytes().splitlines(keepends=True)
    records.write_bytes(b"".join([*lines[:4], b"hello\n", *lines[5:]]))
    with pytest.raises(ValueError, match=r"line 5 is not a record: .*; remove the file, and 'textenvs run' plays them"):
        run_suite(TINY, ResultsFolder(path), 1, Silent())


def test_a_run_that_goes_on_is_not_whole_meanwhile(tiny_run, tmp_path, monkeypatch):
    path = tmp_path / "run"
    shutil.copytree(tiny_run, path)
    (path / "episodes" / "random" / ID / "test-0.jsonl").unlink()
    monkeypatch.setattr("textenvs_benchmarks.runner.write_results", lambda folder: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run_suite(TINY, ResultsFolder(path), 1, Silent())
    assert ResultsFolder(path).hashes() == {}


def test_an_agent_of_which_nothing_is_left_is_played_anew(drifted):
    shutil.rmtree(drifted / "episodes" / "random")
    summary = run_suite(TINY, ResultsFolder(drifted), 2, Silent())
    assert (summary.found, summary.finished) == (8, 2)
    rows = json.loads((drifted / "results.json").read_text())["rows"]
    assert not any(row["drift"] for row in rows)
