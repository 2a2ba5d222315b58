"""Acts declared once."""

import pickle
import re

import pytest

from textenvs.core.acts import Act, Acts

SLOTS = ("food", "area")
ACTS = Acts(
    Act("request", "Ask for a constraint.", "Which {slot} do you like?", ("{slot}", "which"), slot=SLOTS),
    Act("move", "Move.", "I move it {way} by {far}, {name}.", ("{way}",), way=("up", "far down"), far=("1", "2")),
    Act("bye", "Say goodbye.", "Goodbye!", ("bye",)),
)


def test_acts_are_expanded_in_their_order():
    assert ACTS.names == (
        *("request_food", "request_area", "move_up_1", "move_up_2", "move_far_down_1", "move_far_down_2", "bye"),
    )
    assert len(ACTS) == 7
    assert ACTS.sentences[1] == "Which area do you like?"
    assert ACTS.sentences[4] == "I move it far down by 1, {name}.", "what is no argument is for the process to fill in"
    assert ACTS.cues[0] == ("food", "which")


def test_numbers_acts_and_calls_belong_together():
    for number in range(len(ACTS)):
        name, arguments = ACTS.split(number)
        assert ACTS.number(name, **arguments) == ACTS.call(name, arguments) == number
    assert ACTS.split(4) == ("move", {"way": "far down", "far": "1"})
    assert ACTS.call("move", {"far": "1", "way": "far down"}) == 4
    assert pickle.loads(pickle.dumps(ACTS)).split(4) == ACTS.split(4)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("reqest", {}, "unknown act 'reqest': did you mean 'request'?"),
        ("request", {"slott": "food"}, "unknown argument of 'request': 'slott': did you mean 'slot'?"),
        ("request", {}, "the act 'request' needs the argument 'slot': one of food, area"),
        ("request", {"slot": "fod"}, "unknown value of 'slot' of 'request': 'fod': did you mean 'food'?"),
        ("request", {"slot": ["food"]}, "did you mean 'food'?"),
        ("request", {"slot": None}, "choose one of 'food', 'area'"),
        ("bye", {"slot": "food"}, "the act 'bye' takes no arguments, got 'slot': leave it out"),
    ],
)
def test_a_call_that_means_no_action_is_told_what_there_is(name, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        ACTS.call(name, arguments)


def test_tools_of_language_models():
    request, _, bye = ACTS.tools()
    assert request == {
        "type": "function",
        "function": {
            "name": "request",
            "description": "Ask for a constraint.",
            "parameters": {
                "type": "object",
                "properties": {"slot": {"type": "string", "enum": ["food", "area"]}},
                "required": ["slot"],
                "additionalProperties": False,
            },
        },
    }
    assert bye["function"]["parameters"]["properties"] == {}


def test_table_for_documentation():
    lines = ACTS.table().splitlines()
    assert len(lines) == 2 + len(ACTS)
    assert lines[2] == "| 0 | `request_food` | Ask for a constraint. | Which food do you like? |"
    assert "a \\| b" in Acts(Act("a", "a | b", "A.", ("a",))).table()


def test_words_by_action():
    words = {
        "ask_food": {"sentence": "What would you like to eat?", "cues": ["food", "eat"]},
        "ask_area": {"sentence": "Where?", "cues": ["where"]},
    }
    acts = Acts(Act("ask", "Ask.", slot=SLOTS), Act("bye", "Leave.", "Bye!", ("bye",)), words=words)
    assert acts.sentences == ("What would you like to eat?", "Where?", "Bye!")
    assert acts.cues == (("food", "eat"), ("where",), ("bye",))


@pytest.mark.parametrize(
    ("acts", "words", "message"),
    [
        ([Act("bye", "Leave.", cues=("bye",))], None, "the action 'bye' has no sentence: give its act one, or words"),
        ([Act("bye", "Leave.", "Bye!")], None, "the action 'bye' has no cues: give its act a tuple, or words"),
        ([Act("bye", "Leave.", "Bye!")], {"bye": {"cues": "bye"}}, "the action 'bye' has no cues"),
        (
            [Act("bye", "Leave.", "Bye!", ("bye",))],
            {"by": {"sentence": "Bye!"}},
            "unknown action with words 'by': did you mean 'bye'?",
        ),
        (
            [Act("bye", "Leave.", "Bye!", ("bye",))],
            {"bye": {"sentense": "Bye!"}},
            "unknown key in the words of the action 'bye': 'sentense': did you mean 'sentence'?",
        ),
        ([Act("a", "A.", "A.", ("a",))] * 2, None, "the act 'a' is there twice: rename one of them"),
        (
            [Act("a", "A.", "A.", ("a",), b=("c",)), Act("a_c", "A.", "A.", ("a",))],
            None,
            "the action 'a_c' is there twice",
        ),
    ],
)
def test_bad_tables_are_refused(acts, words, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Acts(*acts, words=words)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("say hello", {}, "'say hello' is no name of an act"),
        ("say", {"cues": "say"}, "write ('say',)"),
        ("say", {"what": "food"}, "the argument 'what' of the act 'say' needs a tuple of its values, got 'food'"),
        ("say", {"what": ()}, "needs a tuple of its values, got ()"),
    ],
)
def test_bad_acts_are_refused(name, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Act(name, "Say it.", **arguments)


def test_an_argument_may_be_called_name():
    acts = Acts(Act("greet", "Greet somebody.", "Hello, {name}!", ("hello",), name=("Ann", "Bob")))
    assert acts.sentences == ("Hello, Ann!", "Hello, Bob!")
    assert acts.number("greet", name="Bob") == acts.call("greet", {"name": "Bob"}) == 1
