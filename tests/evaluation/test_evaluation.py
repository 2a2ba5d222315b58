import dataclasses
import json

import pytest

import textenvs
from textenvs.evaluation import Header, episode_seed, load_agent, read_records, replay, write_records

ID = "TextDialogue-v0"
HEADER = Header("random", {}, ID, {}, "discrete", "choice", "test", 0, 0, "", "hash", "", {"textenvs": "0"})


def test_episodes_do_not_depend_on_how_many_there_are():
    agent = load_agent("random", ID)
    few, many = (textenvs.evaluate(agent, ID, episodes=n, seed=3, agent_seed=1) for n in (3, 8))
    assert few == many[:3]
    assert len({record.seed for record in many}) == 8
    assert textenvs.evaluate(agent, ID, episodes=3, seed=4, agent_seed=1) != few
    assert textenvs.evaluate(agent, ID, episodes=3, seed=3, agent_seed=2) != few


@pytest.mark.parametrize(("obs_type", "name"), [("text", "optimal"), ("discrete", "random")])
def test_a_record_can_be_played_again(obs_type, name):
    header = dataclasses.replace(HEADER, obs_type=obs_type, agent=name)
    for record in textenvs.evaluate(load_agent(name, ID, {"split": "test"}), ID, episodes=20, seed=0):
        assert replay(header, record) == record
        for actions in (record.actions[:-1], [*record.actions, 0]):
            with pytest.raises(ValueError, match="actions"):
                replay(header, dataclasses.replace(record, actions=actions))


def test_a_changed_record_is_found_out():
    header = dataclasses.replace(HEADER, obs_type="text")
    for record in textenvs.evaluate(load_agent("rule", ID, variant=1), ID, episodes=20, seed=0):
        for change in ({"observations": "0" * 16}, {"episodic_return": 1.0}, {"metrics": {"success": 0.5}}):
            changed = dataclasses.replace(record, **change)
            assert replay(header, changed) != changed


def test_episode_seeds_do_not_collide():
    seeds = {episode_seed(seed, split, i) for seed in range(5) for split in range(3) for i in range(300)}
    assert len(seeds) == 5 * 3 * 300
    assert max(seeds) < 2**53


def test_records_are_written_and_read(tmp_path):
    records = textenvs.evaluate(load_agent("random", ID), ID, episodes=4)
    path = tmp_path / "r.jsonl"
    write_records(path, HEADER, records)
    assert read_records(path) == (HEADER, records)
    lines = path.read_text().splitlines()
    assert len(lines) == 5
    assert json.loads(lines[0])["format"] == "textenvs-record/2"
    for broken in ([], ["[]"], ["{}"], [*lines[:2], lines[2][:40]], [lines[0], "{}"], [lines[1]]):
        path.write_text("".join(f"{line}\n" for line in broken))
        with pytest.raises(ValueError, match="jsonl"):
            read_records(path)


def test_bad_counts():
    agent = load_agent("random", ID)
    with pytest.raises(ValueError, match="episodes must be at least 1"):
        textenvs.evaluate(agent, ID, episodes=0)
    with pytest.raises(ValueError, match="seeds must not be negative"):
        textenvs.evaluate(agent, ID, seed=-1)
    with pytest.raises(ValueError, match="did you mean 'test'"):
        textenvs.evaluate(agent, ID, split="tests")


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        (0, "evaluation_seed", "0"),
        (0, "env_kwargs", []),
        (0, "seed", True),
        (1, "seed", {}),
        (1, "terminated", 1),
        (1, "actions", "0123"),
        (1, "episodic_return", "1.0"),
    ],
)
def test_fields_of_another_type_are_named(tmp_path, line, field, value):
    write_records(tmp_path / "file", HEADER, textenvs.evaluate(load_agent("random", ID), ID, episodes=1))
    rows = [json.loads(row) for row in (tmp_path / "file").read_text().splitlines()]
    rows[line][field] = value
    (tmp_path / "file").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(ValueError, match=f"line {line + 1} is not a record: {field} must be of type"):
        read_records(tmp_path / "file")


def test_a_line_that_is_nested_too_deeply_is_named(tmp_path):
    (tmp_path / "file").write_text("[" * 200_000 + "\n")
    with pytest.raises(ValueError, match="line 1 is not a record"):
        read_records(tmp_path / "file")
