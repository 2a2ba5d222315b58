"""What is wrong with a file of phrases is said when it is loaded: where, what, the limit and the cure."""

import json
import re
from itertools import combinations
from pathlib import Path

import pytest

from textenvs.core.acts import Act, Acts
from textenvs.tasks.dialogue import Dialogue
from textenvs.tasks.dialogue.language import PHRASES as DIALOGUE
from textenvs.tasks.qa import QA
from textenvs.tasks.qa.words import PHRASES as QA_PHRASES
from textenvs.tasks.writing import Writing
from textenvs.tasks.writing.words import PHRASES as WRITING
from textenvs.text.language import load_language
from textenvs.text.phrase_checks import TWINS
from textenvs.text.phrases import load_phrases
from textenvs.text.tokens import jaccard

GOOD = """
[texts]
greeting = "Hello!"
rules = '''
Two lines,
{turns} turns.'''

[texts.note]
over = "All is over"
wants = "They want {what}."

[lists]
ranks = ["first", "second"]

[acts.ask]
sentence = "What would you like?"
cues = ["what", "like"]

[acts.confirm]
sentence = "You want {what}?"
shared_cues = "ranks"
cues = ["want", ""]

[wordings."open now"]
slots = ["want"]
both = ["I would like {want}.", "Do you have {want}?"]
test = ["Kindly fetch me {want}."]

[wordings.bye]
both = ["Goodbye.", "See you!", "Cheerio."]

[tone]
sure = ["you want"]
unsure = ["would you", "like?"]
"""


@pytest.fixture
def load(tmp_path):
    def load(text, name="phrases.en.toml"):
        folder = Path(tmp_path / str(len(list(tmp_path.iterdir()))))
        folder.mkdir()
        (folder / name).write_text(text, encoding="utf-8")
        return load_phrases(folder)

    return load


def test_a_file_is_read(load):
    phrases = load(GOOD)
    assert phrases["greeting"] == "Hello!"
    assert phrases.text("rules", "turns") == "Two lines,\n{turns} turns."
    assert phrases.text("note.wants", "what") == "They want {what}."
    assert phrases.entries("ranks") == ("first", "second")
    assert phrases.sentence("confirm", "what") == "You want {what}?"
    assert phrases.cues(("ask", "confirm")) == (("what", "like"), ("first", "second", "want", ""))
    acts = Acts(Act("ask", "Ask."), Act("confirm", "Confirm."), words=phrases.words)
    assert acts.sentences == ("What would you like?", "You want {what}?")
    assert acts.cues == phrases.cues(("ask", "confirm"))
    assert list(phrases.acts) == ["ask", "confirm"]
    assert phrases.words["confirm"] == {"sentence": "You want {what}?", "cues": ("first", "second", "want", "")}
    assert phrases.tone == {"sure": ("you want",), "unsure": ("would you", "like?")}


def test_wordings_of_test_come_after_those_of_both(load):
    phrases = load(GOOD)
    assert phrases.wordings("open now", "train") == ("I would like {want}.", "Do you have {want}?")
    assert phrases.wordings("open now", "test") == (
        *phrases.wordings("open now", "train"),
        "Kindly fetch me {want}.",
    )
    assert phrases.wordings("bye", "test") == phrases.wordings("bye", "train")
    draw = 2**64 - 3
    assert phrases.choose("open now", draw, "train") == phrases.wordings("open now", "train")[draw % 2]
    assert phrases.choose("open now", draw, "test") == phrases.wordings("open now", "test")[draw % 3]


def test_content_is_all_that_the_file_says(load):
    content = load(GOOD).content()
    assert content == json.loads(json.dumps(content))
    assert content["wordings"]["open now"] == {
        "slots": ["want"],
        "both": ["I would like {want}.", "Do you have {want}?"],
        "test": ["Kindly fetch me {want}."],
    }
    # Tables may stand in any order, and a comment says nothing; any phrase and any tag counts.
    head, *tables = re.split(r"(?m)^(?=\[(?!acts))", GOOD)
    assert json.dumps(load("# Hello.\n" + head + "".join(reversed(tables))).content()) == json.dumps(content)
    for old, new in (
        ("Hello!", "Hello."),
        ('"first", "second"', '"second", "first"'),
        ('"what", "like"', '"what"'),
        ('"See you!", "Cheerio."]', '"See you!"]\ntest = ["Cheerio."]'),
        ('"would you", ', ""),
    ):
        assert old in GOOD
        assert load(GOOD.replace(old, new)).content() != content
    swapped = (
        GOOD.replace("[acts.ask]", "[acts.x]").replace("[acts.confirm]", "[acts.ask]").replace("acts.x", "acts.confirm")
    )
    assert load(swapped).content() != content


REFUSED = {
    "no such slot": ('"Do you have {want}?"', '"Do you have {wnat}?"', ["open now", "'wnat'", "mean 'want'"]),
    "a slot that is not used": ('slots = ["want"]', 'slots = ["want", "area"]', ["open now", "'area'", "delete it"]),
    "too few of both": (', "See you!", "Cheerio."', "", ["wordings.bye.both", "has 1", "at least 2", "write more"]),
    "no wordings of both": ('both = ["Goodbye.", "See you!", "Cheerio."]', "", ["wordings.bye.both", "has 0"]),
    "none of test": ('test = ["Kindly fetch me {want}."]', "test = []", ["test has 0", "at least 1", "delete the key"]),
    "near twins": ('"See you!"', '"Goodbye, goodbye!"', ["wordings.bye", "near twins", "less than 0.7", "differently"]),
    "the same twice": ('"See you!"', '"Goodbye."', ["wordings.bye", "'Goodbye.' twice", "delete one"]),
    "not ASCII": ("See you!", "See you\u2026", ["wordings.bye", "'\\u2026'", "printable ASCII"]),
    "not printable": ("See you!", "See\\tyou", ["wordings.bye", "'\\t'", "printable ASCII"]),
    "a line break in a wording": ("See you!", "See\\nyou", ["wordings.bye", "'\\n'"]),
    "an empty wording": ('"See you!"', '""', ["wordings.bye", "''", "not empty"]),
    "an unknown key of wordings": ('test = ["Kindly', 'tset = ["Kindly', ["open now", "'tset'", "mean 'test'"]),
    "an unknown key of an act": ("shared_cues", "shared_cue", ["acts.confirm", "'shared_cue'", "mean 'shared_cues'"]),
    "an unknown part": ("[lists]", "[list]", ["'list'", "mean 'lists'"]),
    "an unknown list": ('shared_cues = "ranks"', 'shared_cues = "rank"', ["'rank'", "mean 'ranks'"]),
    "an act without cues": ('cues = ["what", "like"]', "", ["acts.ask", "no cues"]),
    "an act without a sentence": ('sentence = "What would you like?"', "", ["acts.ask", "no sentence"]),
    "a cue twice": ('"what", "like"', '"what", "what"', ["acts.ask.cues", "'what' twice"]),
    "no list": ('["first", "second"]', '"first"', ["lists.ranks", "list of strings"]),
    "no text": ('"Hello!"', "3", ["texts.greeting", "3", "write a phrase"]),
    "no table": ("[wordings.bye]\nboth =", "[wordings]\nbye =", ["wordings.bye", "write a table"]),
    "half a brace": ("They want {what}.", "They want {what.", ["texts.note.wants", "braces"]),
    "a number in braces": ("They want {what}.", "They want {0}.", ["texts.note.wants", "plain name"]),
    "a format in braces": ("They want {what}.", "They want {what:3}.", ["texts.note.wants", "plain name"]),
    "an unknown tone": ("\nsure =", "\nsrue =", ["'srue'", "mean 'sure'"]),
    "a tone that no sentence has": (
        '"would you"',
        '"woud you"',
        ["tone.unsure", "'woud you'", "no sentence", "delete"],
    ),
    "a sure tone in the middle": ('["you want"]', '["want"]', ["tone.sure", "'want'", "no sentence", "begins with it"]),
    "no list of tones": ('["you want"]', '"you want"', ["tone.sure", "list of strings"]),
    "no TOML": ('greeting = "Hello!"', "greeting = Hello", ["not valid TOML", "line 3"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_refused(load, case):
    old, new, told = REFUSED[case]
    assert GOOD.count(old) == 1 or case == "an unknown part"
    with pytest.raises(ValueError, match=re.escape("phrases.en.toml")) as error:
        load(GOOD.replace(old, new))
    for words in told:
        assert words in str(error.value)


def test_what_is_asked_for_and_is_not_there_is_named(load):
    phrases = load(GOOD)
    asked = {
        "'opne now': did you mean 'open now'": lambda: phrases.wordings("opne now", "train"),
        "'by': did you mean 'bye'": lambda: phrases.choose("by", 3, "train"),
        "split 'tset': did you mean 'test'": lambda: phrases.choose("bye", 3, "tset"),
        "'note.ovr': did you mean 'note.over'": lambda: phrases["note.ovr"],
        "'rank': did you mean 'ranks'": lambda: phrases.entries("rank"),
        "'aks': did you mean 'ask'": lambda: phrases.sentence("aks"),
        "texts.note.wants of .* 'what': did you mean 'waht'": lambda: phrases.text("note.wants", "waht"),
        "texts.greeting does not say {name}": lambda: phrases.text("greeting", "name"),
        "texts.note.wants of .* 'what'": lambda: phrases["note.wants"],
        r"\[acts.ask\] stands where the task has the action 'confirm'": lambda: phrases.cues(("confirm", "ask")),
        "2 acts, but the task has 3": lambda: phrases.cues(("ask", "confirm", "bye")),
    }
    for message, ask in asked.items():
        with pytest.raises(ValueError, match=message):
            ask()


def test_another_language_is_another_file(load, tmp_path):
    with pytest.raises(ValueError, match=r"'phrases.en.toml': did you mean 'phrases.fr.toml'"):
        load(GOOD, "phrases.fr.toml")
    assert load_phrases(tmp_path / "0", "fr")["greeting"] == "Hello!"
    with pytest.raises(ValueError, match="unknown language 'ne': did you mean 'en'"):
        load_language("ne")


@pytest.mark.parametrize(("task", "phrases"), [(Dialogue, DIALOGUE), (QA, QA_PHRASES), (Writing, WRITING)])
def test_the_acts_of_our_tasks_are_their_actions(task, phrases):
    task = task()
    assert tuple(phrases.acts) == task.action_names
    assert phrases.cues(task.action_names) == task.cues
    assert all(cues for cues in task.cues)


@pytest.mark.parametrize("phrases", [DIALOGUE, QA_PHRASES, WRITING])
def test_our_wordings_differ_and_some_are_kept_for_test(phrases):
    for key, table in phrases.content()["wordings"].items():
        assert table["test"], key
        assert not set(table["both"]) & set(table["test"])
        for a, b in combinations(phrases.wordings(key, "test"), 2):
            assert jaccard(a, b) < TWINS, (key, a, b)


def test_the_language_is_words_as_the_readers_have_them():
    english = load_language("en")
    content = english.content()
    assert content == json.loads(json.dumps(content))
    assert english.numbers.index("seven") == 7
    for key in ("empty", "doubts", "numbers", "determiners", "names", "verbs"):
        words = getattr(english, key)
        assert len(set(words)) == len(words)
        assert all(re.fullmatch("[a-z0-9]+", word) for word in words), key
