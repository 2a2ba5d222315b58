"""The exact optimum under a reward with a penalty on the divergence from a reference policy, and what it is worth.

The policy that maximises `E[sum of rewards] - penalty * KL(policy || reference)` over episodes is found by soft value
iteration. Over all penalties it traces the frontier: the most reward that is to be had for a divergence. It is the
curve of Gao et al. 2022, "Scaling Laws for Reward Model Overoptimization", without sampling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from textenvs.core.solve import Rewards, equally_good
from textenvs.feedback.scene import Array, Scene

PENALTIES = tuple(float(each) for each in np.geomspace(300.0, 0.003, 26))
"""Of a frontier, from none of the reward to nearly all of it, as shares of the spread of returns."""


@dataclass(frozen=True)
class Point:
    """What a policy is worth.

    Attributes:
        divergence: Its Kullback-Leibler divergence from the reference, in nats an episode.
        proxy: Its expected return under the proxy.
        gold: Its expected gold return.
        penalty: The penalty for which it is optimal; NaN where it was learned.
    """

    divergence: float
    proxy: float
    gold: float
    penalty: float = float("nan")


def evaluate(
    scenes: Sequence[Scene],
    policies: Sequence[Array],
    proxies: Sequence[Rewards],
    references: Sequence[Array],
    penalty: float = float("nan"),
) -> Point:
    """What a policy is worth, exactly, on average over scenes.

    Args:
        scenes: The scenes.
        policies: The policy in each, (states, actions) or (horizon, states, actions) probabilities.
        proxies: The proxy in each.
        references: The reference policy in each, (states, actions).
        penalty: Is written into the point.
    """
    found = []
    for scene, policy, proxy, reference in zip(scenes, policies, proxies, references, strict=True):
        met = scene.occupancy(policy)
        found.append([scene.divergence(policy, reference, met), *scene.expected(policy, (proxy, scene.gold), met)])
    divergence, gained, gold = np.mean(found, axis=0).tolist()
    return Point(divergence, gained, gold, penalty)


def soft_optimum(scene: Scene, rewards: Rewards, reference: Array, penalty: float) -> tuple[Array, float]:
    """The best policy of a scene under a penalty on divergence, and what it is worth after the penalty.

    Args:
        scene: The scene.
        rewards: What is maximised.
        reference: (states, actions) probabilities, above 0 where an action is legal.
        penalty: Of a nat; at 0 it is the optimum without a penalty, with ties broken as in `Solution.policy`.

    Returns:
        (horizon, states, actions) probabilities, and the optimal penalised return.
    """
    values = np.zeros(len(reference))
    policy = np.zeros((scene.horizon, *reference.shape))
    good = np.zeros(policy.shape, np.bool_)
    for turn in reversed(range(scene.horizon)):
        ahead = np.where(scene.legal, scene.backup.action_values(rewards, turn, values), -np.inf)
        best = ahead.max(axis=1)
        some = np.isfinite(best)
        if penalty > 0:
            weights = np.where(scene.legal, reference, 0.0) * np.exp(
                (ahead - np.where(some, best, 0.0)[:, None]) / penalty
            )
            total = np.maximum(weights.sum(axis=1), 1e-300)
            policy[turn] = weights / total[:, None]
            values = np.where(some, best + penalty * np.log(total), 0.0)
        else:
            good[turn] = equally_good(ahead, best)
            values = np.where(some, best, 0.0)
    if penalty <= 0:
        policy = np.eye(scene.tables.n_actions)[scene.backup.shortest(good)]
    return policy, scene.backup.start_value(values)


class Frontier:
    """What is to be had under a reward for each divergence from a reference.

    Args:
        scenes: The scenes.
        rewards: In each, what is maximised.
        references: In each, the reference policy, (states, actions).
    """

    def __init__(self, scenes: Sequence[Scene], rewards: Sequence[Rewards], references: Sequence[Array]) -> None:
        self.scenes, self.rewards, self.references = scenes, rewards, references
        self.penalised = cache(self._penalised)

    def policies(self, penalty: float) -> list[Array]:
        """The optimal policy in each scene under a penalty."""
        return [self._soft(each, penalty)[0] for each in range(len(self.scenes))]

    def _soft(self, number: int, penalty: float) -> tuple[Array, float]:
        return soft_optimum(self.scenes[number], self.rewards[number], self.references[number], penalty)

    def _penalised(self, penalty: float) -> float:
        """The largest mean of return less penalty times divergence."""
        return float(np.mean([self._soft(each, penalty)[1] for each in range(len(self.scenes))]))

    def points(self, proxies: Sequence[Rewards], penalties: Sequence[float] = PENALTIES) -> list[Point]:
        """The optimal policies for penalties, with what they are worth under the proxy and the gold reward.

        Args:
            proxies: The proxy in each scene, which may be what is maximised.
            penalties: As shares of the spread of returns: they are multiplied by `scale`.
        """
        scale = self.scale
        return [
            evaluate(self.scenes, self.policies(scale * each), proxies, self.references, scale * each)
            for each in penalties
        ]

    @cached_property
    def scale(self) -> float:
        """The return of the optimum less that of the reference, a tenth of it; 1 where there is nothing to gain."""
        gains = []
        for scene, rewards, reference in zip(self.scenes, self.rewards, self.references, strict=True):
            _, best = soft_optimum(scene, rewards, reference, 0.0)
            gains.append(best - scene.expected(reference, [rewards])[0])
        gain = float(np.mean(gains))
        return gain / 10.0 if gain > 0 else 1.0

    def excess(self, point: Point, gained: float, penalties: Sequence[float] = PENALTIES) -> float:
        """How far a policy lies above the frontier: at most 0, but for rounding, as none can.

        For every penalty the frontier lies below its tangent, `penalised(penalty) + penalty * divergence`; the least
        tangent at a divergence is the frontier there.

        Args:
            point: The policy.
            gained: Its return under what is maximised here.
            penalties: Of the tangents, as those of `points`.
        """
        scale = self.scale
        tangents = (self.penalised(scale * each) + scale * each * point.divergence for each in (0.0, *penalties))
        return gained - min(tangents)
