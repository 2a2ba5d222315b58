"""Texts as vectors: the same everywhere, and told apart where they differ."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import textenvs
from textenvs.wrappers import HashedNgrams, SentenceEmbeddings, hashed_ngrams


def test_ngrams_by_hand():
    assert hashed_ngrams("", 8).tolist() == [0.0] * 8
    vector = hashed_ngrams("a table for two", 4096, n=2)
    assert vector.sum() == 4 + 3
    assert hashed_ngrams("a table for two", 4096, n=1).sum() == 4
    assert (vector == hashed_ngrams("A table, for two!", 4096)).all()
    assert (vector != hashed_ngrams("two for a table", 4096)).any()


def test_a_line_is_counted_from_the_end():
    one, two = hashed_ngrams("hello", 4096), hashed_ngrams("hello\nyou", 4096)
    assert not (one * two).any()
    assert (hashed_ngrams("so\nhello", 4096) >= one).all()


def test_the_vector_is_the_same_everywhere():
    assert np.flatnonzero(hashed_ngrams("What price suits you?", 1024)).tolist() == [31, 104, 371, 668, 725, 726, 942]


@pytest.mark.parametrize("env_id", textenvs.IDS)
@pytest.mark.filterwarnings("ignore:.*is different from the unwrapped version")
def test_it_wraps_every_id(env_id):
    try:
        env = HashedNgrams(gym.make(env_id), dimensions=64)
        env.reset(seed=0)
    except ImportError as error:
        pytest.skip(str(error))
    check_env(env, skip_render_check=True)
    observation, _ = env.reset(seed=3)
    assert (observation == hashed_ngrams(gym.make(env_id).reset(seed=3)[0], 64)).all()


def test_embeddings_are_those_of_the_model():
    def embed(texts):
        return [[len(text), text.count(" ")] for text in texts]

    env = SentenceEmbeddings(gym.make("TextDialogue-v0"), embed)
    text, _ = gym.make("TextDialogue-v0").reset(seed=1)
    observation, _ = env.reset(seed=1)
    assert observation.tolist() == [len(text), text.count(" ")]
    assert env.observation_space.shape == (2,)
    assert env.observation_space.contains(observation)


def test_what_cannot_be_encoded_is_told():
    env = gym.make("TextDialogue-v0", obs_type="features")
    for wrap in (HashedNgrams, lambda env: SentenceEmbeddings(env, lambda texts: np.zeros((len(texts), 2)))):
        with pytest.raises(ValueError, match='make it with obs_type="text"'):
            wrap(env)
    with pytest.raises(ValueError, match="dimensions must be a positive whole number, got 0"):
        HashedNgrams(gym.make("TextDialogue-v0"), dimensions=0)
    with pytest.raises(ValueError, match="for one text its shape was"):
        SentenceEmbeddings(gym.make("TextDialogue-v0"), lambda texts: np.zeros(3))
