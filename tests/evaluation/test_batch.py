"""Agents that play several episodes side by side, and what they have taken."""

import json
from dataclasses import replace

import numpy as np
import pytest

import textenvs
from textenvs.evaluation import AgentFailure, BatchAgent, Header, RecordFile, evaluate, read_records, replay
from textenvs.evaluation.record import to_line

ID = "TextDialogue-v0"


class Drawing:
    """Draws from the possible acts, for one episode."""

    obs_type, action_type = "text", "choice"

    def reset(self, seed):
        self.rng = np.random.default_rng(seed)

    def act(self, observation, info):
        return int(self.rng.choice(np.flatnonzero(info["action_mask"])))


class Together:
    """The same for several, with what it was asked."""

    obs_type, action_type = "text", "choice"

    def __init__(self, rows):
        self.rows = rows
        self.asked = []

    def reset_rows(self, seeds):
        self.each = [Drawing() for _ in seeds]
        self.counts = [0] * len(seeds)
        for agent, seed in zip(self.each, seeds, strict=True):
            agent.reset(seed)

    def act_rows(self, rows, observations, infos):
        self.asked.append(list(rows))
        for row in rows:
            self.counts[row] += 1
        return [self.each[row].act(*told) for row, *told in zip(rows, observations, infos, strict=True)]

    def usage(self, row):
        return {"questions": self.counts[row]}


@pytest.mark.parametrize("rows", [1, 3, 20])
def test_it_plays_the_same_episodes_as_one_by_one(rows):
    together = Together(rows)
    assert isinstance(together, BatchAgent)
    done = []
    found = evaluate(together, ID, episodes=10, seed=4, progress=done.append)
    alone = evaluate(Drawing(), ID, episodes=10, seed=4)
    assert [replace(record, usage={}) for record in found] == alone
    assert [record.usage["questions"] for record in found] == [record.length for record in alone]
    assert sum(done) == 10
    assert max(map(len, together.asked)) == min(rows, 10)
    assert all(list(rows) == sorted(set(rows)) for rows in together.asked)


class Failing(Together):
    """Fails in its second row at its second act."""

    def act_rows(self, rows, observations, infos):
        answers = list(super().act_rows(rows, observations, infos))
        for place, row in enumerate(rows):
            if row == 1 and self.counts[row] == 2:
                answers[place] = AgentFailure("nonsense", "no answer")
        return answers


def test_a_failure_costs_its_own_episode_alone():
    failing = Failing(3)
    found = evaluate(failing, ID, episodes=6, seed=4)
    well = evaluate(Together(3), ID, episodes=6, seed=4)
    for number, (record, other) in enumerate(zip(found, well, strict=True)):
        if number % 3 == 1 and other.length > 1:
            assert record.failure == "nonsense: no answer"
            assert record.usage == {"questions": 2}
        else:
            assert record == other
    assert any(record.failure for record in found)
    assert failing.counts[1] == 2  # it is not asked again


def header():
    return Header("x", {}, ID, {}, "text", "choice", "test", 0, 0, "", "", "", {})


def test_usage_is_recorded_where_there_is_some(tmp_path):
    records = evaluate(Together(2), ID, episodes=4, seed=1)
    records[1] = replace(records[1], usage={})
    with RecordFile(tmp_path / "a.jsonl", header()) as file:
        for record in records:
            file.append(record)
    lines = (tmp_path / "a.jsonl").read_text().splitlines()[1:]
    assert ["usage" in json.loads(line) for line in lines] == [True, False, True, True]
    assert read_records(tmp_path / "a.jsonl")[1] == records
    for record in records:
        assert replay(header(), record) == record


@pytest.mark.parametrize("usage", ['{"tokens":"many"}', "[1]", '{"tokens":null}', '{"tokens":1e999}'])
def test_usage_that_is_no_count_is_refused(tmp_path, usage):
    record = evaluate(Drawing(), ID, episodes=1)[0]
    line = record.to_line().rstrip("}\n") + f',"usage":{usage}}}\n'
    first = to_line({"format": "textenvs-record/2", **vars(header())})
    (tmp_path / "a.jsonl").write_text(first + line)
    with pytest.raises(ValueError, match="line 2 is not a record"):
        read_records(tmp_path / "a.jsonl")


def test_what_is_no_agent_is_refused():
    with pytest.raises(ValueError, match="is no agent"):
        textenvs.evaluate(object(), ID)
