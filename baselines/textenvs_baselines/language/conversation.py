"""A conversation with a language model: what it is told, the examples before it, and how its replies are read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import gymnasium as gym

from textenvs.models import Message
from textenvs_baselines.language.prompt import Prompt, task_parameters
from textenvs_baselines.optimal import OptimalAgent

ANSWER = re.compile(r".*\banswer(?: is)?[\s:*\"'`(\[{$\\]*(?:boxed\{)?(\d+)", re.DOTALL | re.IGNORECASE)
NUMBERED = re.compile(r"\W*(\d+)\s*[:.)]")
"""A reply that begins with its number, as choices are told."""
THOUGHT = re.compile(r"<think>.*?(</think>|$)", re.DOTALL)
LONGEST = 500
"""Characters of a reply that are kept, at most."""


@dataclass
class Conversation:
    """One episode, as a model is told it.

    Attributes:
        turns: What was observed and what was replied, in each turn that is over.
        observation: What is observed now.
        choices: What can be said now.
        counts: What was taken so far, by name.
    """

    turns: list[tuple[str, str]] = field(default_factory=list)
    observation: str = ""
    choices: Sequence[str] = ()
    counts: dict[str, float] = field(default_factory=dict)

    def count(self, **amounts: float) -> None:
        """Adds to what was taken."""
        for name, amount in amounts.items():
            self.counts[name] = self.counts.get(name, 0) + amount


class Teller:
    """Tells a model what is to be done.

    Args:
        env_id: The id that is played.
        env_kwargs: The task's parameters, `split` and `reward`.
        prompt: How it is told.
        examples: How many decisions of the optimum on train are shown before.
    """

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], prompt: Prompt, examples: int = 0) -> None:
        parameters = tuple(sorted(task_parameters(env_kwargs).items()))
        self._prompt = prompt
        self.opening: list[Message] = [message("system", prompt.begin(env_id, env_kwargs))]
        for observation, choices, number in demonstrations(env_id, parameters, examples):
            reply = prompt.reply(number, choices[number])
            self.opening += [message("user", prompt.say(observation, choices)), message("assistant", reply)]

    def messages(self, conversation: Conversation, kept: int) -> list[Message]:
        """All that is told now, with the last `kept` turns before, of which the choices are left out."""
        past = conversation.turns[len(conversation.turns) - kept :]
        said = [each for seen, reply in past for each in (message("user", seen), message("assistant", reply))]
        told = self._prompt.say(conversation.observation, conversation.choices)
        return [*self.opening, *said, message("user", told)]


def message(role: str, content: str) -> Message:
    """One message."""
    return {"role": role, "content": content}


@cache
def demonstrations(
    env_id: str, parameters: tuple[tuple[str, Any], ...], number: int
) -> tuple[tuple[str, tuple[str, ...], int], ...]:
    """Decisions of the optimal policy on train: what was told, the choices, and the one that it made."""
    if not number:
        return ()
    kwargs = {**dict(parameters), "split": "train"}
    agent, env = OptimalAgent(env_id, kwargs), gym.make(env_id, **kwargs)
    made: list[tuple[str, tuple[str, ...], int]] = []
    seed = 0
    while len(made) < number:
        observation, info = env.reset(seed=seed)
        agent.reset(seed)
        ended = False
        while not ended and len(made) < number:
            action = agent.act(observation, info)
            made.append((observation, tuple(info["choices"]), action))
            observation, _, terminated, truncated, info = env.step(action)
            ended = terminated or truncated
        seed += 1
    return tuple(made)


def final(reply: str, marked: bool = False) -> str:
    """The part of a reply that answers, without what was thought; not too much of it.

    That is the number after the last "Answer", or the one with which it begins, or all of it.

    Args:
        reply: What the model said.
        marked: Whether only a number after "Answer" is one.
    """
    reply = THOUGHT.sub("", reply)
    found = ANSWER.match(reply)
    if found is None and marked:
        return ""
    found = found or NUMBERED.match(reply)
    return found[1] if found else " ".join(reply.split())[:LONGEST]
