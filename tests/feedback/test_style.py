"""How replies sound: what a judge looks at is for the task to say, and feedback knows no task."""

import importlib.util
import re
from pathlib import Path

import pytest

import textenvs
from tests.feedback.samples import IDS, scenes_of
from tests.toys import Coin
from textenvs.core.composition import compose
from textenvs.feedback import Scene
from textenvs.feedback.style import measures_of

TONE = {"agrees": ("keep", "as you like"), "sure": ("write",), "unsure": ("sorry", "I search")}
SOUNDS = {
    "Keep it.": (1.0, 0.0),
    "Write it; AS YOU LIKE.": (1.0, 1.0),
    "I write it.": (0.0, 0.0),
    "Written, keeping it.": (0.0, 0.0),
    "Sorry: I search.": (0.0, -1.0),
    "Write that I am sorry.": (0.0, 0.0),
    "": (0.0, 0.0),
}


@pytest.mark.parametrize("text", SOUNDS)
def test_whole_phrases_are_found_in_their_places(text):
    measures = measures_of(TONE)
    assert (measures["agreement"](text), measures["confidence"](text)) == SOUNDS[text]


def test_length_is_in_tens_of_words():
    assert measures_of({})["length"]("One, two three; four five.") == 0.5


def test_a_phrase_is_no_pattern():
    agreement = measures_of({"agrees": ("a.c", "(well)?")})["agreement"]
    assert [agreement(text) for text in ("abc", "a.c", "well", "so (well)? or not")] == [0.0, 1.0, 0.0, 1.0]


def test_a_tone_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="'agree': did you mean 'agrees'"):
        measures_of({"agree": ("yes",)})


def test_a_task_that_says_nothing_is_neutral():
    assert Coin().tone == {}
    scene = Scene(Coin(), "train", 0, Coin.terms)
    assert not scene.style("agreement").any()
    assert not scene.style("confidence").any()
    assert scene.style("length").any()


def test_a_task_says_it_itself_or_in_its_phrases():
    class Sure(Coin):
        tone = {"sure": ("heads",)}  # noqa: RUF012

    scene = Scene(Sure(), "train", 0, Sure.terms)
    sure = [text == "heads" for text in scene.replies(0)]
    assert scene.style("confidence")[0].tolist() == [float(each) for each in sure]
    qa = textenvs.task_of("TextQA-v0")
    assert (
        compose(qa, {"exact_match": 0.5})[0].tone
        == qa.tone
        == {"sure": ("The answer is",), "unsure": qa.tone["unsure"]}
    )


@pytest.mark.parametrize("env_id", IDS)
def test_our_tasks_have_replies_that_sound_sure(env_id):
    scene = scenes_of(env_id)[0]
    assert (scene.style("confidence") > 0).any()
    assert scene.style("agreement").any() == ("agrees" in scene.task.tone)


def test_feedback_names_no_task():
    """Neither their packages and ids, nor the phrases by which their replies are known."""
    tasks = {textenvs.task_of(env_id) for env_id in textenvs.IDS}
    names = {type(task).__module__.split(".")[2] for task in tasks} | set(textenvs.IDS)
    assert {"dialogue", "qa", "writing"} <= names
    phrases = {phrase for task in tasks for of in task.tone.values() for phrase in of if " " in phrase}
    named = re.compile(rf"\b({'|'.join(map(re.escape, names | phrases))})\b", re.IGNORECASE)
    root = Path(importlib.util.find_spec("textenvs.feedback").origin).parent
    sources = sorted(root.rglob("*.py"))
    assert len(sources) > 10
    for path in sources:
        found = named.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.name} names {found[0]!r}"
