"""Batches of Gymnasium as Stable-Baselines3 steps them, and its policies as safetensors (extra `deep`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from textenvs.errors import MissingExtra, unknown
from textenvs_baselines.network import describe, save_weights, weights_of
from textenvs_baselines.settings import call_for_batch

try:
    from stable_baselines3.common.vec_env import VecEnv
except ImportError as error:
    raise MissingExtra("stable_baselines3", "deep", str(error)) from error


class SB3VecEnv(VecEnv):  # type: ignore[misc]
    """A vector environment of Gymnasium as a `VecEnv` of Stable-Baselines3.

    Where an episode ends, its last observation is `infos[i]["terminal_observation"]`, `infos[i]["TimeLimit.truncated"]`
    tells whether it was cut off, and `infos[i]["episode"]` holds its return and length; the observation is the first of
    the next episode. So no transition crosses an episode. Where infos have action masks, `env_method("action_masks")`
    gives them, for MaskablePPO of sb3-contrib, and `infos[i]["terminal_action_mask"]` that of an episode's end.

    Args:
        env: In autoreset mode SAME_STEP: `gymnasium.make_vec(env_id, 64, obs_type="features",
            autoreset_mode="SameStep")`. It is reset, to see whether there are masks.
        encode: Makes vectors of the observations, if they are no arrays, such as `textenvs.wrappers.hashed_ngrams`.

    Attributes:
        env: The vector environment.
        curve: (global step, return) of each episode that has ended.

    Raises:
        ValueError: If the autoreset mode is another one.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], encode: Callable[[Any], NDArray[Any]] | None = None) -> None:
        batch: Any = env
        if not isinstance(batch, VectorEnv) or batch.metadata.get("autoreset_mode") is not AutoresetMode.SAME_STEP:
            raise ValueError(f"Stable-Baselines3 needs a batch: {call_for_batch(env, 64, 'features')}")
        self.env = env
        self.curve: list[tuple[int, float]] = []
        self._encode = encode
        _, info = env.reset()  # an algorithm asks for masks before it resets
        self._masks: NDArray[Any] | None = info.get("action_mask")
        self._steps = 0
        self._returns = np.zeros(env.num_envs)
        self._lengths = np.zeros(env.num_envs, np.int64)
        space = env.single_observation_space
        if encode is not None:
            space = gym.spaces.Box(-np.inf, np.inf, encode(space.sample()).shape, np.float32)
        super().__init__(env.num_envs, space, env.single_action_space)

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Seeds the rows for the next reset: each has a stream of its own, which no other seed shares."""
        if seed is not None:
            self._seeds = np.random.SeedSequence(seed).generate_state(self.num_envs, np.uint64).tolist()
        return list(self._seeds)

    def reset(self) -> NDArray[Any]:
        """Starts an episode in each row; (N, ...) observations."""
        observations, info = self.env.reset(seed=self._seeds)
        self._reset_seeds()
        self._masks = info.get("action_mask")
        self._returns[:], self._lengths[:] = 0.0, 0
        return self._encoded(observations)

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keeps the actions."""
        self._actions = actions

    def step_wait(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], list[dict[str, Any]]]:
        """Takes the step: observations, rewards, ends, infos."""
        observations, rewards, terminated, truncated, info = self.env.step(self._actions)
        self._masks = info.get("action_mask")
        self._steps += self.num_envs
        self._returns += rewards
        self._lengths += 1
        ended = terminated | truncated
        last_masks = info.get("final_info", {}).get("action_mask")
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for i in np.flatnonzero(ended).tolist():
            total = float(self._returns[i])
            infos[i] = {
                "terminal_observation": self._encoded([info["final_obs"][i]])[0],
                "TimeLimit.truncated": bool(truncated[i] and not terminated[i]),
                "episode": {"r": total, "l": int(self._lengths[i])},
            }
            if last_masks is not None:
                infos[i]["terminal_action_mask"] = last_masks[i]
            self.curve.append((self._steps, total))
        self._returns[ended], self._lengths[ended] = 0.0, 0
        return self._encoded(observations), rewards.astype(np.float32), ended, infos

    def close(self) -> None:
        """Closes the batch."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of the batch, once for each of the rows."""
        return [getattr(self.env, attr_name)] * len(self._rows(indices))

    def has_attr(self, attr_name: str) -> bool:
        """Whether there is such an attribute; `action_masks` where infos have masks."""
        return hasattr(self.env, attr_name) if attr_name != "action_masks" else self._masks is not None

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Sets an attribute of the batch, which all rows share."""
        setattr(self.env, attr_name, value)

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """`action_masks`, (actions,) bool for each of the rows; a batch has no other methods of its rows."""
        if method_name != "action_masks" or self._masks is None:
            raise unknown("method", method_name, ["action_masks"] if self._masks is not None else [])
        return list(self._masks[self._rows(indices)].astype(np.bool_))

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """No row is wrapped."""
        return [False] * len(self._rows(indices))

    def _encoded(self, observations: Any) -> NDArray[Any]:
        return np.asarray(observations if self._encode is None else [self._encode(each) for each in observations])

    def _rows(self, indices: int | Iterable[int] | None) -> list[int]:
        if indices is None:
            return list(range(self.num_envs))
        return [indices] if isinstance(indices, int) else list(indices)


def save_policy(model: Any, path: str | Path) -> None:
    """Saves the policy of a trained model as safetensors, for `textenvs evaluate sb3 ID --load PATH`.

    Args:
        model: A model of Stable-Baselines3 or sb3-contrib with an `MlpPolicy`.
        path: The file to write.

    Raises:
        ValueError: If it cannot be played from these; see `textenvs_baselines.network.describe`.
    """
    save_weights(Path(path), weights_of(model), describe(model))
