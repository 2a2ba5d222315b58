import copy
import pickle

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from tests.toys import Coin, Corridors
from textenvs.core.env import TextEnv
from textenvs.core.vector import INFO_KEYS, TextVectorEnv
from textenvs.testing import check_vector, same

ID = "TextDialogue-v0"


@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize("num_envs", [1, 3, 8, 64])
def test_a_row_equals_the_single_environment(num_envs, mode):
    check_vector(ID, "discrete", "train", mode, num_envs, steps=150 if num_envs < 64 else 60)


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_many_scenarios_under_a_small_budget_equal_single_environments(mode):
    """Tables are evicted all the time, and nothing is different."""
    task = Corridors()
    native = TextVectorEnv(
        task, 16, obs_type="discrete", autoreset_mode=mode, info_keys=INFO_KEYS, memory_budget=2_000_000
    )
    sync = SyncVectorEnv([lambda: TextEnv(task, obs_type="discrete")] * 16, autoreset_mode=mode)
    assert same(native.reset(seed=2), sync.reset(seed=2))
    rng = np.random.default_rng(0)
    episodes, held = 0, []
    for _ in range(400):
        actions = rng.choice(3, p=[0.05, 0.8, 0.15], size=16)
        mine = native.step(actions)
        assert same(mine, sync.step(actions))
        held.append(native.arena.nbytes)
        ended = mine[2] | mine[3]
        episodes += ended.sum()
        if mode is AutoresetMode.DISABLED and ended.any():
            assert same(native.reset(options={"reset_mask": ended}), sync.reset(options={"reset_mask": ended.copy()}))
    assert episodes > 100
    assert native.arena.compilations > len(native.arena.blocks) + 50, "nothing was evicted"
    live = sum(2 * native.arena.blocks[int(k)].tables.nbytes for k in set(native.scenarios))
    assert max(held) < max(2_000_000, 2 * live)


def test_four_thousand_rows_play_five_hundred_scenarios():
    native = TextVectorEnv(Corridors(), 4096, obs_type="features")
    native.reset(seed=0)
    compiled = native.arena.compilations
    for _ in range(60):
        native.step(np.ones(4096, np.int64))
    assert native.arena.compilations <= 500
    assert compiled > 450


def test_text_rows_equal_for_a_task_object():
    native = TextVectorEnv(Coin(), 7, info_keys=INFO_KEYS, autoreset_mode="SameStep")
    sync = SyncVectorEnv([lambda: TextEnv(Coin())] * 7, autoreset_mode=AutoresetMode.SAME_STEP)
    assert same(native.reset(seed=9), sync.reset(seed=9))
    rng = np.random.default_rng(1)
    for _ in range(60):
        actions = rng.integers(3, size=7)
        assert same(native.step(actions), sync.step(actions))


@pytest.mark.parametrize("action_type", ["text", "reply"])
def test_free_sentences_in_a_batch(action_type):
    native = gym.make_vec(ID, 4, action_type=action_type, info_keys=INFO_KEYS)
    singles = [gym.make(ID, action_type=action_type) for _ in range(4)]
    native.reset(seed=3)
    for i, env in enumerate(singles):
        env.reset(seed=3 + i)
    going = set(range(4))
    for sentences in (
        ["What kind of food would you like?", "blah", "2", "Where should it be?"],
        ["Thank you for calling, goodbye!", "What is your budget?", "zzz", "Which part of town should it be in?"],
    ):
        observations, rewards, ends, _, _ = native.step(sentences)
        for i in sorted(going):
            observation, reward, terminated, _, _ = singles[i].step(sentences[i])
            assert (observations[i], rewards[i], ends[i]) == (observation, reward, terminated)
            if terminated:
                going.remove(i)
    assert going


def test_truncation_equals_time_limit():
    native = gym.make_vec(ID, 6, obs_type="discrete", max_episode_steps=4, info_keys=INFO_KEYS)
    sync = gym.make_vec(ID, 6, obs_type="discrete", max_episode_steps=4, vectorization_mode="sync")
    rng = np.random.default_rng(0)
    assert same(native.reset(seed=0), sync.reset(seed=0))
    for _ in range(100):
        actions = rng.integers(15, size=6)
        assert same(native.step(actions), sync.step(actions))


def test_infos_are_fresh_and_chosen():
    env = gym.make_vec(ID, 4, obs_type="discrete", info_keys=("action_mask",))
    _, info = env.reset(seed=0)
    assert set(info) == {"action_mask", "_action_mask"}
    info["action_mask"][:] = 9
    _, _, _, _, info = env.step(np.full(4, 3))
    assert info["action_mask"].max() == 1


def test_bad_input():
    with pytest.raises(ValueError, match="num_envs must be at least 1"):
        gym.make_vec(ID, 0)
    with pytest.raises(ValueError, match="unknown info key 'mask'"):
        gym.make_vec(ID, 2, info_keys=("mask",))
    env = gym.make_vec(ID, 2, obs_type="discrete", autoreset_mode="Disabled")
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step(np.zeros(2, int))
    env.reset(seed=0)
    for actions, message in (([0], "for 2 rows"), ([0, 16], "out of range"), ([-1, 0], "out of range")):
        with pytest.raises(InvalidAction, match=message):
            env.step(np.array(actions))
    with pytest.raises(InvalidAction, match="whole numbers"):
        env.step(np.array([0.5, 0.5]))
    with pytest.raises(ValueError, match="3 seeds for 2 rows"):
        env.reset(seed=[1, 2, 3])
    env.step(np.array([15, 15]))
    with pytest.raises(ResetNeeded, match="reset_mask"):
        env.step(np.array([0, 0]))
    with pytest.raises(ValueError, match="reset_mask must be 2 bools"):
        env.reset(options={"reset_mask": np.zeros(2, bool)})


def test_a_scenario_can_be_chosen():
    env = TextVectorEnv(Corridors(), 3)
    env.reset(seed=0, options={"scenario": 7})
    assert env.scenarios.tolist() == [7, 7, 7]
    with pytest.raises(ValueError, match="scenario 500 does not exist"):
        env.reset(options={"scenario": 500})
    with pytest.raises(ValueError, match="did you mean 'reset_mask'"):
        env.reset(options={"reset_maks": 1})


def test_observations_belong_to_the_caller():
    env = gym.make_vec(ID, 3, obs_type="features", autoreset_mode="Disabled")
    first, _ = env.reset(seed=0)
    kept = first.copy()
    first *= 0
    again, _ = env.reset(options={"reset_mask": np.array([True, False, False])})
    assert np.array_equal(again[1:], kept[1:])


def test_more_bad_input():
    with pytest.raises(ValueError, match="did you mean 'SameStep'"):
        gym.make_vec(ID, 2, autoreset_mode="samestep")
    with pytest.raises(ValueError, match="max_episode_steps must be at least 1"):
        gym.make_vec(ID, 2, max_episode_steps=-1)
    env = gym.make_vec(ID, 2, action_type="text")
    env.reset(seed=0)
    for actions in ([1, 2], 3, ["one sentence"]):
        with pytest.raises(InvalidAction):
            env.step(actions)


@pytest.mark.parametrize(
    "again_of", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))], ids=["copy", "pickle"]
)
@pytest.mark.parametrize(
    "told", [{"obs_type": "discrete"}, {"info_keys": ("choices",)}, {"action_type": "text"}], ids=str
)
@pytest.mark.parametrize("task", [Corridors(), ID])
def test_a_copy_goes_on_alike(task, told, again_of):
    native = gym.make_vec(task, 5, **told) if task == ID else TextVectorEnv(task, 5, **told)
    zeros, ones = (["hello"] * 5, ["yes"] * 5) if "action_type" in told else (np.zeros(5, int), np.ones(5, int))
    native.reset(seed=3)
    native.step(zeros)
    again = again_of(native)
    for _ in range(60):
        assert same(native.step(ones), again.step(ones))


def test_seeds_that_are_refused_change_nothing():
    native, same_as = (gym.make_vec(ID, 3, obs_type="discrete") for _ in range(2))
    for env in (native, same_as):
        env.reset(seed=4)
    with pytest.raises(Exception, match="-5"):
        native.reset(seed=[1, -5, 2])
    assert same(native.reset(), same_as.reset())
