"""One process, one episode: the Gymnasium environment of a text task."""

from __future__ import annotations

import copy
import operator
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.error import InvalidAction, ResetNeeded
from numpy.typing import NDArray

from textenvs.core import chance
from textenvs.core.composition import Reward, compose
from textenvs.core.graph import Graph, Node, Priced, Row
from textenvs.core.loading import asked_scenario, check_split, load_graph, load_task
from textenvs.core.mdp import State, Task
from textenvs.core.payoffs import amounts, price
from textenvs.core.spaces import action_space, observation_space
from textenvs.errors import UnknownRenderMode, unknown
from textenvs.text.matching import READERS

RENDER_MODES = ("ansi", "human")


class TextEnv(gym.Env[Any, Any]):
    """A text task as a Gymnasium environment.

    `info` holds `action_mask` (int8, 1 where an action is possible), `choices` (the sentence of each action, "" where
    it is impossible) and `reward_terms` (the amount of each term, before its weight; zeros at reset); on the last
    step also `metrics`. All of it is fresh at every step.

    Args:
        task: Entry point of the task, "module:Class", or a task object.
        obs_type: "text" (str), "features" (float32 array in [0, 1]) or "discrete" (int): the same dynamics, rewards
            and seeds, seen in another form.
        action_type: "choice" (the number of a choice); "text": a free sentence, which is matched to a choice (what
            matches none counts as an impossible act), or the whole text, where the task is to write one; "reply": a
            string that gives the number of a choice, or says it, as a language model replies.
        split: "train" or "test", the held-out part.
        reward: Weights that replace the task's own, by reward term, or the name of such weights. Measures of
            `textenvs.rewards` are further terms where acts bring forth a text: `{"length": -0.1}`.
        render_mode: "ansi" (`render` returns the conversation) or "human" (it is printed as it goes).
        **parameters: The task's own parameters.

    Attributes:
        task: The task, with what its reward needs.
        split: The split that is played.
        reward_weights: The weight of each reward term.
        scenario: Number of the scenario being played.

    Raises:
        ValueError: For a name that does not exist; the message names the near ones.
    """

    metadata = {"render_modes": list(RENDER_MODES), "render_fps": 1}  # noqa: RUF012

    def __init__(
        self,
        task: str | Task,
        *,
        obs_type: str = "text",
        action_type: str = "choice",
        split: str = "train",
        reward: Reward = None,
        render_mode: str | None = None,
        **parameters: Any,
    ) -> None:
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise UnknownRenderMode(str(unknown("render_mode", render_mode, RENDER_MODES)))
        self.render_mode = render_mode
        self._made = (task, parameters, reward) if isinstance(task, str) else None
        self.task, self.reward_weights = compose(load_task(task, parameters), reward)
        self.split = check_split(split)
        self.obs_type = obs_type
        self.action_type = action_type
        self.observation_space = observation_space(self.task, obs_type)
        self.action_space = action_space(self.task, action_type)
        self._writes = action_type == "text" and self.task.writes_text
        self._speaks = obs_type == "text" or render_mode is not None
        self._n_actions = self.task.n_actions
        self._n_scenarios = self.task.n_scenarios(split)
        self._weights = tuple(self.reward_weights.values())
        self._names = tuple(self.task.terms)
        self._metrics = self.task.metrics
        self._zeros = dict.fromkeys(self._names, 0.0)
        self._horizon = self.task.horizon
        self._priced: list[Priced] = []
        self._stream: chance.Stream | None = None
        self._draws: list[int] = []
        self._turn = 0
        self._graph: Graph
        self._node: Node | None = None
        self._ended = False
        self._transcript: list[str] = []
        self.scenario = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode.

        Args:
            seed: Starts the stream of chance anew; without it the next episode of the stream is played.
            options: `{"scenario": k}` plays scenario *k* of the split instead of one drawn uniformly.

        Returns:
            The observation and `info`.
        """
        scenario = asked_scenario(options, self.split, self._n_scenarios) if options else None
        if seed is not None or self._stream is None:
            super().reset(seed=seed)
            self._stream = chance.Stream(int(self.np_random.integers(2**64, dtype=np.uint64)), self._horizon + 1)
        self._draws = self._stream.next_episode()
        if scenario is None:
            scenario = self._drawn(self._stream) if self._n_scenarios > 1 else 0
        if scenario != self.scenario or seed is not None or self._node is None:
            self.scenario = scenario
            self._graph = load_graph(self.task, self.split, scenario)
            self._priced = self._graph.priced(self._weights)
        self._turn = 0
        self._ended = False
        bits = self._draws[0]
        node, _, event = self._graph.initial.draw(bits)
        self._node = node
        info = {"action_mask": node.mask.copy(), "choices": node.choices, "reward_terms": self._zeros.copy()}
        if self._speaks:
            text = self._graph.transcript.write(0, "", event, bits, node.note)
            if self.render_mode:
                self._transcript = []
                self._show(text)
            if self.obs_type == "text":
                return text, info
        return self._observe(node), info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Takes a turn.

        Args:
            action: The number of a choice, or a sentence where `action_type` is "text" or "reply". An impossible act
                costs its turn and the term `invalid`.

        Raises:
            InvalidAction: If the number is out of range, or the action is of the wrong type.
            ResetNeeded: Before the first reset, and after the end of an episode.
        """
        node = self._node
        if node is None or self._ended:
            raise ResetNeeded("the episode has ended" if node else "no episode has begun: call reset() before step()")
        if self.action_type == "choice":
            number = action if type(action) is int and 0 <= action < self._n_actions else self._number(action)
            row = node.rows[number] or node.row(number)
            said = node.choices[number]
        else:
            row, said = self._understood(action, node)
        self._turn = turn = self._turn + 1
        bits = self._draws[turn]
        node, payoff, event = row.draw(bits) if row.count > 1 else row.outcomes[0]
        self._node = node
        left = self._horizon - turn
        try:
            reward, reward_left, terminated, terms = self._priced[payoff]
        except IndexError:
            reward, reward_left, terminated, terms = self._price(payoff)
        if terms is None:
            reward += reward_left * left
            terms = self._amounts(payoff, left)
        else:
            terms = terms.copy()
        if left == 0 and not terminated:
            payoff = self._graph.timeout(node)
            reward += self._price(payoff)[0]
            for name, amount in self._amounts(payoff, 0).items():
                terms[name] += amount
            terminated = True
        info: dict[str, Any] = {"action_mask": node.mask.copy(), "choices": node.choices, "reward_terms": terms}
        if terminated:
            self._ended = True
            info["metrics"] = dict(zip(self._metrics, self._graph.payoffs[payoff].metrics, strict=True))
        if self._speaks:
            text = self._graph.transcript.write(turn, said, event, bits, node.note)
            if self.render_mode:
                self._show(text)
            if self.obs_type == "text":
                return text, reward, terminated, False, info
        return self._observe(node), reward, terminated, False, info

    def __getstate__(self) -> dict[str, Any]:
        """All but task and graph, which are shared and found again; a copy holds the state alone."""
        kept = self.__dict__.copy()
        if self._made is not None:
            kept.pop("task")
        kept.pop("_graph", None)
        kept["_node"] = None if self._node is None else (self._node.state,)
        kept["_priced"] = []
        kept["_stream"] = copy.copy(self._stream)
        kept["_transcript"] = self._transcript.copy()
        return kept

    def __setstate__(self, kept: dict[str, Any]) -> None:
        """Finds the graph again."""
        self.__dict__.update(kept)
        if self._made is not None:
            task, parameters, reward = self._made
            self.task, _ = compose(load_task(task, parameters), reward)
        if self._node is not None:
            self._graph = load_graph(self.task, self.split, self.scenario)
            self._priced = self._graph.priced(self._weights)
            self._node = self._graph.node(kept["_node"][0])

    @property
    def state(self) -> State:
        """What an agent can know now, as the process has it: a state of the compiled tables.

        Raises:
            ResetNeeded: Before the first reset.
        """
        if self._node is None:
            raise ResetNeeded("no episode has begun: call reset() first")
        return self._node.state

    def action_masks(self) -> NDArray[np.bool_]:
        """Which actions are possible now, as sb3-contrib's MaskablePPO asks for it: (actions,) bool."""
        if self._node is None:
            raise ResetNeeded("no episode has begun: call reset() first")
        return self._node.mask.astype(np.bool_)

    def render(self) -> str | None:
        """The conversation so far, as one would read it."""
        if self._node is None:
            raise ResetNeeded("no episode has begun: call reset() before render()")
        if self.render_mode is None:
            gym.logger.warn('render() needs gym.make(..., render_mode="ansi") or "human"')
            return None
        return "\n".join(self._transcript) if self.render_mode == "ansi" else None

    def _drawn(self, stream: chance.Stream) -> int:
        return int(chance.uniform(stream.key, stream.episode, 0, chance.SCENARIO) * self._n_scenarios)

    def _number(self, action: Any) -> int:
        try:
            number = operator.index(action)
        except TypeError:
            raise InvalidAction(f"an action is a whole number, got {action!r}") from None
        if not 0 <= number < self._n_actions:
            raise InvalidAction(f"action {number} is out of range: there are 0 to {self._n_actions - 1}")
        return number

    def _understood(self, sentence: Any, node: Node) -> tuple[Row, str]:
        """The row and the words of the choice that a sentence means; those of a refusal where it means none."""
        if not isinstance(sentence, str):
            raise InvalidAction(f'with action_type="{self.action_type}" an action is a sentence, got {sentence!r}')
        if self._writes:
            outcome, _ = self._graph.process.submit(node.state, sentence)
            return Row(self._graph, (outcome,), "a text"), "(a text)"
        number = READERS[self.action_type](sentence, node.choices, self.task.cues)
        return (self._graph.refusal(node), "") if number is None else (node.row(number), node.choices[number])

    def _price(self, number: int) -> Priced:
        """A payoff, when all that are new are priced."""
        for payoff in self._graph.payoffs[len(self._priced) :]:
            reward, left = price(payoff, self._weights)
            terms = None if payoff.per_turn_left else dict(zip(self._names, payoff.terms, strict=True))
            self._priced.append((reward, left, payoff.terminated, terms))
        return self._priced[number]

    def _amounts(self, payoff: int, left: int) -> dict[str, float]:
        return dict(zip(self._names, amounts(self._graph.payoffs[payoff], left), strict=True))

    def _observe(self, node: Node) -> Any:
        if self.obs_type == "discrete":
            return node.discrete
        features = node.features.copy()
        features[-1] = self._turn / self._horizon
        return features

    def _show(self, text: str) -> None:
        spoken = "\n".join(line for line in text.split("\n") if not line.startswith("["))
        self._transcript.append(spoken)
        if self.render_mode == "human":
            print(spoken)
