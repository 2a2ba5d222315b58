import json

import pytest

import textenvs
from textenvs.evaluation import Header, episode_seed, load_agent, read_records, write_records

ID = "TextDialogue-v0"
HEADER = Header("random", {}, ID, {}, "discrete", "choice", "test", 0, 0, "hash", {"textenvs": "0"})


def test_episodes_do_not_depend_on_how_many_there_are():
    agent = load_agent("random", ID)
    few, many = (textenvs.evaluate(agent, ID, episodes=n, seed=3, agent_seed=1) for n in (3, 8))
    assert few == many[:3]
    assert len({record.seed for record in many}) == 8
    assert textenvs.evaluate(agent, ID, episodes=3, seed=4, agent_seed=1) != few
    assert textenvs.evaluate(agent, ID, episodes=3, seed=3, agent_seed=2) != few


def test_a_record_can_be_played_again():
    for obs_type, name in (("text", "rule"), ("discrete", "random")):
        for record in textenvs.evaluate(load_agent(name, ID), ID, episodes=20, seed=0):
            env = textenvs.evaluation.rollout.gym.make(ID, obs_type=obs_type, split="test")
            env.reset(seed=record.seed)
            total = 0.0
            for step, action in enumerate(record.actions):
                _, reward, terminated, _, info = env.step(action)
                total += reward
                for term, amounts in record.reward_terms.items():
                    assert info["reward_terms"][term] == amounts[step]
            assert total == record.episodic_return
            assert terminated == record.terminated
            assert info["metrics"] == record.metrics


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
    assert json.loads(lines[0])["format"] == "textenvs-record/1"
    for broken in ([], ["[]"], ["{}"], [*lines[:2], lines[2][:40]], [lines[0], "{}"], [lines[1]]):
        path.write_text("\n".join(broken))
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
