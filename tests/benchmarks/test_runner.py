from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from tests.benchmarks.conftest import ID, TINY
from textenvs.evaluation import Training, find_agent, read_records
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.jobs import plan_jobs
from textenvs_benchmarks.progress import Lines
from textenvs_benchmarks.runner import run_suite
from textenvs_benchmarks.training import bin_curve


def contents(path: Path) -> dict[str, bytes]:
    """All files of a folder of results but the one that holds times."""
    files = {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    del files["timings.json"], files[".lock"]
    return files


def test_results_do_not_depend_on_the_number_of_workers(tiny_run: Path, tmp_path: Path) -> None:
    run_suite(TINY, ResultsFolder(tmp_path), 1, Lines())
    assert contents(tmp_path) == contents(tiny_run)


def test_files(tiny_run: Path) -> None:
    names = set(contents(tiny_run))
    expected = {"manifest.json", "results.csv", "results.json", "results.md", "curves.csv"}
    for seed in (0, 1):
        expected |= {f"agents/rule/{ID}/{seed}.json", f"agents/q_learning/{ID}/{seed}.npz"}
        for agent in ("rule", "q_learning"):
            expected.add(f"curves/{agent}/{ID}/{seed}.csv")
        for agent in ("random", "rule", "q_learning"):
            expected |= {f"episodes/{agent}/{ID}/{split}-{seed}.jsonl" for split in ("train", "test")}
    for agent in ("optimal", "floor"):
        expected |= {f"episodes/{agent}/{ID}/{split}-0.jsonl" for split in ("train", "test")}
    assert names == expected


def test_records_say_what_was_played(tiny_run: Path) -> None:
    header, records = read_records(tiny_run / "episodes" / "q_learning" / ID / "test-1.jsonl")
    assert (header.agent, header.env_id, header.split, header.seed) == ("q_learning", ID, "test", 1)
    assert (header.obs_type, len(records)) == ("discrete", 20)
    same, other = (
        read_records(tiny_run / "episodes" / agent / ID / f"test-{seed}.jsonl")[0].evaluation_seed
        for agent, seed in (("random", 1), ("q_learning", 0))
    )
    assert header.evaluation_seed == same != other, "agents share episodes, training seeds do not"
    run = json.loads((tiny_run / "manifest.json").read_text())
    assert header.source == run["sources"][ID]
    assert header.versions == run["versions"]
    _, optimal = read_records(tiny_run / "episodes" / "optimal" / ID / "test-0.jsonl")
    _, first = read_records(tiny_run / "episodes" / "q_learning" / ID / "test-0.jsonl")
    assert [record.seed for record in optimal] == [record.seed for record in first]


def test_saved_agent_plays_as_it_was_recorded(tiny_run: Path) -> None:
    factory = find_agent("q_learning")
    agent = factory.load(tiny_run / "agents" / "q_learning" / ID / "0.npz", ID, {})  # type: ignore[attr-defined]
    _, records = read_records(tiny_run / "episodes" / "q_learning" / ID / "test-0.jsonl")
    env = gym.make(ID, obs_type="discrete", split="test")
    observation, info = env.reset(seed=records[0].seed)
    for action in records[0].actions:
        assert agent.act(observation, info) == action
        observation, _, _, _, info = env.step(action)


def test_curve(tiny_run: Path) -> None:
    lines = (tiny_run / "curves" / "q_learning" / ID / "0.csv").read_text().splitlines()
    assert lines[0] == "global_step,episodic_return"
    assert [int(line.split(",")[0]) for line in lines[1:]] == list(range(10, 2001, 10))


def test_times_stand_apart(tiny_run: Path) -> None:
    timings = json.loads((tiny_run / "timings.json").read_text())
    assert set(timings["seconds"]) == {job.name for job in plan_jobs(TINY)}
    assert timings["seconds"][f"q_learning/{ID}/0"]["training"] > 0
    assert set(timings["machine"]) == {"platform", "cpus", "python"}


def test_second_run_goes_on(tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "tiny"
    shutil.copytree(tiny_run, path)
    (path / "episodes" / "q_learning" / ID / "test-1.jsonl").unlink()
    records = path / "episodes" / "random" / ID / "train-0.jsonl"
    records.write_text("".join(records.read_text().splitlines(keepends=True)[:-1]))
    untouched = path / "episodes" / "rule" / ID / "test-0.jsonl"
    before = untouched.stat().st_mtime_ns
    summary = run_suite(TINY, ResultsFolder(path), 2, Lines())
    assert (summary.found, summary.finished, summary.failed) == (8, 2, 0)
    assert "2 jobs to run, 8 found complete" in capsys.readouterr().err
    assert untouched.stat().st_mtime_ns == before
    assert contents(path) == contents(tiny_run)


def test_folder_of_another_run_is_left_alone(tiny_run: Path) -> None:
    before = contents(tiny_run)
    with pytest.raises(
        ValueError, match=r"holds another run \(tiny, version 1\), with another suite \(steps\): give another --out"
    ):
        run_suite(replace(TINY, steps=3000), ResultsFolder(tiny_run), 1, Lines())
    assert contents(tiny_run) == before


def test_folder_of_another_run_is_used_if_nothing_in_it_is_complete(tiny_run: Path, tmp_path: Path) -> None:
    other = replace(TINY, agents=("random",), references=(), training_seeds=1, episodes=2)
    folder, lone = ResultsFolder(tmp_path / "run"), ResultsFolder(tmp_path / "lone")
    run_suite(other, lone, 1, Lines())
    shutil.copytree(tiny_run, folder.path)
    for name in ("agents", "curves"):
        shutil.rmtree(folder.path / name)
    for path in (folder.path / "episodes").rglob("*.jsonl"):
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    kept = folder.path / "episodes" / "optimal" / ID / "train-0.jsonl"
    half = kept.read_text()
    kept.write_bytes((tiny_run / kept.relative_to(folder.path)).read_bytes())
    with pytest.raises(ValueError, match="holds another run"):  # one job is complete
        run_suite(other, folder, 1, Lines())
    kept.write_text(half)
    trained = folder.path / "agents" / "rule" / ID / "0.json"
    trained.parent.mkdir(parents=True)
    trained.write_text("{}")
    with pytest.raises(ValueError, match="holds another run"):  # one agent was trained
        run_suite(other, folder, 1, Lines())
    trained.unlink()
    folder.log(f"rule/{ID}/0").parent.mkdir(parents=True)
    folder.log(f"rule/{ID}/0").write_text("it failed")
    folder.write_failure(f"rule/{ID}/0", "it failed")
    (folder.path / "notes.txt").write_text("mine")
    run_suite(other, folder, 1, Lines())
    assert contents(folder.path) == {**contents(lone.path), "notes.txt": b"mine"}


def test_folder_of_the_same_run_goes_on_though_nothing_in_it_is_complete(tiny_run: Path, tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path / "run")
    shutil.copytree(tiny_run, folder.path)
    for path in (folder.path / "episodes").rglob("test-*.jsonl"):
        path.unlink()
    before = {path: path.stat().st_mtime_ns for path in (folder.path / "episodes").rglob("*.jsonl")}
    run_suite(TINY, folder, 1, Lines())
    assert before.items() <= {path: path.stat().st_mtime_ns for path in folder.path.rglob("*.jsonl")}.items()
    assert contents(folder.path) == contents(tiny_run)


def test_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(ValueError, match="neither empty nor a results folder: give another --out"):
        run_suite(TINY, ResultsFolder(tmp_path), 1, Lines())
    with pytest.raises(ValueError, match="is a file: give another --out"):
        run_suite(TINY, ResultsFolder(tmp_path / "letter.txt"), 1, Lines())
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_curve_bins() -> None:
    curve = [(1, 1.0), (2, 3.0), (3, 5.0), (7, 8.0)]
    assert bin_curve(Training(8, curve), 400) == [(2, 2.0), (4, 5.0), (6, None), (8, 8.0)]
    assert bin_curve(Training(3, curve[:3]), 3) == [(1, 1.0), (2, 3.0), (3, 5.0)]
    assert bin_curve(Training(5, curve[:3]), 400)[-1] == (5, None)
    assert bin_curve(Training(0, []), 400) == []


def test_curve_bins_hold_every_episode() -> None:
    rng = np.random.default_rng(0)
    steps = np.cumsum(rng.integers(1, 25, 300)).tolist()
    bins = bin_curve(Training(steps[-1], [(step, 1.0) for step in steps]), steps[-1])
    assert len(bins) <= 200
    assert bins[-1] == (steps[-1], 1.0)
