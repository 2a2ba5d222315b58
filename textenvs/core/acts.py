"""The acts of a task, declared once: from them come its actions, their sentences and cues, tools and documentation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from textenvs.errors import shown, unknown
from textenvs.text.tables import markdown_table

SLOT = re.compile(r"\{(\w+)\}")
NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]{0,63}")
"""How acts and arguments are called, so that language models can call them as tools."""


class Act:
    """One thing that an agent can do, perhaps with arguments: one action for each combination of their values.

    `Act("request", "Ask for a constraint.", "Which {slot}?", ("{slot}",), slot=("food", "area"))` has the actions
    `request_food` and `request_area`.

    Args:
        name: Its name: a letter, then letters, digits and underscores.
        doc: What it does, in one sentence.
        sentence: What the agent says. An argument in braces stands for its value; other braces are left for the
            process to fill in. None if it comes from `words`.
        cues: Words that people use when they mean it, with arguments in braces.
        **arguments: The possible values of each argument.

    Raises:
        ValueError: If a name cannot be used, or an argument has no values.
    """

    def __init__(
        self, name: str, doc: str, /, sentence: str | None = None, cues: Sequence[str] = (), **arguments: Sequence[str]
    ) -> None:
        for each in (name, *arguments):
            if not NAME.fullmatch(each):
                raise ValueError(f"{each!r} is no name of an act or argument: begin with a letter, then a-z, 0-9 and _")
        if isinstance(cues, str):
            raise ValueError(f"cues of the act {name!r} are a tuple of words, got {cues!r}: write ({cues!r},)")
        for argument, values in arguments.items():
            if isinstance(values, str) or not values:
                raise ValueError(
                    f"the argument {argument!r} of the act {name!r} needs a tuple of its values, got {values!r}: "
                    'write ("food", "area")'
                )
        self.name, self.doc, self.sentence, self.cues = name, doc, sentence, tuple(cues)
        self.arguments = {argument: tuple(values) for argument, values in arguments.items()}

    def combinations(self) -> list[dict[str, str]]:
        """Every combination of the values of its arguments; the last argument varies fastest."""
        return [dict(zip(self.arguments, values, strict=True)) for values in product(*self.arguments.values())]


class Acts:
    """The acts of a task, in their order, and the table of actions that they make.

    Args:
        *acts: The acts.
        words: Sentence and cues by action, in place of those of the acts: `{"request_food": {"sentence": "What would
            you like to eat?", "cues": ["food", "eat"]}}`, as they come from a file of phrases.

    Attributes:
        acts: The acts.
        names: The name of each action: that of the act and the values of its arguments, joined by underscores.
        sentences: The sentence of each action.
        cues: For each action, words that people use when they mean it.

    Raises:
        ValueError: If an act or action is there twice, an action has no sentence or no cues, or there are words for an
            action that does not exist.
    """

    def __init__(self, *acts: Act, words: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self.acts = acts
        self._calls = [(act, arguments) for act in acts for arguments in act.combinations()]
        keys = [(act.name, *arguments.values()) for act, arguments in self._calls]
        self.names = tuple("_".join(key).replace(" ", "_") for key in keys)
        _check_once("act", [act.name for act in acts])
        _check_once("action", self.names)
        given = words or {}
        for name, entry in given.items():
            if name not in self.names:
                raise unknown("action with words", name, self.names)
            for key in entry:
                if key not in ("sentence", "cues"):
                    raise unknown(f"key in the words of the action {name!r}:", key, ("sentence", "cues"))
        found = [self._words(k, given.get(name, {})) for k, name in enumerate(self.names)]
        self.sentences = tuple(sentence for sentence, _ in found)
        self.cues = tuple(cues for _, cues in found)
        self._numbers = {key: number for number, key in enumerate(keys)}

    def __len__(self) -> int:
        """How many actions there are."""
        return len(self.names)

    def _words(self, number: int, given: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
        """The sentence and the cues of an action."""
        act, arguments = self._calls[number]
        name = self.names[number]
        sentence, cues = given.get("sentence", act.sentence), given.get("cues", act.cues)
        if not sentence:
            raise ValueError(f'the action {name!r} has no sentence: give its act one, or words {{"sentence": "..."}}')
        if isinstance(cues, str) or not cues:
            raise ValueError(f'the action {name!r} has no cues: give its act a tuple, or words {{"cues": ["..."]}}')
        return _filled(sentence, arguments), tuple(_filled(cue, arguments) for cue in cues)

    def number(self, name: str, /, **arguments: str) -> int:
        """The number of an action: `number("request", slot="food")`."""
        return self.call(name, arguments)

    def split(self, action: int) -> tuple[str, dict[str, str]]:
        """The act and the arguments of an action: `("request", {"slot": "food"})`."""
        act, arguments = self._calls[action]
        return act.name, dict(arguments)

    def call(self, name: str, arguments: Mapping[str, Any]) -> int:
        """The number of the action that a call of a tool means.

        Args:
            name: Name of the act.
            arguments: Its arguments.

        Raises:
            ValueError: If there is no such act, argument or value, or an argument is lacking; the message says what
                there is.
        """
        act = next((act for act in self.acts if act.name == name), None)
        if act is None:
            raise unknown("act", name, [act.name for act in self.acts])
        for argument in arguments:
            if argument not in act.arguments:
                if not act.arguments:
                    raise ValueError(f"the act {name!r} takes no arguments, got {shown(argument)}: leave it out")
                raise unknown(f"argument of {name!r}:", argument, act.arguments)
        for argument, values in act.arguments.items():
            if argument not in arguments:
                raise ValueError(f"the act {name!r} needs the argument {argument!r}: one of {', '.join(values)}")
            if arguments[argument] not in values:
                raise unknown(f"value of {argument!r} of {name!r}:", arguments[argument], values)
        return self._numbers[name, *(arguments[argument] for argument in act.arguments)]

    def tools(self) -> list[dict[str, Any]]:
        """The acts as tools of language models: functions in OpenAI's form, with a JSON schema of their arguments."""
        return [
            {
                "type": "function",
                "function": {
                    "name": act.name,
                    "description": act.doc,
                    "parameters": {
                        "type": "object",
                        "properties": {
                            argument: {"type": "string", "enum": list(values)}
                            for argument, values in act.arguments.items()
                        },
                        "required": list(act.arguments),
                        "additionalProperties": False,
                    },
                },
            }
            for act in self.acts
        ]

    def table(self) -> str:
        """A table of the actions in Markdown, for documentation: number, action, what it does, sentence."""
        rows = [
            (str(number), f"`{name}`", act.doc, sentence)
            for number, (name, (act, _), sentence) in enumerate(
                zip(self.names, self._calls, self.sentences, strict=True)
            )
        ]
        return markdown_table(("Number", "Action", "What it does", "Sentence"), rows)


def _filled(text: str, arguments: Mapping[str, str]) -> str:
    """A text with the values of arguments in the place of their names in braces."""
    return SLOT.sub(lambda found: arguments.get(found[1], found[0]), text)


def _check_once(what: str, names: Sequence[str]) -> None:
    twice = next((name for k, name in enumerate(names) if name in names[:k]), None)
    if twice is not None:
        raise ValueError(f"the {what} {twice!r} is there twice: rename one of them")
