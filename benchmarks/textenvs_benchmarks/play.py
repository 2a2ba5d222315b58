"""A person plays in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gymnasium as gym
from rich.console import Console

import textenvs

QUIT = "q"
ALSO_QUIT = ("quit", "exit")


def play(env_id: str, split: str, seed: int, obs_type: str, free: bool, console: Console) -> bool:
    """Plays one episode.

    Args:
        env_id: A registered id.
        split: "train" or "test".
        seed: Seed of the episode.
        obs_type: What is shown of the conversation: "text", or what an agent of another kind would see.
        free: Whether replies are sentences in one's own words instead of numbers.
        console: Where it is shown; replies are read from standard input.

    Returns:
        Whether the episode was played to its end.
    """
    env_id = textenvs.find_entry(env_id).id
    action_type = "text" if free else "choice"
    whole = free and textenvs.task_of(env_id).writes_text
    env = gym.make(env_id, obs_type=obs_type, action_type=action_type, split=split)
    for paragraph in textenvs.instructions(env_id, action_type).split("\n\n"):
        say(console, " ".join(paragraph.split()) + "\n", "dim")
    say(console, f"Seed {seed}. {QUIT} or Ctrl-D ends the game.", "dim")
    observation, info = env.reset(seed=seed)
    terms = dict(info["reward_terms"])
    total, ended = 0.0, False
    while not ended:
        show(console, observation)
        if not whole:
            _offer(console, info["choices"], free)
        action = _ask(_reading(env, info["choices"], free), console)
        if action is None:
            say(console, "\nThe game was left before its end: it has no score.", "bold")
            return False
        observation, reward, terminated, truncated, info = env.step(action)
        total += float(reward)
        terms = {name: amount + info["reward_terms"][name] for name, amount in terms.items()}
        ended = terminated or truncated
    show(console, observation)
    close(console, total, terms, info["metrics"], textenvs.reference_scores(env_id, split))
    return True


def say(console: Console, text: str, style: str = "") -> None:
    """Prints a text as it stands."""
    console.print(text, style=style, markup=False, highlight=False)


def show(console: Console, observation: Any) -> None:
    """Prints an observation; what is noted in it, and not said, is dim."""
    say(console, "")
    for line in str(observation).split("\n"):
        say(console, line, "dim" if line.startswith("[") else "bold")


def _offer(console: Console, choices: tuple[str, ...], free: bool) -> None:
    """Prints the possible choices."""
    for number, choice in enumerate(choices):
        if choice:
            say(console, f"   -  {choice}" if free else f"{number:4}  {choice}", "cyan")


def _ask(read: Callable[[str], Any], console: Console) -> Any:
    """What was replied; asked again until it can be read. None where the player leaves."""
    while True:
        try:
            reply = input("> ").strip()
        except EOFError:
            return None
        except KeyboardInterrupt:
            say(console, "")
            raise
        if reply.lower() in (QUIT, *ALSO_QUIT):
            return None
        try:
            return read(reply)
        except ValueError as error:
            say(console, str(error), "red")


def _reading(env: gym.Env[Any, Any], choices: tuple[str, ...], free: bool) -> Callable[[str], Any]:
    """How a reply is understood; it raises ValueError with what to do where it is not."""

    def number(reply: str) -> int:
        possible = [str(number) for number, choice in enumerate(choices) if choice]
        if reply not in possible:
            raise ValueError(f"Please give one of the numbers {', '.join(possible)}, or {QUIT} to leave.")
        return int(reply)

    def sentence(reply: str) -> str:
        if not reply or not env.action_space.contains(reply):
            raise ValueError(f"Please say something, in plain English letters, or {QUIT} to leave.")
        return reply

    return sentence if free else number


def close(
    console: Console,
    total: float,
    terms: Mapping[str, float],
    metrics: Mapping[str, float],
    scores: textenvs.ReferenceScores,
) -> None:
    """Prints the return and what it means."""
    say(console, f"\nReturn {total:z.1f}, score {scores.normalise(total):z.1f}", "bold")
    for title, values in (("Reward terms", terms), ("Metrics", metrics)):
        say(console, f"{title}: " + ", ".join(f"{name} {amount:zg}" for name, amount in values.items()))
    bound = "The best policy earns" if scores.kind == "exact" else "No policy earns more than"
    say(
        console,
        f"{bound} {scores.optimal:.1f} on average (score 100), one that takes every possible choice with the same "
        f"probability {scores.random:.1f} (score 0). One episode may be luckier, or less lucky, than the average.",
        "dim",
    )
