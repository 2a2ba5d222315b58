import copy
import pickle

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.wrappers import RecordEpisodeStatistics

import textenvs
from tests.toys import TERMS, Coin, Corridors
from textenvs.core.env import TextEnv
from textenvs.core.mdp import Outcome

ID = "TextDialogue-v0"


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"obs_type": "txet"}, "unknown obs_type 'txet': did you mean 'text'"),
        ({"obs_type": "pixels"}, "choose one of 'text', 'features', 'discrete'"),
        ({"split": "tset"}, "did you mean 'test'"),
        ({"action_type": "free"}, "unknown action_type"),
        ({"reward": {"succes": 2}}, "did you mean 'success'"),
        ({"error_rte": 0.1}, "did you mean 'error_rate'"),
        ({"error_rate": 0.9}, "error_rate must be between 0 and 0.5"),
        ({"error_rate": "much"}, "error_rate must be between 0 and 0.5"),
        ({"reward": {"success": None}}, "must be a number"),
    ],
)
def test_bad_arguments_name_the_cure(kwargs, message):
    with pytest.raises(ValueError, match=message):
        gym.make(ID, **kwargs)


def test_unknown_render_mode():
    with pytest.raises(ValueError, match="unknown render_mode 'rgb_array': choose one of 'ansi', 'human'"):
        TextEnv(Coin(), render_mode="rgb_array")


def test_bad_actions():
    env = gym.make(ID).unwrapped
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step(0)
    with pytest.raises(ResetNeeded):
        env.action_masks()
    env.reset(seed=0)
    for action in (-1, 16, 99):
        with pytest.raises(InvalidAction, match="out of range"):
            env.step(action)
    for action in (1.5, "offer", None):
        with pytest.raises(InvalidAction, match="whole number"):
            env.step(action)
    _, _, terminated, _, _ = env.step(15)
    assert terminated
    with pytest.raises(ResetNeeded, match="ended"):
        env.step(0)
    with pytest.raises(ValueError, match="does not exist"):
        env.reset(options={"scenario": 5})


def test_illegal_act_costs_its_turn():
    env = gym.make(ID, obs_type="discrete")
    observation, info = env.reset(seed=0)
    book = env.unwrapped.task.action_names.index("book")
    assert not info["action_mask"][book]
    assert info["choices"][book] == ""
    again, reward, terminated, truncated, info = env.step(book)
    assert (again, reward, terminated, truncated) == (observation, -2.0, False, False)
    assert info["reward_terms"] == {"turn": -1.0, "success": 0.0, "failure": 0.0, "invalid": -1.0}


def test_every_failure_returns_minus_25_however_early():
    env = gym.make(ID, obs_type="discrete")
    for seed in range(200):
        _, info = env.reset(seed=seed)
        rng = np.random.default_rng(seed)
        total, ended = 0.0, False
        while not ended:
            _, reward, ended, _, info = env.step(rng.choice(np.flatnonzero(info["action_mask"])))
            total += reward
        assert total == (-25.0 if not info["metrics"]["success"] else total)
        assert "metrics" in info
    env.reset(seed=1)
    names = env.unwrapped.task.action_names
    assert env.step(names.index("goodbye"))[1] == -25.0


def test_info_is_fresh():
    env = gym.make(ID)
    _, first = env.reset(seed=0)
    first["action_mask"][:] = 7
    first["reward_terms"]["turn"] = 7.0
    _, again = env.reset(seed=0)
    assert set(again["action_mask"].tolist()) <= {0, 1}
    assert again["reward_terms"]["turn"] == 0.0
    assert again["action_mask"].dtype == np.int8


def test_reward_weights_change_the_reward_and_not_the_terms():
    plain, weighted = (gym.make(ID, obs_type="discrete", reward=r) for r in (None, {"turn": 0.5, "failure": 0.0}))
    names = plain.unwrapped.task.action_names
    for seed in range(20):
        plain.reset(seed=seed)
        weighted.reset(seed=seed)
        for action in ("request_food", "request_area", "goodbye"):
            a, b = plain.step(names.index(action)), weighted.step(names.index(action))
            assert a[4]["reward_terms"] == b[4]["reward_terms"]
            terms = a[4]["reward_terms"]
            assert b[1] == pytest.approx(0.5 * terms["turn"] + terms["success"])
            if a[2]:
                break


def test_render_reads_as_a_conversation(capsys):
    env = gym.make(ID, render_mode="ansi")
    env.reset(seed=0)
    env.step(0)
    lines = env.render().split("\n")
    assert lines[0].startswith("User: ")
    assert lines[1].startswith("You: ")
    assert lines[2].startswith("User: ")
    human = gym.make(ID, render_mode="human")
    human.reset(seed=0)
    human.step(0)
    assert capsys.readouterr().out.strip() == "\n".join(lines)


def test_free_sentences():
    free, numbers = gym.make(ID, action_type="text"), gym.make(ID)
    free.reset(seed=4)
    _, info = numbers.reset(seed=4)
    for action in (1, 2):
        a, b = free.step(info["choices"][action]), numbers.step(action)
        assert a[:4] == b[:4]
    for nonsense in ("", "   ", "colourless green ideas sleep furiously", " ".join(b[4]["choices"])):
        observation, reward, *_, info = free.step(nonsense)
        assert info["reward_terms"]["invalid"] == -1.0
        assert reward == -2.0
        assert "not possible" in observation
    with pytest.raises(InvalidAction, match="sentence"):
        free.unwrapped.step(3)


def test_replies_are_numbers_or_sentences():
    replying, numbers = gym.make(ID, action_type="reply"), gym.make(ID)
    replying.reset(seed=4)
    _, info = numbers.reset(seed=4)
    for action, reply in ((1, "1"), (2, info["choices"][2])):
        assert replying.step(reply)[:4] == numbers.step(action)[:4]
    assert replying.step("colourless green ideas sleep furiously")[4]["reward_terms"]["invalid"] == -1.0
    with pytest.raises(InvalidAction, match="sentence"):
        replying.unwrapped.step(3)


def test_a_reply_is_a_choice_where_a_text_would_be_the_whole_of_it():
    env = gym.make("TextWriting-v0", action_type="reply")
    _, info = env.reset(seed=1)
    _, _, terminated, _, after = env.step("Answer: 0")
    assert not terminated
    assert not after["reward_terms"]["invalid"]
    assert after["choices"] != info["choices"]
    assert env.step("Some text")[4]["reward_terms"]["invalid"]


def test_record_episode_statistics():
    env = RecordEpisodeStatistics(gym.make(ID, obs_type="features"))
    env.reset(seed=0)
    info = env.step(15)[4]
    assert info["episode"]["r"] == -25.0
    assert info["episode"]["l"] == 1


def test_a_task_object_plays_too():
    env = TextEnv(Coin())
    observation, info = env.reset(seed=0)
    assert observation == "World: start\n[(0, 0)]\n[Turn 0 of 4]" or observation.startswith("World: start!")
    assert info["choices"] == ("ask", "heads", "tails")
    for turn in range(4):
        observation, reward, terminated, _, info = env.step(0)
        assert terminated == (turn == 3)
    assert reward == pytest.approx(-1.1)
    assert info["metrics"] == {"success": 0.0}


def test_scenarios_are_drawn_uniformly_and_can_be_chosen():
    env = TextEnv(Corridors(), obs_type="discrete")
    env.reset(seed=0)
    seen = []
    for _ in range(2000):
        env.reset()
        seen.append(env.scenario)
    assert len(set(seen)) > 480
    assert np.mean(seen) == pytest.approx(249.5, abs=4 * 144 / np.sqrt(2000))
    env.reset(options={"scenario": 17})
    assert env.scenario == 17


def test_reset_without_a_seed_goes_on_with_the_stream():
    a, b = (gym.make(ID, obs_type="discrete") for _ in range(2))
    a.reset(seed=5)
    first = [a.reset()[0] for _ in range(50)]
    b.reset(seed=5)
    assert first == [b.reset()[0] for _ in range(50)]
    assert len(set(first)) > 3


def test_public_functions():
    text = textenvs.instructions(ID)
    assert "25" in text
    assert "number" in text
    assert "own words" in textenvs.instructions(ID, action_type="text")
    with pytest.raises(ValueError, match="did you mean 'TextDialogue-v0'"):
        textenvs.reference_scores("TextDialog-v0")
    with pytest.raises(ValueError, match="unknown split"):
        textenvs.reference_scores(ID, split="dev")
    with pytest.raises(ValueError, match="did you mean 'success'"):
        textenvs.solve(ID, reward={"sucess": 1})


def test_an_environment_in_use_is_copied():
    for env in (gym.make(ID), TextEnv(Corridors())):
        env.reset(seed=0)
        for _ in range(3000):
            if env.step(1)[2]:
                env.reset()
        env.reset()
        copies = [pickle.loads(pickle.dumps(env)), copy.deepcopy(env), copy.copy(env)]
        assert len(pickle.dumps(env.unwrapped.__getstate__()["_node"])) < 1000
        for _ in range(40):
            expected = env.step(0)
            for copied in copies:
                found = copied.step(0)
                assert found[:4] == expected[:4]
                assert found[4]["reward_terms"] == expected[4]["reward_terms"]
            if expected[2]:
                assert len({one.reset()[0] for one in (env, *copies)}) == 1


def test_a_copy_writes_its_own_transcript():
    env = gym.make(ID, render_mode="ansi")
    env.reset(seed=0)
    before, copied = env.render(), copy.copy(env.unwrapped)
    copied.step(0)
    assert env.render() == before != copied.render()


def test_a_copy_is_small():
    env = gym.make(ID)
    for seed in range(3):
        env.reset(seed=seed)
        for _ in range(100):
            env.reset()
    task = env.unwrapped.__getstate__()
    assert len(pickle.dumps(task["_stream"])) < 200


def test_a_reset_that_is_refused_changes_nothing():
    env, same_as = gym.make("TextQA-v0"), gym.make("TextQA-v0")
    for one in (env, same_as):
        one.reset(seed=5)
    for options in ({"scenario": 10**9}, {"foo": 1}):
        with pytest.raises(ValueError, match=r"does not exist|unknown option"):
            env.reset(options=options)
    assert env.step(0)[:4] == same_as.step(0)[:4]
    assert env.reset()[0] == same_as.reset()[0]


def test_an_unknown_render_mode_is_a_type_error_too():
    """Stable-Baselines3 asks for "rgb_array", and after a TypeError for none."""
    with pytest.raises(TypeError, match="unknown render_mode 'rgb_array'"):
        TextEnv(Coin(), render_mode="rgb_array")


def test_it_is_not_rendered_before_it_is_reset():
    with pytest.raises(ResetNeeded):
        gym.make(ID, render_mode="ansi").render()


def test_arguments_of_batches_are_told_apart():
    with pytest.raises(ValueError, match="'autoreset_mode' is an argument of batches"):
        gym.make(ID, autoreset_mode="SameStep")


def test_options_are_checked():
    env = gym.make(ID)
    for options, message in (({"scenari": 0}, "did you mean 'scenario'"), ({"scenario": 0.5}, "does not exist")):
        with pytest.raises(ValueError, match=message):
            env.reset(options=options)


def test_spaces_are_not_shared():
    a, b = gym.make_vec(ID, 2, obs_type="discrete"), gym.make(ID, obs_type="discrete")
    assert a.single_action_space.np_random is not b.action_space.np_random


@pytest.mark.parametrize("p", [float("nan"), 0.5])
def test_broken_probabilities_are_named(p):
    class Broken(Coin):
        def scenario(self, split, index):
            process = super().scenario(split, index)
            process.transitions = lambda state, action: [Outcome(p, None, ("over",), TERMS.earn())]
            return process

    env = TextEnv(Broken())
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"sum to 1: action 1 in \(0, 0\)"):
        env.step(1)
