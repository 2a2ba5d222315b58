"""The environments in the training loops of others, and in the checker of Stable-Baselines3."""

import gymnasium as gym
import numpy as np
import pytest

import textenvs

ID = "TextDialogueClean-v0"


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("obs_type", ["features", "discrete"])
@pytest.mark.parametrize("env_id", textenvs.IDS)
def test_stable_baselines3_finds_nothing_wrong(env_id, obs_type, recwarn):
    env_checker = pytest.importorskip("stable_baselines3.common.env_checker", reason="the extra deep is not installed")
    env_checker.check_env(gym.make(env_id, obs_type=obs_type, split="test"), warn=True)
    ours = [str(warning.message) for warning in recwarn if "stable_baselines3" in warning.filename]
    assert ours == []


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_it_trains_in_torchrl():
    """The loop of "Get started with your own first training loop"."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("torchrl")
    from tensordict.nn import TensorDictModule, TensorDictSequential
    from torchrl.collectors import Collector
    from torchrl.data import LazyTensorStorage, ReplayBuffer
    from torchrl.envs import GymWrapper, StepCounter, TransformedEnv
    from torchrl.modules import MLP, EGreedyModule, QValueModule
    from torchrl.objectives import DQNLoss, SoftUpdate

    torch.manual_seed(0)
    env = TransformedEnv(GymWrapper(gym.make(ID, obs_type="features")), StepCounter())
    env.set_seed(0)
    network = MLP(out_features=env.action_spec.shape[-1], num_cells=[64, 64])
    value = TensorDictModule(network, in_keys=["observation"], out_keys=["action_value"])
    policy = TensorDictSequential(value, QValueModule(spec=env.action_spec))
    exploration = EGreedyModule(env.action_spec, annealing_num_steps=8000, eps_init=1.0)
    acting = TensorDictSequential(policy, exploration)
    collector = Collector(env, acting, frames_per_batch=100, total_frames=12_000, init_random_frames=1000)
    buffer = ReplayBuffer(storage=LazyTensorStorage(12_000))
    loss = DQNLoss(value_network=policy, action_space=env.action_spec, delay_value=True)
    optimiser, updater = torch.optim.Adam(loss.parameters(), lr=1e-3), SoftUpdate(loss, eps=0.98)
    rewards = []
    for data in collector:
        buffer.extend(data)
        rewards.append(float(data["next", "reward"].mean()))
        if len(buffer) > 1000:
            for _ in range(20):
                loss(buffer.sample(128))["loss"].backward()
                optimiser.step()
                optimiser.zero_grad()
                updater.step()
            exploration.step(data.numel())
    collector.shutdown()
    assert np.mean(rewards[-20:]) > np.mean(rewards[:20]) + 0.3


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_it_trains_in_tianshou(tmp_path, monkeypatch):
    """An experiment of its high-level interface, with PPO."""
    try:
        import tianshou.highlevel.experiment  # noqa: F401
    except (ImportError, TypeError) as error:  # beside pandas 3 a package that it imports fails with a TypeError
        pytest.skip(f'it needs pip install "tianshou[eval]" joblib "pandas<3", in an environment of its own: {error}')
    from tianshou.highlevel.config import OnPolicyTrainingConfig
    from tianshou.highlevel.env import EnvFactoryRegistered, VectorEnvType
    from tianshou.highlevel.experiment import ExperimentConfig, PPOExperimentBuilder
    from tianshou.highlevel.params.algorithm_params import PPOParams

    monkeypatch.chdir(tmp_path)
    training = OnPolicyTrainingConfig(
        max_epochs=8,
        epoch_num_steps=8000,
        num_training_envs=8,
        num_test_envs=4,
        test_step_num_episodes=20,
        collection_step_num_env_steps=1000,
        batch_size=250,
        update_step_num_repetitions=4,
    )
    result = (
        PPOExperimentBuilder(
            EnvFactoryRegistered(task=ID, venv_type=VectorEnvType.DUMMY, obs_type="features"),
            ExperimentConfig(persistence_enabled=False, watch=False),
            training,
        )
        .with_ppo_params(PPOParams(lr=2e-3, gamma=0.99, ent_coef=0.01))
        .with_actor_factory_default(hidden_sizes=(64, 64))
        .with_critic_factory_default(hidden_sizes=(64, 64))
        .build()
        .run()
    )
    best = result.trainer_result.best_reward
    assert best > textenvs.reference_scores(ID).random + 10
