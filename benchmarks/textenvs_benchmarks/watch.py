"""An agent plays in the terminal, and shows what it saw and said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
from rich.console import Console

import textenvs
from textenvs import Explainer
from textenvs.evaluation import Agent, EpisodeRecord
from textenvs.explanation import Decision, Explanation
from textenvs_benchmarks.play import close, say, show

LOSSES = 5
"""Acts that are named, at most."""


def watch(agent: Agent, env_id: str, split: str, seed: int, console: Console) -> None:
    """Lets an agent play one episode, and says what each of its acts was worth.

    Args:
        agent: Who plays.
        env_id: A registered id.
        split: "train" or "test".
        seed: Seed of the episode.
        console: Where it is shown.
    """
    env = gym.make(env_id, obs_type=agent.obs_type, action_type=agent.action_type, split=split)
    observation, info = env.reset(seed=seed)
    agent.reset(seed)
    action = agent.act(observation, _told(info))  # whoever cannot play says so before anything is shown
    say(console, f"Seed {seed}. Ctrl-C ends the game.", "dim")
    actions: list[int | str] = []
    told, total, ended = 0, 0.0, False
    terms = dict(info["reward_terms"])
    shown = gym.make(env_id, action_type=agent.action_type, split=split)
    text, _ = shown.reset(seed=seed)
    while not ended:
        show(console, text)
        told = _show_exchange(agent, told, console)
        _show_choice(action, info["choices"], console)
        actions.append(action if isinstance(action, str) else int(action))
        observation, reward, terminated, truncated, info = env.step(action)
        text, *_ = shown.step(action)
        total += float(reward)
        terms = {name: amount + info["reward_terms"][name] for name, amount in terms.items()}
        ended = terminated or truncated
        if not ended:
            action = agent.act(observation, _told(info))
    show(console, text)
    close(console, total, terms, info["metrics"], textenvs.reference_scores(env_id, split))
    scenario = env.unwrapped.scenario  # type: ignore[attr-defined]
    record = EpisodeRecord(
        0, seed, scenario, actions, {}, "", total, len(actions), terminated, truncated, info["metrics"]
    )
    _judge(Explainer(env_id, split, agent.action_type).explain(record), console)


def _show_exchange(agent: Agent, told: int, console: Console) -> int:
    """What a language model was told that it was not told before, and what it answered; gives how much it was told."""
    exchanges: Mapping[int, Any] = getattr(agent, "exchanges", {})
    if 0 not in exchanges:
        return told
    messages, answer = exchanges[0]
    for message in messages[:-1] if not told else []:
        say(console, f"[{message['role']}] {message['content']}\n", "dim")
    say(console, f"[{messages[-1]['role']}] {messages[-1]['content']}", "dim")
    say(console, f"[model] {answer}", "magenta")
    return len(messages)


def _show_choice(action: int | str, choices: tuple[str, ...], console: Console) -> None:
    said = action if isinstance(action, str) else choices[action] or f"{action}, which is not possible"
    say(console, f"> {said}", "cyan")


def _told(info: Mapping[str, Any]) -> dict[str, Any]:
    """What an agent is told of `info`."""
    return {key: info[key] for key in ("action_mask", "choices")}


def _judge(found: Explanation, console: Console) -> None:
    """Says how the return came about, and by which acts the most was lost."""
    parts = f"{found.expected:z.2f} expected by the optimum at the beginning, {found.luck:+z.2f} luck"
    say(console, f"It is {parts}, {-found.regret:z.2f} lost by its own acts.", "dim")
    costly = [(each.regret, -step, each) for step, each in enumerate(found.decisions, start=1) if each.regret > 0.0]
    for regret, step, decision in sorted(costly, key=lambda each: each[:2], reverse=True)[:LOSSES]:
        say(console, f"Step {-step}: lost {regret:.2f} by {_said(decision)!r}; the optimum: {_best(decision)!r}", "dim")
    if len(costly) > LOSSES:
        say(console, f"(These are {LOSSES} of {len(costly)} acts that lost something.)", "dim")


def _said(decision: Decision) -> str:
    return str(decision.action) if decision.choice is None else decision.choices[decision.choice]


def _best(decision: Decision) -> str:
    return "" if decision.best is None else decision.choices[decision.best]
