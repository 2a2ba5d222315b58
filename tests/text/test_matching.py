"""The paraphrases and the nonsense were written by somebody who had not seen the matcher, and did not tune it."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textenvs.tasks.dialogue import Dialogue
from textenvs.tasks.dialogue.domain import Another, Asking, Booking, Seeking, Value
from textenvs.tasks.qa import QA
from textenvs.text.matching import match, read_reply
from textenvs.text.tokens import jaccard

HERE = Path(__file__).parent
SITUATIONS = {
    "nothing_known": Seeking((None, None, None)),
    "french_north_expensive": Seeking((Value(5, False), Value(2, True), Value(1, False))),
    "korean_anywhere": Seeking((Value(11, False), Value(5, True), Value(3, False))),
    "another_wanted": Another(3),
    "address_asked": Asking(12, 1),
    "table_wanted": Booking(),
    "table_details": Booking((3, 4, 5), 1),
}
PARAPHRASES = json.loads((HERE / "paraphrases.json").read_text())
NONSENSE = json.loads((HERE / "nonsense.json").read_text())
ACTIONS, CUES = Dialogue.acts.names, Dialogue.acts.cues
PROCESS = Dialogue().scenario("train", 0)


def offered(state):
    """What can be said in a state."""
    return PROCESS.choices(state)


def understood(sentence, situation):
    number = match(sentence, offered(SITUATIONS[situation]), CUES)
    return None if number is None else ACTIONS[number]


def test_paraphrases_are_understood():
    assert len(PARAPHRASES) == 100
    overlap, right = [], 0
    for row in PARAPHRASES:
        sentence = offered(SITUATIONS[row["situation"]])[ACTIONS.index(row["act"])]
        overlap.append(jaccard(row["sentence"], sentence))
        right += understood(row["sentence"], row["situation"]) == row["act"]
    assert np.mean(overlap) <= 0.5
    assert right >= 85


REFUSALS = (
    "I would rather not.",
    "I am sorry.",
    "Sorry, I can't do that.",
    "As an AI language model, I cannot do that.",
    "I'm unable to assist with this request.",
    "I will not.",
    "I do not understand.",
)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_to_refuse_is_not_to_say_that_there_is_nothing(situation):
    for sentence in REFUSALS:
        assert understood(sentence, situation) is None, sentence
    for sentence in ("Unfortunately not.", "I'm afraid there isn't one.", "Sorry, I cannot find any such restaurant."):
        assert understood(sentence, situation) == "none", sentence


@pytest.mark.parametrize("situation", SITUATIONS)
def test_nonsense_and_everything_at_once_mean_nothing(situation):
    for sentence in (*NONSENSE, "", " ", "...", " ".join(offered(SITUATIONS[situation]))):
        assert understood(sentence, situation) is None, sentence


@pytest.mark.parametrize(
    ("reply", "meant"),
    [
        ("2", "request_price"),
        (" 2.\n", "request_price"),
        ("**2**", "request_price"),
        ("Answer: 2", "request_price"),
        ("The answer is 2.", "request_price"),
        ('"2"', "request_price"),
        ("2. What price range do you have in mind?", "request_price"),
        ("2) Something to do with money", "request_price"),
        ("2: What kind of food would you like?", None),  # number and words differ
        ("What price range do you have in mind?", "request_price"),
        ("14", None),
        ("99", None),
        ("1234567890", None),
        ("-", None),
        ("", None),
        ("2 3", None),
        ("2 people at 7", "request_booking"),  # no number of a choice, but words
        ("I like trains.", None),
    ],
)
def test_a_reply_gives_the_number_or_says_it(reply, meant):
    choices = offered(SITUATIONS["nothing_known"])
    assert ACTIONS[2] == "request_price"
    assert not choices[14]
    number = read_reply(reply, choices, CUES)
    assert (None if number is None else ACTIONS[number]) == meant


@given(st.text(max_size=60))
def test_any_reply_can_be_read(reply):
    choices = offered(SITUATIONS["nothing_known"])
    number = read_reply(reply, choices, CUES)
    assert number is None or choices[number]


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_choice_means_itself(situation):
    for number, choice in enumerate(offered(SITUATIONS[situation])):
        if choice:
            assert match(choice, offered(SITUATIONS[situation]), CUES) == number
            assert match(choice.upper(), offered(SITUATIONS[situation]), CUES) == number


@given(st.text(max_size=300))
def test_any_text_is_answered(sentence):
    number = match(sentence, offered(SITUATIONS["address_asked"]), CUES)
    assert number is None or offered(SITUATIONS["address_asked"])[number]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Would you tell me where?", "Would you kindly tell me where?"),
        ("What price suits you?", "What prices suit you?"),
    ],
)
def test_small_words_and_endings_make_no_difference(a, b):
    assert understood(a, "nothing_known") == understood(b, "nothing_known") is not None


def test_what_is_impossible_now_means_nothing():
    choices, cues = ["Follow the link to Oslo.", ""], [("follow", "link", "first"), ("follow", "link", "second")]
    assert match("follow the first link", choices, cues) == 0
    assert match("follow the link", choices, cues) == 0
    assert match("follow the second link", choices, cues) is None
    assert match("follow the second link", ["Follow the link to Oslo.", "Follow the link to Bergen."], cues) == 1


SEARCH = 'Search for "Cuando Cubango".'
OPEN = 'Open result 1, "Menongue".'
FOLLOW = 'Follow the link to "Angola".'
ANSWER = 'The answer is "Angola".'
ABSTAIN = "I abstain: the library does not tell."


@pytest.mark.parametrize(
    ("sentence", "meant"),
    [
        ("The answer is Namibia.", None),
        ("I answer Timbuktu", None),
        ("Follow the link to Namibia", None),
        ("Open Oslo", None),
        ("There is no answer.", ABSTAIN),
        ("I cannot answer this.", ABSTAIN),
        ("It doesn't say.", ABSTAIN),
        ("Angola", ANSWER),
        ("It's Angola.", ANSWER),
        ("The country is Angola.", ANSWER),
        ("Cuando Cubango is in Angola.", ANSWER),
        ("answer with the first name", ANSWER),
        ("open Angola", FOLLOW),
        ("go to Angola", FOLLOW),
        ("follow the first link", FOLLOW),
        ("read Menongue", OPEN),
        ("open the first result", OPEN),
        ("look for Cuando Cubango", SEARCH),
        ("What about Angola?", None),
        ("visit Angola", None),
        ("colourless green ideas about Angola sleep furiously", None),
        ("The answer is Luanda in Angola.", None),
        ("The answer is Angola-Bissau.", None),
        ("The answer is Equatorial Angola.", None),
        ("The answer is not Angola.", None),
        ("I doubt that the answer is Angola", None),
        ("Do not open Menongue", None),
        ("Please open the page about Menongue now.", OPEN),
    ],
)
def test_a_name_that_is_not_offered_is_not_another(sentence, meant):
    offered = {SEARCH: 1, 'Search for "country".': 2, OPEN: 3, FOLLOW: 6, ANSWER: 9, ABSTAIN: 15}
    choices = [""] * len(QA.acts)
    for choice, number in offered.items():
        choices[number] = choice
    assert match(sentence, choices, QA.acts.cues) == (None if meant is None else offered[meant])
