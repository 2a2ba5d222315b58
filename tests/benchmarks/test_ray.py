"""Ray makes the same files as processes of this machine."""

from __future__ import annotations

import logging
import shutil
import sys
from dataclasses import replace
from errno import ENOSPC
from pathlib import Path

import pytest

from tests.benchmarks.conftest import ID, TINY
from tests.benchmarks.test_runner import contents
from textenvs_benchmarks import ray_executor
from textenvs_benchmarks.cli import main
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.jobs import plan_jobs
from textenvs_benchmarks.progress import Lines
from textenvs_benchmarks.runner import run_suite

RUN = ["run", "--env", ID, "--agent", "random", "--episodes", "2", "--seeds", "1"]


def run(suite, path, executor):
    summary = run_suite(suite, ResultsFolder(path), 2, Lines(), executor=executor)
    return summary.found, summary.finished, summary.failed


@pytest.fixture(scope="module")
def ray():
    return pytest.importorskip("ray", reason="ray is not installed")


@pytest.fixture
def on_ray(ray):
    """What runs jobs on a Ray that is there already, and stays."""
    if not ray.is_initialized():
        ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    yield ray_executor.ray_executor()
    assert ray.is_initialized()


@pytest.fixture(scope="module", autouse=True)
def nothing_left():
    yield
    if "ray" in sys.modules:
        sys.modules["ray"].shutdown()


@pytest.fixture
def unfinished(tiny_run, tmp_path):
    """The tiny run, of which one job lacks an episode, one all it has learned, and one what it has played."""
    path = tmp_path / "run"
    shutil.copytree(tiny_run, path)
    records = path / "episodes" / "random" / ID / "train-0.jsonl"
    records.write_text("".join(records.read_text().splitlines(keepends=True)[:-1]))
    (path / "episodes" / "q_learning" / ID / "test-1.jsonl").unlink()
    shutil.rmtree(path / "agents" / "rule")
    shutil.rmtree(path / "episodes" / "rule")
    return path


def test_an_address_is_that_of_a_cluster(tmp_path, capsys):
    assert main([*RUN, "--address", "10.0.0.1:6379", "--out", str(tmp_path / "run")]) == 2
    assert "--address is that of a cluster: add --executor ray, or leave it out" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_without_ray_it_says_what_to_install(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main([*RUN, "--executor", "ray", "--out", str(tmp_path / "run")]) == 2
    assert 'pip install ".[ray]"' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_machine_with_other_sources_does_not_play(tmp_path):
    job = plan_jobs(TINY)[0]
    home = ray_executor._Home.of(job, ResultsFolder(tmp_path))
    outcome, files, _ = ray_executor._play(job, {}, replace(home, sources={**home.sources, "package numpy": "1.0"}))
    assert "has other sources or versions of package numpy: install the same there" in outcome.error
    assert not files


def test_a_ray_that_ends_with_the_run(ray, tiny_run, tmp_path):
    executor = ray_executor.ray_executor()
    assert run(TINY, tmp_path, executor) == (0, 10, 0)
    assert not ray.is_initialized()
    assert contents(tmp_path) == contents(tiny_run)
    assert run(TINY, tmp_path, executor) == (10, 0, 0)
    assert contents(tmp_path) == contents(tiny_run)


def test_it_goes_on_with_what_is_there(on_ray, tiny_run, unfinished):
    untouched = unfinished / "episodes" / "random" / ID / "train-1.jsonl"
    before = untouched.stat().st_mtime_ns
    assert run(TINY, unfinished, on_ray) == (6, 4, 0)
    assert untouched.stat().st_mtime_ns == before
    assert contents(unfinished) == contents(tiny_run)


def test_a_full_disk_stops_it(on_ray, tiny_run, unfinished, monkeypatch):
    def write(path, content):
        raise OSError(ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(ray_executor, "write_whole", write)
        with pytest.raises(OSError, match="No space left"):
            run(TINY, unfinished, on_ray)
    assert run(TINY, unfinished, on_ray) == (6, 4, 0)
    assert contents(unfinished) == contents(tiny_run)


def test_agents_of_others_and_jobs_that_fail(on_ray, tmp_path):
    script = Path(__file__).with_name("agents") / "first_possible.py"
    suite = replace(
        TINY,
        agents=("sb3", "broken", "first"),
        references=(),
        external={"broken": "command:false", "first": f"command:{sys.executable} {script}"},
        training_seeds=1,
        episodes=5,
    )
    for place, executor in (("local", None), ("ray", on_ray)):
        assert run(suite, tmp_path / place, executor) == (0, 2, 1)
    found = contents(tmp_path / "ray")
    assert f"failures/sb3/{ID}/0.txt" in found
    assert found == contents(tmp_path / "local")
