"""CI runs slow tests cheapest first, stops at its time, and names what it left out."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

CI = Path(__file__).parents[1] / ".ci"
pytestmark = pytest.mark.skipif(not CI.is_dir(), reason="CI stands in the sources alone")
TESTS = """
import os, time
import pytest

def note(name):
    with open(os.environ["STARTED"], "a") as file:
        file.write(os.environ.get("PYTEST_XDIST_WORKER", "-") + " " + name + "\\n")

@pytest.mark.parametrize("n", range(8))
def test_known(n):
    note(f"known{n}")

def test_new():
    note("new")

def test_needs_what_is_not_here():
    pytest.importorskip("no_such_package", reason="no_such_package is not installed")

@pytest.mark.xfail
def test_expected_to_fail():
    raise ValueError

def test_long():
    note("long")
    time.sleep(float(os.environ.get("LONG", "0")))
"""
SECONDS = {f"test_them.py::test_known[{n}]": 1.0 + (5 * n) % 8 for n in range(8)} | {"test_them.py::test_long": 99.0}
ORDER = ["new", *sorted((f"known{n}" for n in range(8)), key=lambda name: (5 * int(name[-1])) % 8), "long"]


@pytest.fixture
def suite(tmp_path):
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    shutil.copy(CI / "slow_budget.py", plugins)
    (plugins / "durations.json").write_text(json.dumps(SECONDS))
    (tmp_path / "test_them.py").write_text(TESTS)
    return tmp_path


def run(suite, *arguments, **variables):
    """Runs the tests; what was started, by worker."""
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "SLOW_"))}
    started = suite / "started"
    started.write_text("")
    environment = {**keep, "PYTHONPATH": str(suite / "plugins"), "STARTED": str(started), **variables}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "slow_budget", "-p", "no:cacheprovider", "--rootdir", "."]
    command += ["--junitxml", "outcomes/slow.xml", *arguments]
    done = subprocess.run(command, cwd=suite, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.split() for line in started.read_text().splitlines()]


def left_out(suite):
    done = subprocess.run(
        [sys.executable, CI / "left_out.py", suite / "outcomes"], capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return done.returncode, done.stdout.splitlines()


def test_the_cheapest_come_first_and_those_not_known_before_them(suite):
    assert [name for _, name in run(suite)] == ORDER


def test_the_order_holds_in_each_worker(suite):
    started = run(suite, "-n", "2", "--maxschedchunk", "1")
    assert {name for _, name in started} == set(ORDER)
    for worker in ("gw0", "gw1"):
        places = [ORDER.index(name) for who, name in started if who == worker]
        assert places == sorted(places)
        assert places


def test_what_is_skipped_is_named_with_its_reason(suite):
    run(suite)
    assert left_out(suite) == (
        0,
        ["skipped everywhere: no_such_package is not installed", "    test_them::test_needs_what_is_not_here"],
    )


def test_what_ran_in_another_step_is_not_left_out(suite):
    run(suite)
    (suite / "no_such_package.py").write_text("")
    run(suite, "--junitxml", "outcomes/other.xml", "-k", "needs")
    assert left_out(suite) == (0, [])


def test_a_module_that_is_skipped_as_a_whole(suite):
    (suite / "test_whole.py").write_text('import pytest\npytest.importorskip("nothing", reason="no nothing")\n')
    run(suite, "-n", "2")
    assert left_out(suite)[1][:2] == ["skipped everywhere: no nothing", "    test_whole"]


def test_without_time_nothing_runs_and_ci_fails(suite):
    assert run(suite, SLOW_UNTIL=str(time.time() - 1)) == []
    status, lines = left_out(suite)
    assert status == 1
    assert "NOT RUN for want of time: 12" in lines
    assert "    test_them::test_known (8)" in lines


def test_a_test_that_is_under_way_is_stopped(suite):
    began = time.monotonic()
    run(suite, "-n", "2", LONG="600", SLOW_UNTIL=str(time.time() + 8))
    assert time.monotonic() - began < 60
    assert left_out(suite) == (
        1,
        [
            *("skipped everywhere: no_such_package is not installed", "    test_them::test_needs_what_is_not_here"),
            *("NOT RUN for want of time: 1", "    test_them::test_long"),
            "Give more seconds by CI_SECONDS, or make these tests cheaper.",
        ],
    )


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_durations_are_written(suite, workers):
    record = suite / "record.json"
    old = "test_them.py::test_needs_what_is_not_here"
    record.write_text(json.dumps({old: 7.0}))
    run(suite, *workers, LONG="1.2", SLOW_RECORD=str(record))
    written = json.loads(record.read_text())
    assert set(written) == {*SECONDS, "test_them.py::test_new", old}
    assert written[old] == 7.0
    assert 1.2 <= written["test_them.py::test_long"] < 10
