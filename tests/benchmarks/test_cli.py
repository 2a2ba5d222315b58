from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import textenvs
from tests.benchmarks.conftest import ID
from textenvs.evaluation import agent_names, read_records
from textenvs_benchmarks.cli import main
from textenvs_benchmarks.suite import suite_names

COMMAND = [sys.executable, "-c", "import sys; from textenvs_benchmarks.cli import main; sys.exit(main())"]
TINY = f"run --env {ID} --agent random rule q_learning optimal --seeds 1 --steps 500 --episodes 5 --workers 2".split()


@pytest.fixture
def replies(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the player will type; then Ctrl-D."""
    typed: list[str] = []

    def read(prompt: str) -> str:
        if not typed:
            raise EOFError
        return typed.pop(0)

    monkeypatch.setattr("builtins.input", read)
    yield typed
    assert not typed, "not all replies were read"


# -- the command itself ---------------------------------------------------------------------------------------------


def test_help_starts_at_once() -> None:
    program = (
        "import sys, time\n"
        "from textenvs_benchmarks.cli import main\n"
        "status = main(['--help'])\n"
        "heavy = {'numpy', 'gymnasium', 'textenvs', 'pandas', 'rich'} & set(sys.modules)\n"
        "print(status, sorted(heavy), time.process_time(), file=sys.stderr)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    status, heavy, seconds = ended.stderr.split()
    assert (status, heavy) == ("0", "[]")
    assert float(seconds) < 0.2
    for command in ("list", "describe", "run", "report", "play", "train", "evaluate", "data"):
        assert re.search(rf"^    {command} ", ended.stdout, re.MULTILINE)


@pytest.mark.parametrize("command", ["list", "describe", "run", "report", "play", "train", "evaluate", "data"])
def test_each_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"usage: textenvs {command}")


def test_a_page_is_markdown_or_laid_out_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["describe", ID]) == 0
    assert capsys.readouterr().out == textenvs.documentation(ID)
    for name, value in {"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)
    assert main(["describe", ID]) == 0
    lines = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out).splitlines()
    assert max(map(len, lines)) == 80
    assert not any("---" in line or line.startswith("#") for line in lines)
    assert any(re.match(r"\s+15\s+goodbye\s+Say goodbye", line) for line in lines)


def test_version_and_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"textenvs {textenvs.__version__}\n"
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("usage: textenvs")


MISTAKES = [
    ("lst", "unknown command 'lst': did you mean 'list'"),
    ("--wrong", "unrecognized arguments: --wrong (see 'textenvs --help')"),
    ("report", "the following arguments are required: DIR (see 'textenvs report --help')"),
    ("run", "say what to run"),
    ("run leader", "unknown suite 'leader': did you mean 'leaderboard'"),
    ("run none.toml", "none.toml: No such file or directory"),
    ("run quick --agent random", "agent 'random' is named twice"),
    ("run --agent random", "say what to run"),
    ("run --env TextDialog-v0 --agent random", "unknown environment 'TextDialog-v0': did you mean 'TextDialogue-v0'"),
    (f"run --env {ID} --agent q-learning", "unknown agent 'q-learning': did you mean 'q_learning'?"),
    (f"run --env {ID} --agent rule rule", "agent 'rule' is named twice"),
    ("run quick --seeds 0", "argument --seeds: must be a whole number from 1 on, got '0'"),
    ("run quick --steps -3", "argument --steps: must be a whole number from 1 on, got '-3'"),
    ("run quick --episodes x", "argument --episodes: must be a whole number from 1 on, got 'x'"),
    ("run quick --workers 1.5", "argument --workers: must be a whole number from 1 on, got '1.5'"),
    ("describe TextDialog-v0", "unknown environment 'TextDialog-v0': did you mean 'TextDialogue-v0'"),
    ("report nowhere", "nowhere does not exist"),
    ("report . --format xml", "argument --format: invalid choice: 'xml'"),
    ("play TextDialogu-v0", "unknown environment 'TextDialogu-v0'"),
    (f"play {ID} --split tets", "unknown split 'tets': did you mean 'test'?"),
    (f"play {ID} --obs-type txt", "unknown obs_type 'txt': did you mean 'text'?"),
    (f"play {ID} --seed -1", "argument --seed: must be a whole number from 0 on, got '-1'"),
    (f"train random {ID}", "random does not learn: 'textenvs evaluate random"),
    (f"train sarsaa {ID}", "unknown agent 'sarsaa': did you mean 'sarsa'?"),
    (f"train q_learning {ID} --set epsilon=1", "unknown setting"),
    (f"train rule {ID} --set epsilon=1", "unknown setting of rule 'epsilon': choose one of 'variant'"),
    (f"train {ID} rule", "rule is an agent: first name the agent, then the environment"),
    (f"train rule {ID} --set epsilon", "argument --set: must be KEY=VALUE, got 'epsilon'"),
    (f"train rule {ID} --env-kwargs 3", "argument --env-kwargs: must be an object of JSON"),
    (f'train rule {ID} --env-kwargs {{"eror_rate":0}}', "unknown parameter 'eror_rate': did you mean 'error_rate'"),
    (f'train rule {ID} --env-kwargs {{"split":"test"}}', "'split' is not a parameter of a task"),
    (f'train rule {ID} --env-kwargs {{"error_rate":"x"}}', "error_rate must be between 0 and 0.5"),
    (f'train rule {ID} --env-kwargs {{"reward":3}}', "'reward' must be an object of weights"),
    (f'train rule {ID} --env-kwargs {{"reward":{{"success":null}}}}', "'reward' must be an object of weights"),
    (f'train rule {ID} --env-kwargs {{"reward":{{"sucess":3}}}}', "unknown reward term 'sucess'"),
    (f"evaluate q_learning {ID}", "q_learning has learned nothing yet"),
    (f"evaluate q_learning {ID} --load none.npz", "none.npz: there is no such file"),
    (f"evaluate random {ID} --load letter.txt", "random does not learn and cannot be loaded"),
    (f"evaluate q_learning {ID} --load letter.txt", "letter.txt is not a saved q_learning table"),
    (f"evaluate random {ID} --split tran", "unknown split 'tran': did you mean 'train'?"),
    ("data", "the following arguments are required: ACTION (see 'textenvs data --help')"),
    ("data ftch", "argument ACTION: invalid choice: 'ftch'"),
    ("data fetch", "the following arguments are required: NAME (see 'textenvs data fetch --help')"),
    ("data fetch smolm2", "unknown data set 'smolm2': did you mean 'smollm2'?"),
    (f"evaluate random {ID} --out letter.txt", "letter.txt exists already: name another file with --out"),
]


@pytest.mark.parametrize(("line", "message"), MISTAKES, ids=[line for line, _ in MISTAKES])
def test_mistakes_are_answered_with_one_line(
    line: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "letter.txt").write_text("dear\n")
    assert main(line.split(" ")) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("textenvs: ")
    assert err.count("\n") == 1
    assert message in err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("missing", ["pandas", "rich"])
def test_missing_package_is_named(missing: str) -> None:
    program = f"import sys; sys.modules[{missing!r}] = None; {COMMAND[-1]}"
    ended = subprocess.run([sys.executable, "-c", program, "run", "quick"], capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stderr == f'textenvs: this needs {missing}: pip install ".[bench]" in the folder of the sources\n'


def test_closed_pipe_is_no_error(tiny_run: Path) -> None:
    for form in ("text", "csv"):
        with subprocess.Popen(
            [*COMMAND, "report", str(tiny_run), "--format", form], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            assert process.stderr.read() == b""


# -- list -----------------------------------------------------------------------------------------------------------


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    for name in (*textenvs.IDS, *agent_names(), *suite_names(), "generalisation", "exact"):
        assert name in out
    assert max(map(len, out.splitlines())) <= 100


def test_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["agents"] == agent_names()
    assert [env["id"] for env in found["environments"]] == list(textenvs.IDS)
    env = found["environments"][0]
    assert env["actions"] == textenvs.task_of(env["id"]).n_actions
    assert set(env["observations"]) == {"text", "features", "discrete"}
    assert env["splits"]["test"]["optimal"] == textenvs.reference_scores(env["id"], "test").optimal


# -- run and report -------------------------------------------------------------------------------------------------


def test_run_and_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main([*TINY, "--out", str(out)]) == 0
    table, log = capsys.readouterr()
    assert "5 jobs to run" in log
    assert "[5/5]" in log
    for part in ("custom, version 1", ID, "optimal", "q_learning", "interquartile"):
        assert part in table

    assert main([*TINY, "--out", str(out), "--json"]) == 0
    again, log = capsys.readouterr()
    assert log.splitlines()[0] == "0 jobs to run, 5 found complete"
    assert {row["agent"] for row in json.loads(again)["rows"]} == {"optimal", "random", "rule", "q_learning"}

    for form, start in (("text", "custom"), ("csv", "env_id,"), ("markdown", "# custom"), ("json", "{")):
        assert main(["report", str(out), "--format", form]) == 0
        assert capsys.readouterr().out.startswith(start)

    assert main([*TINY, "--episodes", "6", "--out", str(out)]) == 2
    assert "holds another run (custom, version 1), with another suite" in capsys.readouterr().err


def test_numbers_on_the_line_change_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main("run quick --seeds 1 --steps 200 --episodes 2 --workers 1 --json".split()) == 0
    suite = json.loads((tmp_path / "runs" / "quick-changed" / "manifest.json").read_text())["suite"]
    assert (suite["name"], suite["training_seeds"], suite["steps"]) == ("quick-changed", 1, 200)


def test_report_of_what_is_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert "is not a results folder (it has no manifest.json)" in capsys.readouterr().err
    (tmp_path / "manifest.json").write_text("{}")
    assert main(["report", str(tmp_path)]) == 2
    assert "manifest.json cannot be read" in capsys.readouterr().err


def test_report_of_damaged_records(tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(tiny_run, tmp_path / "tiny")
    path = tmp_path / "tiny" / "episodes" / "rule" / ID / "test-0.jsonl"
    path.write_text(path.read_text() + "{}\n")
    assert main(["report", str(tmp_path / "tiny")]) == 2
    assert "test-0.jsonl: line 22 is not a record" in capsys.readouterr().err


def test_failed_job_leaves_the_others(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(
        "import os, signal\n"
        "class Broken:\n"
        "    obs_type, action_type, config = 'discrete', 'choice', {}\n"
        "    def __init__(self, env_id, env_kwargs): pass\n"
        "    def reset(self, seed): pass\n"
        "    def act(self, observation, info): return 0\n"
        "    def train(self, env, total_steps, seed=0, progress=None): raise RuntimeError('out of order')\n"
        "    def save(self, path): pass\n"
        "class Deadly(Broken):\n"
        "    train = property()\n"
        "    def act(self, observation, info): os.kill(os.getppid(), signal.SIGKILL)\n"
    )
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[textenvs.agents]\nbroken = broken:Broken\ndeadly = broken:Deadly\n")
    search = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    line = f"run --env {ID} --agent broken deadly rule --seeds 1 --steps 500 --episodes 5 --workers 2 --out out".split()
    ended = subprocess.run(
        [*COMMAND, *line], cwd=tmp_path, env={**os.environ, "PYTHONPATH": search}, capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert f"broken/{ID}/0 failed: RuntimeError: out of order" in ended.stderr
    assert f"deadly/{ID}/0 failed: The process died" in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("textenvs: 2 of the jobs failed: see out")
    assert "1 failed" in ended.stdout
    trace = (tmp_path / "out" / "failures" / "broken" / ID / "0.txt").read_text()
    assert trace.startswith("Traceback")
    assert read_records(tmp_path / "out" / "episodes" / "rule" / ID / "test-0.jsonl")


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is another thing on Windows")
def test_interrupted_run(tmp_path: Path) -> None:
    def heed() -> None:  # a shell has its background jobs ignore Ctrl-C, and these tests with them
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    line = [*COMMAND, *f"run --env {ID} --agent q_learning --steps 100000000 --workers 2 --out out".split()]
    with subprocess.Popen(line, cwd=tmp_path, stderr=subprocess.PIPE, text=True, preexec_fn=heed) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "5 jobs to run\n"
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()  # ends when the workers have ended too
        assert process.wait() == 130
    assert rest == "textenvs: interrupted: the same command goes on from here\n"


# -- play -----------------------------------------------------------------------------------------------------------


def test_play_with_numbers(replies: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    replies += ["", "99", "x", "15"]
    assert main(["play", ID, "--seed", "1"]) == 0
    out = capsys.readouterr().out
    words = " ".join(out.split())
    assert " ".join(textenvs.instructions(ID).split()) in words
    assert "Seed 1." in out
    assert "15  Thank you for calling, goodbye!" in out
    assert out.count("Please give one of the numbers") == 3
    assert "Return -25.0, score -0." in out
    assert "Reward terms: turn -1, success 0, failure -24, invalid 0" in out
    assert "The best policy earns 13." in words


def test_play_in_own_words(replies: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    replies += ["", "caf\N{LATIN SMALL LETTER E WITH ACUTE}", "Goodbye!"]
    assert main(["play", ID, "--seed", "1", "--free", "--split", "test"]) == 0
    out = capsys.readouterr().out
    assert out.count("Please say something") == 2
    assert "-  Thank you for calling, goodbye!" in out
    assert "Metrics: success 0" in out


@pytest.mark.parametrize("last", [["q"], ["Q"], []])
def test_play_can_be_left(last: list[str], replies: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    replies += last
    assert main(["play", ID, "--obs-type", "features"]) == 0
    assert "left before its end" in capsys.readouterr().out


@pytest.mark.parametrize("agent", ["rule", "optimal", "random"])
def test_an_agent_is_watched(agent: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", ID, "--agent", agent, "--seed", "3", "--split", "test"]) == 0
    out = capsys.readouterr().out
    assert "\n> " in out
    assert out.count("User:") > 1
    assert "Return " in out
    assert "expected by the optimum at the beginning" in out
    if agent == "optimal":
        assert "0.00 lost by its own acts." in out
        assert "Step " not in out
    if agent == "random":
        assert re.search(r"Step \d+: lost \d+\.\d\d by ", out)
    assert ("It was not trained: --load takes what 'textenvs train rule" in out) == (agent == "rule")


def test_a_trained_agent_is_watched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "it.npz"
    assert main(["train", "q_learning", ID, "--steps", "500", "--out", str(path)]) == 0
    assert main(["play", ID, "--agent", "q_learning", "--load", str(path), "--seed", "3"]) == 0
    assert "Return " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--agent", "rul"], "did you mean 'rule'"),
        (["--agent", "rule", "--free"], "are for you"),
        (["--agent", "rule", "--obs-type", "text"], "are for you"),
        (["--set", "a=1"], "add --agent NAME"),
        (["--agent", "random", "--set", "a=1"], "random has no settings"),
        (["--agent", "m:A"], "this is for agents that are installed"),
        (["--agent", "q_learning"], "q_learning has learned nothing yet"),
        (["--agent", "rule", "--set", "rule.x=1"], "unknown setting of rule 'x'"),
    ],
)
def test_watching_that_cannot_be(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", ID, *words]) == 2
    assert message in capsys.readouterr().err


def test_play_interrupted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(prompt: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupt)
    assert main(["play", ID]) == 130
    assert capsys.readouterr().err == "textenvs: interrupted\n"


# -- train and evaluate ---------------------------------------------------------------------------------------------


def test_train_and_evaluate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, records = tmp_path / "new" / "table.npz", tmp_path / "records.jsonl"
    line = ["train", "sarsa", ID, "--steps", "1000", "--seed", "3", "--set", "discount=0.9"]
    parameters = ["--env-kwargs", '{"error_rate": 0.1}']
    assert main([*line, *parameters, "--out", str(table)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("1,000 steps, ")
    assert f"--load {table}" in out

    line = ["evaluate", "sarsa", ID, "--load", str(table), "--episodes", "10", "--seed", "2"]
    assert main([*line, *parameters, "--json", "--out", str(records)]) == 0
    found = json.loads(capsys.readouterr().out)
    header, played = read_records(records)
    assert header.agent_config["discount"] == 0.9
    assert header.env_kwargs == {"error_rate": 0.1}
    assert (header.split, header.evaluation_seed) == ("test", 2)
    assert found["episodes"] == len(played) == 10
    assert found["mean_return"] == pytest.approx(sum(record.episodic_return for record in played) / 10)
    scores = textenvs.reference_scores(ID, "test", error_rate=0.1)
    assert found["score"] == pytest.approx(scores.normalise(found["mean_return"]))


def test_train_into_the_default_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", "rule", ID, "--steps", "200"]) == 0
    assert (tmp_path / "runs" / f"rule-{ID}-0.json").is_file()
    assert main(["evaluate", "rule", ID, "--load", f"runs/rule-{ID}-0.json", "--episodes", "2"]) == 0
    assert "success" in capsys.readouterr().out


@pytest.mark.parametrize("split", ["train", "test"])
def test_evaluate_reference(split: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "optimal", ID, "--episodes", "50", "--split", split]) == 0
    out = capsys.readouterr().out
    assert f"optimal on {ID}, {split}, 50 episodes" in out
    assert "(standard error)" in out
    assert "success      1.000" in out


def test_one_episode_has_no_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "random", ID, "--episodes", "1"]) == 0
    assert "standard error" not in capsys.readouterr().out
