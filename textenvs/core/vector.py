"""One process, N episodes at once: compiled tables stepped with numpy alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from textenvs.core import chance
from textenvs.core.graph import exchange, price, wording
from textenvs.core.loading import check_reward, check_split, load_task, make_arena, unknown
from textenvs.core.mdp import Task
from textenvs.core.spaces import action_space, observation_space
from textenvs.core.tables import MEMORY_BUDGET, Block
from textenvs.text.matching import match

INFO_KEYS = ("action_mask", "choices", "reward_terms", "metrics")
ILLEGAL = 0
"""Payoff number of an impossible act."""


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
        memory_budget: Bytes of compiled tables held at a time.
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
        reward: Mapping[str, float] | None = None,
        render_mode: str | None = None,
        **parameters: Any,
    ) -> None:
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
        self.task = load_task(task, parameters)
        self.split = check_split(split)
        self.obs_type = obs_type
        self.action_type = action_type
        self.single_observation_space = observation_space(self.task, obs_type)
        self.single_action_space = action_space(self.task, action_type)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.arena = make_arena(self.task, split, memory_budget)
        self._n_scenarios = self.task.n_scenarios(split)
        self._processes: dict[int, Any] = {}
        self._weights = tuple(check_reward(self.task, reward).values())
        self._names = tuple(self.task.terms)
        self._horizon = self.task.horizon
        self._limit = max_episode_steps
        self._info_keys = frozenset(info_keys)
        self._n_payoffs = 0
        self._begun = False
        n = num_envs
        self._keys = np.zeros(n, np.uint64)
        self._episodes = np.zeros(n, np.uint64)
        self._turns = np.zeros(n, np.int64)
        self._ended = np.zeros(n, np.bool_)
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
            options: `{"reset_mask": (N,) bool}` resets only some rows (autoreset mode "Disabled").

        Returns:
            Observations and infos.
        """
        rows = self._rows_to_reset(options or {})
        seeds: Sequence[int | None] = [None] * self.num_envs
        if isinstance(seed, (int, np.integer)):
            seeds = [int(seed) + i for i in range(self.num_envs)]
        elif seed is not None:
            seeds = seed
            if len(seeds) != self.num_envs:
                raise ValueError(f"{len(seeds)} seeds for {self.num_envs} rows: give one for each")
        self._episodes[rows] += np.uint64(1)
        for i in rows.tolist():
            if seeds[i] is not None or not self._begun:
                generator, _ = seeding.np_random(seeds[i])
                self._keys[i] = generator.integers(2**64, dtype=np.uint64)
                self._episodes[i] = 0
        self._begun = True
        self._turns[rows] = 0
        self._ended[rows] = False
        outcome = self._begin(rows)
        words = self._render(rows, outcome, None) if self.obs_type == "text" else None
        if len(rows) == self.num_envs:
            self._observation = self._observe(words)
            return self._observation, self._info(rows, np.zeros(self.num_envs, np.int64), None)
        fresh = self._observe(words, rows)
        self._observation = self._replace(self._observation, fresh, rows)
        return self._observation, self._info(rows, np.zeros(len(rows), np.int64), None)

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
        resetting = self._ended if self.autoreset_mode is AutoresetMode.NEXT_STEP else None
        if self.autoreset_mode is AutoresetMode.DISABLED and self._ended.any():
            raise ResetNeeded('a row has ended: reset it with options={"reset_mask": mask} before step()')
        if resetting is not None and not resetting.any():
            resetting = None
        numbers = self._numbers(actions)
        said = self._said(numbers) if self.obs_type == "text" else None

        self._turns += 1
        row = self._states * self.task.n_actions
        row += numbers
        if resetting is not None:
            fresh = np.flatnonzero(resetting)
            self._episodes[fresh] += np.uint64(1)
            self._turns[fresh] = 0
            self._assign(fresh)
            row[fresh] = self._first_row[fresh]
        outcome, possible = self._draw(row)
        if self.action_type == "text":
            possible &= numbers >= 0
        payoff = self.arena.payoff[outcome]
        following = self.arena.next[outcome].astype(np.int64)
        if resetting is not None:
            possible[fresh] = True
        if not possible.all():
            impossible = np.flatnonzero(~possible)
            payoff[impossible] = ILLEGAL
            following[impossible] = self._states[impossible]
            outcome[impossible] = -1
        self._states = following
        self._price()

        left = self._horizon - self._turns
        reward = self._pay_left[payoff]
        reward *= left
        reward += self._pay[payoff]
        terminated = self._pay_ends[payoff]
        if resetting is not None:
            reward[fresh] = 0.0
            terminated[fresh] = False
        late = (left == 0) & ~terminated
        timeout = None
        if late.any():
            last = np.flatnonzero(late)
            timeout = (last, self.arena.timeout[self._state_offset[last] + following[last]])
            self._price()
            reward[last] += self._pay[timeout[1]]
            terminated[last] = True
        truncated = np.zeros_like(late) if self._limit is None else self._turns >= self._limit
        ended = terminated | truncated
        words = self._render(np.arange(self.num_envs), outcome, said) if self.obs_type == "text" else None
        self._observation = self._observe(words)
        every = np.arange(self.num_envs)
        earned = (payoff, left, timeout, fresh if resetting is not None else None)
        if self.autoreset_mode is AutoresetMode.SAME_STEP and ended.any():
            info = self._reset_in_step(ended, terminated, earned)
        else:
            info = self._info(every, left, earned, ended=terminated)
            self._ended = ended
        return self._observation, reward, terminated, truncated, info

    # -- dynamics -----------------------------------------------------------------------------------------------

    def _rows_to_reset(self, options: dict[str, Any]) -> NDArray[np.int64]:
        mask = options.get("reset_mask")
        if mask is None or not self._begun:
            return np.arange(self.num_envs)
        mask = np.asarray(mask)
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            raise ValueError(f"reset_mask must be {self.num_envs} bools, one of them True at least")
        return np.flatnonzero(mask)

    def _numbers(self, actions: Any) -> NDArray[np.int64]:
        """The actions as numbers; -1 is a sentence that means no choice."""
        if len(actions) != self.num_envs:
            raise InvalidAction(f"{len(actions)} actions for {self.num_envs} rows: give one for each")
        if self.action_type == "text":
            meant = [
                match(sentence, choices, self.task.cues)
                for sentence, choices in zip(actions, self._choices(range(self.num_envs)), strict=True)
            ]
            return np.array([-1 if number is None else number for number in meant], np.int64)
        numbers = np.asarray(actions)
        if numbers.dtype.kind not in "iu":
            raise InvalidAction(f"actions are whole numbers, got {numbers.dtype}")
        if numbers.min() < 0 or numbers.max() >= self.task.n_actions:
            raise InvalidAction(f"an action is out of range: there are 0 to {self.task.n_actions - 1}")
        return numbers.astype(np.int64, copy=False)

    def _begin(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Draws first states for some rows; returns their outcomes."""
        self._assign(rows)
        u = chance.uniform_many(
            self._keys[rows], self._episodes[rows], self._turns[rows].view(np.uint64), chance.OUTCOME
        )
        outcome, _ = self._pick(self._first_row[rows] + self._row_offset[rows], self._outcome_offset[rows], u)
        self._states[rows] = self.arena.next[outcome]
        return outcome

    def _draw(self, row: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Draws an outcome for every row; returns outcomes and whether the act was possible."""
        u = chance.uniform_many(self._keys, self._episodes, self._turns.view(np.uint64), chance.OUTCOME)
        return self._pick(row + self._row_offset, self._outcome_offset, u)

    def _pick(
        self, row: NDArray[np.int64], offset: NDArray[np.int64], u: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        arena = self.arena
        count = arena.count[row]
        u *= count
        i = u.astype(np.int64)
        outcome = arena.start[row] + offset
        slot = outcome + i
        possible = count > 0
        if not possible.all():
            slot[~possible] = 0
        u -= i
        outcome += np.where(u < arena.threshold[slot], i, arena.alias[slot])
        return outcome, possible

    def _assign(self, rows: NDArray[np.int64]) -> None:
        """Gives rows their scenario, and the place of its tables."""
        if self._n_scenarios == 1:
            if 0 in self.arena.blocks and self.scenarios[0] == 0:
                return
            chosen = np.zeros(len(rows), np.int64)
        else:
            zeros = np.zeros(len(rows), np.uint64)
            u = chance.uniform_many(self._keys[rows], self._episodes[rows], zeros, chance.SCENARIO)
            chosen = (u * self._n_scenarios).astype(np.int64)
        self.scenarios[rows] = chosen
        live = set(self.scenarios.tolist())
        moved = False
        for scenario in dict.fromkeys(chosen.tolist()):
            moved |= self.arena.acquire(scenario, live)[1]
        for i in range(self.num_envs) if moved else rows.tolist():
            block: Block | None = self.arena.blocks.get(int(self.scenarios[i]))
            if block is not None:
                self._row_offset[i] = block.row
                self._outcome_offset[i] = block.outcome
                self._state_offset[i] = block.state
                self._first_row[i] = block.tables.n_states * block.tables.n_actions

    def _price(self) -> None:
        """Brings the arrays over payoffs up to date: reward, reward for each turn left, end."""
        payoffs = self.arena.payoffs
        if len(payoffs) == self._n_payoffs:
            return
        self._n_payoffs = len(payoffs)
        priced = np.array([price(payoff, self._weights) for payoff in payoffs])
        self._pay, self._pay_left = priced[:, 0].copy(), priced[:, 1].copy()
        self._pay_ends = np.array([payoff.terminated for payoff in payoffs])
        zero = (0.0,) * len(self._names)
        self._terms = np.array([payoff.terms for payoff in payoffs]).T.copy()
        self._terms_left = np.array([payoff.per_turn_left or zero for payoff in payoffs]).T.copy()
        self._counts_left = self._terms_left.any(axis=1)
        none = (0.0,) * len(self.task.metrics)
        self._metrics = np.array([payoff.metrics or none for payoff in payoffs]).T.copy()

    def _reset_in_step(self, ended: NDArray[np.bool_], terminated: NDArray[np.bool_], earned: Any) -> dict[str, Any]:
        """Autoreset mode "SameStep": what ended goes into `final_obs` and `final_info`, and a new episode begins."""
        every, rows = np.arange(self.num_envs), np.flatnonzero(ended)
        final = self._info(every, earned[1], earned, ended=terminated, only=ended)
        final_obs = np.full(self.num_envs, None, dtype=object)
        for i in rows.tolist():
            final_obs[i] = self._row_of(self._observation, i)
        self._episodes[rows] += np.uint64(1)
        self._turns[rows] = 0
        outcome = self._begin(rows)
        words = self._render(rows, outcome, None) if self.obs_type == "text" else None
        self._observation = self._replace(self._observation, self._observe(words, rows), rows)
        payoff, left, timeout, _ = earned
        info = self._info(every, left, (payoff, left, timeout, rows))
        return {"final_obs": final_obs, "_final_obs": ended.copy(), "final_info": final, "_final_info": ended.copy(), **info}

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

    def _row_of(self, observation: Any, i: int) -> Any:
        value = observation[i]
        return value.copy() if isinstance(value, np.ndarray) else value

    def _replace(self, observation: Any, fresh: Any, rows: NDArray[np.int64]) -> Any:
        if self.obs_type == "text":
            words = list(observation)
            for i, text in zip(rows.tolist(), fresh, strict=True):
                words[i] = text
            return tuple(words)
        changed = observation.copy()
        changed[rows] = fresh
        return changed

    def _choices(self, rows: Iterable[int]) -> list[tuple[str, ...]]:
        """The sentences of each row's actions."""
        return [tuple(self._process(i).choices(self._state(i))) for i in rows]

    def _said(self, numbers: NDArray[np.int64]) -> list[str]:
        choices = self._choices(range(self.num_envs))
        return ["" if number < 0 else choices[i][number] for i, number in enumerate(numbers.tolist())]

    def _state(self, i: int) -> Any:
        return self.arena.blocks[int(self.scenarios[i])].tables.states[self._states[i]]

    def _process(self, i: int) -> Any:
        scenario = int(self.scenarios[i])
        if scenario not in self._processes:
            self._processes[scenario] = self.task.scenario(self.split, scenario)
        return self._processes[scenario]

    def _render(self, rows: NDArray[np.int64], outcome: NDArray[np.int64], said: list[str] | None) -> list[str]:
        """Text observations of some rows; -1 is the outcome of an impossible act."""
        texts = []
        for i, o in zip(rows.tolist(), outcome.tolist(), strict=True):
            turn = int(self._turns[i])
            events = self.arena.blocks[int(self.scenarios[i])].tables.events
            event = None if o < 0 else events[self.arena.event[o]]
            process = self._process(i)
            words = wording(process, event, int(self._keys[i]), int(self._episodes[i]), turn)
            sentence = None if said is None or turn == 0 else said[i]
            note = process.note(self._state(i))
            texts.append(exchange(self.task.partner, sentence, event, words, note, turn, self._horizon))
        return texts

    def _info(
        self,
        rows: NDArray[np.int64],
        left: NDArray[np.int64],
        earned: Any,
        ended: NDArray[np.bool_] | None = None,
        only: NDArray[np.bool_] | None = None,
    ) -> dict[str, Any]:
        """Infos as Gymnasium batches them: each key beside a mask `_key` of the rows that have it.

        Args:
            rows: The rows that have an info.
            left: Turns left.
            earned: Payoffs, turns left, timeouts (rows, payoffs) and rows that were reset; None at reset.
            ended: Rows whose episode has come to its own end: they have metrics.
            only: Blanks all other rows, as in `final_info`.
        """
        n = self.num_envs
        whole = len(rows) == n and only is None
        shown = np.ones(n, np.bool_) if whole else np.zeros(n, np.bool_)
        if not whole:
            shown[rows if only is None else np.flatnonzero(only)] = True
        info: dict[str, Any] = {}
        if "action_mask" in self._info_keys:
            mask = self.arena.mask[self._state_offset + self._states]
            info["action_mask"], info["_action_mask"] = mask if whole else mask * shown[:, None], shown.copy()
        if "choices" in self._info_keys:
            choices = np.full(n, None, dtype=object)
            for i, sentences in zip(np.flatnonzero(shown), self._choices(np.flatnonzero(shown).tolist()), strict=True):
                choices[i] = sentences
            info["choices"], info["_choices"] = choices, shown.copy()
        if "reward_terms" in self._info_keys:
            info["reward_terms"], info["_reward_terms"] = self._amounts(earned, shown, whole), shown.copy()
        if ended is not None and "metrics" in self._info_keys and ended.any():
            info["metrics"], info["_metrics"] = self._measure(earned, ended), ended.copy()
        return info

    def _amounts(self, earned: Any, shown: NDArray[np.bool_], whole: bool) -> dict[str, Any]:
        """The amount of each reward term, (N,) float64 each, with its mask."""
        terms: dict[str, Any] = {}
        for j, name in enumerate(self._names):
            if earned is None:
                amount = np.zeros(self.num_envs)
            else:
                payoff, left, timeout, fresh = earned
                amount = self._terms[j][payoff]
                if self._counts_left[j]:
                    amount += self._terms_left[j][payoff] * left
                if timeout is not None:
                    amount[timeout[0]] += self._terms[j][timeout[1]]
                if fresh is not None:
                    amount[fresh] = 0.0
                if not whole:
                    amount *= shown
            terms[name], terms[f"_{name}"] = amount, shown.copy()
        return terms

    def _measure(self, earned: Any, ended: NDArray[np.bool_]) -> dict[str, Any]:
        """The metrics of the rows that have ended, (N,) float64 each, with its mask."""
        payoff, _, timeout, _ = earned
        if timeout is not None:
            payoff = payoff.copy()
            payoff[timeout[0]] = timeout[1]
        metrics: dict[str, Any] = {}
        for j, name in enumerate(self.task.metrics):
            metrics[name], metrics[f"_{name}"] = np.where(ended, self._metrics[j][payoff], 0.0), ended.copy()
        return metrics
