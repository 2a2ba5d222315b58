"""What a decision is worth, and how much of an episode was luck."""

import math
from dataclasses import replace

import numpy as np
import pytest

import textenvs
from textenvs.core.solve import Backup
from textenvs.explanation import Explainer

EPISODES = 8
BUNDLED = [env_id for env_id in textenvs.IDS if "Wiki" not in env_id]


def played(env_id, agent, **kwargs):
    return textenvs.evaluate(textenvs.load_agent(agent, env_id, kwargs), env_id, episodes=EPISODES, **kwargs)


@pytest.mark.parametrize("env_id", BUNDLED)
@pytest.mark.parametrize("agent", ["optimal", "random", "rule"])
def test_a_return_is_what_was_expected_and_luck_less_what_was_given_away(env_id, agent):
    explainer = Explainer(env_id, "test")
    for record in played(env_id, agent, split="test"):
        found = explainer.explain(record)
        assert found.episodic_return == pytest.approx(record.episodic_return, abs=1e-9)
        assert len(found.decisions) == record.length
        assert found.episodic_return == pytest.approx(found.expected + found.luck - found.regret)
        for turn, decision in enumerate(found.decisions):
            assert decision.regret >= 0.0
            assert decision.choice == record.actions[turn]
            possible = [bool(sentence) for sentence in decision.choices]
            assert [not math.isnan(value) for value in decision.values] == possible
            assert decision.values[decision.best] == pytest.approx(np.nanmax(decision.values))
            assert decision.values[decision.optimal] == pytest.approx(np.nanmax(decision.values))
            assert {name: terms[turn] for name, terms in record.reward_terms.items()} == decision.reward_terms
        if agent == "optimal":
            assert found.regret == 0.0
            assert all(decision.optimal == decision.best == decision.choice for decision in found.decisions)


def test_luck_is_fair():
    """Over many episodes chance gives as much as it takes."""
    env_id = "TextDialogueNoisy-v0"
    explainer = Explainer(env_id, "train")
    records = textenvs.evaluate(textenvs.load_agent("rule", env_id, {}), env_id, split="train", episodes=600)
    luck = np.array([explainer.explain(record).luck for record in records])
    assert abs(luck.mean()) < 3.5 * luck.std() / math.sqrt(len(luck))
    assert luck.std() > 1.0


@pytest.mark.parametrize("env_id", ["TextDialogue-v0", "TextQA-v0"])
def test_action_values_are_those_of_backward_induction(env_id):
    solved = textenvs.solve(env_id, "test")
    backup = Backup(solved.tables, solved.task.horizon)
    rewards = backup.rewards(list(solved.reward_weights.values()))
    horizon = solved.task.horizon
    for turn in (0, horizon // 2, horizon - 1):
        whole = backup.action_values(rewards, turn, solved.solution.values[turn + 1])
        for state in range(0, solved.tables.n_states, max(1, solved.tables.n_states // 50)):
            values = solved.action_values(turn, state)
            possible = solved.tables.mask[state].astype(bool)
            assert np.isnan(values[~possible]).all()
            if solved.tables.count[state * solved.tables.n_actions : (state + 1) * solved.tables.n_actions].any():
                np.testing.assert_allclose(values[possible], whole[state][possible], atol=1e-9)


class Stubborn:
    """Says what means nothing, then takes what is possible."""

    obs_type = "text"

    def __init__(self, action_type):
        self.action_type = action_type

    def reset(self, seed):
        self.turn = 0

    def act(self, observation, info):
        self.turn += 1
        if self.turn == 1:
            return int(info["action_mask"].argmin()) if self.action_type == "choice" else "Bananas are yellow"
        number = int(info["action_mask"].argmax())
        return {"choice": number, "text": info["choices"][number], "reply": f"Answer: {number}"}[self.action_type]


@pytest.mark.parametrize("action_type", ["choice", "text", "reply"])
def test_what_is_impossible_or_not_understood_gives_a_turn_away(action_type):
    env_id = "TextDialogue-v0"
    (record,) = textenvs.evaluate(Stubborn(action_type), env_id, episodes=1)
    first, second = Explainer(env_id, "test", action_type).explain(record).decisions[:2]
    assert first.choice is None
    assert first.reward_terms["invalid"] == -1.0
    assert first.regret > 1.0
    assert first.choices == second.choices
    assert first.value == pytest.approx(max(v for v in second.values if not math.isnan(v)) - 2.0)
    assert second.choice is not None


class Writer:
    """Hands in a text of its own."""

    obs_type, action_type = "text", "text"

    def reset(self, seed):
        pass

    def act(self, observation, info):
        return "No draft at all."


def test_a_text_of_its_own_is_worth_what_it_earned():
    (record,) = textenvs.evaluate(Writer(), "TextWriting-v0", episodes=1)
    (decision,) = Explainer("TextWriting-v0", "test", "text").explain(record).decisions
    assert decision.choice is None
    assert decision.value == decision.reward
    assert decision.regret > 0.5


def test_another_reward_has_other_values():
    kwargs = {"reward": {"turn": 0.0}}
    records = textenvs.evaluate(
        textenvs.load_agent("optimal", "TextDialogueClean-v0", {"split": "test", **kwargs}),
        "TextDialogueClean-v0",
        episodes=3,
        env_kwargs=kwargs,
    )
    explainer = Explainer("TextDialogueClean-v0", "test", **kwargs)
    assert all(explainer.explain(record).regret == 0.0 for record in records)
    with pytest.raises(ValueError, match="no optimum"):
        Explainer("TextWriting-v0", "test", reward={"token_f1": 1.0}).explain(played("TextWriting-v0", "random")[0])


@pytest.mark.parametrize("env_id", ["TextDialogue-v0", "TextQA-v0"])
def test_what_is_expected_is_the_optimum_over_the_beginnings(env_id):
    """Averaged over many episodes, the value of the first observation is the reference score."""
    records = textenvs.evaluate(textenvs.load_agent("random", env_id), env_id, episodes=400)
    explainer = Explainer(env_id, "test")
    expected = np.array([explainer.explain(record).expected for record in records])
    assert abs(expected.mean() - textenvs.reference_scores(env_id, "test").optimal) < 4 * expected.std() / 20


def test_the_record_of_something_else_is_refused():
    record = played("TextDialogue-v0", "optimal", split="test")[0]
    explainer = Explainer("TextDialogue-v0", "test")
    assert explainer.explain(record).regret == 0.0
    for other, split in (("TextQA-v0", "test"), ("TextDialogueNoisy-v0", "test"), ("TextDialogue-v0", "train")):
        with pytest.raises(ValueError, match="is not as it was recorded"):
            Explainer(other, split).explain(record)
    wrong = [
        {"episodic_return": record.episodic_return + 1.0},
        {"length": 3},
        {"scenario": 1},
        {"actions": record.actions[:-1]},
        {"actions": [*record.actions, 0]},
        {"actions": []},
        *(
            {"actions": [action, *record.actions[1:]]}
            for action in (999, -1, 10**30, None, 1.5, [1], {}, "hello", True)
        ),
    ]
    for changes in wrong:
        with pytest.raises(ValueError, match="is not as it was recorded"):
            explainer.explain(replace(record, **changes))
