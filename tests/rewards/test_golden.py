"""Our measures equal the official scorers; `scripts/record_reward_vectors.py` recorded what those give."""

import json
from collections import Counter
from pathlib import Path

import pytest

from textenvs import rewards
from textenvs.rewards.syllables import n_syllables

GOLDEN = Path(__file__).parent / "golden"
FILES = {path.stem: json.loads(path.read_text()) for path in GOLDEN.glob("*.json") if path.stem != "inputs"}
CASES = {name: file["cases"] for name, file in FILES.items()}
OTHER_ALIGNMENT = (13, 21)
"""Cases of ERRANT where much was rewritten, and another alignment is as short."""
OTHER_SPANS = (5, 9, 13)
"""Cases where the M2 scorer, which may split an edit to suit the gold ones, gives more."""
VADER_README = {
    "VADER is smart, handsome, and funny.": 0.8316,
    "VADER is smart, handsome, and funny!": 0.8439,
    "VADER is VERY SMART, handsome, and FUNNY!!!": 0.9342,
    "VADER is not smart, handsome, nor funny.": -0.7424,
    "The book was only kind of good.": 0.3832,
    "At least it isn't a horrible book.": 0.431,
}


def cases(name, but=()):
    return [pytest.param(case, id=str(number)) for number, case in enumerate(CASES[name]) if number not in but]


def plain(edits):
    return [[start, end, list(words)] for start, end, words in edits]


def given(edits):
    return [(start, end, tuple(words)) for start, end, words in edits]


def test_there_are_enough_vectors():
    assert len(FILES) == 10
    for name, file in FILES.items():
        assert len(file["cases"]) >= 12, name
        assert any(character.isdigit() for character in file["scorer"]), "version or commit"


@pytest.mark.parametrize("case", cases("squad"))
@pytest.mark.parametrize("name", ["exact_match", "token_f1"])
def test_squad(case, name):
    value = getattr(rewards, name)(case["prediction"], case["references"])
    assert value == pytest.approx(case["v2.0"][name], abs=1e-9)
    if all(map(rewards.normalise_answer, (case["prediction"], *case["references"]))):
        assert value == pytest.approx(case["v1.1"][name], abs=1e-9)


@pytest.mark.parametrize("case", cases("rouge"))
@pytest.mark.parametrize("name", ["rouge_1", "rouge_2", "rouge_l"])
def test_rouge(case, name):
    assert getattr(rewards, name)(case["prediction"], case["references"]) == pytest.approx(case[name], abs=1e-9)


@pytest.mark.parametrize("case", cases("sacrebleu"))
@pytest.mark.parametrize("name", ["bleu", "chrf"])
def test_sacrebleu(case, name):
    assert getattr(rewards, name)(case["prediction"], case["references"]) == pytest.approx(case[name], abs=1e-9)


@pytest.mark.parametrize("case", cases("nltk"))
def test_bleu_is_that_of_another_implementation(case):
    assert rewards.bleu(case["prediction"], case["references"]) == pytest.approx(case["bleu"], abs=1e-9)


def test_bleu_is_what_sacrebleu_publishes():
    """From sacrebleu's own test of sentence_bleu (its issues 98 and 141)."""
    reference = "producţia de zahăr brut se exprimă în zahăr alb;"
    prediction = "Producția de zahăr primă va fi exprimată în ceea ce privește zahărul alb;"
    assert rewards.bleu(prediction, reference) == pytest.approx(0.08493, abs=1e-5)
    assert rewards.bleu("this is a cat", "okay thanks") == 0


@pytest.mark.parametrize("case", cases("sacrebleu"))
def test_chrf_is_its_definition(case):
    """Mean precision and recall over the orders that both texts have, then F2; the best over the references."""

    def counts(text, n):
        text = "".join(text.split())
        return Counter(text[start : start + n] for start in range(len(text) - n + 1))

    def score(reference):
        pairs = [(counts(case["prediction"], n), counts(reference, n)) for n in range(1, 7)]
        pairs = [(found, gold) for found, gold in pairs if found and gold]
        precision = sum((found & gold).total() / found.total() for found, gold in pairs) / max(len(pairs), 1)
        recall = sum((found & gold).total() / gold.total() for found, gold in pairs) / max(len(pairs), 1)
        return 5 * precision * recall / (4 * precision + recall) if precision + recall else 0

    assert rewards.chrf(case["prediction"], case["references"]) == pytest.approx(max(map(score, case["references"])))


@pytest.mark.parametrize("case", cases("gleu"))
def test_gleu(case):
    value = rewards.gleu(case["source"], case["prediction"], case["references"])
    assert value == pytest.approx(case["gleu"], abs=1e-9)


@pytest.mark.parametrize("case", cases("sari"))
def test_sari(case):
    value = rewards.sari(case["source"], case["prediction"], case["references"])
    assert value == pytest.approx(case["sari"], abs=1e-9)


@pytest.mark.parametrize("case", cases("errant", but=OTHER_ALIGNMENT))
def test_edits_are_those_of_errant(case):
    assert plain(rewards.edits(case["source"], case["prediction"])) == case["proposed"]
    for reference, gold in zip(case["references"], case["gold"], strict=True):
        assert plain(rewards.edits(case["source"], reference)) == gold


@pytest.mark.parametrize("case", cases("errant"))
def test_scores_are_those_of_errant_compare(case):
    scores = rewards.edit_scores(case["source"], case["prediction"], case["references"])
    assert scores == pytest.approx(case["scores"], abs=5.1e-5)
    assert rewards.f_beta(*case["counts"]) == pytest.approx(case["scores"][2], abs=5.1e-5)
    one_by_one = [rewards.compare_edits(given(case["proposed"]), given(gold)) for gold in case["gold"]]
    assert max(one.f for one in one_by_one) == scores.f
    assert scores in one_by_one


@pytest.mark.parametrize("case", cases("m2scorer", but=OTHER_SPANS))
def test_scores_are_those_of_the_m2_scorer(case):
    scores = rewards.edit_scores(case["source"], case["prediction"], case["references"])
    assert scores == pytest.approx(case["scores"], abs=1e-6)


@pytest.mark.parametrize("number", OTHER_SPANS)
def test_the_m2_scorer_is_never_less_generous(number):
    case = CASES["m2scorer"][number]
    assert rewards.edit_f05(case["source"], case["prediction"], case["references"]) < case["scores"][2]


@pytest.mark.parametrize("case", cases("vader"))
def test_sentiment(case):
    assert rewards.sentiment(case["prediction"]) == case["sentiment"]


def test_sentiment_is_what_vader_publishes():
    """From the README of vaderSentiment."""
    assert {text: rewards.sentiment(text) for text in VADER_README} == VADER_README


def test_syllables_are_those_of_the_dictionary():
    wrong = [case["word"] for case in CASES["cmudict"] if n_syllables(case["word"]) not in case["syllables"]]
    assert len(wrong) <= 0.03 * len(CASES["cmudict"]), wrong


@pytest.mark.parametrize(
    ("text", "words", "sentences", "syllables"),
    [
        ("The cat sat on the mat.", 6, 1, 6),
        ("The cat sat on the mat", 6, 1, 6),
        ("The old dog sleeps by the fire. A cat sat near it.", 12, 2, 12),
        ("Reading is a quiet pleasure.", 5, 1, 8),
        ("Reading is a quiet pleasure. Really?! Yes...", 7, 3, 11),
        ("Each evening she takes a book from the shelf - and reads - until the lamp grows dim.", 16, 1, 18),
        ("The well-known poet doesn't mind.", 5, 1, 8),
        ("The poet doesn\u2019t mind.", 4, 1, 6),
        ("It cost 3.50 on Monday. \u201cToo much!\u201d he said.", 9, 3, 11),
        ("Dr. Brown is a client of ours.", 7, 2, 9),
        ("a\n\nb", 2, 1, 2),
        ("Go.", 1, 1, 1),
    ],
)
def test_flesch_with_sizes_counted_by_hand(text, words, sentences, syllables):
    assert rewards.length(text) == words
    ease = 206.835 - 1.015 * words / sentences - 84.6 * syllables / words
    grade = 0.39 * words / sentences + 11.8 * syllables / words - 15.59
    assert rewards.flesch(text) == pytest.approx(ease)
    assert rewards.flesch_kincaid(text) == pytest.approx(grade)
