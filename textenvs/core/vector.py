"""One process, N episodes at once: compiled tables stepped with numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from textenvs.core import chance
from textenvs.core.composition import Reward, compose
from textenvs.core.graph import Node
from textenvs.core.ledger import Earned, Ledger
from textenvs.core.loading import asked_scenario, check_split, load_graph, load_task, make_arena
from textenvs.core.mdp import Task
from textenvs.core.spaces import action_space, observation_space
from textenvs.core.tables import MEMORY_BUDGET, Arena, Block
from textenvs.errors import unknown
from textenvs.text.matching import READERS

INFO_KEYS = ("action_mask", "choices", "reward_terms", "metrics")


class TextVectorEnv(VectorEnv[Any, Any, Any]):
    """N independent episodes of a text task.

    Row *i* equals the single environment seeded with `seed + i`, to the bit, over any number of episodes; the batch
    equals Gymnasium's `SyncVectorEnv` of such environments in the same autoreset mode.

    Args:
        task: Entry point of the task, "module:Class", or a task object.
        num_envs: Number of rows, N.
        max_episode_steps: Truncates episodes; None leaves the task's own horizon.
        autoreset_mode: "NextStep" (default), "SameStep" (with `final_obs` and `final_info`) or "Disabled", or
            Gymnasium's enumeration.
        info_keys: Which of `action_mask` (N, actions), `choices` (N tuples of sentences), `reward_terms` (a dict of
            (N,) arrays) and `metrics` (at an episode's end) are given; `choices` is left out unless it is named.
        memory_budget: Bytes of compiled tables held at a time; what was said of their states comes on top.
        obs_type: As in the single environment.
        action_type: As in the single environment.
        split: As in the single environment.
        reward: As in the single environment.
        render_mode: Not offered here: None.
        **parameters: The task's own parameters.
    """

    def __init__(
        self,
        task: str | Task,
        num_envs: int = 1,
        *,
        max_episode_steps: int | None = None,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        info_keys: Sequence[str] = ("action_mask", "reward_terms", "metrics"),
        memory_budget: int = MEMORY_BUDGET,
        obs_type: str = "text",
        action_type: str = "choice",
        split: str = "train",
        reward: Reward = None,
        render_mode: str | None = None,
        **parameters: Any,
    ) -> None:
        if max_episode_steps is not None and max_episode_steps < 1:
            raise ValueError(f"max_episode_steps must be at least 1, got {max_episode_steps}")
        modes = {mode.value: mode for mode in AutoresetMode}
        if autoreset_mode not in modes and not isinstance(autoreset_mode, AutoresetMode):
            raise unknown("autoreset_mode", autoreset_mode, modes)
        if num_envs < 1:
            raise ValueError(f"num_envs must be at least 1, got {num_envs}")
        if render_mode is not None:
            raise ValueError("a vector environment does not render: make a single one with gym.make")
        for key in info_keys:
            if key not in INFO_KEYS:
                raise unknown("info key", key, INFO_KEYS)
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {"autoreset_mode": self.autoreset_mode, "render_modes": []}
        self.render_mode = None
        self.num_envs = num_envs
        self.task, weights = compose(load_task(task, parameters), reward)
        self.split = check_split(split)
        self.obs_type = obs_type
        self.action_type = action_type
        self.single_observation_space = observation_space(self.task, obs_type)
        self.single_action_space = action_space(self.task, action_type)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        if action_type == "text" and self.task.writes_text:
            raise ValueError('whole texts are scored one by one: make the batch with vectorization_mode="sync"')
        if not self.task.compilable:
            raise ValueError(
                "with measures of its text as reward terms this task has too many states to be compiled: make the "
                'batch with vectorization_mode="sync"'
            )
        self.arena = make_arena(self.task, split, memory_budget)
        self._n_scenarios = self.task.n_scenarios(split)
        self._ledger = Ledger(self.task, self.arena.payoffs, tuple(weights.values()))
        self._horizon = self.task.horizon
        self._limit = max_episode_steps
        self._info_keys = frozenset(info_keys)
        self._begun = False
        n = num_envs
        self._keys = np.zeros(n, np.uint64)
        self._episodes = np.zeros(n, np.uint64)
        self._turns = np.zeros(n, np.int64)
        self._bits = np.zeros(n, np.uint64)
        self._ended = np.zeros(0, np.int64)
        self._states = np.zeros(n, np.int64)
        self.scenarios = np.full(n, -1, np.int64)
        self._row_offset = np.zeros(n, np.int64)
        self._outcome_offset = np.zeros(n, np.int64)
        self._state_offset = np.zeros(n, np.int64)
        self._first_row = np.zeros(n, np.int64)

    # -- the interface ------------------------------------------------------------------------------------------

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Starts an episode in each row.

        Args:
            seed: Row *i* is seeded with `seed + i`, or with the *i*-th of a sequence; without it each row goes on to
                its stream's next episode.
            options: `{"reset_mask": (N,) bool}` resets only some rows (autoreset mode "Disabled"); `{"scenario": k}`
                plays scenario *k* of the split in the rows that are reset.

        Returns:
            Observations and infos.
        """
        rows = self._rows_to_reset(options or {})
        scenario = asked_scenario(options or {}, self.split, self._n_scenarios, ("reset_mask", "scenario"))
        seeds: Sequence[int | None] = [None] * self.num_envs
        if isinstance(seed, (int, np.integer)):
            seeds = [int(seed) + i for i in range(self.num_envs)]
        elif seed is not None:
            seeds = seed
            if len(seeds) != self.num_envs:
                raise ValueError(f"{len(seeds)} seeds for {self.num_envs} rows: give one for each")
        anew = [i for i in rows.tolist() if seeds[i] is not None or not self._begun]
        generators = [seeding.np_random(seeds[i])[0] for i in anew]
        self._episodes[rows] += np.uint64(1)
        self._episodes[anew] = 0
        self._keys[anew] = [generator.integers(2**64, dtype=np.uint64) for generator in generators]
        self._begun = True
        self._turns[rows] = 0
        self._ended = np.setdiff1d(self._ended, rows)
        outcome = self._begin(rows, scenario)
        words = self._render(rows, outcome, None)
        if len(rows) == self.num_envs:
            self._observation = self._observe(words)
        else:
            self._observation = self._replace(self._observation, self._observe(words, rows), rows)
        return self._copy(), self._info(self._nothing(), only=None if len(rows) == self.num_envs else rows)

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Takes a turn in each row.

        Args:
            actions: (N,) numbers of choices, or N sentences where `action_type="text"`.

        Returns:
            Observations, rewards (N,) float64, terminations and truncations (N,) bool, infos.

        Raises:
            InvalidAction: If an action is out of range.
            ResetNeeded: Before the first reset, or where an ended row was not reset in autoreset mode "Disabled".
        """
        if not self._begun:
            raise ResetNeeded("no episode has begun: call reset() before step()")
        resetting = self._ended if len(self._ended) else None
        if resetting is not None and self.autoreset_mode is AutoresetMode.DISABLED:
            raise ResetNeeded('a row has ended: reset it with options={"reset_mask": mask} before step()')
        numbers = self._numbers(actions)
        said = self._said(numbers)

        self._turns += 1
        row = self._states * self.task.n_actions
        row += np.maximum(numbers, 0)
        if resetting is not None:
            self._episodes[resetting] += np.uint64(1)
            self._turns[resetting] = 0
            self._assign(resetting)
            row[resetting] = self._first_row[resetting]
        outcome, impossible = self._draw(row)
        if self.action_type != "choice":
            impossible = np.union1d(impossible, np.flatnonzero(numbers < 0))
            if resetting is not None:
                impossible = np.setdiff1d(impossible, resetting)
        payoff = self.arena.payoff.take(outcome)
        following = self.arena.next.take(outcome).astype(np.int64)
        if resetting is not None:
            payoff[resetting] = Arena.NOTHING
        if len(impossible):
            payoff[impossible] = Arena.INVALID
            following[impossible] = self._states[impossible]
            outcome[impossible] = -1
        self._states = following
        self._ledger.update()

        left = self._horizon - self._turns
        reward = self._ledger.pay_left.take(payoff)
        reward *= left
        reward += self._ledger.pay.take(payoff)
        terminated = self._ledger.ends.take(payoff)
        late = np.flatnonzero((left == 0) > terminated)
        timeout = None
        if len(late):
            timeout = self.arena.timeout[self._state_offset[late] + following[late]]
            self._ledger.update()
            reward[late] += self._ledger.pay[timeout]
            terminated[late] = True
        earned = Earned(payoff, left, late, timeout)
        truncated = np.zeros(self.num_envs, np.bool_) if self._limit is None else self._turns >= self._limit
        ended = np.flatnonzero(terminated | truncated)
        every = np.arange(self.num_envs)
        self._observation = self._observe(self._render(every, outcome, said))
        if self.autoreset_mode is AutoresetMode.SAME_STEP and len(ended):
            info = self._reset_in_step(ended, terminated, earned)
        else:
            info = self._info(earned, terminated)
            self._ended = ended
        return self._copy(), reward, terminated, truncated, info

    # -- dynamics -----------------------------------------------------------------------------------------------

    def _rows_to_reset(self, options: dict[str, Any]) -> NDArray[np.int64]:
        mask = options.get("reset_mask")
        if mask is None or not self._begun:
            return np.arange(self.num_envs)
        mask = np.asarray(mask)
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            raise ValueError(f"reset_mask must be {self.num_envs} bools, one of them True at least")
        return np.flatnonzero(mask)

    def _copy(self) -> Any:
        """The observations, for the caller to keep."""
        return self._observation if isinstance(self._observation, tuple) else self._observation.copy()

    def _numbers(self, actions: Any) -> NDArray[np.int64]:
        """The actions as numbers; -1 is a sentence that means no choice."""
        if not hasattr(actions, "__len__") or len(actions) != self.num_envs or np.ndim(actions) != 1:
            raise InvalidAction(f"actions of shape {np.shape(actions)} for {self.num_envs} rows: give one for each")
        if self.action_type != "choice":
            for sentence in actions:
                if not isinstance(sentence, str):
                    told = f'with action_type="{self.action_type}" an action is a sentence'
                    raise InvalidAction(f"{told}, got {sentence!r}")
            read = READERS[self.action_type]
            meant = [
                read(sentence, node.choices, self.task.cues)
                for sentence, node in zip(actions, self._nodes(), strict=True)
            ]
            return np.array([-1 if number is None else number for number in meant], np.int64)
        numbers = np.asarray(actions)
        if numbers.dtype.kind not in "iu":
            raise InvalidAction(f"actions are whole numbers, got {numbers.dtype}")
        numbers = numbers.astype(np.int64, copy=False)
        if (numbers.view(np.uint64) >= self.task.n_actions).any():
            raise InvalidAction(f"an action is out of range: there are 0 to {self.task.n_actions - 1}")
        return numbers

    def _begin(self, rows: NDArray[np.int64], scenario: int | None = None) -> NDArray[np.int64]:
        """Draws first states for some rows; returns their outcomes."""
        self._assign(rows, scenario)
        bits = chance.bits_many(
            self._keys[rows], self._episodes[rows], self._turns[rows].view(np.uint64), chance.OUTCOME
        )
        self._bits[rows] = bits
        outcome, _ = self._pick(self._first_row[rows] + self._row_offset[rows], self._outcome_offset[rows], bits)
        self._states[rows] = self.arena.next[outcome]
        return outcome

    def _draw(self, row: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draws an outcome for every row; returns outcomes, and the rows whose act was not possible."""
        self._bits = chance.bits_many(self._keys, self._episodes, self._turns.view(np.uint64), chance.OUTCOME)
        row += self._row_offset
        return self._pick(row, self._outcome_offset, self._bits)

    def _pick(
        self, row: NDArray[np.int64], offset: NDArray[np.int64], bits: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        arena = self.arena
        count = arena.count.take(row)
        impossible = np.flatnonzero(count == 0)
        u = chance.unit(bits)
        u *= count
        i = u.astype(np.int64)
        u -= i
        outcome = arena.start.take(row) + offset
        slot = outcome + i
        if len(impossible):
            slot[impossible] = 0
        outcome += np.where(u < arena.threshold.take(slot), i, arena.alias.take(slot))
        return outcome, impossible

    def _assign(self, rows: NDArray[np.int64], scenario: int | None = None) -> None:
        """Gives rows their scenario, and the place of its tables."""
        if self._n_scenarios == 1:
            if 0 in self.arena.blocks and self.scenarios[0] == 0:
                return
            chosen = np.zeros(len(rows), np.int64)
        elif scenario is not None:
            chosen = np.full(len(rows), scenario)
        else:
            zeros = np.zeros(len(rows), np.uint64)
            u = chance.uniform_many(self._keys[rows], self._episodes[rows], zeros, chance.SCENARIO)
            chosen = (u * self._n_scenarios).astype(np.int64)
        self.scenarios[rows] = chosen
        live = set(self.scenarios.tolist())
        moved = False
        for number in dict.fromkeys(chosen.tolist()):
            moved |= self.arena.acquire(number, live)[1]
        for i in range(self.num_envs) if moved else rows.tolist():
            block: Block | None = self.arena.blocks.get(int(self.scenarios[i]))
            if block is not None:
                self._row_offset[i] = block.row
                self._outcome_offset[i] = block.outcome
                self._state_offset[i] = block.state
                self._first_row[i] = block.tables.n_states * block.tables.n_actions

    def _nothing(self) -> Earned:
        """What every row earns at reset."""
        self._ledger.update()
        zeros = np.zeros(self.num_envs, np.int64)
        return Earned(zeros + Arena.NOTHING, zeros, zeros[:0], None)

    def _reset_in_step(self, ended: NDArray[np.int64], terminated: NDArray[np.bool_], earned: Earned) -> dict[str, Any]:
        """Autoreset mode "SameStep": what ended goes into `final_obs` and `final_info`, and a new episode begins."""
        final_obs = np.full(self.num_envs, None, dtype=object)
        for i in ended.tolist():
            value = self._observation[i]
            final_obs[i] = value.copy() if isinstance(value, np.ndarray) else value
        shown = np.zeros(self.num_envs, np.bool_)
        shown[ended] = True
        final: dict[str, Any] = {"final_obs": final_obs, "_final_obs": shown}
        final |= {"final_info": self._info(earned, terminated, only=ended), "_final_info": shown.copy()}
        self._episodes[ended] += np.uint64(1)
        self._turns[ended] = 0
        outcome = self._begin(ended)
        words = self._render(ended, outcome, None)
        self._observation = self._replace(self._observation, self._observe(words, ended), ended)
        earned.payoff[ended] = Arena.NOTHING
        return final | self._info(earned._replace(late=earned.late[:0]))

    # -- what is seen -------------------------------------------------------------------------------------------

    def _observe(self, words: list[str] | None, rows: NDArray[np.int64] | None = None) -> Any:
        if words is not None:
            return tuple(words)
        every = rows is None
        at = self._state_offset + self._states if every else self._state_offset[rows] + self._states[rows]
        if self.obs_type == "discrete":
            return self.arena.discrete[at]
        features = self.arena.features[at]
        features[:, -1] = (self._turns if every else self._turns[rows]) / self._horizon
        return features

    def _replace(self, observation: Any, fresh: Any, rows: NDArray[np.int64]) -> Any:
        if self.obs_type == "text":
            words = list(observation)
            for i, text in zip(rows.tolist(), fresh, strict=True):
                words[i] = text
            return tuple(words)
        changed = observation.copy()
        changed[rows] = fresh
        return changed

    def _nodes(self, rows: NDArray[np.int64] | slice = slice(None)) -> list[Node]:
        """The nodes of some rows' states, where what is said of them is kept."""
        nodes = []
        for scenario, state in zip(self.scenarios[rows].tolist(), self._states[rows].tolist(), strict=True):
            block = self.arena.blocks[scenario]
            node = block.nodes.get(state)
            if node is None:
                graph = load_graph(self.task, self.split, scenario)
                node = block.nodes[state] = graph.node(block.tables.states[state])
            nodes.append(node)
        return nodes

    def _said(self, numbers: NDArray[np.int64]) -> list[str] | None:
        """The sentence that each row is about to say, for text observations."""
        if self.obs_type != "text":
            return None
        return [
            "" if number < 0 else node.choices[number]
            for number, node in zip(numbers.tolist(), self._nodes(), strict=True)
        ]

    def _render(self, rows: NDArray[np.int64], outcome: NDArray[np.int64], said: list[str] | None) -> list[str] | None:
        """Text observations of some rows; -1 is the outcome of an impossible act."""
        if self.obs_type != "text":
            return None
        texts = []
        for node, turn, sentence, scenario, o, e, bits in zip(
            self._nodes(rows),
            self._turns[rows].tolist(),
            said or [""] * len(rows),
            self.scenarios[rows].tolist(),
            outcome.tolist(),
            self.arena.event[outcome].tolist(),
            self._bits[rows].tolist(),
            strict=True,
        ):
            event = None if o < 0 else self.arena.blocks[scenario].tables.events[e]
            texts.append(node.graph.transcript.write(turn, sentence, event, bits, node.note))
        return texts

    def _info(
        self, earned: Earned, ended: NDArray[np.bool_] | None = None, only: NDArray[np.int64] | None = None
    ) -> dict[str, Any]:
        """Infos as Gymnasium batches them: each key beside a mask `_key` of the rows that have it.

        Args:
            earned: What each row earned.
            ended: Rows whose episode has come to its own end: they have metrics.
            only: The rows that have an info; all by default.
        """
        shown = np.ones((3 + len(self.task.terms), self.num_envs), np.bool_)
        if only is not None:
            shown[:] = False
            shown[:, only] = True
        info: dict[str, Any] = {}
        if "action_mask" in self._info_keys:
            mask = self.arena.mask.take(self._state_offset + self._states, axis=0)
            if only is not None:
                mask *= shown[0][:, None]
            info["action_mask"], info["_action_mask"] = mask, shown[0]
        if "choices" in self._info_keys:
            choices = np.full(self.num_envs, None, dtype=object)
            rows = np.flatnonzero(shown[1])
            for i, node in zip(rows.tolist(), self._nodes(rows), strict=True):
                choices[i] = node.choices
            info["choices"], info["_choices"] = choices, shown[1]
        if "reward_terms" in self._info_keys:
            info["reward_terms"], info["_reward_terms"] = self._ledger.amounts(earned, shown[3:], only), shown[2]
        if ended is not None and "metrics" in self._info_keys and ended.any():
            info["metrics"], info["_metrics"] = self._ledger.measure(earned, ended), ended.copy()
        return info
