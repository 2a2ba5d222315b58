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
    say(console, f"Seed {seed}. Ctrl-C ends the game.", "dim")
    observation, info = env.reset(seed=seed)
    agent.reset(seed)
    actions: list[int | str] = []
    told, total, ended = 0, 0.0, False
    terms = dict(info["reward_terms"])
    shown = gym.make(env_id, action_type=agent.action_type, split=split)
    text, _ = shown.reset(seed=seed)
    while not ended:
        show(console, text)
        action = agent.act(observation, {key: info[key] for key in ("action_mask", "choices")})
        told = _show_exchange(agent, told, console)
        _show_choice(action, info["choices"], console)
        actions.append(action if isinstance(action, str) else int(action))
        observation, reward, terminated, truncated, info = env.step(action)
        text, *_ = shown.step(action)
        total += float(reward)
        terms = {name: amount + info["reward_terms"][name] for name, amount in terms.items()}
        ended = terminated or truncated
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


def _judge(found: Explanation, console: Console) -> None:
    """Says what was lost by which act."""
    costly = [each for each in found.decisions if each.regret > 0.0]
    if not costly:
        say(console, "Each of its acts was as good as the best.", "dim")
    for decision in sorted(costly, key=lambda each: -each.regret)[:3]:
        say(console, f"Lost {decision.regret:.2f} by {_said(decision)!r}; the optimum: {_best(decision)!r}", "dim")


def _said(decision: Decision) -> str:
    return str(decision.action) if decision.choice is None else decision.choices[decision.choice]


def _best(decision: Decision) -> str:
    return "" if decision.best is None else decision.choices[decision.best]
