"""Models that others have trained with Stable-Baselines3, from the weights of their policy (extra `deep`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import numpy as np

from textenvs.errors import require, shown, unknown
from textenvs_baselines.network import LAYERS, Network, describe, load_weights, weights_of

OBS_TYPES = ("features", "discrete")


class SB3Policy:
    """Plays the likeliest, or the best, action of an `MlpPolicy`.

    It may choose what is impossible, as the model itself would; only MaskablePPO knows the mask.

    Args:
        env_id: The id it will play.
        env_kwargs: Not needed.
        algorithm: "PPO", "A2C", "DQN" or "MaskablePPO"; not needed for a file of `textenvs_baselines.sb3.save_policy`,
            which tells it.
        activation: "tanh" or "relu", if it is not the algorithm's own.
        obs_type: "features" or "discrete": what the model was trained on.
        trust_pickle: Whether a zip of Stable-Baselines3 may be loaded. It holds pickled objects: loading it can run any
            code that its maker has put in, with all that you may do yourself.

    Raises:
        ValueError: If there is no such algorithm or obs_type.
    """

    action_type = "choice"

    def __init__(
        self,
        env_id: str,
        env_kwargs: Mapping[str, Any],
        algorithm: str = "",
        activation: str = "",
        obs_type: str = "features",
        trust_pickle: bool = False,
    ) -> None:
        if algorithm and algorithm not in LAYERS:
            raise unknown("algorithm", algorithm, LAYERS)
        if obs_type not in OBS_TYPES:
            raise unknown("obs_type", obs_type, OBS_TYPES)
        if type(trust_pickle) is not bool:
            raise ValueError(f"trust_pickle must be true or false, got {trust_pickle!r}")
        self.obs_type = obs_type
        self.config = {"algorithm": algorithm, "activation": activation, "obs_type": obs_type}
        self._trust_pickle = trust_pickle
        self._network: Network | None = None
        self._model: Any = None

    def reset(self, seed: int) -> None:
        """Begins an episode."""

    def act(self, observation: Any, info: Mapping[str, Any]) -> int:
        """The action of the highest score."""
        masks = {"action_masks": info["action_mask"]} if self.config["algorithm"] == "MaskablePPO" else {}
        if self._model is not None:
            return int(self._model.predict(np.asarray(observation), deterministic=True, **masks)[0])
        if self._network is None:
            raise ValueError("sb3 plays what was trained elsewhere: --load a file of its weights")
        return self._network.best(observation, masks.get("action_masks"))

    @classmethod
    def of(cls, model: Any) -> SB3Policy:
        """Plays as a model that was trained on features or numbers does now, whatever it learns later.

        Raises:
            ValueError: If it cannot be played from its weights; see `textenvs_baselines.network.describe`.
        """
        told: dict[str, Any] = describe(model)
        agent = cls("", {}, **told)
        agent._network = Network(weights_of(model), told["algorithm"], told["activation"])
        return agent

    @classmethod
    def load(
        cls, path: str | Path, env_id: str = "", env_kwargs: Mapping[str, Any] | None = None, **options: Any
    ) -> Any:
        """Loads the weights of a policy, or a whole model that is trusted.

        Args:
            path: A file of safetensors with the policy's `state_dict`.
            env_id: The id it will play.
            env_kwargs: Not needed.
            **options: As `SB3Policy` has them.

        Raises:
            MissingExtra: Without the extra `deep`.
            ValueError: If the algorithm is not known, the file is no such file, or a zip that is not trusted.
        """
        path = Path(path)
        if is_zipfile(path):
            return cls(env_id, env_kwargs or {}, **options)._load_zip(path)
        weights, told = load_weights(path)
        if "agent" in told:
            saver = shown(told["agent"]).strip("'")
            raise ValueError(f"{path} was saved by the agent {saver}, which plays it: --load it there")
        known = {name: told[name] for name in ("algorithm", "activation", "obs_type") if name in told}
        if not all(isinstance(value, str) for value in known.values()):
            raise ValueError(f"{path} has a note that is not of textenvs: save it again")
        try:
            agent = cls(env_id, env_kwargs or {}, **(known | options))
            agent._check_told(path)
            agent._network = Network(weights, agent.config["algorithm"], agent.config["activation"] or None)
        except ValueError as error:
            raise error if str(path) in str(error) else ValueError(f"{path}: {error}") from None
        return agent

    def _check_told(self, path: Path) -> None:
        if not self.config["algorithm"]:
            raise ValueError(f"{path} does not tell its algorithm: --set algorithm=NAME, one of {', '.join(LAYERS)}")

    def _load_zip(self, path: Path) -> SB3Policy:
        if self._trust_pickle is not True:
            raise ValueError(
                f"{path} is a zip of Stable-Baselines3, and loading it can run any code that its maker has put in: "
                "save the policy with textenvs_baselines.sb3.save_policy(model, path), or say --set trust_pickle=true "
                "if you trust its maker as yourself"
            )
        self._check_told(path)
        algorithm = self.config["algorithm"]
        masked = algorithm == "MaskablePPO"
        package = require("sb3_contrib", "deep") if masked else require("stable_baselines3", "deep")
        self._model = getattr(package, algorithm).load(path, device="cpu")
        return self
