"""The base classes: a task of some twenty lines, in which all that has a default is left out."""

import copy

import gymnasium as gym
import numpy as np
import pytest

from textenvs.core.acts import Act, Acts
from textenvs.core.composition import compose
from textenvs.core.env import TextEnv
from textenvs.core.loading import load_tables
from textenvs.core.mdp import Outcome, Process, Task, Terms, Written
from textenvs.core.terms import NOTHING
from textenvs.core.vector import INFO_KEYS, TextVectorEnv
from textenvs.testing import same

ACTS = Acts(Act("wait", "Wait.", "I wait.", ("wait",)), Act("go", "Go.", "I go.", ("go",)))
TERMS = Terms({"gain": 1.0, "invalid": 2.0})


class Waiting(Task):
    acts, terms, horizon, n_observations, feature_names, instructions = ACTS, TERMS, 3, 3, ("n",), "Wait, then go."

    def scenario(self, split, index):
        return WaitingProcess()


class WaitingProcess(Process):
    acts, terms = ACTS, TERMS

    def initial(self):
        return [Outcome(0.5, n, "start") for n in (0, 1)]

    def transitions(self, n, action):
        if action == 0:
            return [Outcome(1.0, n + 1, "tick")]
        return [Outcome(1.0, 2, "gone", TERMS.earn(gain=1.0, ends=True, metrics={"success": 1.0}))]

    def legal(self, n):
        return (n < 2, n > 0)

    def discrete(self, n):
        return n

    def features(self, n):
        return (n / 2,)

    def note(self, n):
        return str(n)

    def say(self, event, draw):
        return event


class WritingProcess(WaitingProcess):
    def written(self, n, action, outcome):
        return Written("I say")

    def submit(self, n, text):
        return Outcome(1.0, 2, "gone"), Written(text)


class WritingTask(Waiting):
    texts, writes_text = ("text",), True

    def scenario(self, split, index):
        return WritingProcess()


def test_what_a_task_leaves_out_has_a_default():
    task = Waiting()
    assert (task.action_names, task.cues, task.n_actions) == (("wait", "go"), (("wait",), ("go",)), 2)
    assert task.metrics == ("success",)
    assert task.invalid == TERMS.earn(invalid=-1.0)
    assert task.invalid is task.invalid, "payoffs are told apart by identity first"
    assert (task.texts, task.rewards, task.optimum, task.text_instructions) == ((), {}, "exact", None)
    assert (task.writes_text, task.compilable, task.n_scenarios("test")) == (False, True, 1)
    assert task.with_text() is task
    assert task.compiled("train", 0) is None


def test_what_a_process_leaves_out_has_a_default():
    process = Waiting().scenario("train", 0)
    assert (process.shown, process.state_types) == ("", ())
    assert process.timeout(0) == TERMS.earn(ends=True)
    assert process.written(0, 0, Outcome(1.0, 1, "tick")) is None
    with pytest.raises(NotImplementedError, match="WaitingProcess takes no whole texts: define `submit`"):
        process.submit(0, "Hello")


def test_a_sentence_is_asked_of_legal_acts_alone():
    class Asked(WaitingProcess):
        def sentence(self, n, action):
            assert self.legal(n)[action]
            return f"{ACTS.names[action]} at {n}"

    assert [list(Asked().choices(n)) for n in range(3)] == [
        ["wait at 0", ""],
        ["wait at 1", "go at 1"],
        ["", "go at 2"],
    ]
    assert WaitingProcess().choices(0) == ["I wait.", ""]


def test_what_a_process_must_say_is_named():
    class Half(Process):
        def initial(self):
            return ()

    with pytest.raises(TypeError, match="transitions"):
        Half()


@pytest.mark.parametrize("reward", [None, {"length": 0.5}])
@pytest.mark.parametrize("kind", [Waiting, WritingTask])
def test_an_outcome_without_a_payoff_earns_nothing(kind, reward):
    if kind is Waiting and reward:
        return
    env = TextEnv(kind(), reward=reward)
    _, info = env.reset(seed=0)
    assert set(info["reward_terms"].values()) == {0.0}
    spoken = {"length": 2.0} if reward else {}
    env.reset(options={"scenario": 0})
    while env.state != 0:
        env.reset()
    _, earned, _, _, info = env.step(0)
    assert (earned, info["reward_terms"]) == (0.5 * len(spoken) * 2, {"gain": 0.0, "invalid": 0.0, **spoken})
    _, earned, *_ = env.step(1)
    assert earned == 1.0 + len(spoken)


def test_it_times_out_without_success():
    env = TextEnv(Waiting())
    env.reset(seed=0)
    while env.state != 0:
        env.reset()
    assert env.step(1)[1] == -2.0
    env.step(1)
    _, reward, ended, _, info = env.step(0)
    assert (reward, ended, info["metrics"]) == (0.0, True, {"success": 0.0})


def test_tables_and_batches_do_without_payoffs_at_the_start():
    task = Waiting()
    tables = load_tables(task, "train")
    assert NOTHING not in tables.payoffs
    assert all(len(payoff.terms) == 2 for payoff in tables.payoffs)
    native = TextVectorEnv(task, 5, info_keys=INFO_KEYS, autoreset_mode="SameStep")
    sync = gym.vector.SyncVectorEnv([lambda: TextEnv(task)] * 5, autoreset_mode=gym.vector.AutoresetMode.SAME_STEP)
    assert same(native.reset(seed=3), sync.reset(seed=3))
    for actions in np.random.default_rng(0).integers(2, size=(40, 5)):
        assert same(native.step(actions), sync.step(actions))


def test_whole_texts_where_the_task_takes_them():
    env = TextEnv(WritingTask(), action_type="text", reward={"length": 1.0})
    env.reset(seed=0)
    assert env.step("three words here")[1] == 3.0
    with pytest.raises(ValueError, match='vectorization_mode="sync"'):
        TextVectorEnv(WritingTask(), 2, action_type="text")
    env = TextEnv(Waiting(), action_type="text")
    env.reset(seed=0)
    assert env.step("three words here")[1] == -2.0, "here it means no choice"


def test_a_task_with_measures_is_the_task_in_all_else():
    class Named(WritingTask):
        rewards = {"plain": {"gain": 2.0}}  # noqa: RUF012
        partner, optimum = "Clock", "bound"

        def with_text(self):
            return copy.copy(self)

    task, _ = compose(Named(), {"length": 1.0})
    assert (task.partner, task.optimum, task.rewards["plain"], task.writes_text) == (
        "Clock",
        "bound",
        {"gain": 2.0},
        True,
    )
    assert (task.n_actions, task.metrics, task.acts) == (2, ("success",), ACTS)
    assert task.terms == {"gain": 1.0, "invalid": 2.0, "length": 0.0}
    assert task.invalid.terms == (0.0, -1.0, 0.0)
    assert not task.compilable, "its states hold texts"
    assert compose(WritingTask(), {"length": 1.0})[0].compilable
    process = task.scenario("train", 0)
    assert process.timeout(0).terms == (0.0, 0.0, 0.0)
    assert process.choices(1) == ["I wait.", "I go."]
