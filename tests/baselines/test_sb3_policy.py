"""A stranger's model of Stable-Baselines3 plays from its weights; a pickle is not loaded unless it is trusted."""

import importlib
import subprocess
import sys
import zipfile

import gymnasium as gym
import numpy as np
import pytest

import textenvs
from tests.baselines.conftest import needs_deep
from textenvs_baselines.sb3_policy import SB3Policy
from textenvs_benchmarks.cli import main

ID = "TextDialogueClean-v0"


def test_a_zip_is_not_loaded(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as file:
        file.writestr("data", "{}")
    with pytest.raises(ValueError, match="can run any code that its maker has put in"):
        SB3Policy.load(tmp_path / "model.zip", ID, {}, algorithm="PPO")
    assert main(["evaluate", "sb3", ID, "--load", str(tmp_path / "model.zip")]) == 2
    assert "trust_pickle=true" in capsys.readouterr().err


def test_what_it_is_told_is_checked():
    for options, message in (
        ({"algorithm": "PP0"}, "did you mean 'PPO'"),
        ({"obs_type": "text"}, "unknown obs_type"),
        ({"trust_pickle": "no"}, "must be true or false, got 'no'"),
    ):
        with pytest.raises(ValueError, match=message):
            SB3Policy(ID, {}, **options)
    with pytest.raises(ValueError, match="--load a file of its weights"):
        SB3Policy(ID, {}).act(np.zeros(26, np.float32), {})


@needs_deep
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("obs_type", ["features", "discrete"])
@pytest.mark.parametrize(
    ("package", "algorithm"),
    [*(("stable_baselines3", name) for name in ("PPO", "A2C", "DQN")), ("sb3_contrib", "MaskablePPO")],
)
def test_it_plays_as_the_model_does(obs_type, package, algorithm, tmp_path, capsys):
    from textenvs_baselines.sb3 import save_policy

    env = gym.make(ID, obs_type=obs_type)
    model = getattr(importlib.import_module(package), algorithm)(
        "MlpPolicy", env, seed=0, device="cpu", policy_kwargs={"net_arch": [16]}
    )
    model.learn(300)
    model.save(tmp_path / "model.zip")
    save_policy(model, tmp_path / "model.safetensors")
    told = SB3Policy.load(tmp_path / "model.safetensors", ID, {}, obs_type=obs_type)
    trusted = SB3Policy.load(tmp_path / "model.zip", ID, {}, obs_type=obs_type, algorithm=algorithm, trust_pickle=True)
    assert told.config["algorithm"] == algorithm
    played = [textenvs.evaluate(agent, ID, split="test", episodes=5, seed=1) for agent in (told, trusted)]
    assert played[0] == played[1]
    line = ["evaluate", "sb3", ID, "--load", str(tmp_path / "model.safetensors"), "--episodes", "2"]
    assert main([*line, "--set", f"obs_type={obs_type}"]) == 0
    other = "discrete" if obs_type == "features" else "features"
    assert main([*line, "--set", f"obs_type={other}"]) == 2
    assert "is of another id" in capsys.readouterr().err


@needs_deep
def test_the_weights_of_a_policy_alone_need_the_name_of_its_algorithm(tmp_path):
    from safetensors.numpy import save_file

    weights = {"mlp_extractor.policy_net.0.weight": np.ones((4, 26), np.float32), "action_net.bias": np.zeros(16, "f")}
    weights |= {"mlp_extractor.policy_net.0.bias": np.zeros(4, "f"), "action_net.weight": np.ones((16, 4), np.float32)}
    save_file(weights, tmp_path / "weights.safetensors")
    with pytest.raises(ValueError, match="does not tell its algorithm: --set algorithm=NAME, one of PPO"):
        SB3Policy.load(tmp_path / "weights.safetensors", ID, {})
    assert SB3Policy.load(tmp_path / "weights.safetensors", ID, {}, algorithm="MaskablePPO").config["algorithm"]


@needs_deep
@pytest.mark.slow
def test_the_snippet_of_the_readme_runs(tmp_path):
    code = (
        "import gymnasium as gym, textenvs\n"
        "from stable_baselines3 import PPO\n"
        "model = PPO('MlpPolicy', gym.make('TextDialogue-v0', obs_type='features'))\n"
        "model.learn(10_000)\n"
        "model.save('model')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
    assert (tmp_path / "model.zip").exists()


@needs_deep
@pytest.mark.filterwarnings("default")
def test_what_could_not_play_again_is_not_saved(tmp_path):
    from stable_baselines3 import PPO
    from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize
    from torch import nn

    from textenvs_baselines.sb3 import save_policy

    env = DummyVecEnv([lambda: gym.make(ID, obs_type="features")])
    with pytest.raises(ValueError, match="VecNormalize"):
        save_policy(PPO("MlpPolicy", VecNormalize(env), device="cpu"), tmp_path / "it")
    with pytest.raises(ValueError, match="elu is not among"):
        save_policy(PPO("MlpPolicy", env, device="cpu", policy_kwargs={"activation_fn": nn.ELU}), tmp_path / "it")
    assert not (tmp_path / "it").exists()


@needs_deep
@pytest.mark.filterwarnings("default")
def test_stable_baselines3_makes_environments_by_their_id():
    from stable_baselines3.common.env_util import make_vec_env

    assert make_vec_env(ID, 2, env_kwargs={"obs_type": "features"}).reset().shape == (2, 26)


@needs_deep
def test_the_agent_that_saved_a_file_is_named(tmp_path, capsys):
    from stable_baselines3 import DQN

    from textenvs_baselines.sb3 import save_policy

    save_policy(DQN("MlpPolicy", gym.make(ID, obs_type="discrete")), tmp_path / "theirs.safetensors")
    assert main(["train", "ppo", ID, "--steps", "1", "--out", str(tmp_path / "ours.safetensors")]) == 0
    play = ["--episodes", "1", "--load"]
    assert main(["evaluate", "sb3", ID, *play, str(tmp_path / "theirs.safetensors")]) == 0
    capsys.readouterr()
    for agent, file, said in (
        ("ppo", "theirs", "a policy of Stable-Baselines3, which the agent sb3 plays"),
        ("dqn", "ours", "saved by the agent ppo"),
        ("sb3", "ours", "saved by the agent ppo"),
    ):
        assert main(["evaluate", agent, ID, *play, str(tmp_path / f"{file}.safetensors")]) == 2
        assert said in capsys.readouterr().err
    assert main(["evaluate", "sb3", ID, *play, str(tmp_path / "theirs.safetensors"), "--set", "obs_typ=x"]) == 2
    assert "did you mean 'obs_type'" in capsys.readouterr().err


@needs_deep
def test_a_model_plays_with_its_own_activation():
    from stable_baselines3 import PPO
    from torch.nn import ReLU

    env = gym.make(ID, obs_type="features")
    model = PPO("MlpPolicy", env, policy_kwargs={"activation_fn": ReLU}, seed=0, device="cpu")
    agent, (observation, info) = SB3Policy.of(model), env.reset(seed=0)
    for _ in range(100):
        assert agent.act(observation, info) == int(model.predict(observation, deterministic=True)[0])
        observation, _, terminated, _, info = env.step(env.action_space.sample())
        if terminated:
            observation, info = env.reset()
