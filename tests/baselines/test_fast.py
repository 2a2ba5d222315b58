"""Learning on tables gives the very numbers of the loop over the environment."""

import gymnasium as gym
import numpy as np
import pytest

import textenvs  # noqa: F401
from textenvs_baselines import tabular
from textenvs_baselines.fast import CHUNK, with_tables
from textenvs_baselines.q_learning import QLearningAgent
from textenvs_baselines.sarsa import SarsaAgent

pytest.importorskip("numba", reason="the extra fast is not installed")
ID = "TextDialogueClean-v0"


def learned(agent, env, parts, monkeypatch=None):
    """What an agent knows after one or several trainings, and their curves."""
    if monkeypatch is not None:
        monkeypatch.setattr(tabular, "with_tables", lambda env: None)
    curves = [agent.train(env, steps, seed=seed) for seed, steps in enumerate(parts)]
    return np.array(agent.values).tobytes(), agent.counts, curves


@pytest.mark.parametrize("learner", [QLearningAgent, SarsaAgent])
@pytest.mark.parametrize(
    ("env_id", "kwargs", "settings", "parts"),
    [
        (ID, {}, {}, (30_000,)),
        ("TextDialogue-v0", {"split": "test"}, {"discount": 0.9, "initial": 2.0}, (20_000,)),
        (
            "TextDialogueNoisy-v0",
            {"reward": {"turn": -1.5}},
            {"step_size_power": 0.5, "step_size_floor": 0.0},
            (20_000,),
        ),
        (ID, {}, {"step_size": 0.2, "step_size_power": 0}, (20_000,)),
        (ID, {"error_rate": 0.05}, {"epsilon_start": 0.5, "epsilon_end": 0.1, "exploration": 0.2}, (1, 5_000, 7_001)),
    ],
)
def test_the_tables_agree_to_the_bit(learner, env_id, kwargs, settings, parts, monkeypatch):
    env = gym.make(env_id, obs_type="discrete", **kwargs)
    assert with_tables(env)
    fast = learned(learner(env_id, {}, **settings), env, parts)
    assert fast == learned(learner(env_id, {}, **settings), env, parts, monkeypatch)
    assert len(fast[2][-1].curve) > 100


def test_progress_is_told_in_whole():
    told = []
    env = gym.make(ID, obs_type="discrete")
    QLearningAgent(ID, {}).train(env, CHUNK + 5, progress=told.append)
    assert told == [CHUNK, 5]


def test_what_is_wrapped_or_has_many_scenarios_is_learned_in_the_loop():
    assert not with_tables(gym.make(ID, obs_type="discrete", max_episode_steps=7))
    assert not with_tables(gym.wrappers.RecordEpisodeStatistics(gym.make(ID, obs_type="discrete")))
    assert not with_tables(gym.make("TextWriting-v0", obs_type="discrete"))
    assert not with_tables(gym.make("FrozenLake-v1"))


def test_a_learner_of_its_own_is_learned_in_the_loop():
    class Counting(QLearningAgent):
        updates = 0

        def learn(self, s, a, reward, following):
            self.updates += 1

    agent = Counting(ID, {})
    agent.train(gym.make(ID, obs_type="discrete"), 500)
    assert agent.updates == 500
