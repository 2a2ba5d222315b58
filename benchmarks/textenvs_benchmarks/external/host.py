"""The process in which an agent written in Python is trained or plays, apart from the environment that it plays.

python -m textenvs_benchmarks.external.host play module:Class [--added JSON] [--load FILE]
python -m textenvs_benchmarks.external.host train module:Class [--added JSON] ID STEPS SEED FOLDER
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

import textenvs
from textenvs.evaluation import Agent
from textenvs_benchmarks.external.protocol import PROTOCOL, encode


def serve(make: Callable[[str], Agent], read: IO[str], write: IO[bytes]) -> None:
    """Plays for whoever asks, until there are no more messages.

    Args:
        make: Called as `make(env_id)` when it is known what is to be played.
        read: Messages, a line each.
        write: Answers, a line each; nothing is buffered.
    """
    agent: Agent | None = None
    for line in read:
        message = json.loads(line)
        if message["type"] == "hello":
            agent = make(message["env_id"])
            answer: dict[str, Any] = {
                "protocol": PROTOCOL,
                "obs_type": agent.obs_type,
                "action_type": agent.action_type,
            }
            answer["config"] = getattr(agent, "config", {})
        elif message["type"] == "close":
            answer = {}
        elif agent is None:
            raise ValueError('the first message must be "hello"')
        elif message["type"] == "reset":
            agent.reset(message["seed"])
            answer = {}
        else:
            answer = {"action": agent.act(*read_observation(message, agent.obs_type))}
        write.write(encode({"id": message["id"], **answer}))


def read_observation(message: Mapping[str, Any], obs_type: str) -> tuple[Any, dict[str, Any]]:
    """The observation and `info` of a message, as the environment gives them."""
    observation = message["observation"]
    if obs_type == "features":
        observation = np.asarray(observation, np.float32)
    return observation, {
        "action_mask": np.asarray(message["action_mask"], np.int8),
        "choices": tuple(message["choices"]),
    }


def main() -> int:
    """Trains or plays; gives the exit status. What fails in the agent's own code is printed, without what called it."""
    try:
        _main()
    except Exception as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None and _is_ours(trace.tb_frame.f_code.co_filename):
            trace = trace.tb_next
        traceback.print_exception(type(error), error, trace)
        return 1
    return 0


def _is_ours(file: str) -> bool:
    return file in (__file__, pkgutil.__file__, importlib.__file__) or file.startswith("<frozen importlib")


def _main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parts = parser.add_subparsers(dest="part", required=True)
    playing, training = parts.add_parser("play"), parts.add_parser("train")
    for part in (playing, training):
        part.add_argument("agent")
        part.add_argument("--added", type=json.loads)
    playing.add_argument("--load", type=Path)
    training.add_argument("env_id")
    training.add_argument("steps", type=int)
    training.add_argument("seed", type=int)
    training.add_argument("folder", type=Path)
    told = parser.parse_args()
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what the agent prints is no answer
    if told.added:
        textenvs.register_task(**told.added)
    factory = pkgutil.resolve_name(told.agent)
    if told.part == "play":

        def make(env_id: str) -> Agent:
            agent: Agent = factory.load(told.load, env_id, {}) if told.load else factory(env_id, {})
            return agent

        serve(make, sys.stdin, answers)
        return
    from textenvs_benchmarks.training import is_learner, train_and_save

    agent = factory(told.env_id, {})
    if is_learner(agent):
        train_and_save(agent, told.env_id, told.steps, told.seed, told.folder / "agent", told.folder / "curve.csv")


if __name__ == "__main__":
    sys.exit(main())
