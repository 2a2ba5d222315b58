"""What it costs to score what a language model might say: branches of one reading against one by one.

The model is the data set smollm2 (`textenvs data fetch smollm2`), on one thread.
"""

from __future__ import annotations

import statistics
import time

import gymnasium as gym
import pytest

from textenvs.data import fetched

torch = pytest.importorskip("torch", reason="the extra lm is not installed")
pytest.importorskip("transformers", reason="the extra lm is not installed")
from textenvs_baselines.language.conversation import Conversation, Teller  # noqa: E402
from textenvs_baselines.language.lm import LMAgent  # noqa: E402

ID = "TextDialogueClean-v0"
ROUNDS = 3


@pytest.fixture(scope="module")
def agent():
    try:
        fetched("smollm2")
    except (ValueError, OSError) as error:
        pytest.skip(str(error))
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield LMAgent(ID, {})
    torch.set_num_threads(before)


def test_branches_are_faster_than_one_by_one(benchmark, agent):
    env, model = gym.make(ID, split="test"), agent._model
    teller = Teller(ID, {}, agent._prompt)
    contexts, groups = [], []
    for seed in range(4):
        observation, info = env.reset(seed=seed)
        told = Conversation(observation=observation, choices=info["choices"])
        contexts.append(model.chat(teller.messages(told, 0)))
        groups.append([model.encode(sentence) for sentence in info["choices"] if sentence])

    def together():
        return model.score(contexts, groups, agent._shared)

    def one_by_one():
        return [
            [model.score_alone(context, each) for each in group]
            for context, group in zip(contexts, groups, strict=True)
        ]

    found, ratios = together(), []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        together()
        middle = time.perf_counter()
        alone = one_by_one()
        ratios.append((time.perf_counter() - middle) / (middle - began))
    benchmark.pedantic(together, rounds=1)
    worst = max(
        abs(a - b) for ours, theirs in zip(found, alone, strict=True) for a, b in zip(ours, theirs, strict=True)
    )
    ratio = statistics.median(ratios)
    print(f"\n{ratio:.1f} times as fast as one by one, the largest difference in log-probability is {worst:.1e}")
    assert worst < 1e-3
    assert ratio >= 5
