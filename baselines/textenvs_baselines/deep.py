"""What the agents with a network share: settings, learning by Stable-Baselines3, playing with NumPy, and saving.

PyTorch and Stable-Baselines3 (extra `deep`) are needed to learn; to play what was learned, safetensors and NumPy are.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

import gymnasium as gym
from gymnasium.vector import VectorEnv

from textenvs.errors import require, shown
from textenvs.evaluation import Training
from textenvs_baselines.network import Network, load_weights, save_weights, weights_of
from textenvs_baselines.settings import TunedAgent, call_for_batch, of_this_suite

FORMAT = "textenvs-network/1"
MOST = dict.fromkeys(("gamma", "gae_lambda", "clip_range", "exploration_fraction", "exploration_final_eps"), 1.0)
"""Settings that are shares."""
KINDS = {
    int: "a whole number of 1 at least",
    float: "a number of 0 at least",
    tuple: "a list of whole numbers of 1 at least",
}


@dataclass(frozen=True)
class DeepConfig:
    """Settings of an agent with a network; the names are those of Stable-Baselines3.

    Attributes:
        num_envs: Episodes that are played at once while it learns.
        learning_rate: Step size of Adam at the start; it falls linearly to 0.
        gamma: Discount.
        batch_size: Transitions of a minibatch.
        net_arch: Sizes of the hidden layers.
    """

    num_envs: int = 32
    learning_rate: float = 1e-3
    gamma: float = 0.99
    batch_size: int = 256
    net_arch: tuple[int, ...] = (64, 64)

    def __post_init__(self) -> None:
        """Checks types and ranges."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "net_arch":
                good = isinstance(value, (list, tuple)) and all(type(size) is int and size > 0 for size in value)
            elif isinstance(field.default, int):
                good = type(value) is int and value > 0
            else:
                good = type(value) in (int, float) and 0.0 <= value <= MOST.get(field.name, sys.float_info.max)
            if not good:
                most = f", {MOST[field.name]} at most" if field.name in MOST else ""
                raise ValueError(f"{field.name} must be {KINDS[type(field.default)]}{most}, got {shown(value)}")
        object.__setattr__(self, "net_arch", tuple(self.net_arch))


class DeepAgent(TunedAgent):
    """A network that scores the actions: it plays the best that is possible; made as `TunedAgent`."""

    obs_type = "features"
    suffix = ".safetensors"
    algorithm: ClassVar[str]
    config_class: ClassVar[type[DeepConfig]] = DeepConfig
    settings: DeepConfig

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], **settings: Any) -> None:
        super().__init__(env_id, env_kwargs, **settings)
        self.network: Network | None = None
        self._weights: dict[str, Any] = {}

    @property
    def config(self) -> dict[str, Any]:
        """What stands in a record."""
        return {**super().config, "net_arch": list(self.settings.net_arch)}

    @property
    def num_envs(self) -> int:
        """Rows of the batch that it learns from."""
        return self.settings.num_envs

    def act(self, observation: Any, info: Mapping[str, Any]) -> int:
        """The possible action of the highest score; the first of equals."""
        if self.network is None:
            raise self.untrained()
        return self.network.best(self.encode(observation), info.get("action_mask"))

    def encode(self, observation: Any) -> Any:
        """The vector of an observation; only those of `obs_type` "text" are none."""
        return observation

    def train(
        self,
        env: Any,
        total_steps: int,
        seed: int = 0,
        progress: Callable[[int], None] | None = None,
        tensorboard: str | None = None,
    ) -> Training:
        """Learns from a batch.

        Args:
            env: Of `num_envs` rows in autoreset mode SAME_STEP, with observations of the agent's `obs_type`.
            total_steps: Environment steps to take at most, over all rows; one of each row at least.
            seed: Seeds environment, exploration and network.
            progress: Called with the number of steps since the last call, now and then.
            tensorboard: Folder for logs of TensorBoard, if there are to be any.

        Returns:
            The steps taken, and the learning curve.

        Raises:
            MissingExtra: Without the extra `deep`.
            ValueError: If the batch is not of this kind; the message says what to make instead.
        """
        self.check_batch(env)
        torch = require("torch", "deep")
        require("stable_baselines3", "deep")
        if tensorboard is not None:
            require("tensorboard", "deep")
        from textenvs_baselines.sb3 import SB3VecEnv

        batch = SB3VecEnv(env, self.encode if self.obs_type == "text" else None)
        with one_thread(torch):
            model = self.make_model(batch, total_steps, seed, tensorboard)
            turn = self.rollout(model) * batch.num_envs
            steps = max(turn, total_steps - total_steps % turn)
            model.learn(steps, callback=_Steps(progress) if progress else None, **self.learning(batch))
        self._weights = weights_of(model)
        self.network = Network(self._weights, self.algorithm)
        return Training(model.num_timesteps, batch.curve)

    def check_batch(self, env: Any) -> None:
        """Checks that it can learn from an environment.

        Raises:
            ValueError: If it is no batch, or has other observations or actions; the message says what to make instead.
        """
        space: Any = getattr(env, "single_observation_space", None)
        reads = self.obs_type == "text"
        fits = isinstance(space, gym.spaces.Text if reads else gym.spaces.Box)
        fits = fits and (reads or len(space.shape or ()) == 1)
        ours = not isinstance(env, (gym.Env, VectorEnv)) or of_this_suite(env)
        if not isinstance(env, VectorEnv) or (ours and not fits):
            raise ValueError(f"{self.name} learns from a batch: {call_for_batch(env, self.num_envs, self.obs_type)}")
        if not fits:
            cure = "" if reads else ": wrap the environments in gymnasium.wrappers.FlattenObservation"
            raise ValueError(
                f"{self.name} needs {'texts' if reads else 'vectors'} to observe, got {shown(space)}{cure}"
            )
        actions = env.single_action_space
        if not isinstance(actions, gym.spaces.Discrete) or actions.start != 0:
            cure = ': make it with action_type="choice"' if ours else ""
            raise ValueError(f"{self.name} needs actions of a Discrete space from 0, got {shown(actions)}{cure}")

    def make_model(self, batch: Any, total_steps: int, seed: int, tensorboard: str | None) -> Any:
        """The algorithm of Stable-Baselines3, ready to learn."""
        raise NotImplementedError

    def common(self, seed: int, tensorboard: str | None) -> dict[str, Any]:
        """The arguments that all algorithms of Stable-Baselines3 have."""
        settings = self.settings
        return {
            "learning_rate": lambda remaining: remaining * settings.learning_rate,
            "gamma": settings.gamma,
            "seed": seed,
            "device": "cpu",
            "tensorboard_log": tensorboard,
        }

    def learning(self, batch: Any) -> dict[str, Any]:
        """What the algorithm's `learn` is told beside the steps."""
        return {}

    def rollout(self, model: Any) -> int:
        """Steps that the algorithm takes in each row between two updates."""
        return 1

    def save(self, path: str | Path) -> None:
        """Saves the network and the settings as safetensors."""
        meta = {"format": FORMAT, "agent": self.name, "config": self.config}
        save_weights(Path(path), self._weights, meta)

    @classmethod
    def load(cls, path: str | Path, env_id: str = "", env_kwargs: Mapping[str, Any] | None = None) -> DeepAgent:
        """Loads what `save` has saved.

        Raises:
            MissingExtra: Without the extra `deep`.
            ValueError: If the file is not such a network; nothing in it is ever executed.
        """
        weights, meta = load_weights(Path(path))
        if "algorithm" in meta:
            raise ValueError(f"{path} is a policy of Stable-Baselines3, which the agent sb3 plays: --load it there")
        if meta.get("format") == FORMAT and meta.get("agent") != cls.name:
            saver = shown(meta.get("agent")).strip("'")
            raise ValueError(f"{path} was saved by the agent {saver}, which plays it: --load it there")
        if meta.get("format") != FORMAT or not isinstance(meta.get("config"), dict):
            raise ValueError(f"{path} is not a network that {cls.name} has saved: train it again")
        try:
            agent = cls(env_id, env_kwargs or {}, **meta["config"])
            agent.network, agent._weights = Network(weights, cls.algorithm), weights
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path} is not a network that {cls.name} has saved ({error}): train it again") from None
        return agent


class _Steps:
    """A callback of Stable-Baselines3 that reports the steps of the batch."""

    def __init__(self, progress: Callable[[int], None]) -> None:
        self._progress, self._reported = progress, 0

    def __call__(self, variables: dict[str, Any], _: dict[str, Any]) -> bool:
        steps = variables["self"].num_timesteps
        self._progress(steps - self._reported)
        self._reported = steps
        return True


@contextmanager
def one_thread(torch: Any) -> Any:
    """PyTorch uses one thread meanwhile: faster on small networks, and the same numbers on any number of cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
