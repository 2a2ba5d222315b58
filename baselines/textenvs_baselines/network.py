"""The policies that Stable-Baselines3 trains, played with NumPy alone, and their weights as safetensors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from textenvs.errors import require, shown, unknown
from textenvs.evaluation.record import from_json

LAYERS: dict[str, tuple[str, str | None, str]] = {
    "PPO": ("mlp_extractor.policy_net", "action_net", "tanh"),
    "A2C": ("mlp_extractor.policy_net", "action_net", "tanh"),
    "MaskablePPO": ("mlp_extractor.policy_net", "action_net", "tanh"),
    "DQN": ("q_net.q_net", None, "relu"),
}
"""By algorithm: the name of the hidden layers in the policy's `state_dict`, that of the last layer where it is not one
of these, and the activation."""
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0.0)}
Weights = Mapping[str, NDArray[np.float32]]


class Network:
    """The layers of an `MlpPolicy`, from observation to the logit or the value of each action.

    Args:
        weights: The policy's `state_dict`, as arrays.
        algorithm: One of `LAYERS`.
        activation: "tanh" or "relu"; the algorithm's own by default.

    Raises:
        ValueError: If there is no such algorithm, or the weights are not those of its `MlpPolicy`.
    """

    def __init__(self, weights: Weights, algorithm: str, activation: str | None = None) -> None:
        if algorithm not in LAYERS:
            raise unknown("algorithm", algorithm, LAYERS)
        hidden, last, usual = LAYERS[algorithm]
        if (activation or usual) not in ACTIVATIONS:
            raise unknown("activation", activation, ACTIVATIONS)
        self.activation = ACTIVATIONS[activation or usual]
        found = [name.split(".")[-2] for name in weights if name.startswith(f"{hidden}.") and "weight" in name]
        if not all(re.fullmatch("[0-9]{1,4}", number) for number in found):
            raise ValueError(f"not the weights of an MlpPolicy of {algorithm}: its layers are {shown(found)}")
        numbers = sorted(map(int, found))
        names = [f"{hidden}.{number}" for number in numbers] + ([last] if last else [])
        try:
            self.layers = [(weights[f"{name}.weight"], weights[f"{name}.bias"]) for name in names]
        except KeyError as error:
            raise ValueError(f"not the weights of an MlpPolicy of {algorithm}: {error} is missing") from None
        if any("features_extractor" in name for name in weights):
            raise ValueError(f"not the weights of an MlpPolicy of {algorithm}: it has a features extractor of its own")
        sizes = [weight.shape for weight, _ in self.layers]
        whole = all(w.ndim == 2 and bias.shape == w.shape[:1] for w, bias in self.layers)
        if not sizes or not whole or any(after[1] != before[0] for before, after in pairwise(sizes)):
            raise ValueError(
                f"not the weights of an MlpPolicy of {algorithm}: its layers have the shapes {shown(sizes)}"
            )

    @property
    def n_inputs(self) -> int:
        """Length of the observation."""
        return int(self.layers[0][0].shape[1])

    @property
    def n_actions(self) -> int:
        """Number of actions."""
        return int(self.layers[-1][0].shape[0])

    def best(self, observation: Any, mask: Any = None) -> int:
        """The possible action of the highest score; the first of equals.

        Args:
            observation: (inputs,), or a number, which stands for its one-hot vector.
            mask: (actions,), what is possible; None where all is.

        Raises:
            ValueError: If the observation is not one that the network takes, or the mask is not of its actions.
        """
        if np.ndim(observation) == 0 and 0 <= observation < self.n_inputs:
            observation = np.eye(1, self.n_inputs, int(observation), dtype=np.float32)[0]
        if np.shape(observation) != (self.n_inputs,) or (mask is not None and len(mask) != self.n_actions):
            raise ValueError(
                f"the network takes {self.n_inputs} numbers and chooses among {self.n_actions} actions: an observation "
                f"of shape {np.shape(observation)} with {self.n_actions if mask is None else len(mask)} actions is of "
                "another id or another obs_type"
            )
        scores = self.scores(observation)
        return int((scores if mask is None else np.where(mask, scores, -np.inf)).argmax())

    def scores(self, observation: NDArray[np.float32]) -> NDArray[np.float32]:
        """The logit or the value of each action, (actions,)."""
        x = observation
        with np.errstate(over="ignore", invalid="ignore"):  # of weights that are huge
            for weight, bias in self.layers[:-1]:
                x = self.activation(weight @ x + bias)
            weight, bias = self.layers[-1]
            scores: NDArray[np.float32] = weight @ x + bias
        return scores


def describe(model: Any) -> dict[str, str]:
    """Algorithm, activation and obs_type of a model of Stable-Baselines3 whose policy can be played from its weights.

    Raises:
        ValueError: If the model is of another algorithm or activation, or sees normalised observations.
    """
    algorithm, activation = type(model).__name__, model.policy.activation_fn.__name__.lower()
    if algorithm not in LAYERS:
        raise ValueError(f"{algorithm} is not among the algorithms whose policies are played: {', '.join(LAYERS)}")
    if activation not in ACTIVATIONS:
        raise ValueError(f"{activation} is not among the activations that are played: {', '.join(ACTIVATIONS)}")
    if model.get_vec_normalize_env() is not None:
        raise ValueError("the model sees observations of VecNormalize, which its policy alone does not make")
    obs_type = "discrete" if isinstance(model.observation_space, gym.spaces.Discrete) else "features"
    return {"algorithm": algorithm, "activation": activation, "obs_type": obs_type}


def weights_of(model: Any) -> dict[str, NDArray[np.float32]]:
    """The policy of a model of Stable-Baselines3 as it is now, without target networks."""
    state = model.policy.state_dict()
    return {name: value.cpu().numpy().copy() for name, value in state.items() if "target" not in name}


def save_weights(path: Path, weights: Weights, meta: Mapping[str, Any]) -> None:
    """Writes weights and what is to be known of them."""
    arrays = {name: np.ascontiguousarray(value) for name, value in sorted(weights.items())}
    require("safetensors.numpy", "deep").save_file(arrays, path, {"textenvs": json.dumps(meta, sort_keys=True)})


def load_weights(path: Path) -> tuple[dict[str, NDArray[np.float32]], dict[str, Any]]:
    """Reads weights, and what is known of them, which may be nothing; nothing in the file is executed.

    Raises:
        ValueError: If the file is none of safetensors.
    """
    safetensors = require("safetensors", "deep")
    try:
        with safetensors.safe_open(path, "np") as file:
            meta = from_json((file.metadata() or {}).get("textenvs", "{}").encode())
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such file") from None
    except (safetensors.SafetensorError, OSError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no file of safetensors: {shown(str(error))}") from None
    if not isinstance(meta, dict):
        raise ValueError(f"{path} has a note that is not of textenvs: save it again")
    if not all(value.dtype.kind == "f" and np.isfinite(value).all() for value in weights.values()):
        raise ValueError(f"{path}: some of the weights are not finite numbers")
    return weights, meta
