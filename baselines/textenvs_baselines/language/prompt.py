"""Prompts: what a model is told. Each is a file of its own beside this one, with its version in its name."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import textenvs
from textenvs.errors import unknown

DIGITS = 16
"""Of a hash."""


@dataclass(frozen=True)
class Prompt:
    """What a model is told.

    Attributes:
        name: Its name, with its version.
        digest: Hash of its file.
        system: Told once; "{instructions}" stands for those of the environment.
        turn: Told each turn; "{observation}" and "{choices}" stand for what there is.
        choice: One of the choices; "{number}" and "{sentence}" stand for it.
        nothing: Told in place of a conversation.
        thinks: Whether the model is to think first, so that an answer is marked.
    """

    name: str
    digest: str
    system: str
    turn: str
    choice: str
    nothing: str
    thinks: bool = False

    @property
    def by_number(self) -> bool:
        """Whether replies are numbers."""
        return "{number}" in self.choice

    def say(self, observation: str, choices: Sequence[str]) -> str:
        """What is told in a turn."""
        offered = [
            self.choice.replace("{number}", str(number)).replace("{sentence}", sentence)
            for number, sentence in enumerate(choices)
            if sentence
        ]
        return self.turn.replace("{choices}", "\n".join(offered)).replace("{observation}", observation)

    def reply(self, number: int, sentence: str) -> str:
        """What a model replies that means a choice."""
        return str(number) if self.by_number else sentence

    def begin(self, env_id: str, env_kwargs: Mapping[str, Any]) -> str:
        """What is told once about an environment."""
        rules, _, _ = textenvs.instructions(env_id, **task_parameters(env_kwargs)).rpartition("\n\n")
        return self.system.replace("{instructions}", rules)


def task_parameters(env_kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of the task, of the arguments of an environment."""
    return {name: value for name, value in env_kwargs.items() if name not in ("split", "reward")}


def prompt_names() -> list[str]:
    """The prompts there are."""
    return sorted(path.name.removesuffix(".toml") for path in files(__package__).iterdir() if path.name[-5:] == ".toml")


@cache
def load_prompt(name: str) -> Prompt:
    """A prompt by name.

    Raises:
        ValueError: If there is none; the message names the near ones.
    """
    if name not in prompt_names():
        raise unknown("prompt", name, prompt_names())
    content = files(__package__).joinpath(f"{name}.toml").read_bytes().replace(b"\r\n", b"\n")
    values = tomllib.loads(content.decode())
    told: dict[str, Any] = {key: value.strip() if isinstance(value, str) else value for key, value in values.items()}
    return Prompt(name, hashlib.sha256(content).hexdigest()[:DIGITS], **told)
