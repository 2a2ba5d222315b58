"""Agents that try to score without playing. Each is started like any agent that is not ours."""

from __future__ import annotations

import copy
import gc
import json
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium as gym

import textenvs
from textenvs.evaluation import episode_seed, load_agent

MEGABYTES = 64


class Cheater:
    """Takes the first possible act; what it tries beside that is a subclass's own.

    Args:
        env_id: What it plays.
        env_kwargs: Arguments beyond those of the id.
    """

    obs_type, action_type = "text", "choice"

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any]) -> None:
        self.env_id = env_id

    def reset(self, seed: int) -> None:
        """Begins an episode."""

    def act(self, observation: Any, info: Mapping[str, Any]) -> Any:
        """Cheats, and acts."""
        return int(info["action_mask"].argmax())


class MemoryWalker(Cheater):
    """Looks for the environment among all objects of its process and in the frames that called it.

    Where it finds one, it plays what is optimal in the environment's own hidden state.

    Attributes:
        found: How many environments it has found.
    """

    found = 0

    def act(self, observation: Any, info: Mapping[str, Any]) -> Any:
        """The best act in a copy of what it has found."""
        envs = [each for each in gc.get_objects() if isinstance(each, gym.Env)]
        frame: Any = sys._getframe()
        while frame is not None:
            envs += [value for value in frame.f_locals.values() if isinstance(value, gym.Env)]
            frame = frame.f_back
        envs = [env.unwrapped for env in envs if getattr(env.unwrapped, "_node", None) is not None]
        MemoryWalker.found += len(envs)
        if not envs:
            return super().act(observation, info)
        return max(
            map(int, info["action_mask"].nonzero()[0]), key=lambda act: float(copy.deepcopy(envs[-1]).step(act)[1])
        )


class RewardPatcher(Cheater):
    """Makes every step of every environment pay a million, in whatever process it is imported."""

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any]) -> None:
        super().__init__(env_id, env_kwargs)
        env_class: Any = type(gym.make(env_id).unwrapped)
        step = env_class.step

        def pay(env: Any, action: Any) -> Any:
            observation, _, *rest = step(env, action)
            return observation, 1e6, *rest

        env_class.step = pay


class SeedGuesser(Cheater):
    """Knows the seeds that the suites publish; finds the one being played by what it sees, and plans with its chance.

    It plays every act to the end of the episode in copies of the environment, and takes the best. Where no published
    seed fits what it sees, it takes the first possible act.
    """

    TRAINING_SEEDS = 5
    EPISODES = 500

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any]) -> None:
        from textenvs_benchmarks.jobs import EVALUATION_STREAM
        from textenvs_benchmarks.suite import Suite

        super().__init__(env_id, env_kwargs)
        self._envs = {split: gym.make(env_id, split=split).unwrapped for split in textenvs.SPLITS}
        self._players = {split: load_agent("optimal", env_id, {"split": split}) for split in textenvs.SPLITS}
        self._known: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for training_seed in range(self.TRAINING_SEEDS):
            root = episode_seed(Suite.evaluation_seed, EVALUATION_STREAM, training_seed)
            for number, split in enumerate(textenvs.SPLITS):
                for index in range(self.EPISODES):
                    seed = episode_seed(root, number, index)
                    self._known[self._envs[split].reset(seed=seed)[0]].append((split, seed))
        self._fitting: list[tuple[str, Any, Any]] = []
        self._last: int | None = None

    def reset(self, seed: int) -> None:
        """Has seen nothing yet."""
        self._last = None

    def act(self, observation: Any, info: Mapping[str, Any]) -> Any:
        """The best act under the first seed that fits all that was seen."""
        if self._last is None:
            self._fitting = [self._begin(split, seed) for split, seed in self._known[observation]]
        else:
            self._fitting = [each for each in self._fitting if self._goes_on(each, observation)]
        self._last = int(info["action_mask"].argmax())
        if self._fitting:
            possible = map(int, info["action_mask"].nonzero()[0])
            self._last = max(possible, key=lambda act: self._outcome(self._fitting[0], observation, act))
        return self._last

    def _begin(self, split: str, seed: int) -> tuple[str, Any, Any]:
        env = copy.deepcopy(self._envs[split])
        observation, info = env.reset(seed=seed)
        player = _copied(self._players[split])
        player.act(observation, info)
        return split, env, player

    def _goes_on(self, fitting: tuple[str, Any, Any], observation: str) -> bool:
        _, env, player = fitting
        seen, _, ended, _, info = env.step(self._last)
        if ended or seen != observation:
            return False
        player.act(seen, info)
        return True

    def _outcome(self, fitting: tuple[str, Any, Any], observation: str, act: int) -> float:
        """The return of an act that is followed by the optimal policy."""
        _, env, player = fitting
        env, player = copy.deepcopy(env), _copied(player)
        total, ended = 0.0, False
        while not ended:
            observation, reward, ended, _, info = env.step(act)
            total += reward
            act = player.act(observation, info)
        return total


def _copied(player: Any) -> Any:
    copied = copy.copy(player)
    copied._reader = copy.copy(player._reader)
    return copied


class Sleeper(Cheater):
    """Takes an hour for an act."""

    def act(self, observation: Any, info: Mapping[str, Any]) -> Any:
        """Sleeps."""
        time.sleep(3600)
        return super().act(observation, info)


class Forker(Cheater):
    """Leaves a process behind in each episode, which has left its session, and holds all its files open."""

    def reset(self, seed: int) -> None:
        """Forks twice, as a daemon does."""
        child = os.fork()
        if child == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(3600)
            os._exit(0)
        os.waitpid(child, 0)


class Printer(Cheater):
    """Prints megabytes where errors go."""

    def act(self, observation: Any, info: Mapping[str, Any]) -> Any:
        """Prints, and acts."""
        print("x" * (MEGABYTES << 20))
        return super().act(observation, info)


class Glutton(Cheater):
    """Takes all memory that it gets."""

    def act(self, observation: Any, info: Mapping[str, Any]) -> Any:
        """Takes it, and acts."""
        taken = [bytearray(1 << 26)]
        while True:
            taken.append(bytearray(1 << 26))


class Killer(Cheater):
    """Kills the process that plays it."""

    def act(self, observation: Any, info: Mapping[str, Any]) -> Any:
        """Kills its parent, and acts."""
        os.kill(os.getppid(), signal.SIGKILL)
        return super().act(observation, info)


class Forger(Cheater):
    """Finds its records through the process that writes them, and doubles what it has earned."""

    def act(self, observation: Any, info: Mapping[str, Any]) -> Any:
        """Forges, and acts."""
        for link in Path(f"/proc/{os.getppid()}/fd").iterdir():
            path = Path(os.path.realpath(link))
            if path.suffix == ".jsonl":
                text = path.read_text()
                path.write_text(text.replace('"episodic_return":-', '"episodic_return":'))
        return super().act(observation, info)


class Impostor(Cheater):
    """Has settings that are code where they are not read as text."""

    config = {  # noqa: RUF012
        "<script>alert(1)</script>": '=HYPERLINK("http://example.org")',
        "\x1b[31mred": "| a | b |",
        "\u202egnp.exe": "[bold]x[/bold]",
    }


ANSWERS = (
    b"",
    b"\n",
    b"hello\n",
    b"\xff\xfe\n",
    b"[" * 60_000 + b"\n",
    b"x" * (1 << 22) + b"\n",
    b'{"id":%d}\n',
    b'{"id":%d,"action":1e999}\n',
    b'{"id":%d,"action":NaN}\n',
    b'{"id":%d,"action":-1}\n',
    b'{"id":%d,"action":true}\n',
    b'{"id":%d,"action":0.5}\n',
    b'{"id":%d,"action":"0"}\n',
    b'{"id":%d,"action":[0]}\n',
    b'{"id":%d,"action":' + b"9" * 4000 + b"}\n",
    b'{"id":%d,"action":' + b"9" * 5000 + b"}\n",
    b'{"id":0,"action":0}\n',
    b'{"id":%d,"action":0}\n{"id":%d,"action":0}\n',
    b'{"id":%d,"action":null}\n',
    b'{"id":"%d","action":0}\n',
)
"""What no environment takes, a line for each episode."""


def malformed() -> None:
    """Answers every "act" with one of `ANSWERS`; a program of its own."""
    state = Path(sys.argv[1])
    for line in sys.stdin:
        message = json.loads(line)
        answer: dict[str, Any] = {"id": message["id"]}
        if message["type"] == "hello":
            answer |= {"protocol": "textenvs-agent/1", "obs_type": "discrete", "action_type": "choice"}
        if message["type"] == "act":
            number = int(state.read_text()) if state.exists() else 0
            state.write_text(str(number + 1))
            raw = ANSWERS[number % len(ANSWERS)]
            sys.stdout.buffer.write(raw.replace(b"%d", str(message["id"]).encode()))
            sys.stdout.buffer.flush()
            if not raw:
                sys.exit(0)
        else:
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    malformed()
