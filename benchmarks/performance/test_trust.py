"""What trust costs: a step over the protocol, and playing recorded episodes again.

Ratios and medians of one run; `make benchmark` runs it.
"""

from __future__ import annotations

import statistics
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

import textenvs
from textenvs.evaluation import load_agent, write_records
from textenvs_benchmarks.external.agent import External, ExternalAgent
from textenvs_benchmarks.external.protocol import Limits
from textenvs_benchmarks.external.reach import parse_reach
from textenvs_benchmarks.jobs import make_header
from textenvs_benchmarks.verify import verify_file

AGENT = Path(__file__).parents[2] / "tests" / "benchmarks" / "agents" / "first_possible.py"
EPISODES = 10_000


class Twin:
    obs_type, action_type = "text", "choice"

    def reset(self, seed):
        pass

    def act(self, observation, info):
        return int(info["action_mask"].argmax())


def seconds_a_step(agent, env_id):
    began = time.perf_counter()
    played = textenvs.evaluate(agent, env_id, episodes=500)
    return (time.perf_counter() - began) / sum(record.length for record in played)


@pytest.mark.parametrize("env_id", ["TextDialogue-v0", "TextQA-v0"])
def test_a_step_over_the_protocol(benchmark, env_id):
    external = External(parse_reach(f"command:{sys.executable} {AGENT}"), Limits())
    with closing(ExternalAgent(external, env_id)) as agent:
        for each in (agent, Twin()):
            seconds_a_step(each, env_id)
        costs = [seconds_a_step(agent, env_id) - seconds_a_step(Twin(), env_id) for _ in range(7)]
        benchmark.pedantic(seconds_a_step, (agent, env_id), rounds=1)
    cost = 1e6 * statistics.median(costs)
    print(f"\n{env_id}: a step over the protocol costs {cost:.0f} microseconds more than in the process")
    assert cost < 100


@pytest.mark.parametrize("env_id", ["TextDialogue-v0", "TextQA-v0"])
@pytest.mark.parametrize("name", ["random", "search_open_abstain"])
def test_to_verify_costs_about_as_much_as_to_play(benchmark, tmp_path, env_id, name):
    if name != "random" and env_id != "TextQA-v0":
        pytest.skip(f"{name} does not play {env_id}")
    agent = load_agent(name, env_id)
    path = tmp_path / "records.jsonl"

    def play():
        return textenvs.evaluate(agent, env_id, episodes=EPISODES)

    def verify():
        assert sum(1 for _ in verify_file(path)) == EPISODES

    header = make_header(name, agent, env_id, "test", 0, 0)
    write_records(path, header, play())
    factors = []
    for _ in range(3):
        began = time.perf_counter()
        play()
        played = time.perf_counter()
        verify()
        factors.append((time.perf_counter() - played) / (played - began))
    benchmark.pedantic(verify, rounds=1)
    factor = statistics.median(factors)
    print(f"\n{env_id}, {name}: to verify {EPISODES:,d} episodes takes {factor:.2f} times as long as to play them")
    assert factor < 2
