"""PPO (Schulman et al. 2017) of Stable-Baselines3, with action masks where there are some (sb3-contrib)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textenvs.errors import require
from textenvs.wrappers import hashed_ngrams
from textenvs_baselines.deep import DeepAgent, DeepConfig


@dataclass(frozen=True)
class PPOConfig(DeepConfig):
    """Settings of PPO.

    Attributes:
        n_steps: Steps of each row between two updates.
        n_epochs: Passes over them.
        gae_lambda: Lambda of the generalised advantage estimate.
        clip_range: How far the ratio of probabilities may move.
        ent_coef: Weight of the entropy.
        vf_coef: Weight of the value's loss.
        max_grad_norm: Bound on the gradient.
    """

    n_steps: int = 32
    n_epochs: int = 6
    gae_lambda: float = 0.95
    clip_range: float = 0.2
    ent_coef: float = 0.01
    vf_coef: float = 0.5
    max_grad_norm: float = 0.5


class PPOAgent(DeepAgent):
    """Proximal policy optimisation: a neural network on the features of the text learns which act to take.

    On-policy: improves a stochastic policy, and plays its likeliest action.
    """

    name = "ppo"
    algorithm = "MaskablePPO"
    config_class = PPOConfig

    def make_model(self, batch: Any, total_steps: int, seed: int, tensorboard: str | None) -> Any:
        """MaskablePPO; where the steps are few it updates more often."""
        config: Any = self.settings
        n_steps = max(1, min(config.n_steps, total_steps // batch.num_envs))
        return require("sb3_contrib", "deep").MaskablePPO(
            "MlpPolicy",
            batch,
            n_steps=n_steps,
            batch_size=min(config.batch_size, n_steps * batch.num_envs),
            n_epochs=config.n_epochs,
            gae_lambda=config.gae_lambda,
            clip_range=config.clip_range,
            ent_coef=config.ent_coef,
            vf_coef=config.vf_coef,
            max_grad_norm=config.max_grad_norm,
            policy_kwargs={"net_arch": list(config.net_arch)},
            **self.common(seed, tensorboard),
        )

    def learning(self, batch: Any) -> dict[str, Any]:
        """Whether there are masks."""
        return {"use_masking": batch.has_attr("action_masks")}

    def rollout(self, model: Any) -> int:
        """Steps that PPO takes in each row between two updates."""
        return int(model.n_steps)


class PPONgramsAgent(PPOAgent):
    """PPO on the words themselves, as counts of word parts: it was told nothing of what they mean.

    PPO on the words alone: hashed n-grams of the text, and nothing that was counted or weighed for it.
    """

    name = "ppo_ngrams"
    obs_type = "text"

    def encode(self, observation: Any) -> Any:
        """The hashed n-grams of a text."""
        return hashed_ngrams(observation)
