import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from textenvs.core import chance

N = 1_000_000


def draws(keys, episodes, steps, channel=chance.OUTCOME):
    keys, episodes, steps = np.broadcast_arrays(*(np.asarray(x, dtype=np.uint64) for x in (keys, episodes, steps)))
    return chance.uniform_many(keys.copy(), episodes.copy(), steps.copy(), channel)


def keys_of_seeds(seeds):
    return np.array([np.random.default_rng(s).integers(2**64, dtype=np.uint64) for s in seeds], np.uint64)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**40), st.integers(0, 2**17), st.integers(0, 3))
def test_one_draw_equals_many(key, episode, step, channel):
    many = chance.bits_many(
        np.array([key], np.uint64), np.array([episode], np.uint64), np.array([step], np.uint64), channel
    )
    assert int(many[0]) == chance.bits(key, episode, step, channel)


@pytest.mark.parametrize("neighbour", ["seeds", "episodes", "steps", "channels"])
def test_neighbours_do_not_correlate(neighbour):
    counter = np.arange(N)
    if neighbour == "seeds":
        keys = np.repeat(keys_of_seeds(range(1001)), 1000)
        u = draws(keys, 0, np.tile(np.arange(1000), 1001))
        a, b = u[:-1000], u[1000:]
    elif neighbour == "episodes":
        a, b = draws(5, counter, 3), draws(5, counter + 1, 3)
    elif neighbour == "steps":
        a, b = draws(5, counter // 1000, counter % 1000), draws(5, counter // 1000, counter % 1000 + 1)
    else:
        a, b = draws(5, counter // 1000, counter % 1000, 0), draws(5, counter // 1000, counter % 1000, 1)
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(len(a))


def test_draws_are_uniform():
    u = draws(123, np.arange(N) // 1000, np.arange(N) % 1000)
    assert stats.chisquare(np.bincount((u * 256).astype(int), minlength=256)).pvalue > 1e-4
    low = chance.bits_many(
        np.full(N, 9, np.uint64), np.arange(N, dtype=np.uint64), np.ones(N, np.uint64), 1
    ) % np.uint64(257)
    assert stats.chisquare(np.bincount(low.astype(int), minlength=257)).pvalue > 1e-4


@given(st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=60))
def test_alias_table_has_the_probabilities(weights):
    p = np.array(weights) / sum(weights)
    threshold, alias = chance.alias_table(p.tolist())
    implied = np.zeros(len(p))
    for i, (t, j) in enumerate(zip(threshold, alias, strict=True)):
        implied[i] += t / len(p)
        implied[j] += (1 - t) / len(p)
    np.testing.assert_allclose(implied, p, atol=1e-12)


def test_a_stream_gives_the_draws_of_its_episodes():
    stream = chance.Stream(2**63 + 5, 4)
    for episode in range(200):
        assert stream.next_episode() == [chance.bits(2**63 + 5, episode, turn, chance.OUTCOME) for turn in range(4)]
        assert stream.episode == episode


@pytest.mark.parametrize("n", [6, 9, 486])
def test_the_remainder_of_a_draw_tells_nothing_of_where_it_falls(n):
    bits = chance.bits_many(np.full(N, 3, np.uint64), np.arange(N, dtype=np.uint64), np.ones(N, np.uint64), 0)
    outcome = np.searchsorted([0.02, 0.3, 0.33, 0.9], chance.unit(bits))
    table = np.zeros((5, n))
    np.add.at(table, (outcome, (bits % np.uint64(n)).astype(int)), 1)
    assert stats.chi2_contingency(table).pvalue > 1e-4
