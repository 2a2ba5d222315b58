import gymnasium as gym
import numpy as np
import pytest

import textenvs
from textenvs.evaluation import Agent, Learner, agent_names, find_agent, load_agent
from textenvs.floor import degenerate_agents
from textenvs.registration import stored_of
from textenvs_baselines.rule import RuleAgent
from textenvs_benchmarks.training import train

ID = "TextDialogue-v0"


NEED_A_MODEL = ("sb3", "lm", "openai")
"""Agents that are tested by themselves, with a model."""


@pytest.mark.parametrize("name", [name for name in agent_names() if name not in NEED_A_MODEL])
def test_every_agent_is_one(name):
    plays = getattr(find_agent(name), "plays", lambda env_id: True)
    env_id = next(env_id for env_id in (ID, "TextWriting-v0", "TextQA-v0") if plays(env_id))
    agent = load_agent(name, env_id)
    assert isinstance(agent, Agent)
    if isinstance(agent, Learner):
        if name in ("dqn", "ppo", "ppo_ngrams"):
            pytest.importorskip("sb3_contrib", reason="the extra deep is not installed")
        training = train(agent, env_id, 2000, seed=0)
        assert 0 < training.steps <= 2500
    records = [textenvs.evaluate(agent, env_id, split="train", episodes=5, seed=1, agent_seed=2) for _ in range(2)]
    assert records[0] == records[1]


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("env_id", textenvs.IDS)
def test_the_optimal_agent_meets_its_value(env_id, split):
    agent = load_agent("optimal", env_id, {"split": split})
    episodes = 2000 if textenvs.task_of(env_id).n_scenarios(split) == 1 else 200
    returns = [r.episodic_return for r in textenvs.evaluate(agent, env_id, split=split, episodes=episodes, seed=2)]
    error = np.std(returns) / np.sqrt(len(returns))
    assert abs(np.mean(returns) - textenvs.reference_scores(env_id, split).optimal) < 3.5 * error


@pytest.mark.parametrize("split", ["train", "test"])
def test_random_is_zero(split):
    returns = [
        r.episodic_return for r in textenvs.evaluate(load_agent("random", ID), ID, split=split, episodes=3000, seed=2)
    ]
    error = np.std(returns) / np.sqrt(len(returns))
    assert abs(np.mean(returns) - textenvs.reference_scores(ID, split).random) < 3.5 * error


def test_the_rule_chooses_its_variant():
    for env_id, variant in (("TextDialogueClean-v0", 0), ("TextDialogueNoisy-v0", 1)):
        agent = load_agent("rule", env_id)
        agent.train(gym.make(env_id), 10_000, seed=0)
        assert agent.variant == variant


def test_the_rule_is_saved_and_loaded(tmp_path):
    RuleAgent(ID, {}, variant=1).save(tmp_path / "rule.json")
    assert RuleAgent.load(tmp_path / "rule.json", ID, {}).variant == 1
    (tmp_path / "rule.json").write_text("{}")
    with pytest.raises(ValueError, match="is not a saved rule"):
        RuleAgent.load(tmp_path / "rule.json", ID, {})
    with pytest.raises(ValueError, match="variant 7 does not exist"):
        RuleAgent(ID, {}, variant=7)


def floors(env_id, split, names):
    stored = stored_of(env_id)[split]["degenerate"]
    agents = degenerate_agents(env_id, {"split": split})
    assert agents.keys() == stored.keys()
    for name in names or agents:
        records = textenvs.evaluate(agents[name], env_id, split=split, episodes=2000, seed=0)
        assert np.mean([r.episodic_return for r in records]) == stored[name], name


def test_some_floors_are_as_stored():
    floors(ID, "test", ("first_legal", "never_gives_up", "always goodbye"))


@pytest.mark.slow
@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("env_id", textenvs.IDS)
def test_all_floors_are_as_stored(env_id, split):
    floors(env_id, split, ())


def test_the_optimal_agent_knows_its_split():
    with pytest.raises(ValueError, match="no state of the train split"):
        textenvs.evaluate(load_agent("optimal", ID), ID, split="test", episodes=50)
    with pytest.raises(ValueError, match="is not of the train split"):
        textenvs.evaluate(load_agent("optimal", "TextWriting-v0"), "TextWriting-v0", split="test", episodes=1)


def test_an_agent_for_other_tasks_says_so():
    with pytest.raises(ValueError, match="has no policy 'keep_all': this agent is not for it"):
        load_agent("keep_all", ID)
