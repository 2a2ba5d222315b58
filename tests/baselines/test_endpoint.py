"""A language model behind an endpoint, against a server on this machine that has every fault."""

from __future__ import annotations

import json
import re
from contextlib import closing

import pytest

import textenvs
from tests.baselines.chat_server import ChatServer
from textenvs.evaluation import Halt, read_records
from textenvs_benchmarks.cli import main

openai = pytest.importorskip("openai", reason="the extra api is not installed")
from textenvs.models import endpoint  # noqa: E402
from textenvs_baselines.endpoint.agent import OpenAIAgent  # noqa: E402

ID = "TextDialogueClean-v0"
SECRET = "sk-planted-0123456789"


@pytest.fixture(autouse=True)
def _key_cache_and_no_waiting(monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("TEXTENVS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TEXTENVS_BUDGET", "")
    monkeypatch.setattr(endpoint.time, "sleep", lambda seconds: None)


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
        assert [message["role"] for message in server.questions[0]["messages"]] == ["system", "user"]
        assert any(len(question["messages"]) > 3 for question in server.questions)
        assert (server.calls > acts) == (not tools)


@pytest.mark.parametrize("fault", ["429", "500", "slow", "cut", "malformed", "empty"])
def test_faults_are_survived(fault):
    with closing(ChatServer(by_tool, faults=(fault,))) as server:
        records = play(server, episodes=1)
        check(records)
        assert server.calls == 2 * records[0].length


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
        assert [message["role"] for message in server.questions[0]["messages"]] == [
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
        ("usd=0.001,usd_in=1,usd_out=10", "cost known for 100% of calls", 5),
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


def test_a_question_that_is_refused_says_why():
    with (
        closing(ChatServer(by_tool, faults=["400"])) as server,
        pytest.raises(ValueError, match=r"BadRequestError.*no: Bearer \*\*\*"),
    ):
        play(server, episodes=1, tools=False)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": ""}, "say which model"),
        ({"base_url": "localhost:8000"}, "base_url must be an address"),
        ({"base_url": "http://me:secret@localhost/v1"}, "must not hold a key"),
        ({"base_url": "http://localhost/v1?key=secret"}, "must not hold a key"),
        ({"rows": 0}, "rows must be a whole number from 1"),
        ({"prompt": "think-1"}, "add tools=false"),
        ({"prompt": "x"}, "unknown prompt"),
        ({"api_key": SECRET}, "unknown setting"),
    ],
)
def test_what_cannot_be_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        OpenAIAgent(ID, {}, **{"model": "x", **settings})


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


def test_a_run_keeps_the_key_to_itself_and_goes_on_after_a_budget(tmp_path, capfd):
    with closing(ChatServer(by_tool, faults=("500",))) as server:
        words = ["run", "--env", ID, "--agent", "random", "openai", "--episodes", "3", "--seeds", "1", "--workers", "1"]
        told = {"model": "tiny", "base_url": server.address, "rows": 2}
        words += [f"--set=openai.{name}={value}" for name, value in told.items()]
        words += ["--out", str(tmp_path / "run")]
        assert main([*words, "--budget", "calls=8"]) == 130
        err = capfd.readouterr().err
        assert "the budget of calls is spent (8 of 8): raise it; the same command goes on from here" in err
        assert main([*words, "--budget", "calls=8"]) == 130
        assert main([*words, "--budget", "calls=800"]) == 0
        calls = server.calls
        assert main([*words[:-1], str(tmp_path / "again"), "--budget", "calls=800"]) == 0
        assert server.calls == calls
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
