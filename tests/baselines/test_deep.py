"""DQN and PPO learn from a batch as Stable-Baselines3 steps it, are saved without pickle, and play with NumPy alone."""

import json
import sys

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import VectorWrapper

import textenvs
from tests.baselines.conftest import needs_deep
from textenvs.errors import MissingExtra
from textenvs.evaluation import load_agent
from textenvs_baselines.dqn import DQNAgent, DQNConfig
from textenvs_baselines.network import Network, load_weights
from textenvs_baselines.ppo import PPOAgent, PPOConfig
from textenvs_benchmarks.training import make_batch, train

ID = "TextDialogueClean-v0"
SMALL = {
    PPOAgent: {"num_envs": 8, "n_steps": 16, "batch_size": 64, "net_arch": [16]},
    DQNAgent: {"num_envs": 8, "learning_starts": 100, "batch_size": 64, "net_arch": [16]},
}


def batch(rows=8, **kwargs):
    return gym.make_vec(ID, rows, obs_type="features", autoreset_mode="SameStep", **kwargs)


@pytest.fixture(scope="module", params=SMALL, ids=lambda agent: agent.name)
def trained(request):
    pytest.importorskip("sb3_contrib")
    agent = request.param(ID, {}, **SMALL[request.param])
    told = []
    training = agent.train(batch(), 1000, seed=3, progress=told.append)
    assert sum(told) == training.steps
    return agent, training


def test_settings_are_checked():
    assert PPOAgent(ID, {}, net_arch=[16]).config["net_arch"] == [16]
    for settings in ({"num_envs": 0}, {"learning_rate": -1.0}, {"net_arch": [0]}, {"net_arch": 64}, {"gamma": 1.1}):
        for config in (PPOConfig, DQNConfig):
            with pytest.raises(ValueError, match=next(iter(settings))):
                config(**settings)
    with pytest.raises(ValueError, match="unknown setting among gama: there are num_envs"):
        PPOAgent(ID, {}, gama=1.0)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r'pip install "\.\[deep\]"'):
        PPOAgent(ID, {}).train(batch(), 10)
    with pytest.raises(MissingExtra, match=r'pip install "\.\[deep\]"'):
        DQNAgent(ID, {}).train(batch(), 10)


def others(*wrappers, name="CartPole-v1", rows=2):
    settings = {"vectorization_mode": "sync", "vector_kwargs": {"autoreset_mode": "SameStep"}}
    return gym.make_vec(name, rows, wrappers=wrappers, **settings)


@pytest.mark.parametrize("learner", [PPOAgent, DQNAgent])
def test_what_it_cannot_learn_from(learner):
    agent = learner("", {})
    for env in (gym.make(ID), gym.make_vec(ID, 2), gym.make_vec(ID, 2, obs_type="discrete"), None):
        with pytest.raises(ValueError, match=r'make_vec.*obs_type="features", autoreset_mode="SameStep"'):
            agent.check_batch(env)
    with pytest.raises(ValueError, match='action_type="choice"'):
        agent.check_batch(batch(2, action_type="text"))
    for env, message in (
        (gym.make("CartPole-v1"), 'make_vec.*vector_kwargs={"autoreset_mode": "SameStep"}'),
        (others(name="Blackjack-v1"), "Tuple.*FlattenObservation"),
        (others(name="Pendulum-v1"), "actions of a Discrete space from 0, got Box"),
    ):
        with pytest.raises(ValueError, match=message) as caught:
            agent.check_batch(env)
        assert "obs_type" not in str(caught.value)
    agent.check_batch(batch(2))
    agent.check_batch(others())
    agent.check_batch(others(gym.wrappers.FlattenObservation, name="Blackjack-v1"))


def test_a_network_by_hand():
    weights = {
        "mlp_extractor.policy_net.0.weight": np.array([[1.0, 0.0], [0.0, -1.0]], np.float32),
        "mlp_extractor.policy_net.0.bias": np.array([0.0, 0.5], np.float32),
        "action_net.weight": np.array([[1.0, 1.0]], np.float32),
        "action_net.bias": np.array([2.0], np.float32),
    }
    network = Network(weights, "PPO")
    assert (network.n_inputs, network.n_actions) == (2, 1)
    assert network.scores(np.array([1.0, 0.25], np.float32)) == pytest.approx(2 + np.tanh(1.0) + np.tanh(0.25))
    with pytest.raises(ValueError, match="unknown algorithm 'PP0': did you mean 'PPO'"):
        Network(weights, "PP0")
    with pytest.raises(ValueError, match="not the weights of an MlpPolicy of PPO"):
        Network({}, "PPO")


@needs_deep
@pytest.mark.filterwarnings("default")
def test_the_same_seed_gives_the_same_network(trained):
    agent, training = trained
    again = type(agent)(ID, {}, **SMALL[type(agent)])
    assert again.train(batch(), 1000, seed=3) == training
    assert all((agent._weights[name] == again._weights[name]).all() for name in agent._weights)
    assert training.steps == (1000 - 1000 % (8 * 16) if agent.name == "ppo" else 1000)


@needs_deep
@pytest.mark.filterwarnings("default")
def test_numpy_plays_what_was_trained(trained):
    import torch
    from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
    from stable_baselines3.dqn.policies import DQNPolicy

    agent, _ = trained
    env = batch()
    observations, info = env.reset(seed=0)
    masks = info["action_mask"]
    made = {"ppo": MaskableActorCriticPolicy, "dqn": DQNPolicy}[agent.name]
    policy = made(env.single_observation_space, env.single_action_space, lambda _: 0.0, net_arch=[16])
    weights = {name: torch.as_tensor(value) for name, value in agent._weights.items()}
    policy.load_state_dict(weights, strict=agent.name == "ppo")
    if agent.name == "ppo":
        theirs, _ = policy.predict(observations, deterministic=True, action_masks=masks)
    else:
        theirs = np.where(masks, policy.q_net(torch.as_tensor(observations)).detach().numpy(), -np.inf).argmax(axis=1)
    ours = [agent.act(row, {"action_mask": mask}) for row, mask in zip(observations, masks, strict=True)]
    assert ours == theirs.tolist()


@needs_deep
def test_it_comes_back_as_it_was_saved(trained, tmp_path):
    agent, _ = trained
    agent.save(tmp_path / "it.safetensors")
    again = type(agent).load(tmp_path / "it.safetensors", ID, {})
    assert again.config == agent.config
    records = [textenvs.evaluate(each, ID, episodes=5, seed=1) for each in (agent, again)]
    assert records[0] == records[1]
    (tmp_path / "other").write_bytes(b"PK\x03\x04")
    with pytest.raises(ValueError, match="is no file of safetensors"):
        load_weights(tmp_path / "other")
    with pytest.raises(ValueError, match="there is no such file"):
        type(agent).load(tmp_path / "nothing", ID, {})


@needs_deep
def test_no_transition_crosses_an_episode():
    from textenvs_baselines.sb3 import SB3VecEnv

    with pytest.raises(ValueError, match='autoreset_mode="SameStep"'):
        SB3VecEnv(gym.make_vec(ID, 2, obs_type="features"))
    wrapped, plain = SB3VecEnv(batch(5, max_episode_steps=6)), batch(5, max_episode_steps=6)
    wrapped.seed(7)
    seeds = wrapped._seeds
    assert len(set(seeds)) == 5
    observations, (expected, info) = wrapped.reset(), plain.reset(seed=seeds)
    rng, cut, ended = np.random.default_rng(0), 0, 0
    for _ in range(300):
        assert (observations == expected).all()
        masks = np.stack(wrapped.env_method("action_masks"))
        assert (masks == info["action_mask"].astype(bool)).all()
        actions = np.array([rng.choice(np.flatnonzero(mask)) for mask in masks])
        observations, rewards, dones, infos = wrapped.step(actions)
        expected, theirs, terminated, truncated, info = plain.step(actions)
        assert (rewards == theirs.astype(np.float32)).all()
        assert (dones == (terminated | truncated)).all()
        for i in range(5):
            assert ("terminal_observation" in infos[i]) == dones[i]
            if dones[i]:
                assert (infos[i]["terminal_observation"] == info["final_obs"][i]).all()
                assert infos[i]["TimeLimit.truncated"] == (truncated[i] and not terminated[i])
                assert infos[i]["episode"]["l"] <= 6
                cut, ended = cut + infos[i]["TimeLimit.truncated"], ended + 1
    assert cut > 10
    assert ended == len(wrapped.curve) > cut


@needs_deep
def test_dqn_remembers_what_was_possible():
    from textenvs_baselines.masked_dqn import IMPOSSIBLE
    from textenvs_baselines.sb3 import SB3VecEnv

    agent = DQNAgent(ID, {}, **SMALL[DQNAgent] | {"returns": 1})
    model = agent.make_model(SB3VecEnv(batch(max_episode_steps=6)), 2000, 0, None)
    model.learn(2000)
    n, memory = int(model.action_space.n), model.replay_buffer
    for seen, action in zip(memory.observations[: memory.pos], memory.actions[: memory.pos, :, 0], strict=True):
        assert (seen[np.arange(8), -n + action] == 1.0).all()
    ended = memory.dones[: memory.pos] > 0
    assert (memory.timeouts[: memory.pos] > 0).sum() > 10
    assert (memory.next_observations[: memory.pos][ended][:, -n:].sum(axis=1) >= 1).all()
    seen = model.policy.obs_to_tensor(memory.observations[0])[0]
    assert ((model.q_net(seen) == IMPOSSIBLE) == (seen[:, -n:] == 0)).all()


@pytest.mark.parametrize("name", ["dqn", "ppo"])
def test_it_is_found_by_its_name(name):
    agent = load_agent(name, ID)
    assert (agent.obs_type, agent.suffix) == ("features", ".safetensors")
    assert json.dumps(agent.config)
    with pytest.raises(ValueError, match="has learned nothing yet"):
        agent.act(np.zeros(26, np.float32), {})


@needs_deep
@pytest.mark.filterwarnings("default")
def test_logs_of_tensorboard_are_written(tmp_path):
    pytest.importorskip("tensorboard")
    PPOAgent(ID, {}, **SMALL[PPOAgent]).train(batch(), 300, tensorboard=str(tmp_path))
    assert list(tmp_path.rglob("events.out.tfevents.*"))


class OnlyPossible(VectorWrapper):
    """Refuses what the masks of the step before did not allow."""

    def reset(self, **told):
        observations, info = self.env.reset(**told)
        self.mask = info["action_mask"]
        return observations, info

    def step(self, actions):
        assert self.mask[np.arange(self.num_envs), actions].all()
        *seen, info = self.env.step(actions)
        self.mask = info["action_mask"]
        return *seen, info


@needs_deep
@pytest.mark.parametrize("agent", SMALL, ids=lambda agent: agent.name)
def test_no_impossible_act_is_taken_while_it_learns(agent):
    agent(ID, {}, **SMALL[agent]).train(OnlyPossible(batch()), 2000)
    agent(ID, {}, **SMALL[agent]).train(
        OnlyPossible(make_batch("TextQA-v0", 8, obs_type="features", split="train")), 64
    )


@needs_deep
@pytest.mark.filterwarnings("default")
def test_it_learns_without_masks_too():
    for agent in SMALL:
        assert agent(ID, {}, **SMALL[agent]).train(batch(info_keys=()), 300).steps >= 128


@needs_deep
@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("name", "steps", "least"), [("ppo", 60_000, 85.0), ("dqn", 40_000, 80.0)])
def test_it_learns_the_clean_dialogue(name, steps, least):
    agent = load_agent(name, ID)
    train(agent, ID, steps, seed=1)
    records = textenvs.evaluate(agent, ID, split="test", episodes=300, seed=2)
    mean = np.mean([record.episodic_return for record in records])
    assert textenvs.reference_scores(ID, "test").normalise(mean) > least


def test_where_there_are_many_scenarios_single_environments_are_played():
    told = {"obs_type": "features", "action_type": "choice", "split": "train"}
    assert type(make_batch(ID, 2, **told)).__name__ == "TextVectorEnv"
    for reward in ({}, {"length": -0.1}):
        env = make_batch("TextWriting-v0", 2, reward=reward, **told)
        assert isinstance(env, gym.vector.SyncVectorEnv)
        assert env.reset(seed=1)[0].shape == (2, 28)
