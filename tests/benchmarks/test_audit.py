"""Every cheater is caught, or scores no more than the floor; without the defence it would have scored."""

from __future__ import annotations

import gymnasium as gym

import textenvs
from tests.benchmarks.conftest import ID
from textenvs.evaluation import play_episodes
from textenvs_benchmarks.audit import cheaters
from textenvs_benchmarks.audit.run import CASES, audit, to_markdown
from textenvs_benchmarks.progress import Silent


def test_every_cheater_comes_to_what_it_must():
    findings = list(audit(Silent()))  # in one test: it takes half a minute
    assert [finding.name for finding in findings if not finding.held] == []
    assert len(findings) == len(CASES) + 16
    results = {finding.name: finding.result for finding in findings}
    scores = {finding.name: finding.score for finding in findings}
    for name, kind in (
        ("malformed", "nonsense"),
        ("sleep", "timeout"),
        ("fork", "left behind"),
        ("print", "flood"),
        ("memory_hog", "crash"),
    ):
        assert f"({kind})" in results[name]
    assert "episodic_return is recorded as" in results["forge"]
    for name in ("ease", "deny", "edit", "swap", "copy"):
        assert results[name].startswith("verify: DIR/episodes/random/")
    assert " of the suite quick is " in results["suite"]
    assert "verify --rerun: made again, episodes/random/" in results["steal"]
    assert scores["guess"] > 100.0 > 10.0 > scores["guess_hidden"]
    lines = to_markdown(findings).splitlines()
    assert len([line for line in lines if line.startswith("| ")]) == len(findings) + 1
    assert all(line.isprintable() for line in lines)
    assert "<script>" not in "".join(lines)


def test_a_walker_finds_the_environment_where_it_shares_its_process():
    agent = cheaters.MemoryWalker(ID, {})
    cheaters.MemoryWalker.found = 0
    list(play_episodes(agent, ID, "test", [(0, 1)]))
    assert cheaters.MemoryWalker.found > 0


def test_a_patched_reward_pays_where_it_shares_a_process(monkeypatch):
    env_class = type(gym.make(ID).unwrapped)
    monkeypatch.setattr(env_class, "step", env_class.step)
    (record,) = textenvs.evaluate(cheaters.RewardPatcher(ID, {}), ID, episodes=1)
    assert record.episodic_return >= 1e6
