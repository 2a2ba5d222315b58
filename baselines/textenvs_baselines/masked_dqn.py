"""DQN of Stable-Baselines3 where not every action is possible (extra `deep`).

The mask stands at the end of the observation, so that it is in the replay buffer too; the network does not see it, but
an action that is impossible has no value to speak of, neither where the agent chooses nor in a target.
"""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import DQN
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.dqn.policies import DQNPolicy, QNetwork

IMPOSSIBLE = -1e8
"""The value of an action that is impossible."""


class MaskInObservation(VecEnvWrapper):  # type: ignore[misc]
    """The action mask at the end of the observation, and rewards on another scale.

    Args:
        batch: With observations that are vectors, and `env_method("action_masks")`; without it all is possible.
        reward_scale: By which rewards are multiplied. Of errors beyond 1 the Huber loss of DQN counts the sign alone,
            so that on a large scale it learns medians, not means.
    """

    def __init__(self, batch: VecEnv, reward_scale: float = 1.0) -> None:
        self._reward_scale = reward_scale
        space, self.n_actions = batch.observation_space, int(batch.action_space.n)
        ends = np.zeros(self.n_actions, np.float32), np.ones(self.n_actions, np.float32)
        low, high = (np.append(bound, end) for bound, end in zip((space.low, space.high), ends, strict=True))
        super().__init__(batch, gym.spaces.Box(low, high, dtype=np.float32))

    def reset(self) -> NDArray[np.float32]:
        """Starts an episode in each row."""
        return self._with_masks(self.venv.reset())

    def step_wait(self) -> tuple[NDArray[np.float32], NDArray[Any], NDArray[Any], list[dict[str, Any]]]:
        """Takes the step; the last observation of an episode has its mask too."""
        observations, rewards, ends, infos = self.venv.step_wait()
        for i in np.flatnonzero(ends):
            mask = infos[i].get("terminal_action_mask", np.ones(self.n_actions))
            infos[i]["terminal_observation"] = np.append(infos[i]["terminal_observation"], mask).astype(np.float32)
        return self._with_masks(observations), rewards * self._reward_scale, ends, infos

    def _with_masks(self, observations: NDArray[Any]) -> NDArray[np.float32]:
        if self.venv.has_attr("action_masks"):
            masks = np.stack(self.venv.env_method("action_masks"))
        else:
            masks = np.ones((self.num_envs, self.n_actions))
        return np.hstack([observations, masks]).astype(np.float32)


class WithoutMask(BaseFeaturesExtractor):  # type: ignore[misc]
    """What the network sees of an observation: all but the mask."""

    def __init__(self, observation_space: gym.spaces.Box, n_actions: int) -> None:
        super().__init__(observation_space, observation_space.shape[0] - n_actions)

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        """(N, length of the observation) to (N, length without the mask)."""
        return observations[:, : self.features_dim]


class MaskedQNetwork(QNetwork):  # type: ignore[misc]
    """A Q-network that gives what is impossible no value."""

    def forward(self, obs: torch.Tensor) -> torch.Tensor:
        """(N, length of the observation) to (N, actions)."""
        return super().forward(obs).masked_fill(obs[:, self.features_dim :] == 0, IMPOSSIBLE)


class MaskedPolicy(DQNPolicy):  # type: ignore[misc]
    """A policy whose networks know the mask."""

    def make_q_net(self) -> MaskedQNetwork:
        """One of the networks."""
        network: MaskedQNetwork = MaskedQNetwork(**self._update_features_extractor(self.net_args))
        return network.to(self.device)  # type: ignore[no-any-return]


class MaskedDQN(DQN):  # type: ignore[misc]
    """DQN that tries nothing impossible; which row explores is drawn for each of them."""

    def predict(
        self,
        observation: NDArray[np.float32],
        state: Any = None,
        episode_start: Any = None,
        deterministic: bool = False,
    ) -> tuple[NDArray[Any], Any]:
        """One action for each row, epsilon-greedy unless deterministic."""
        actions, state = self.policy.predict(observation, state, episode_start, deterministic=True)
        if not deterministic:
            explores = np.random.rand(len(actions)) < self.exploration_rate  # noqa: NPY002
            noise = np.random.rand(len(actions), self.action_space.n)  # noqa: NPY002
            possible = np.asarray(observation)[:, -self.action_space.n :] > 0
            actions = np.where(explores, np.where(possible, noise, -1.0).argmax(axis=1), actions)
        return actions, state

    def _sample_action(
        self, learning_starts: int, action_noise: Any = None, n_envs: int = 1
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Before the first update too, only what is possible is tried."""
        actions, stored = super()._sample_action(0, action_noise, n_envs)
        return actions, stored
