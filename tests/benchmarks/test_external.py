"""Agents that are not ours: what they are told, what they may do, and what their faults cost."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

import textenvs
from tests.benchmarks.agents import common_words
from tests.benchmarks.conftest import ID
from tests.benchmarks.test_runner import contents
from textenvs.evaluation import AgentFailure, load_agent, read_records
from textenvs_benchmarks import load
from textenvs_benchmarks.cli import main
from textenvs_benchmarks.external.agent import External, ExternalAgent, Terms
from textenvs_benchmarks.external.process import Sandbox
from textenvs_benchmarks.external.protocol import Limits
from textenvs_benchmarks.external.reach import name_reach, parse_reach, source_of
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.progress import Lines
from textenvs_benchmarks.runner import run_suite
from textenvs_benchmarks.suite import Suite
from textenvs_benchmarks.verify import verify_run

AGENTS = Path(__file__).with_name("agents")
LIMITS = Limits(action_seconds=1, memory_mib=2048)
QUICK = {"action_seconds": 1, "memory_mib": 2048}
posix = pytest.mark.skipif(os.name != "posix", reason="agents have processes of their own on Linux and macOS")
pytestmark = posix


def command(*words: object) -> str:
    return "command:" + " ".join(map(str, words))


def suite(agents: dict[str, str], env_id: str = ID, episodes: int = 20, **changes) -> Suite:
    values = {"training_seeds": 1, "steps": 500, "limits": QUICK} | changes
    return Suite("mine", 1, (env_id,), tuple(agents), (), episodes=episodes, external=agents, **values)


def play(path: Path, agents: dict[str, str], **changes) -> ResultsFolder:
    folder = ResultsFolder(path)
    run_suite(suite(agents, **changes), folder, 2, Lines())
    return folder


def failures(folder: ResultsFolder, agent: str) -> list[str]:
    episodes = load(folder.path)
    return episodes[episodes.agent == agent].failure.tolist()


class Twin:
    obs_type, action_type = "text", "choice"

    def __init__(self, act):
        self._act = act

    def reset(self, seed):
        pass

    def act(self, observation, info):
        told = {"observation": observation, "action_mask": info["action_mask"].tolist(), "choices": info["choices"]}
        return self._act(told)


@pytest.mark.parametrize("env_id", [ID, "TextQA-v0"])
@pytest.mark.parametrize(
    ("program", "name", "act"),
    [
        (sys.executable, "common_words.py", common_words.act),
        ("node", "common_words.mjs", common_words.act),
        (sys.executable, "first_possible.py", lambda message: message["action_mask"].index(1)),
        ("sh", "first_possible.sh", lambda message: message["action_mask"].index(1)),
    ],
)
def test_an_agent_in_any_language_plays_as_its_twin(env_id, program, name, act):
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} here")
    external = External(parse_reach(command(program, AGENTS / name)), LIMITS)
    with closing(ExternalAgent(external, env_id)) as agent:
        played = textenvs.evaluate(agent, env_id, episodes=15, seed=3)
        assert agent.finish() == ""
    assert played == textenvs.evaluate(Twin(act), env_id, episodes=15, seed=3)
    assert not any(record.failure for record in played)


@pytest.mark.parametrize("name", ["random", "rule", "optimal"])
def test_our_own_agents_play_the_same_in_a_process_of_their_own(name):
    reach = {
        "random": "python:textenvs_baselines.random:RandomAgent",
        "rule": "python:textenvs_baselines.rule:RuleAgent",
        "optimal": "python:textenvs_baselines.optimal:OptimalAgent",
    }[name]
    with closing(ExternalAgent(External(parse_reach(reach), Limits()), ID)) as agent:
        played = textenvs.evaluate(agent, ID, split="train", episodes=10, agent_seed=4)
    assert played == textenvs.evaluate(load_agent(name, ID), ID, split="train", episodes=10, agent_seed=4)


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        ("crash", "crash: exit status 3"),
        ("hang", "timeout: no answer in 1 s"),
        ("close", "crash: it has closed its output"),
        ("flood", "flood: an answer of more than 65536 bytes"),
        ("dribble", "timeout: no answer in 1 s"),
        ("errors", "flood: more than 16 MiB on stderr"),
        ("memory", "crash: exit status 1"),
        ("huge", 'nonsense: "action" must be a whole number from 0 to 15, got 1000000000000000000000000000000'),
        ("name", "nonsense: \"action\" must be a whole number from 0 to 15, got '0'"),
        ("none", 'nonsense: "action" must be a whole number from 0 to 15, got None'),
        ("deep", "nonsense: an answer is at most 8 deep"),
        ("number", 'nonsense: "id" must be '),
        ("twice", 'nonsense: more than one line in answer to one, the first |nonsense: "id" must be '),
    ],
)
def test_a_fault_costs_the_episode_and_no_more(fault, failure):
    external = External(parse_reach(command(sys.executable, AGENTS / "faulty.py", fault)), LIMITS)
    with closing(ExternalAgent(external, ID)) as agent:
        played = textenvs.evaluate(agent, ID, episodes=4, seed=1)
    lost = [record.failure for record in played if record.failure]
    assert lost
    assert all(any(each.startswith(known) for known in failure.split("|")) for each in lost)
    assert not played[0].failure, "the first episode was over before the fault"
    assert not any(agents_running())


def agents_running() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if "faulty.py" in " ".join(child.cmdline())]


def test_what_an_agent_leaves_behind_is_found_and_ended():
    external = External(parse_reach(command(sys.executable, AGENTS / "faulty.py", "daemon")), LIMITS)
    with closing(ExternalAgent(external, ID)) as agent:
        textenvs.evaluate(agent, ID, episodes=4)
        assert agent.finish().startswith("left behind: ")
    assert not agents_running()


def test_faults_are_named_in_the_row_and_the_others_play(tmp_path, capsys):
    faults = {
        fault: command(sys.executable, AGENTS / "faulty.py", fault) for fault in ("crash", "hang", "start", "protocol")
    }
    folder = play(tmp_path, {**faults, "fine": command(sys.executable, AGENTS / "first_possible.py")}, episodes=8)
    rows = {row["agent"]: row for row in json.loads((tmp_path / "results.json").read_text())["rows"]}
    assert {name: row["lost_to"] for name, row in rows.items()} == {
        "crash": "crash",
        "hang": "timeout",
        "start": "crash",
        "protocol": "nonsense",
        "fine": "",
    }
    assert rows["fine"]["episodes_lost"] == 0
    assert rows["start"]["episodes_lost"] == 16
    assert not any(row["failures"] for row in rows.values())
    assert all(rows[name]["score_test"] <= 0.0 for name in faults)
    kinds = [failure.partition(":")[0] for failure in failures(folder, "start")]
    assert kinds == (["crash"] * 5 + ["given up"] * 3) * 2
    assert "out of \x1b[31morder" in (tmp_path / "logs" / "crash" / ID / "0.log").read_text()
    list(verify_run(folder))
    assert main(["report", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "lost 16 of 16\n" in said.replace(" " * 3, "\n")
    assert "\x1b" not in said


def test_too_many_lost_episodes_are_an_exit_status(tmp_path, capsys):
    run = ["run", "--env", ID, "--seeds", "1", "--episodes", "8", "--limit", "action_seconds=1"]
    run += ["--agent-cmd", f"mine={sys.executable} {AGENTS / 'faulty.py'} crash"]
    assert main([*run, "--out", str(tmp_path / "a")]) == 1
    assert f"of 16 episodes of {ID} (crash): see " in capsys.readouterr().err
    assert main([*run, "--out", str(tmp_path / "a"), "--max-lost", "0.9"]) == 0
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    assert manifest["command"].startswith(f"textenvs run --env {ID} '--agent-cmd=mine=")
    assert manifest["suite"]["limits"] == {"action_seconds": 1}


@pytest.mark.parametrize("kept", [0, 3, 9])
def test_lost_episodes_are_the_same_when_a_run_goes_on(tmp_path, kept):
    agents = {"mine": command(sys.executable, AGENTS / "faulty.py", "start")}
    play(tmp_path / "whole", agents, episodes=10)
    play(tmp_path / "again", agents, episodes=10)
    path = tmp_path / "again" / "episodes" / "mine" / ID / "test-0.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[: kept + 1]))
    play(tmp_path / "again", agents, episodes=10)
    whole, again = (
        {name: data for name, data in contents(tmp_path / part).items() if not name.startswith("logs")}
        for part in ("whole", "again")
    )
    assert again == whole


def test_an_agent_that_was_mended_is_asked_again(tmp_path):
    program = tmp_path / "agent.py"
    program.write_text((AGENTS / "faulty.py").read_text())
    agents = {"mine": command(sys.executable, program, "start")}
    play(tmp_path / "run", agents, episodes=8)
    path = tmp_path / "run" / "episodes" / "mine" / ID / "train-0.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:7]))
    text = (AGENTS / "first_possible.py").read_text()
    program.write_text(text)
    run_suite(suite(agents, episodes=8), ResultsFolder(tmp_path / "run"), 1, Lines(), allow_drift=True)
    assert not any(record.failure for record in read_records(path)[1])


def test_an_episode_has_a_limit_too():
    external = External(parse_reach(command("sh", AGENTS / "first_possible.sh")), Limits(episode_seconds=1))
    with closing(ExternalAgent(external, "TextQA-v0")) as agent:
        agent.reset(0)
        agent._ends = 0.0
        with pytest.raises(AgentFailure, match="timeout: an episode of more than 1 s"):
            agent.act("", {"action_mask": [1], "choices": [""]})


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("os.symlink('/etc/hostname', path)", "that is no file"),
        ("os.mkfifo(path)", "that is no file"),
        (
            "open(path, 'w').close(); open(os.path.dirname(path) + '/curve.csv', 'w').write('a,b')",
            "not a learning curve",
        ),
    ],
)
def test_what_a_training_leaves_is_looked_at(tmp_path, monkeypatch, made, said):
    (tmp_path / "odd_learner.py").write_text(
        "import os\n"
        "from textenvs.evaluation import Training\n"
        "class Odd:\n"
        "    obs_type, action_type, config, suffix = 'discrete', 'choice', {}, '.json'\n"
        "    def __init__(self, env_id, env_kwargs): pass\n"
        "    def reset(self, seed): pass\n"
        "    def act(self, observation, info): return 0\n"
        "    def train(self, env, total_steps, seed=0, progress=None): return Training(10, [(5, 1.0)])\n"
        "    def save(self, path):\n"
        "        path = os.path.dirname(str(path)) + '/agent.json'\n"
        f"        {made}\n"
        "        os._exit(0)\n"
    )
    monkeypatch.chdir(tmp_path)
    folder = play(
        tmp_path / "run",
        {"odd": "python:odd_learner:Odd", "fine": f"command:sh {AGENTS / 'first_possible.sh'}"},
        episodes=2,
    )
    assert said in (folder.path / "failures" / "odd" / ID / "0.txt").read_text()
    assert not list(folder.path.glob("agents/odd/*/0*"))


def test_an_agent_that_starts_no_more_loses_no_records(tmp_path):
    program = tmp_path / "agent.py"
    program.write_text((AGENTS / "first_possible.py").read_text())
    agents = {"mine": command(sys.executable, program)}
    play(tmp_path / "run", agents, episodes=6)
    path = tmp_path / "run" / "episodes" / "mine" / ID / "test-0.jsonl"
    kept = path.read_text().splitlines(keepends=True)[:4]
    path.write_text("".join(kept))
    program.write_text("raise SystemExit(1)")
    summary = run_suite(suite(agents, episodes=6), ResultsFolder(tmp_path / "run"), 1, Lines(), allow_drift=True)
    assert summary.failed == 1
    assert (
        "mine does not start any more: crash: exit status 1"
        in (tmp_path / "run" / "failures" / "mine" / ID / "0.txt").read_text()
    )
    assert path.read_text() == "".join(kept)


@pytest.mark.parametrize("sandbox", [False, True])
def test_an_agent_in_python_is_trained_before_it_plays(tmp_path, sandbox):
    if sandbox and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    folder = ResultsFolder(tmp_path)
    names = {"mine": "python:textenvs_baselines.q_learning:QLearningAgent"}
    run_suite(suite(names, steps=3000, limits={}), folder, 1, Lines(), terms=Terms(sandbox=sandbox))
    own = Suite("own", 1, (ID,), ("q_learning",), (), 1, 3000, 20)
    run_suite(own, ResultsFolder(tmp_path / "own"), 1, Lines())
    for split in ("train", "test"):
        ours = read_records(tmp_path / "own" / "episodes" / "q_learning" / ID / f"{split}-0.jsonl")[1]
        assert read_records(folder.records("mine", ID, split, 0))[1] == ours
    assert folder.curve("mine", ID, 0).read_bytes() == (tmp_path / "own/curves/q_learning" / ID / "0.csv").read_bytes()


def test_a_training_that_hangs_fails_its_job(tmp_path, monkeypatch):
    (tmp_path / "slow_learner.py").write_text(
        "import os, time\n"
        "class Slow:\n"
        "    obs_type, action_type, config = 'discrete', 'choice', {}\n"
        "    def __init__(self, env_id, env_kwargs): pass\n"
        "    def reset(self, seed): pass\n"
        "    def act(self, observation, info): return 0\n"
        "    def train(self, env, total_steps, seed=0, progress=None): os.close(1); time.sleep(60)\n"
        "    def save(self, path): pass\n"
    )
    monkeypatch.chdir(tmp_path)
    agents = {"slow": "python:slow_learner:Slow", "fine": command(sys.executable, AGENTS / "first_possible.py")}
    summary = run_suite(
        suite(agents, episodes=2, limits={"train_seconds": 2}), ResultsFolder(tmp_path / "run"), 2, Lines()
    )
    assert (summary.finished, summary.failed) == (1, 1)
    error = (tmp_path / "run" / "failures" / "slow" / ID / "0.txt").read_text()
    assert error.endswith("AgentFailure: timeout: not ended in 2 s\n")


SPY = """
import json, os, sys
class Spy:
    obs_type, action_type = "text", "choice"
    def __init__(self, env_id, env_kwargs):
        self.config = {
            "variables": sorted(os.environ), "session": os.getsid(0) == os.getpid(),
            "files": sorted(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else [],
            "modules": sorted(name for name in sys.modules if name.startswith("textenvs")),
        }
        for name in ("write", "read", "connect"):
            try:
                getattr(self, name)()
                self.config[name] = True
            except OSError:
                self.config[name] = False
    def write(self): open("spied", "w").close(); os.remove("spied")
    def read(self): os.listdir("run/episodes")
    def connect(self):
        import socket
        socket.create_connection(("127.0.0.1", int(open("port").read())), 1)
    def reset(self, seed): print("hello from the agent")
    def act(self, observation, info): return int(info["action_mask"].argmax())
"""


@pytest.fixture
def spied(tmp_path, monkeypatch):
    """What an agent finds in its process, with a server that it may reach."""
    (tmp_path / "spy.py").write_text(SPY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SECRET_KEY", "1234")
    monkeypatch.setenv("ALLOWED_KEY", "5678")
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    (tmp_path / "port").write_text(str(server.server_address[1]))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def spy(terms: Terms):
        run_suite(suite({"spy": "python:spy:Spy"}, episodes=2), ResultsFolder("run"), 1, Lines(), terms=terms)
        header, records = read_records(Path("run", "episodes", "spy", ID, "test-0.jsonl"))
        assert not any(record.failure for record in records)
        return header.agent_config

    yield spy
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_agent_is_told_little_of_where_it_runs(spied):
    found = spied(Terms(passed=("ALLOWED_KEY",)))
    assert "SECRET_KEY" not in found["variables"]
    assert "ALLOWED_KEY" in found["variables"]
    assert found["session"]
    assert len(found["files"]) <= 5, "stdin, stdout, stderr, the copy of stdout, the folder that it reads"
    assert found["write"], "as the same user it may"


def test_a_sandbox_keeps_results_and_network_from_it(spied):
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    found = spied(Terms(sandbox=True))
    assert (found["write"], found["read"], found["connect"]) == (False, False, False)


def test_a_sandbox_hides_the_secret_of_the_seeds(spied, tmp_path):
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    (tmp_path / "secret.json").write_text("12345")
    (tmp_path / "spy.py").write_text(
        SPY.replace('os.listdir("run/episodes")', 'open("secret.json").read() or os.listdir("nowhere")')
    )
    assert not spied(Terms(sandbox=True, hidden=(str(tmp_path / "secret.json"),)))["read"]
    shutil.rmtree("run")
    assert spied(Terms())["read"]


def test_a_sandbox_shares_no_sockets(tmp_path):
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    words = Sandbox().words()
    assert [words[k + 1] for k, word in enumerate(words) if word == "--tmpfs"][:2] == ["/tmp", "/var/tmp"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir("/")
        with pytest.raises(ValueError, match="a sandbox in / would hide nothing"):
            Sandbox().words()


def test_a_sandbox_that_is_not_there_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["check-agent", "--agent", "spy:Spy", "--sandbox"]) == 2
    assert "--sandbox needs bubblewrap (bwrap)" in capsys.readouterr().err


class Server(BaseHTTPRequestHandler):
    fault = ""
    acts = 0

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = {"id": message["id"]}
        if message["type"] == "hello":
            answer |= {"protocol": "textenvs-agent/1", "obs_type": "text", "action_type": "choice"}
        elif message["type"] == "act":
            answer["action"] = message["action_mask"].index(1)
            Server.acts += 1
            if Server.acts % 5 == 0:
                if self.fault == "slow":
                    time.sleep(1.5)
                if self.fault == "status":
                    self.send_error(500)
                    return
                if self.fault == "huge":
                    answer["more"] = "x" * 100_000
                if self.fault == "dribble":
                    with contextlib.suppress(OSError):
                        for number in range(100):
                            self.wfile.write(b"X-More: x\r\n" if number else b"HTTP/1.1 200 OK\r\n")
                            time.sleep(0.2)
                    self.close_connection = True
                    return
                if self.fault == "cut":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{")
                    self.close_connection = True
                    return
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):
            self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Server.acts = 0
    yield f"http://127.0.0.1:{server.server_address[1]}/play"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        ("", ""),
        ("slow", "timeout: no answer in 1 s"),
        ("dribble", "timeout: no answer in 1 s"),
        ("status", "crash: HTTP status 500"),
        ("huge", "flood: an answer of more than 65536 bytes"),
        ("cut", "crash: the server cannot be reached (IncompleteRead)"),
    ],
)
@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
def test_an_agent_behind_an_address(address, monkeypatch, fault, failure, version):
    monkeypatch.setattr(Server, "fault", fault)
    monkeypatch.setattr(Server, "protocol_version", version)
    with closing(ExternalAgent(External(parse_reach(address), LIMITS), ID)) as agent:
        played = textenvs.evaluate(agent, ID, episodes=4, seed=3)
    twin = textenvs.evaluate(Twin(lambda message: message["action_mask"].index(1)), ID, episodes=4, seed=3)
    assert {record.failure for record in played} - {""} == ({failure} if failure else set())
    if not failure:
        assert played == twin


def test_a_server_that_is_not_there_loses_all():
    with closing(ExternalAgent(External(parse_reach("http://127.0.0.1:9/"), LIMITS), ID)) as agent:
        played = textenvs.evaluate(agent, ID, episodes=2)
    assert {record.failure for record in played} == {"crash: the server cannot be reached (ConnectionRefusedError)"}


@pytest.mark.parametrize(
    ("text", "kind", "name", "reach"),
    [
        ("my.module:MyAgent", "python:", "MyAgent", "python:my.module:MyAgent"),
        ("best=my.module:MyAgent", "python:", "best", "python:my.module:MyAgent"),
        ("./my_agent --flag=1", "command:", "my_agent", "command:./my_agent --flag=1"),
        ("a.b=./x 'y z'", "command:", "a.b", "command:./x 'y z'"),
        ("https://example.org:8000/x", "", "example.org", "https://example.org:8000/x"),
        ("mine=http://[::1]:8000", "", "mine", "http://[::1]:8000"),
    ],
)
def test_agents_on_the_line_have_names(text, kind, name, reach):
    assert name_reach(text, kind) == (name, reach)


@pytest.mark.parametrize(
    "text", ["python:x", "command:", "command:'", "ftp://x", "x", "http://", "http://a:b", "python:a b:c"]
)
def test_what_reaches_nobody_is_refused(text):
    with pytest.raises(ValueError, match=r"an agent of yours is|cannot be read|an address starts with"):
        parse_reach(text)


def test_the_source_of_an_agent_is_known_without_running_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "loud.py"
    program.write_text("raise SystemExit('was imported')")
    found = {source_of(parse_reach(text)) for text in ("python:loud:X", "command:python3 loud.py", "http://x")}
    assert len(found) == 2
    assert source_of(parse_reach("http://x")) == ""
    before = source_of(parse_reach("python:loud:X"))
    program.write_text("x = 1")
    assert source_of(parse_reach("python:loud:X")) != before


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        ("", 0, "ok    it ended, and left nothing behind"),
        ("crash", 1, "WRONG episode "),
        ("huge", 1, '      answered: {"id": '),
        ("start", 1, "WRONG hello: crash: exit status 1"),
        ("protocol", 1, 'WRONG hello: nonsense: "protocol" must be "textenvs-agent/1", got \'textenvs-agent/9\''),
        ("daemon", 1, "WRONG the end: left behind: "),
    ],
)
def test_check_agent_tells_what_is_wrong(capsys, fault, status, said):
    program = f"{sys.executable} {AGENTS / 'faulty.py'} {fault}" if fault else f"sh {AGENTS / 'first_possible.sh'}"
    assert main(["check-agent", "--agent-cmd", program, "--limit", "action_seconds=1"]) == status
    out = capsys.readouterr().out
    assert said in out
    assert all(line.isprintable() for line in out.splitlines())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"external": {"random": "http://x"}, "agents": ("random",)}, "is the name of an agent that is installed"),
        ({"limits": {"seconds": 3}}, "unknown limit 'seconds'"),
        ({"limits": {"action_seconds": 0}}, "the limit action_seconds must be a whole number from 1, got 0"),
        ({"external": {"mine": "nowhere"}}, "an agent of yours is"),
    ],
)
def test_suites_with_agents_that_cannot_be_are_refused(changes, said):
    values = {"agents": ("mine",), "external": {"mine": "http://x"}} | changes
    with pytest.raises(ValueError, match=said):
        Suite("mine", 1, (ID,), **values)
