"""A language model behind an endpoint, against a server on this machine that has every fault."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from types import SimpleNamespace

import pytest
from numpy.random import SeedSequence

import textenvs
from tests.baselines.chat_server import ChatServer
from textenvs.evaluation import AgentFailure, Halt, read_records
from textenvs.evaluation.seeds import AGENT_STREAM, episode_seed
from textenvs_benchmarks.cli import main

openai = pytest.importorskip("openai", reason="the extra api is not installed")
from textenvs.models import Budget, Endpoint, Refused, endpoint, spent  # noqa: E402
from textenvs.models.budget import Ledger  # noqa: E402
from textenvs_baselines.endpoint.agent import OpenAIAgent, OpenAIConfig  # noqa: E402

ID = "TextDialogueClean-v0"
SECRET = "sk-planted-0123456789"


@pytest.fixture(autouse=True)
def _key_cache_and_no_waiting(monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("TEXTENVS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TEXTENVS_BUDGET", "")
    monkeypatch.setattr(endpoint, "time", SimpleNamespace(sleep=lambda seconds: None))


def offered(question):
    """The first number that is offered."""
    return int(re.search(r"^(\d+): ", question["messages"][-1]["content"], re.MULTILINE)[1])


def by_tool(question):
    """Calls the tool where there is one, else says the number."""
    return json.dumps({"number": offered(question)}) if question.get("tools") else str(offered(question))


def play(server, episodes=4, **settings):
    told = {"model": "tiny", "base_url": server.address, "timeout": 1.0, **settings}
    return textenvs.evaluate(OpenAIAgent(ID, {}, **told), ID, episodes=episodes, seed=3)


class First:
    obs_type, action_type = "text", "choice"

    def reset(self, seed):
        pass

    def act(self, observation, info):
        return int(info["action_mask"].argmax())


def check(records):
    """That the first possible choice was taken, always."""
    twin = textenvs.evaluate(First(), ID, episodes=len(records), seed=3)
    assert [list(map(int, record.actions)) for record in records] == [record.actions for record in twin]
    assert [record.episodic_return for record in records] == [record.episodic_return for record in twin]


@pytest.mark.parametrize("tools", [True, False])
def test_it_plays_by_tool_or_by_number(tools):
    with closing(ChatServer(by_tool, tools=tools)) as server:
        records = play(server)
        check(records)
        acts = sum(record.length for record in records)
        assert sum(record.usage["prompt_tokens"] for record in records) == 100 * acts
        assert server.keys == {f"Bearer {SECRET}"}
        assert [message["role"] for message in server.questions[2]["messages"]] == ["system", "user"]
        assert any(len(question["messages"]) > 3 for question in server.questions)
        assert server.calls <= acts + 2 - tools


@pytest.mark.parametrize("fault", ["429", "500", "slow", "cut", "malformed", "empty"])
def test_faults_are_survived(fault):
    with closing(ChatServer(by_tool, faults=(fault,))) as server:
        records = play(server, episodes=1, timeout=0.3 if fault == "slow" else 1.0)
        check(records)
        assert server.calls == 2 * (1 + records[0].length)
        assert spent().startswith(f"{server.calls} calls, {110 * (1 + records[0].length):,d} tokens")


def test_a_second_run_asks_nothing(tmp_path):
    with closing(ChatServer(by_tool)) as server:
        first = play(server)
        calls = server.calls
        assert play(server, rows=1) == first
        assert server.calls == calls
        (damaged, *_) = (path for path in (tmp_path / "cache" / "answers").rglob("*.json"))
        damaged.write_text("{")
        assert play(server) == first
        assert server.calls == calls + 1


@pytest.mark.parametrize(
    "said",
    [
        '{"numbr": 3}',
        '{"number": "three"}',
        '{"number": 99}',
        "{",
        "[[" * 5000,
        "x" * 100_000,
        "",
        "colourless green ideas sleep furiously",
    ],
    ids=lambda said: said[:12],
)
@pytest.mark.parametrize("tools", [True, False])
def test_an_answer_that_names_no_choice_is_invalid(said, tools):
    with closing(ChatServer(lambda question: said)) as server:
        (record,) = play(server, episodes=1, tools=tools)
    assert record.length == 25
    assert all(record.reward_terms["invalid"])
    assert all(len(action) <= 500 for action in record.actions)


def test_thinking_ends_in_an_answer():
    with closing(ChatServer(lambda question: f"They say 7 o'clock.\nAnswer: {offered(question)}")) as server:
        check(play(server, tools=False, prompt="think-1", examples=1))
        assert [message["role"] for message in server.questions[1]["messages"]] == [
            "system",
            "user",
            "assistant",
            "user",
        ]


@pytest.mark.parametrize(
    ("budget", "message", "calls"),
    [
        ("calls=7", "the budget of calls is spent (7 of 7)", 7),
        ("tokens=500", "the budget of tokens is spent (550 of 500)", 5),
        ("usd=0.001,usd_in=1,usd_out=10", "cost known for 100 % of calls", 5),
    ],
)
def test_a_budget_stops_it_and_it_goes_on(monkeypatch, budget, message, calls):
    monkeypatch.setenv("TEXTENVS_BUDGET", budget)
    with closing(ChatServer(by_tool)) as server:
        with pytest.raises(Halt, match=re.escape(message)):
            play(server, rows=1)
        assert server.calls == calls
        monkeypatch.setenv("TEXTENVS_BUDGET", "")
        check(play(server, rows=1))
        whole = server.calls
        monkeypatch.setenv("TEXTENVS_BUDGET", "calls=0")
        assert play(server, rows=1)  # all is known
        assert server.calls == whole


@pytest.mark.parametrize(
    ("faults", "message"), [(["401"], "check OPENAI_API_KEY"), (["500"] * 9, "the endpoint does not answer")]
)
def test_an_endpoint_that_does_not_answer_stops_the_run(faults, message):
    with closing(ChatServer(by_tool, faults=faults)) as server, pytest.raises(Halt, match=message) as error:
        play(server, episodes=1, tries=3)
    assert SECRET not in str(error.value)


def test_what_is_wrong_with_an_address_is_said_without_the_key():
    with closing(ChatServer(by_tool)) as server:
        gone = server.address
    with pytest.raises(Halt, match=re.escape(f"at {gone}: is a server running there?")):
        play(SimpleNamespace(address=gone), episodes=1, tries=2)
    for html, address in ((True, ""), (False, f"/{SECRET}")):
        with closing(ChatServer(by_tool)) as server:
            if html:
                server._send = lambda handler, *arguments: _send_page(handler)
            else:
                server._message = lambda question: {"hello": "world"}
            with pytest.raises(Halt, match=r"no chat completion: does base_url end in /v1\?") as error:
                play(server, episodes=1, tries=2, base_url=server.address + address)
            assert f"what came from {server.address}{'/***' if address else ''} is" in str(error.value)
    with closing(ChatServer(by_tool, faults=["slow"] * 9)) as server, pytest.raises(Halt) as error:
        play(server, episodes=1, tries=2, timeout=0.2)
    assert f"does not answer in 0.2 s at {server.address}" in str(error.value)


def _send_page(handler):
    body = b"<html><body>Welcome!</body></html>"
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.parametrize("beside", [[], ["random"]])
@pytest.mark.parametrize("budget", [[], ["--budget", "calls=0"]])
def test_a_run_that_is_stopped_at_once_says_why_and_its_folder_can_be_used(beside, budget, tmp_path, capfd):
    with closing(ChatServer(by_tool)) as server:
        gone = server.address
    words = ["run", "--env", ID, "--agent", *beside, "openai", "--episodes", "2", "--seeds", "1", "--workers", "1"]
    words += ["--out", str(tmp_path / "run"), "--set=openai.model=m", "--set=openai.tries=1"]
    assert main([*words, f"--set=openai.base_url={gone}", *budget]) == 130
    last = capfd.readouterr().err.splitlines()[-1]
    why = "the budget of calls is spent (0 of 0): raise it" if budget else f"at {gone}: is a server running there?"
    assert last.startswith("textenvs: the ")
    assert last.endswith(f"{why}; the same command goes on from here")
    with closing(ChatServer(by_tool)) as server:
        other = [*words, f"--set=openai.base_url={server.address}"]
        assert main([*other, "--budget", "calls=99"]) == (2 if beside else 0)
        assert "holds another run" in capfd.readouterr().err or not beside


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": ""}, "say which model: openai.model=NAME"),
        ({"base_url": "localhost:8000"}, "base_url must be an address"),
        ({"base_url": "http://me:secret@localhost/v1"}, "must not hold a key"),
        ({"base_url": "http://localhost/v1?key=secret"}, "must not hold a key"),
        ({"base_url": "http://localhost/v1#secret"}, "must not hold a key"),
        ({"base_url": "http://localhost:secret/v1"}, "base_url must be an address"),
        ({"base_url": "http://[secret/v1"}, "base_url must be an address"),
        ({"base_url": "secret"}, "base_url must be an address"),
        ({"base_url": "https://secret.example/v1"}, "needs a key"),
        ({"base_url": 3}, "base_url must be an address"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"rows": 0}, "rows must be a whole number from 1"),
        ({"prompt": "think-1"}, "add tools=false"),
        ({"prompt": "x"}, "unknown prompt"),
        ({"api_key": SECRET}, "unknown setting"),
    ],
)
def test_what_cannot_be_is_refused(monkeypatch, settings, message):
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ValueError, match=message) as error:
        OpenAIAgent(ID, {}, **{"model": "x", **settings})
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ("call=3", "did you mean 'calls'"),
        ("calls=many", "must be a number"),
        ("calls=-1", "must be a number from 0"),
        ("calls", "must be a number"),
        ("usd=3", "needs prices"),
    ],
)
def test_budgets_that_cannot_be_read(monkeypatch, budget, message):
    monkeypatch.setenv("TEXTENVS_BUDGET", budget)
    with pytest.raises(ValueError, match=message):
        OpenAIAgent(ID, {}, model="x")


def test_an_address_elsewhere_needs_a_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ValueError, match="put it into the environment variable OPENAI_API_KEY"):
        OpenAIAgent(ID, {}, model="x")
    OpenAIAgent(ID, {}, model="x", base_url="http://localhost:1/v1")


@pytest.mark.parametrize(
    ("here", "proxy", "key"), [(True, False, f"Bearer {SECRET}"), (True, True, None), (False, True, "Bearer none")]
)
def test_the_key_is_sent_in_the_clear_to_this_machine_alone(monkeypatch, here, proxy, key):
    monkeypatch.setenv("OPENAI_API_KEY", f" {SECRET}\n")
    with closing(ChatServer(by_tool)) as server, closing(ChatServer(by_tool)) as between:
        if proxy:
            monkeypatch.setenv("HTTP_PROXY", between.address.removesuffix("/v1"))
        play(server, episodes=1, base_url=server.address if here else "http://elsewhere.example/v1")
        assert (between if not here else server).keys == {key or f"Bearer {SECRET}"}
        assert (server if not here else between).calls == 0


def test_no_part_of_the_key_is_in_an_error():
    with closing(ChatServer(by_tool, refuse=lambda question: (400, question["user"] + SECRET))) as server:
        asked = Endpoint(server.address, Budget(), timeout=1.0, tries=1)
        for padding in range(251):
            with pytest.raises(Refused) as error:
                asked.ask({"model": "m", "messages": [], "user": "x" * padding})
            assert "sk-" not in str(error.value)
            assert len(str(error.value)) < 210


# -- how a server wants to be asked ---------------------------------------------------------------------------------


def only(limit, tools):
    """Refuses all that is not asked like this, by the statuses that servers have for it."""

    def refuse(question):
        if limit not in question or (limit == "max_completion_tokens" and "temperature" in question):
            return 400, f"use {limit}, and no temperature"
        return None if tools or "tools" not in question else (404, "no endpoints found that support tools")

    return refuse


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("tools", [True, False])
@pytest.mark.parametrize("wished", [True, False])
def test_it_asks_as_the_server_wishes(limit, tools, wished):
    with closing(ChatServer(by_tool, refuse=only(limit, tools))) as server:
        first = play(server, episodes=2, tools=wished)
        check(first)
        assert {(limit in question, "tools" in question) for question in server.questions[4:]} == {
            (True, tools and wished)
        }
        calls = server.calls
        assert play(server, episodes=2, tools=wished) == first
        assert server.calls == calls


@pytest.mark.parametrize(("tools", "calls"), [(True, 4), (False, 2)])
def test_a_server_that_refuses_everything_stops_the_run_until_it_is_mended(tools, calls):
    with closing(ChatServer(by_tool, refuse=lambda question: (404, "no model 'tiny'"))) as server:
        with pytest.raises(Halt, match=r"NotFoundError.*no model 'tiny'.*check model"):
            play(server, episodes=1, tools=tools)
        assert server.calls == calls
        server.refuse = lambda question: None
        check(play(server, episodes=1, tools=tools))


def test_a_model_that_is_lost_stops_the_run_until_it_is_back():
    with closing(ChatServer(by_tool, refuse=lambda question: (404, "gone") if server.calls > 2 else None)) as server:
        with pytest.raises(Halt, match="has lost the model"):
            play(server, episodes=1)
        server.refuse = lambda question: None
        check(play(server, episodes=1))


def test_answers_of_an_earlier_version_are_read(tmp_path):
    with closing(ChatServer(by_tool)) as server:
        first = play(server)
        calls = server.calls
        for path in (tmp_path / "cache" / "answers").rglob("*.json"):
            answer = json.loads(path.read_text())
            assert answer.pop("refused") == ""
            path.write_text(json.dumps(answer))
        assert play(server) == first
        assert server.calls == calls


def test_a_question_that_is_too_long_is_asked_without_the_turns_before():
    with closing(
        ChatServer(by_tool, refuse=lambda question: (400, "too long") if len(question["messages"]) > 2 else None)
    ) as server:
        first = play(server)
        check(first)
        assert all("tools" in question for question in server.questions)
        assert not any(record.failure for record in first)
        calls = server.calls
        assert play(server) == first
        assert server.calls == calls


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_question_that_is_refused_loses_its_episode_alone(status):
    with closing(ChatServer(by_tool)) as server:
        play(server, episodes=1)
        bad = server.questions[-1]["messages"][-1]["content"]

    def refuse(question):
        return (status, f"not\nthis: {SECRET}") if question["messages"][-1]["content"] == bad else None

    with closing(ChatServer(by_tool, refuse=refuse)) as server:
        records = play(server)
        assert records[0].failure.startswith(f"crash: the endpoint refuses the question: {status} ")
        assert SECRET not in records[0].failure
        assert not all(record.failure for record in records)
        calls = server.calls
        assert play(server) == records
        assert server.calls == calls
        agent = OpenAIAgent(ID, {}, model="tiny", base_url=server.address)
        server.refuse = lambda question: (status, "no") if "yes" not in str(question) else None
        agent.reset(1)
        with pytest.raises(AgentFailure, match="the endpoint refuses the question"):
            agent.act("Hello.", {"choices": ("a", "b")})


def test_a_run_with_lost_episodes_goes_on_and_is_verified(monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def refuse(question):
        return (400, "no") if "[Turn 3 of" in question["messages"][-1]["content"] else None

    with closing(ChatServer(by_tool, refuse=refuse)) as server:
        words = ["run", "--env", ID, "--agent", "openai", "--episodes", "4", "--seeds", "1", "--workers", "1"]
        words += ["--set=openai.model=m", f"--set=openai.base_url={server.address}", "--out", str(tmp_path / "run")]
        assert main([*words, "--max-lost", "1"]) == 0
        calls = server.calls
        assert main(words) == 1
        assert re.search(r"openai lost \d of 8 episodes of TextDialogueClean-v0 \(crash\)", capfd.readouterr().err)
        assert server.calls == calls
    assert main(["verify", str(tmp_path / "run")]) == 0


# -- what is spent --------------------------------------------------------------------------------------------------


def take_all(ledger):
    """Reserves calls until there are no more; gives how many it got."""
    taken = 0
    with suppress(Halt):
        while True:
            ledger.reserve("m")
            taken += 1
    return taken


TAKE_ALL = """
import sys
from pathlib import Path
from tests.baselines.test_endpoint import Budget, Ledger, take_all
print("ready", flush=True)
sys.stdin.readline()
print(take_all(Ledger(Path(sys.argv[1]), Budget(calls=1500))))
"""


def test_processes_and_threads_keep_to_a_budget_together(tmp_path):
    path = tmp_path / "ledger.jsonl"
    command = [sys.executable, "-c", TAKE_ALL, path]
    others = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for other in others:
        assert other.stdout.readline() == "ready\n"
    for other in others:
        other.stdin.write("\n")
        other.stdin.flush()
    ledger = Ledger(path, Budget(calls=1500))
    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(take_all, [ledger] * 2))
    taken += [int(other.communicate()[0]) for other in others]
    assert sum(taken) == len(path.read_bytes().splitlines()) == 1500


def test_questions_at_once_keep_to_a_budget_of_calls(monkeypatch):
    monkeypatch.setenv("TEXTENVS_BUDGET", "calls=5")
    with closing(ChatServer(by_tool, pause=0.1)) as server:
        with pytest.raises(Halt, match=re.escape("calls is spent (5 of 5)")):
            play(server, episodes=32, rows=32)
        assert server.calls == 5


@pytest.mark.parametrize(("fault", "timeout"), [("empty", 1.0), ("malformed", 1.0), ("slow", 0.1), ("500", 1.0)])
def test_calls_that_bring_nothing_count_too(monkeypatch, fault, timeout):
    monkeypatch.setenv("TEXTENVS_BUDGET", "calls=5")
    with closing(ChatServer(by_tool, faults=[fault] * 9)) as server:
        with pytest.raises(Halt, match=re.escape("calls is spent (5 of 5)")):
            play(server, episodes=1, timeout=timeout)
        assert server.calls == 5
    assert spent() == "5 calls, 0 tokens, $0.0000, cost known for 0 % of calls"


def test_tokens_are_estimated_where_the_server_does_not_count_them(monkeypatch, tmp_path):
    monkeypatch.setenv("TEXTENVS_BUDGET", "tokens=600,usd_in=1,usd_out=10")
    with closing(ChatServer(by_tool, usage=False)) as server, pytest.raises(Halt, match="budget of tokens"):
        play(server, rows=1)
    sent, answered = map(json.loads, (tmp_path / "cache/answers/ledger.jsonl").read_text().splitlines()[:2])
    assert (sent["calls"], sent["model"], answered["calls"], answered["known"]) == (1, "tiny", 0, False)
    said = len(json.dumps(server.questions[0], ensure_ascii=False))
    assert answered["prompt_tokens"] == pytest.approx(said / 3, rel=0.2)
    assert answered["completion_tokens"] == len('{"number": 0}') // 3 + 1
    assert answered["tokens"] == answered["prompt_tokens"] + answered["completion_tokens"]
    assert answered["usd"] == pytest.approx((answered["prompt_tokens"] + 10 * answered["completion_tokens"]) / 1e6)
    assert "cost known for 0 % of calls" in spent()


def test_lines_that_are_damaged_are_passed_over_and_old_ones_are_calls(tmp_path):
    path = tmp_path / "cache" / "answers" / "ledger.jsonl"
    assert spent() == ""
    path.parent.mkdir(parents=True)
    old = b'{"tokens": 110, "usd": 0.5}\n{"tokens": null, "usd": null}\n'
    damaged = (
        b'{"tokens"\n[]\n{}\n\xff\n{"tokens": -3, "usd": NaN}\n{"tokens": "3", "usd": 1e999}\n' + b"[" * 9999 + b"\n"
    )
    path.write_bytes(old + damaged + b'{"calls": 1, "tok')
    ledger = Ledger(path, Budget(usd_in=1.0, usd_out=1.0))
    assert ledger.summary() == "2 calls, 110 tokens, $0.5000, cost known for 50 % of calls"
    ledger.reserve("m")
    ledger.settle("m", 1_000_000, 234_000, known=True)
    ledger.reserve("m")
    assert spent() == ledger.summary() == "4 calls, 1,234,110 tokens, $1.73, cost known for 50 % of calls"


# -- the same question at once --------------------------------------------------------------------------------------

QUESTION = {"model": "m", "messages": [{"role": "user", "content": "0: yes"}]}


def test_threads_that_ask_the_same_ask_once():
    with closing(ChatServer(by_tool, pause=0.2)) as server, ThreadPoolExecutor(8) as pool:
        asked = [Endpoint(server.address, Budget(), timeout=2.0, tries=1) for _ in range(2)]
        answers = list(pool.map(lambda k: asked[k % 2].ask(QUESTION), range(8)))
        assert answers[0].content == "0"
        assert set(answers) == {answers[0]}
        assert server.calls == 1


@pytest.mark.parametrize("links", [True, False])
def test_of_processes_that_ask_the_same_the_first_answer_is_kept(monkeypatch, tmp_path, links):
    def no_links(source, target):
        raise OSError("no links here")

    if not links:
        monkeypatch.setattr(endpoint.os, "link", no_links)
    stored = {"content": "first", "arguments": "", "prompt_tokens": 1, "completion_tokens": 1}

    def reply(question):  # meanwhile another process has its answer
        (path,) = paths
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(stored))
        return "second"

    with closing(ChatServer(by_tool)) as server:
        asked = Endpoint(server.address, Budget(), timeout=2.0, tries=1)
        assert asked.ask(QUESTION).content == "0"
        paths = list((tmp_path / "cache" / "answers").rglob("*.json"))
        asked.forget(QUESTION)
        server.reply = reply
        assert asked.ask(QUESTION).content == "first"
        assert json.loads(paths[0].read_text()) == stored
        assert not list((tmp_path / "cache").rglob("*.partial"))


# -- patience and chance --------------------------------------------------------------------------------------------


def test_pauses_double_up_to_a_minute_and_differ(monkeypatch):
    waits = []
    monkeypatch.setattr(endpoint, "time", SimpleNamespace(sleep=waits.append))
    with closing(ChatServer(by_tool, faults=["429"] * 99)) as server:
        asked = Endpoint(server.address, Budget(), timeout=2.0, tries=10)
        for model in ("m", "n", "m"):
            with pytest.raises(Halt, match="does not answer"):
                asked.ask({**QUESTION, "model": model})
    least = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert all(low <= wait <= 1.25 * low for low, wait in zip(least * 3, waits, strict=True))
    assert waits[:9] == waits[18:] != waits[9:18]
    assert waits[7] != waits[8]
    assert OpenAIConfig(model="m").tries == 8


def test_seeds_are_of_their_own_where_answers_are_drawn():
    told = {}
    for temperature, seed in ((0, 5), (1, 5), (1, 6)):
        with closing(ChatServer(by_tool)) as server:
            play(server, temperature=temperature, seed=seed, rows=2)
            told[temperature, seed] = [question["seed"] for question in server.questions]
    assert set(told[0, 5]) == {5}
    drawn, others = set(told[1, 5][1:]), set(told[1, 6][1:])
    assert len(drawn) == len(told[1, 5]) - 1
    assert not drawn & others
    assert all(0 <= seed < 2**31 for seed in drawn)
    assert SeedSequence([5, episode_seed(0, AGENT_STREAM, 0), 0]).generate_state(1)[0] & 0x7FFFFFFF in drawn


def test_a_run_keeps_the_key_to_itself_and_goes_on_after_a_budget(tmp_path, capfd):
    with closing(ChatServer(by_tool, faults=("500",))) as server:
        words = ["run", "--env", ID, "--agent", "random", "openai", "--episodes", "3", "--seeds", "1", "--workers", "1"]
        told = {"model": "tiny", "base_url": server.address, "rows": 2}
        words += [f"--set=openai.{name}={value}" for name, value in told.items()]
        words += ["--out", str(tmp_path / "run")]
        assert main([*words, "--budget", "calls=8"]) == 130
        err = capfd.readouterr().err
        assert "the budget of calls is spent (8 of 8): raise it; the same command goes on from here" in err
        assert re.search(
            r"spent by all runs with this cache: 8 calls, [\d,]+ tokens, \$0.0000, cost known for 0 %", err
        )
        assert main([*words, "--budget", "calls=8"]) == 130
        assert main([*words, "--budget", "calls=800"]) == 0
        calls = server.calls
        assert f"spent by all runs with this cache: {calls} calls, " in capfd.readouterr().err
        assert main([*words[:-1], str(tmp_path / "again"), "--budget", "calls=800"]) == 0
        assert server.calls == calls
        server.refuse, server.faults = lambda question: (404, "no such model"), ()
        assert (
            main(
                [
                    "play",
                    ID,
                    "--agent",
                    "openai",
                    *(f"--set={name}={value}" for name, value in told.items()),
                    "--set=model=other",
                ]
            )
            == 130
        )
        assert "textenvs: the endpoint refuses every question (404 NotFoundError" in capfd.readouterr().err
    out, err = capfd.readouterr()
    assert SECRET not in out + err
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path
    header, records = read_records(tmp_path / "run" / "episodes" / "openai" / ID / "test-0.jsonl")
    assert header.agent_config["model"] == "tiny"
    assert "timeout" not in header.agent_config
    assert all(record.usage for record in records)
    for file in ("results.csv", "manifest.json"):
        assert (tmp_path / "run" / file).read_bytes() == (tmp_path / "again" / file).read_bytes()
    assert main(["verify", str(tmp_path / "run")]) == 0
