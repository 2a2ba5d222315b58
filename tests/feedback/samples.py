"""Scenes, policies and rewards that the tests of feedback share."""

from functools import cache

import numpy as np

from textenvs.feedback import Rewards, load_scenes

IDS = {"TextDialogueClean-v0": 1, "TextQA-v0": 3, "TextWriting-v0": 3}
"""An id of each task, and how many of its scenes."""


@cache
def scenes_of(env_id):
    return load_scenes(env_id, "train", IDS[env_id])


def random_policy(scene, seed, turns=True):
    """Probabilities above 0 for all that is legal."""
    rng = np.random.default_rng(seed)
    shape = (scene.horizon, *scene.legal.shape) if turns else scene.legal.shape
    policy = rng.exponential(size=shape) * scene.legal
    return policy / policy.sum(axis=-1, keepdims=True)


def random_rewards(scene, seed):
    """Rewards that ask for everything: act, turns left, and the end of the time."""
    rng = np.random.default_rng([seed, scene.number])
    now, left = rng.normal(size=(2, *scene.legal.shape))
    return Rewards(now, left, rng.normal(size=len(now)))


def near(sample, mean):
    """Whether the mean of a sample lies within four standard errors."""
    sample = np.asarray(sample)
    return abs(sample.mean() - mean) <= 4.0 * sample.std() / np.sqrt(len(sample)) + 1e-9
