"""Learning curves: what they are made of, what is read off them, and their pictures."""

import math

import numpy as np
import pandas as pd
import pytest

import textenvs
from textenvs.errors import MissingExtra, find_folder
from textenvs_benchmarks.cli import main
from textenvs_benchmarks.curves import COLUMNS, curve_table, draw_curves, learning_statistics, read_curves
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.suite import Suite

ID = "TextDialogueClean-v0"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "it"
    options = ["--seeds", "3", "--steps", "6000", "--episodes", "3", "--workers", "1", "--out", str(out)]
    assert main(["run", "--env", ID, "--agent", "q_learning", "random", "rule", *options]) == 0
    return ResultsFolder(out)


def test_statistics_by_hand():
    steps = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    curves = pd.DataFrame({0: [0, 0, 50, 89, 91, 100, 100, 100, 100, 100.0]}, index=steps)
    assert learning_statistics(curves) == {"area": pytest.approx(6800 / 90), "steps_to_90": 50.0}
    curves[1] = [90, *[100.0] * 9]
    assert learning_statistics(curves)["steps_to_90"] == (50 + 10) / 2
    nothing = learning_statistics(pd.DataFrame({0: [-3.0, -2.0]}, index=[1, 2]))
    assert math.isnan(nothing["steps_to_90"])
    assert nothing["area"] == -2.5
    assert all(map(math.isnan, learning_statistics(pd.DataFrame()).values()))


def test_a_curve_is_normalised_and_smoothed(tmp_path):
    folder, scores = ResultsFolder(tmp_path), textenvs.ReferenceScores(random=-10.0, optimal=10.0)
    path = folder.curve("q_learning", ID, 0)
    path.parent.mkdir(parents=True)
    path.write_text("global_step,episodic_return\n10,\n20,-10\n30,\n40,10\n50,10\n60,10\n")
    suite = Suite("x", 1, (ID,), ("q_learning",), training_seeds=2)
    curves = read_curves(folder, "q_learning", ID, suite, scores)
    assert list(curves) == [0]
    assert curves[0].tolist() == [0.0, 0.0, 0.0, 25.0, 40.0, 60.0]


def test_the_table_of_a_run(run):
    table = curve_table(run)
    assert tuple(table) == COLUMNS
    assert set(table.agent) == {"q_learning"}
    assert (table.groupby("agent").global_step.max() == 6000).all()
    assert (table.seeds == 3).all()
    assert ((table.low <= table.score) & (table.score <= table.high)).all()
    assert table.score.tail(5).mean() > table.score.head(5).mean() + 10
    assert (run.path / "curves.csv").read_text() == table.to_csv(index=False, lineterminator="\n")
    results = pd.read_csv(run.path / "results.csv").set_index("agent")
    assert 0 < results.loc["q_learning", "steps_to_90"] <= 6000
    assert np.isnan(results.loc["rule", "area"])
    assert results.loc["rule", "training_steps"] > 0


@pytest.mark.skipif(find_folder("matplotlib") is not None, reason="the extra plots is installed")
def test_without_the_extra_it_says_what_to_install(run, capsys):
    with pytest.raises(MissingExtra, match=r'pip install "\.\[plots\]"'):
        draw_curves(run)
    assert main(["plot", str(run.path)]) == 2
    assert ".[plots]" in capsys.readouterr().err


def test_pictures_are_drawn(run, tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="the extra plots is not installed")
    assert main(["plot", str(run.path), "--out", str(tmp_path / "pictures")]) == 0
    picture = tmp_path / "pictures" / f"curves-{ID}.png"
    assert capsys.readouterr().out == f"{picture}\n"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_logs_of_tensorboard_are_refused_by_who_writes_none(capsys):
    assert main(["train", "q_learning", ID, "--steps", "10", "--tensorboard", "logs"]) == 2
    assert "q_learning writes no logs of TensorBoard" in capsys.readouterr().err
