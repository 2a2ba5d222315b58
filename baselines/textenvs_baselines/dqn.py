"""DQN (Mnih et al. 2015) of Stable-Baselines3, with n-step returns and action masks where there are some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textenvs_baselines.deep import DeepAgent, DeepConfig


@dataclass(frozen=True)
class DQNConfig(DeepConfig):
    """Settings of DQN.

    Attributes:
        buffer_size: Transitions that are remembered.
        learning_starts: Steps before the first update.
        gradient_steps: Minibatches after each step of all rows.
        returns: Steps of an n-step return.
        target_update_interval: Steps between two copies to the target network.
        exploration_fraction: Share of the steps after which the chance of a random action has fallen, from 1,
        exploration_final_eps: to this.
        max_grad_norm: Bound on the gradient.
        reward_scale: By which rewards are multiplied: returns should be about 1.
    """

    num_envs: int = 16
    buffer_size: int = 100_000
    learning_starts: int = 1000
    gradient_steps: int = 4
    returns: int = 3
    target_update_interval: int = 1000
    exploration_fraction: float = 0.5
    exploration_final_eps: float = 0.02
    max_grad_norm: float = 10.0
    reward_scale: float = 1.0


class DQNAgent(DeepAgent):
    """A deep Q-network: Q-learning with a neural network on the features of the text.

    Off-policy: learns the value of each action, and takes the best.
    """

    name = "dqn"
    algorithm = "DQN"
    config_class = DQNConfig

    def make_model(self, batch: Any, total_steps: int, seed: int, tensorboard: str | None) -> Any:
        """DQN that knows the masks; where the steps are few it starts earlier."""
        from textenvs_baselines.masked_dqn import MaskedDQN, MaskedPolicy, MaskInObservation, WithoutMask

        config: Any = self.settings
        masked = MaskInObservation(batch, config.reward_scale)
        return MaskedDQN(
            MaskedPolicy,
            masked,
            buffer_size=config.buffer_size,
            learning_starts=min(config.learning_starts, total_steps // 10),
            batch_size=config.batch_size,
            train_freq=1,
            gradient_steps=config.gradient_steps,
            n_steps=config.returns,
            target_update_interval=max(config.target_update_interval, batch.num_envs),
            exploration_fraction=max(config.exploration_fraction, 1e-6),
            exploration_final_eps=config.exploration_final_eps,
            max_grad_norm=config.max_grad_norm,
            policy_kwargs={
                "net_arch": list(config.net_arch),
                "features_extractor_class": WithoutMask,
                "features_extractor_kwargs": {"n_actions": masked.n_actions},
            },
            **self.common(seed, tensorboard),
        )
