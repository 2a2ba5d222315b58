"""Every registered id, tested the moment it is registered."""

import json
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path

import gymnasium as gym
import pytest

import textenvs
from textenvs import testing
from textenvs.compilation import is_stale
from textenvs.core.spaces import OBS_TYPES
from textenvs.fingerprint import differences, digest, take_fingerprint
from textenvs.registration import stored_of

GOLDEN = Path(__file__).parent / "golden"
every_id = pytest.mark.parametrize("env_id", textenvs.IDS)


@every_id
@pytest.mark.parametrize("obs_type", OBS_TYPES)
def test_gymnasium_check_env(env_id, obs_type):
    testing.check_gymnasium(env_id, obs_type)


@every_id
def test_conformance(env_id):
    testing.check_id(env_id)


@every_id
def test_golden_rollout(env_id):
    """Made by scripts/record_golden.py; an id's behaviour changes only with its version."""
    golden = json.loads((GOLDEN / f"{env_id}.json").read_text())
    for record in golden:
        env = gym.make(env_id, split=record["split"])
        observation, _ = env.reset(seed=record["seed"])
        assert as_recorded(observation, record["observations"][0])
        for action, expected, reward in zip(
            record["actions"], record["observations"][1:], record["rewards"], strict=True
        ):
            observation, earned, *_ = env.step(action)
            assert as_recorded(observation, expected)
            assert earned == reward


def as_recorded(observation, recorded):
    """Whether it is the observation, or the one with that hash."""
    if recorded.startswith("blake2b:"):
        return recorded.removeprefix("blake2b:") == blake2b(observation.encode(), digest_size=8).hexdigest()
    return observation == recorded


@every_id
def test_stored_reference_scores_are_of_this_source(env_id):
    stored = stored_of(env_id)
    assert not is_stale(env_id), "run 'make fingerprints'"
    assert stored["identity"] == digest(stored["fingerprint"]) == textenvs.identity(env_id)
    assert gym.spec(env_id).reward_threshold == stored["train"]["optimal"]


@every_id
@pytest.mark.parametrize("split", ["train", "test"])
def test_nothing_trivial_wins(env_id, split):
    assert stored_of(env_id)[split]["degenerate"], "what is stored is checked"
    testing.check_nothing_trivial_wins(env_id, split)


@every_id
@pytest.mark.slow
def test_fingerprint_taken_anew(env_id):
    stored = stored_of(env_id)
    assert differences(stored["fingerprint"], take_fingerprint(textenvs.task_of(env_id))) == []


@every_id
@pytest.mark.slow
def test_reference_scores_computed_anew(env_id):
    for split in ("train", "test"):
        stored, computed = (
            textenvs.reference_scores(env_id, split),
            textenvs.reference.compute_scores(textenvs.task_of(env_id), split),
        )
        assert stored.optimal == pytest.approx(computed.optimal, abs=1e-9)
        assert stored.random == pytest.approx(computed.random, abs=1e-9)


@pytest.mark.parametrize(
    "code",
    [
        "import gymnasium as gym; gym.make('textenvs:TextDialogue-v0').reset(seed=0)",
        "import textenvs, gymnasium as gym; gym.make('TextDialogue-v0').reset(seed=0)",
        "import textenvs, sys; assert not {'torch', 'pandas', 'transformers', 'rich', 'scipy'} & set(sys.modules)",
    ],
)
def test_fresh_process(code):
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)
