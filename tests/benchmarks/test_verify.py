"""Records that were changed are found, even where the tables were made again."""

import json

import pytest

from textenvs_benchmarks.cli import main
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.report import write_results

RUN = "run --env TextQA-v0 --agent rule --seeds 1 --steps 100 --episodes 4 --workers 1".split()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "one"
    assert main([*RUN, "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def folder(made):
    """The run, as it was, whatever a test did to it."""
    files = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    yield made
    for path, content in files.items():
        path.write_bytes(content)


def rewrite(folder, change, tables=True):
    """Changes the rows of the records on test, and makes the tables again."""
    path = folder / "episodes" / "rule" / "TextQA-v0" / "test-0.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    change(rows)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    if tables:
        write_results(ResultsFolder(folder))
    return path


def test_what_was_not_changed_is_true(folder, capsys):
    assert main(["verify", str(folder)]) == 0
    assert "8 episodes are as they were recorded" in capsys.readouterr().out
    assert main(["verify", str(folder / "episodes" / "rule" / "TextQA-v0" / "test-0.jsonl")]) == 0


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("scenario", lambda row: row.update(scenario=row["scenario"] + 1)),
        ("seed", lambda row: row.update(seed=row["seed"] + 1)),
        ("again", lambda row: row["actions"].append(row["actions"][-1])),
        ("again", lambda row: row.update(actions=row["actions"][:-1])),
        ("again", lambda row: row.update(actions=[99, *row["actions"][1:]])),
        ("again", lambda row: row.update(actions=[None])),
        ("reward_terms", lambda row: next(iter(row["reward_terms"].values())).__setitem__(0, 0.125)),
        ("observations", lambda row: row.update(observations="0" * 16)),
        ("episodic_return", lambda row: row.update(episodic_return=row["episodic_return"] + 1.0)),
        ("length", lambda row: row.update(length=row["length"] + 1)),
        ("terminated", lambda row: row.update(terminated=False)),
        ("truncated", lambda row: row.update(truncated=True)),
        ("metrics", lambda row: row["metrics"].update(success=0.5)),
        ("episode", lambda row: row.update(episode=7)),
    ],
)
def test_a_changed_record_is_named(folder, field, change, capsys):
    path = rewrite(folder, lambda rows: change(rows[2]))
    capsys.readouterr()
    assert main(["verify", str(folder)]) == 3
    said = capsys.readouterr().err
    assert f"{path}, line 3: " in said
    assert field in said
    assert said.count("\n") == 1


def test_swapped_episodes_are_found(folder):
    rewrite(folder, lambda rows: rows.insert(1, rows.pop(2)))
    assert main(["verify", str(folder)]) == 3


@pytest.mark.parametrize("change", [lambda rows: rows[0].update(evaluation_seed=5), lambda rows: rows.pop()])
def test_records_of_another_job_are_found(folder, change):
    rewrite(folder, change, tables=False)
    assert main(["verify", str(folder)]) == 3


def test_a_changed_table_is_found(folder, capsys):
    table = folder / "results.md"
    table.write_text(table.read_text().replace("rule", "ruler"))
    assert main(["verify", str(folder)]) == 3
    assert "results.md is not the table of these records" in capsys.readouterr().err


def test_a_scale_that_flatters_is_found(folder, capsys):
    run = json.loads((folder / "manifest.json").read_text())
    run["reference_scores"]["TextQA-v0"]["test"]["optimal"] /= 2
    (folder / "manifest.json").write_text(json.dumps(run))
    write_results(ResultsFolder(folder))
    assert main(["verify", str(folder)]) == 3
    assert "other reference scores" in capsys.readouterr().err


def test_other_sources_are_told_apart(folder, capsys):
    rewrite(folder, lambda rows: rows[0].update(source="0" * 32))
    assert main(["verify", str(folder)]) == 4
    assert "other sources of TextQA-v0 (gymnasium " in capsys.readouterr().err


def test_what_holds_no_records_is_a_mistake(tmp_path, capsys):
    (tmp_path / "file").write_text("hello\n")
    for path in (tmp_path, tmp_path / "file", tmp_path / "none"):
        assert main(["verify", str(path)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "part"), [("quick", "environments"), ("quick-with-mine", "environments"), ("leaderboard", "version")]
)
def test_another_suite_under_the_name_of_one_of_ours_is_found(folder, name, part, capsys):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["suite"]["name"] = name
    (folder / "manifest.json").write_text(json.dumps(manifest))
    write_results(ResultsFolder(folder))
    ResultsFolder(folder).finish()
    assert main(["verify", str(folder)]) == 3
    assert f"manifest.json: {part} of the suite {name.partition('-')[0]} is " in capsys.readouterr().err


def test_a_suite_that_is_not_ours_is_called_so(folder, capsys):
    assert main(["verify", str(folder)]) == 0
    assert "suite: custom, version 1, not one of ours\n" in capsys.readouterr().out
