"""What is said in a task, read from `phrases.en.toml` beside it.

A file has up to five parts, all of them optional:

- `[wordings.<key>]`: several ways to say the same. `both` are said in both splits, `test` in the test split alone;
  `slots` are the names in braces that stand in them. The order counts: a draw chooses by place.
- `[texts]`: single sentences, in tables as deep as it reads well; `[texts.note] over = "..."` is the text "note.over".
- `[lists]`: lists of phrases that are chosen by number, such as the names of buckets; nested like the texts.
- `[acts.<action>]`: what the agent can say, in the order of the actions. `sentence` is what stands in
  `info["choices"]`, `cues` are the words by which people who mean it are understood; `shared_cues` names a list whose
  entries come before them.
- `[tone]`: by which phrases a reply of the agent is known to agree with the other side (`agrees`, wherever they stand),
  to state something (`sure`, at its beginning), or to admit that something is not known (`unsure`, wherever they
  stand). Scripted judges look for them (`textenvs.feedback.style`).

A file is checked when it is loaded. Names in braces are plain: no numbers, no formats.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

from textenvs.errors import shown, unknown
from textenvs.text.phrase_checks import (
    check_phrase,
    check_tone,
    check_wordings,
    flat,
    quoted,
    require_table,
    slots_of,
    strings,
)

PARTS = ("texts", "lists", "acts", "wordings", "tone")


class Act(NamedTuple):
    """What the agent can say.

    Attributes:
        sentence: The sentence, with names in braces for what depends on the state.
        cues: Words and phrases by which people who mean it are understood.
    """

    sentence: str
    cues: tuple[str, ...]


class Phrases:
    """The phrases of a file.

    Args:
        file: Where they stand, for messages.
        parsed: What was read of the file.

    Attributes:
        file: The same.
        acts: What the agent can say, by the name of the action, in the order of the file.
        tone: Phrases by what they say of a reply: "agrees", "sure" or "unsure".

    Raises:
        ValueError: If something in the file is not as it must be; with file, key, value and cure.
    """

    def __init__(self, file: str, parsed: Mapping[str, Any]) -> None:
        self.file = file
        for part, entries in parsed.items():
            if part not in PARTS:
                raise unknown(f"part of {file}", part, PARTS)
            require_table(file, part, entries)
        self._texts = dict(flat(file, "texts", parsed.get("texts", {}), str))
        lists = flat(file, "lists", parsed.get("lists", {}), list)
        self._lists = {key: tuple(entries) for key, entries in lists}
        self._wordings = parsed.get("wordings", {})
        self._said: dict[str, dict[str, tuple[str, ...]]] = {"train": {}, "test": {}}
        for key, table in self._wordings.items():
            both, test = check_wordings(file, f"wordings.{quoted(key)}", table)
            self._said["train"][key], self._said["test"][key] = both, both + test
        self.acts = {name: self._act(name, table) for name, table in parsed.get("acts", {}).items()}
        said = (*(act.sentence for act in self.acts.values()), *self._texts.values())
        self.tone = check_tone(file, parsed.get("tone", {}), said)

    def wordings(self, key: str, split: str) -> tuple[str, ...]:
        """The ways to say something in a split, "train" or "test"; those of both splits come first."""
        try:
            wordings = self._said[split][key]
        except KeyError:
            if split not in self._said:
                raise unknown("split", split, self._said) from None
            raise unknown(f"key of the wordings in {self.file}", key, self._wordings) from None
        if _NOTED is not None:
            _NOTED[split, key] = wordings
        return wordings

    def choose(self, key: str, draw: int, split: str) -> str:
        """The wording that a draw, an integer of at least 0, falls on in a split."""
        wordings = self.wordings(key, split)
        return wordings[draw % len(wordings)]

    def text(self, key: str, *slots: str) -> str:
        """A single sentence.

        Args:
            key: Its key, such as "note.over".
            slots: The names in braces that the caller fills.

        Raises:
            ValueError: If there is no such key, or other names stand in braces.
        """
        if key not in self._texts:
            raise unknown(f"key of the texts in {self.file}", key, self._texts)
        return self._with_slots(f"texts.{key}", self._texts[key], slots)

    def __getitem__(self, key: str) -> str:
        """A single sentence without names in braces."""
        return self.text(key)

    def entries(self, key: str) -> tuple[str, ...]:
        """A list of phrases that are chosen by number."""
        if key not in self._lists:
            raise unknown(f"key of the lists in {self.file}", key, self._lists)
        return self._lists[key]

    def sentence(self, action: str, *slots: str) -> str:
        """The sentence of an action; `slots` are the names in braces that the caller fills.

        Raises:
            ValueError: If there is no such action, or other names stand in braces.
        """
        if action not in self.acts:
            raise unknown(f"action of the acts in {self.file}", action, self.acts)
        return self._with_slots(f"acts.{action}.sentence", self.acts[action].sentence, slots)

    def cues(self, actions: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """The cues of all actions, in their order.

        Raises:
            ValueError: If the acts of the file are not these actions in this order.
        """
        for expected, found in zip(actions, self.acts, strict=False):
            if expected != found:
                raise ValueError(
                    f"{self.file}: [acts.{found}] stands where the task has the action {expected!r}; "
                    "write the acts in the order of the actions, one for each"
                )
        if len(actions) != len(self.acts):
            raise ValueError(
                f"{self.file}: {len(self.acts)} acts, but the task has {len(actions)} actions; write one for each"
            )
        return tuple(act.cues for act in self.acts.values())

    @property
    def words(self) -> dict[str, dict[str, Any]]:
        """Sentence and cues of each action, as `textenvs.core.acts.Acts` takes them."""
        return {name: act._asdict() for name, act in self.acts.items()}

    def content(self) -> dict[str, Any]:
        """All that the file says, with its tags, as plain dicts, lists and strings; keys sorted but for the acts."""
        wordings = {
            key: {"slots": sorted(table.get("slots", ())), "both": [*table["both"]], "test": [*table.get("test", ())]}
            for key, table in sorted(self._wordings.items())
        }
        return {
            "texts": dict(sorted(self._texts.items())),
            "lists": {key: [*entries] for key, entries in sorted(self._lists.items())},
            "acts": [
                {"action": name, "sentence": act.sentence, "cues": [*act.cues]} for name, act in self.acts.items()
            ],
            "wordings": wordings,
            "tone": {kind: [*phrases] for kind, phrases in sorted(self.tone.items())},
        }

    def _act(self, name: str, table: Any) -> Act:
        key = f"acts.{quoted(name)}"
        require_table(self.file, key, table)
        for field in table:
            if field not in ("sentence", "cues", "shared_cues"):
                raise unknown(f"key of [{key}] in {self.file}", field, ("sentence", "cues", "shared_cues"))
        for field in ("sentence", "cues"):
            if field not in table:
                raise ValueError(f"{self.file}: [{key}] has no {field}; write one")
        check_phrase(self.file, f"{key}.sentence", table["sentence"])
        cues = strings(self.file, f"{key}.cues", table["cues"])
        if "shared_cues" in table:
            cues = self.entries(table["shared_cues"]) + cues
        for cue in cues:
            if cue:
                check_phrase(self.file, f"{key}.cues", cue)
            if cues.count(cue) > 1:
                raise ValueError(f"{self.file}: {key}.cues has {shown(cue)} twice; delete one")
        return Act(table["sentence"], cues)

    def _with_slots(self, key: str, phrase: str, slots: Collection[str]) -> str:
        found = slots_of(phrase) if "{" in phrase or "}" in phrase else set()
        for slot in sorted(found - set(slots)):
            raise unknown(f"name in braces in {key} of {self.file}", slot, slots or ["none at all"])
        for slot in slots:
            if slot not in found:
                raise ValueError(f"{self.file}: {key} does not say {{{slot}}}; write it into {shown(phrase)}")
        return phrase


Noted = dict[tuple[str, str], tuple[str, ...]]
"""Wordings by split and key."""
_NOTED: Noted | None = None


@contextmanager
def noted_wordings() -> Iterator[Noted]:
    """Notes all wordings that are asked for in this context, by whichever task.

    Yields:
        What was asked for so far.
    """
    global _NOTED
    before, _NOTED = _NOTED, {}
    try:
        yield _NOTED
    finally:
        _NOTED = before


@cache
def load_phrases(package: str | Path, language: str = "en") -> Phrases:
    """The phrases of a task.

    Args:
        package: Name of the task's package, or its folder.
        language: Code of the language; it stands in the file's name.

    Raises:
        ValueError: If there is no such file, if it is no TOML, or if it fails one of the checks.
    """
    if not package:
        raise ValueError("a module without a package has no name for its phrases: load_phrases(Path(__file__).parent)")
    folder: Traversable = package if isinstance(package, Path) else files(package)
    file = folder / f"phrases.{language}.toml"
    if not file.is_file():
        known = sorted(each.name for each in folder.iterdir() if each.name.startswith("phrases."))
        raise unknown(f"file of phrases in {folder}", file.name, known or ["none: there is no such file yet"])
    return Phrases(str(file), read_toml(file))


def phrases_beside(kind: type) -> Phrases | None:
    """The phrases of the package in which a class is defined, or one that it extends; None where there are none."""
    for each in kind.__mro__:
        package = getattr(sys.modules.get(each.__module__), "__package__", "")
        if package and (files(package) / "phrases.en.toml").is_file():
            return load_phrases(package)
    return None


def read_toml(file: Traversable) -> dict[str, Any]:
    """A TOML file.

    Raises:
        ValueError: If it is none, with its name and the place.
    """
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is not valid TOML: {error}") from error
