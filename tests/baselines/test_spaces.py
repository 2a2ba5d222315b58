"""Tabular learners on environments of others: spaces of several discrete parts, and spaces that do not begin at 0."""

import json
import zipfile

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from textenvs_baselines.numbering import Numbering, described, space_of
from textenvs_baselines.q_learning import QLearningAgent
from textenvs_baselines.sarsa import SarsaAgent

both = pytest.mark.parametrize("learner", [QLearningAgent, SarsaAgent])
PAIR = spaces.Tuple((spaces.Discrete(3, start=1), spaces.MultiDiscrete([2, 2], start=[0, 5])))
SPACES = [
    spaces.Discrete(4),
    spaces.Discrete(4, start=-2),
    spaces.MultiDiscrete([2, 3, 2]),
    spaces.MultiDiscrete([[2, 3], [1, 2]], dtype=np.int32, start=[[1, 0], [0, -1]]),
    spaces.MultiBinary((2, 2)),
    PAIR,
    spaces.Dict({"b": PAIR, "a": spaces.Discrete(2)}),
]


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_every_value_has_a_number_and_every_number_a_value(space):
    numbering = Numbering(space)
    values = [numbering.value(number) for number in range(numbering.n)]
    assert all(value in space for value in values)
    assert [numbering.number(value) for value in values] == list(range(numbering.n))
    assert len({repr(value) for value in values}) == numbering.n
    space.seed(0)
    assert {numbering.number(space.sample()) for _ in range(2000)} == set(range(numbering.n))
    again = space_of(json.loads(json.dumps(described(space))))
    assert again == space
    assert all(value in again for value in values)


def test_the_last_part_counts_fastest():
    assert Numbering(PAIR).number((1, np.array([0, 6]))) == 1
    assert Numbering(PAIR).number((3, np.array([1, 5]))) == 10


@pytest.mark.parametrize("value", [(0, [0, 5]), (4, [0, 5]), (1, [0, 4]), (1, [0]), (1,), 7, None, (1, "ab")])
def test_a_value_that_is_not_in_the_space(value):
    with pytest.raises(ValueError, match="is not in Tuple"):
        Numbering(PAIR).number(value)


@pytest.mark.parametrize(
    "told",
    [
        *(None, {}, [], {"tuple": 3}, {"multi_binary": ["a"]}),
        *({"discrete": 0, "start": 0}, {"discrete": 10**30, "start": 0}, {"discrete": True, "start": 0}),
        {"multi_discrete": [2], "start": [0, 0], "dtype": "int64"},
        {"multi_discrete": [2], "start": [0], "dtype": "O"},
    ],
)
def test_what_describes_no_space(told):
    with pytest.raises(ValueError, match="describes no space"):
        space_of(told)


class Echo(gym.Env):
    """The right action is the value of the observation; ten an episode."""

    def __init__(self, observations, actions):
        self.observation_space, self.action_space = observations, actions
        self.seen, self.acts = Numbering(observations), Numbering(actions)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.turn = 0
        return self.show(), {}

    def show(self):
        self.number = int(self.np_random.integers(self.seen.n))
        return self.seen.value(self.number)

    def step(self, action):
        assert action in self.action_space
        reward = float(self.acts.number(action) == self.number)
        self.turn += 1
        return self.show(), reward, False, self.turn == 10, {}


@both
@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize(
    ("observations", "actions"),
    [(PAIR, spaces.Discrete(12, start=3)), (spaces.Discrete(4, start=-2), spaces.MultiDiscrete([2, 2])), (PAIR, PAIR)],
    ids=str,
)
def test_an_identity_task_is_learned_saved_and_loaded(learner, vector, observations, actions, tmp_path):
    def make():
        return Echo(observations, actions)

    agent = learner("", {}, discount=0.0)
    agent.train(gym.vector.SyncVectorEnv([make] * 3) if vector else make(), 6000, seed=0)
    agent.save(tmp_path / "table.npz")
    again = learner.load(tmp_path / "table.npz")
    env = make()
    for number in range(env.seen.n):
        for each in (agent, again):
            action = each.act(env.seen.value(number), {})
            assert action in actions
            assert env.acts.number(action) == number
    again.train(make(), 10)
    with pytest.raises(ValueError, match="does not fit"):
        again.train(Echo(spaces.Discrete(5), spaces.Discrete(2)), 10)
    with pytest.raises(ValueError, match="is not in"):
        agent.act(observations.n if isinstance(observations, spaces.Discrete) else 99, {})


def test_a_table_with_spaces_that_are_not_its_own(tmp_path):
    agent = QLearningAgent("", {})
    agent.train(Echo(PAIR, PAIR), 10)
    agent.save(tmp_path / "table.npz")
    with np.load(tmp_path / "table.npz") as saved:
        arrays = dict(saved)
    meta = json.loads(str(arrays["meta"]))
    for told in (
        [],
        3,
        [meta["spaces"][0]] * 3,
        [meta["spaces"][0], {"discrete": 5, "start": 0}],
        [{"multi_binary": [10**9]}] * 2,
    ):
        np.savez(tmp_path / "bad.npz", **{**arrays, "meta": np.array(json.dumps({**meta, "spaces": told}))})
        with pytest.raises(ValueError, match="is not a saved q_learning table"):
            QLearningAgent.load(tmp_path / "bad.npz")


def test_tables_of_plain_spaces_say_nothing_of_them(tmp_path):
    agent = QLearningAgent("", {})
    agent.train(Echo(spaces.Discrete(3), spaces.Discrete(3)), 10)
    agent.save(tmp_path / "table.npz")
    with zipfile.ZipFile(tmp_path / "table.npz") as archive, archive.open("meta.npy") as file:
        assert set(json.loads(str(np.lib.format.read_array(file)))) == {"format", "agent", "config"}


@pytest.mark.parametrize(
    ("observations", "actions", "message"),
    [
        (spaces.Box(0, 1, (2, 3)), spaces.Discrete(2), r"observations .*Box\(.*\(2, 3\).* MultiDiscrete or Tuple"),
        (spaces.Discrete(2), spaces.Box(0, 1, (2,)), "actions .*Box.* MultiDiscrete or Tuple"),
        (spaces.Tuple((spaces.Discrete(2), spaces.Text(3))), spaces.Discrete(2), "observations .*Text.* Tuple"),
        (spaces.MultiBinary(70), spaces.Discrete(2), "too many for a table"),
        (spaces.MultiBinary(20), spaces.MultiBinary(20), "too large"),
    ],
)
def test_spaces_that_cannot_be_numbered(observations, actions, message):
    env = gym.Env()
    env.observation_space, env.action_space = observations, actions
    with pytest.raises(ValueError, match=message) as caught:
        QLearningAgent("", {}).train(env, 10)
    assert "obs_type" not in str(caught.value)


def mean_return(act, env, episodes, most=1000):
    total = 0.0
    for episode in range(episodes):
        observation, info = env.reset(seed=episode)
        for _ in range(most):
            observation, reward, terminated, truncated, info = env.step(act(observation, info))
            total += reward
            if terminated or truncated:
                break
    return total / episodes


def test_q_learning_finds_the_edge_of_the_cliff():
    """Sutton and Barto 2018, example 6.6: Q-learning takes the shortest way, along the edge; it costs 13."""
    for seed in range(5):
        agent = QLearningAgent("", {}, step_size=0.5, step_size_power=0, epsilon_start=0.1, epsilon_end=0.1)
        agent.train(gym.make("CliffWalking-v1"), 20_000, seed=seed)
        assert mean_return(agent.act, gym.make("CliffWalking-v1"), 1) == -13.0


def test_blackjack_is_learned():
    agent = QLearningAgent("", {})
    agent.train(gym.make("Blackjack-v1"), 30_000, seed=0)
    env = gym.make("Blackjack-v1")
    rng = np.random.default_rng(0)
    chance = mean_return(lambda observation, info: int(rng.integers(2)), env, 2000)
    assert mean_return(agent.act, env, 2000) > chance + 0.2
