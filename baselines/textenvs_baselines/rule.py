"""Hand-written agents, one for each task. They see what every agent sees."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gymnasium as gym

import textenvs
from textenvs.errors import shown
from textenvs.evaluation import Training
from textenvs.evaluation.record import from_json

FORMAT = "textenvs-rule/1"
TRIAL_STEPS = 10_000
"""Environment steps on train with which each variant of a rule is tried."""
SLOTS = ("food", "area", "price")
FITS = tuple(f"fits {how}" for how in ("far worse", "worse", "as well", "a little better", "better", "much better"))
FITS += ("fits far better", "fits incomparably better")
"""What the tool says of how well a suggestion fits."""
SUPPORTED = ("hardly supported", "weakly supported", "supported", "well supported")
"""What the library says of how well a name is supported."""
RANKS = ("first", "second", "third")
FIRST = re.compile(r'Suggestions: 1\. "[^"]*" \([^,]*, (fits [a-z ]+),')


class DialogueRule:
    """Asks for what it does not know, confirms what it only heard (or not), offers, answers, books, says goodbye.

    Args:
        names: The names of the actions.
        confirm: Whether what was only heard is confirmed before it is acted on.
    """

    variants = (False, True)

    def __init__(self, names: tuple[str, ...], confirm: bool) -> None:
        self._action = {name: number for number, name in enumerate(names)}
        self.confirm = confirm

    def __call__(self, observation: str, legal: Any) -> int:
        """The action for a text observation."""
        return self._action[self._act(observation.split("\n")[-2], legal)]

    def _act(self, note: str, legal: Any) -> str:
        if "The user wants a table" in note:
            return self._book(note)
        if "The user asks for the" in note:
            return "tell_" + note.rstrip("]").rsplit(" ", 1)[1]
        if "asks for another" in note:
            return "alternative" if legal[self._action["alternative"]] else "none"
        if "no more wishes" in note:
            return "goodbye"
        for slot in SLOTS:
            if f"{slot}: not known" in note:
                return f"request_{slot}"
        for slot in SLOTS:
            if self.confirm and re.search(rf"{slot}: [a-z ]+ \(heard\)", note):
                return f"confirm_{slot}"
        return "offer" if legal[self._action["offer"]] else "none"

    def _book(self, note: str) -> str:
        if "not known" in note:
            return "request_booking"
        return "confirm_booking" if self.confirm and "(heard)" in note else "book"


class WritingRule:
    """Takes the first suggestion of a place if it fits well enough, else keeps what is written.

    Args:
        names: The names of the actions.
        least: From how good a fit on, as a number of `FITS`.
    """

    variants = tuple(range(1, len(FITS)))

    def __init__(self, names: tuple[str, ...], least: int) -> None:
        self._action = {name: number for number, name in enumerate(names)}
        self._least = least

    def __call__(self, observation: str, legal: Any) -> int:
        """The action for a text observation."""
        note = observation.split("\n")[-2]
        if "No place is left" in note:
            return self._action["finish"]
        found = FIRST.search(note)
        if found is None:
            raise ValueError(f"a rule for proofreading cannot read {note!r}")
        return self._action["take_first" if FITS.index(found[1]) >= self._least else "keep"]


class QARule:
    """Searches, opens the page that the question names, follows its best links for a second page; answers or abstains.

    Args:
        names: The names of the actions.
        option: How well the best name must be supported on the first page, and on a second, to be the answer, as
            numbers of `SUPPORTED`; how many links to follow at most; for how many queries a page is opened at most,
            where one page should tell the answer.
    """

    variants = tuple(itertools.product(range(1, 4), range(1, 4), (1, 3), (1, 3)))

    def __init__(self, names: tuple[str, ...], option: tuple[int, int, int, int]) -> None:
        self._action = {name: number for number, name in enumerate(names)}
        first, second, self._follows, self._queries = option
        self._least = first, second

    def __call__(self, observation: str, legal: Any) -> int:
        """The action for a text observation."""
        note = observation.split("\n")[-2].rstrip("]")
        return next(self._action[act] for act in (*self._acts(note), "abstain") if legal[self._action[act]])

    def _acts(self, note: str) -> tuple[str, ...]:
        """What to do: the first of these that is possible."""
        query = next((number for number, rank in enumerate(RANKS, start=1) if f"with the {rank} query" in note), 0)
        search = tuple(f"search_{rank}" for rank in RANKS[query : query + 1])
        parts = {head: text for head, _, text in (part.partition(": ") for part in note.split(" | ")[2:])}
        if not query and "Open pages" not in parts:
            return search
        two_hops, results = note.startswith("[Question (two pages)"), self._results(note)
        if "Open pages" not in parts:
            return (*results, *search) if not two_hops or "named in the question" in note else (*search, *results)
        n_open = 1 + parts["Open pages"].count('", "')
        if two_hops and n_open == 1:
            return ("follow_first",)
        named = parts.get("Named on open pages that were linked to" if two_hops else "Named there", "nothing")
        found = re.match(r'"[^"]*" \(([a-z ]+)\)', named)
        if found is not None and SUPPORTED.index(found[1]) >= self._least[two_hops]:
            return ("answer_linked_first" if two_hops else "answer_first",)
        if two_hops:
            return ("follow_first",) if n_open <= self._follows else ()
        if n_open < query:
            return (*results, *search)
        return search if n_open < self._queries else ()

    def _results(self, note: str) -> tuple[str, ...]:
        """The results to open: those whose title the question names, those that are likely, and all others."""
        tags = re.findall(r' [123]\. "[^"]*" \(([a-z ]+)\)', note.split(" | Open pages")[0])
        ranked = sorted(range(len(tags)), key=lambda k: (tags[k] != "named in the question", tags[k] != "likely"))
        return tuple(f"open_{RANKS[k]}" for k in ranked)


RULES: dict[str, Any] = {
    "textenvs.tasks.dialogue:Dialogue": DialogueRule,
    "textenvs.tasks.qa:QA": QARule,
    "textenvs.tasks.writing:Writing": WritingRule,
}


class RuleAgent:
    """The rule of a task. Of its variants it plays the first, or the one that did best when it was trained.

    Args:
        env_id: The id it will play.
        env_kwargs: The task's parameters and `split` and `reward`.
        variant: Number of the variant that it plays until it is trained.
    """

    obs_type = "text"
    action_type = "choice"

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], variant: int = 0) -> None:
        task = textenvs.find_entry(env_id).task
        if task not in RULES:
            raise ValueError(f"no rule is written for {env_id}; textenvs_baselines.rule.RULES is the place for one")
        rule = RULES[task]
        self._rules = [rule(textenvs.task_of(env_id).action_names, option) for option in rule.variants]
        if type(variant) is not int or not 0 <= variant < len(self._rules):
            raise ValueError(f"variant {shown(variant)} does not exist: there are 0 to {len(self._rules) - 1}")
        self.variant = variant

    @property
    def config(self) -> dict[str, Any]:
        """What stands in a record."""
        return {"variant": self.variant}

    def reset(self, seed: int) -> None:
        """Begins an episode."""

    def act(self, observation: str, info: Mapping[str, Any]) -> int:
        """The rule's action."""
        return int(self._rules[self.variant](observation, info["action_mask"]))

    def train(
        self, env: gym.Env[Any, Any], total_steps: int, seed: int = 0, progress: Callable[[int], None] | None = None
    ) -> Training:
        """Plays each variant for some steps, and keeps the one with the largest mean return; there is no curve."""
        budget = min(TRIAL_STEPS, total_steps // len(self._rules))
        steps, means = 0, []
        for variant in range(len(self._rules)):
            self.variant = variant
            returns: list[float] = []
            observation, info = env.reset(seed=seed)
            begun, total = steps, 0.0
            while steps - begun < budget:
                observation, reward, terminated, truncated, info = env.step(self.act(observation, info))
                steps += 1
                total += float(reward)
                if terminated or truncated:
                    returns.append(total)
                    total = 0.0
                    observation, info = env.reset()
            means.append(sum(returns) / len(returns) if returns else -math.inf)
            if progress is not None:
                progress(budget)
        self.variant = means.index(max(means))
        return Training(steps, [])

    def save(self, path: str | Path) -> None:
        """Saves the chosen variant as JSON."""
        Path(path).write_text(json.dumps({"format": FORMAT, "config": self.config}) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path, env_id: str, env_kwargs: Mapping[str, Any]) -> RuleAgent:
        """Loads what `save` has saved; raises ValueError where the file is something else."""
        try:
            saved = from_json(Path(path).read_bytes())
            if not isinstance(saved, dict) or saved.get("format") != FORMAT:
                raise ValueError(f"it does not say that its format is {FORMAT}")
            config = saved.get("config")
            if not isinstance(config, dict) or config.keys() != {"variant"}:
                raise ValueError(f"its settings must be the number of a variant, got {shown(config)}")
            return cls(env_id, env_kwargs, config["variant"])
        except (OSError, ValueError) as error:
            raise ValueError(f"{path} is not a saved rule ({error}): train it again") from None
