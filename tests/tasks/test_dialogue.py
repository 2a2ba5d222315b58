import itertools
import re
from collections import defaultdict
from hashlib import blake2b

import numpy as np
import pytest

import textenvs
from tests.tasks.dialogue_simulator import Simulator
from textenvs.core.loading import load_tables
from textenvs.tasks.dialogue.domain import (
    ATTRIBUTES,
    SIZES,
    VALUES,
    VENUES,
    Booking,
    Seeking,
    load_goals,
    matches,
    split_of,
)
from textenvs.tasks.dialogue.language import PHRASES
from textenvs.tasks.dialogue.rules import ACTS, DialogueProcess
from textenvs.tasks.dialogue.user import UserLanguage
from textenvs.text.tokens import jaccard
from textenvs_baselines.rule import RuleAgent

ID = "TextDialogue-v0"
CONFIRMING = [number for number, name in enumerate(ACTS.names) if name.startswith("confirm")]


@pytest.fixture(scope="module")
def tables():
    return load_tables(textenvs.task_of(ID), "train")


def test_the_database_is_real():
    assert len(VENUES) == 110
    assert SIZES == (24, 6, 4)
    assert len({venue.name for venue in VENUES}) == 110
    assert all(re.fullmatch(r"CB\d+ \d[A-Z]{2}", venue.postcode) for venue in VENUES)


def test_goals_of_the_splits_are_disjoint():
    train, test = load_goals("train"), load_goals("test")
    assert not ((train.prior > 0) & (test.prior > 0)).any()
    assert not (train.met & test.met).any()
    for goals, name in ((train, "train"), (test, "test")):
        assert goals.prior.sum() == pytest.approx(1.0)
        assert goals.prior[goals.met].sum() == pytest.approx(0.75)
        for goal in np.argwhere((goals.prior > 0) & ~goals.met).tolist():
            assert not matches(tuple(goal))
            for k, values in goals.relaxed(tuple(goal)):
                for value in values:
                    relaxed = (*goal[:k], value, *goal[k + 1 :])
                    assert split_of(relaxed) == name
                    assert matches(relaxed)


def test_some_pairs_of_food_and_area_occur_in_test_only():
    train, test = ((load_goals(name).prior > 0).any(axis=2)[:-1, :-1] for name in ("train", "test"))
    assert (test & ~train).sum() >= 10


def test_the_note_determines_the_state(tables):
    """The note stands in every text, so the history of the texts determines the state; over all states."""
    process = textenvs.task_of(ID).scenario("train", 0)
    notes = [process.note(state) for state in tables.states]
    assert len(set(notes)) == len(notes)


@pytest.mark.parametrize(("split", "digest"), [("train", "e3955384351d814e"), ("test", "16a9e5a82215988a")])
def test_what_can_be_said_in_every_state_stays(split, digest):
    """The digest was made when an act was legal where a sentence for it was found; now rules say which are legal."""
    process, found = textenvs.task_of(ID).scenario(split, 0), blake2b(digest_size=8)
    for state in load_tables(textenvs.task_of(ID), split).states:
        choices = list(process.choices(state))
        assert [bool(sentence) for sentence in choices] == process.legal(state)
        found.update(repr((state, choices)).encode())
    assert found.hexdigest() == digest


def test_text_observations_are_in_their_space(tables):
    process = textenvs.task_of(ID).scenario("train", 0)
    longest = max(len(process.note(state)) for state in tables.states)
    longest += max(len(sentence) for state in tables.states[::7] for sentence in process.choices(state)) + 260 + 60
    assert longest <= textenvs.task_of(ID).max_length


def test_words_tell_no_more_than_the_next_state(tables):
    """Every value in an event stands in the next state, and an act and a next state have one event.

    The one exception tells nothing: a booking whose details are all sure now, as a correction or because the time was
    full.
    """
    for row in np.flatnonzero(tables.count[:-1] > 1).tolist():
        outcomes = range(tables.start[row], tables.start[row] + tables.count[row])
        spoken = defaultdict(set)
        for o in outcomes:
            event, following = tables.events[tables.event[o]], tables.states[tables.next[o]]
            spoken[following, tables.payoffs[tables.payoff[o]].terminated].add(event)
            if isinstance(following, Seeking):
                known = {(k, value.value) for k, value in enumerate(following.slots) if value}
                assert {pair for pair in event[1:] if isinstance(pair, tuple)} <= known
        for (following, _), events in spoken.items():
            settled = isinstance(following, Booking) and following.sure == 3
            assert len(events) == 1 or (settled and {event[0] for event in events} == {"correct", "full"})


def test_posterior_is_bayes(tables):
    """The posterior of a few states, from the definition, without numpy broadcasting."""
    process = DialogueProcess("train", 0.15).seeking
    prior = load_goals("train").prior
    rng = np.random.default_rng(0)
    seeking = [state for state in tables.states if isinstance(state, Seeking) and not state.relaxed]
    for state in rng.choice(len(seeking), 25, replace=False):
        state = seeking[state]
        weight = {}
        for goal in itertools.product(*map(range, SIZES)):
            p = prior[goal]
            for k, known in enumerate(state.slots):
                if known is not None:
                    noise = 0.0 if known.sure else 0.15
                    p *= 1 - noise if goal[k] == known.value else noise / (SIZES[k] - 1)
            weight[goal] = p
        total = sum(weight.values())
        posterior = process.posterior(state)
        for goal, w in weight.items():
            assert posterior[goal] == pytest.approx(w / total, abs=1e-12)


def test_confirming_pays_under_noise():
    solved = textenvs.solve("TextDialogueNoisy-v0")
    allowed = np.ones((solved.tables.n_states, solved.tables.n_actions), bool)
    allowed[:, CONFIRMING] = False
    never = textenvs.core.solve.solve_tables(solved.task, solved.tables, allowed=allowed).optimal
    scores = textenvs.reference_scores("TextDialogueNoisy-v0")
    assert scores.normalise(never) <= 97


def test_wordings_differ_by_more_than_a_prefix():
    for act in PHRASES.content()["wordings"]:
        wordings = PHRASES.wordings(act, "test")
        assert len(wordings) >= 6, act
        for a, b in itertools.combinations(wordings, 2):
            assert jaccard(a, b) < 0.7, (act, a, b)


def test_a_third_of_the_wordings_is_kept_for_test():
    events = [("yes",), ("bye",), ("another",), ("lost",), ("grumble",), ("hang_up",), ("accept", "phone")]
    for event in events:
        said = {split: {UserLanguage(split).say(event, draw) for draw in range(3000)} for split in ("train", "test")}
        assert said["train"] < said["test"]
        assert len(said["test"] - said["train"]) >= len(said["test"]) / 3


def types_of_turns(split, episodes=1000):
    """User turns of episodes played by the rule, with names and values replaced by their slot."""
    values = {str(v): f"<{slot}>" for slot, line in zip(("food", "area", "price"), VALUES, strict=True) for v in line}
    values |= {venue.name.lower(): "<name>" for venue in VENUES} | {"moderately priced": "<price>"}
    values |= dict.fromkeys("one two three four five six seven eight just me".split(), "<n>")
    pattern = re.compile(
        "|".join(sorted(map(re.escape, values), key=len, reverse=True)) + r"|\w+day\b|\d+(:\d+)?|\ban?\b"
    )
    types = set()
    env = textenvs.evaluation.rollout.gym.make(ID, split=split)
    agent = RuleAgent(ID, {}, variant=1)
    for seed in range(episodes):
        observation, info = env.reset(seed=seed)
        ended = False
        while not ended:
            said = next(line for line in observation.split("\n") if line.startswith("User: "))
            types.add(pattern.sub(lambda found: values.get(found[0], "<v>"), said.lower()))
            observation, _, ended, _, info = env.step(agent.act(observation, info))
    return types


def test_users_speak_in_many_ways():
    test, train = types_of_turns("test"), types_of_turns("train")
    assert len(test) >= 300
    assert len(test - train) >= len(test) / 3


@pytest.mark.slow
@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("env_id", ["TextDialogue-v0", "TextDialogueClean-v0", "TextDialogueNoisy-v0"])
@pytest.mark.parametrize("policy", ["optimal", "rule", "random"])
def test_an_independent_simulator_agrees(env_id, split, policy):
    """It draws the goal first and plays the user; the mean return of 20,000 episodes is the computed value."""
    solved = textenvs.solve(env_id, split)
    process = solved.task.scenario(split, 0)
    notes = {process.note(state): i for i, state in enumerate(solved.tables.states)}
    rng = np.random.default_rng(1)
    simulator = Simulator(split, solved.task.error_rate, rng)
    rule = RuleAgent(env_id, {}, variant=1)

    def act(turn):
        note = simulator.understood()
        if policy == "optimal":
            return int(solved.solution.policy[turn, notes[note]])
        legal = simulator.legal()
        assert legal == solved.tables.mask[notes[note]].astype(bool).tolist(), note
        if policy == "rule":
            return rule.act(f"[{note}]\n[Turn {turn} of 25]", {"action_mask": legal})
        return int(rng.choice(np.flatnonzero(legal)))

    returns = []
    for _ in range(20_000):
        simulator.reset()
        total, ended, turn = 0.0, False, 0
        while not ended:
            reward, ended = simulator.step(act(turn))
            total += reward
            turn += 1
        returns.append(total)
    expected = {"optimal": solved.solution.optimal, "random": solved.solution.random}.get(policy)
    if expected is None:
        expected = exact_value(solved, process, rule)
    error = np.std(returns) / np.sqrt(len(returns))
    assert abs(np.mean(returns) - expected) < 3 * error, (np.mean(returns), expected, error)


def exact_value(solved, process, rule):
    """The exact value of the rule, which does not look at the turn."""
    line = [
        rule.act(f"[{process.note(state)}]\n[Turn 0 of 25]", {"action_mask": mask})
        for state, mask in zip(solved.tables.states, solved.tables.mask, strict=True)
    ]
    policy = np.tile(np.array(line), (solved.task.horizon, 1))
    return textenvs.core.solve.evaluate_policy(solved.task, solved.tables, policy)


def test_attributes_are_values():
    assert all(max(attributes) < max(SIZES) for attributes in ATTRIBUTES)
