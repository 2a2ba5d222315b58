"""Policies: what an agent does in each state of a scene, and agents that learn under a proxy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from textenvs.core.env import TextEnv
from textenvs.core.solve import Rewards
from textenvs.core.vector import TextVectorEnv
from textenvs.evaluation import Agent, Learner, load_agent
from textenvs.feedback.proxy import ProxyTask
from textenvs.feedback.scene import Array, Scene


def policy_of(agent: Agent, scene: Scene) -> Array:
    """What an agent does in the states that it comes to: (horizon, states, actions) probabilities, 0 and 1.

    In states that it does not come to it is uniform. The agent must act on what it observes now alone; of a text it is
    told what is known in a state, and not what was said.

    Args:
        agent: The agent.
        scene: The scene.
    """
    policy = np.broadcast_to(scene.uniform, (scene.horizon, *scene.uniform.shape)).copy()
    met = scene.start()
    known: dict[int, int] = {}
    for turn in range(scene.horizon):
        for state in np.flatnonzero(met > 0).tolist():
            if agent.obs_type != "discrete" or state not in known:  # which does not hold the turn
                known[state] = _act(agent, scene, state, turn)
            policy[turn, state] = 0.0
            policy[turn, state, known[state]] = 1.0
        met = scene.follow(met, policy[turn])
    return policy


def softened(agent: Agent, scene: Scene, share: float) -> Array:
    """(states, actions) what an agent does in every state, or, with a probability, any legal action.

    Args:
        agent: The agent.
        scene: The scene.
        share: How often it is any.

    Raises:
        ValueError: If it is an agent that needs to know more than what it observes.
    """
    policy = share * scene.uniform
    for state in np.flatnonzero(scene.reached).tolist():
        policy[state, _act(agent, scene, state, int(scene.depth[state]))] += 1.0 - share
    return policy


def _act(agent: Agent, scene: Scene, state: int, turn: int) -> int:
    info: dict[str, Any] = {"action_mask": scene.tables.mask[state]}
    if agent.obs_type == "text":
        info["choices"] = scene.replies(state)
    try:
        action = agent.act(_observation(agent, scene, state, turn), info)
    except (LookupError, AttributeError, TypeError) as error:  # it asks for what is hidden here, or has not begun
        name = type(agent).__name__
        raise ValueError(f"{name} does not act on what it observes alone ({error}): take another") from error
    if not isinstance(action, int | np.integer):
        raise ValueError("only what agents choose can be written down: take one that gives numbers of choices")
    if not scene.legal[state, action]:
        raise ValueError(f"action {action} is impossible in state {state}: take an agent that respects action_mask")
    return int(action)


def _observation(agent: Agent, scene: Scene, state: int, turn: int) -> Any:
    if agent.obs_type == "discrete":
        return int(scene.tables.discrete[state])
    if agent.obs_type == "features":
        features = scene.tables.features[state].copy()
        features[-1] = turn / scene.horizon
        return features
    return f"[{scene.context(state)}]\n[Turn {turn} of {scene.horizon}]"


def learn(
    env_id: str, scenes: Sequence[Scene], rewards: Sequence[Rewards], agent: str, steps: int, seed: int, **options: Any
) -> Learner:
    """Trains an agent under a proxy.

    Args:
        env_id: The id, to which the agent's settings are tuned.
        scenes: The scenes.
        rewards: The proxy in each.
        agent: Name of an agent that learns.
        steps: Environment steps.
        seed: Seeds all that is random.
        **options: The agent's own options.

    Raises:
        ValueError: If the agent does not learn.
    """
    learner = load_agent(agent, env_id, {}, **options)
    if not isinstance(learner, Learner):
        raise ValueError(f"{agent} does not learn: take q_learning, sarsa, dqn or ppo")
    task: Any = ProxyTask(scenes, rewards)
    rows = getattr(learner, "num_envs", None)
    if rows:
        env: Any = TextVectorEnv(
            task, rows, obs_type=learner.obs_type, autoreset_mode="SameStep", info_keys=("action_mask",)
        )
    else:
        env = TextEnv(task, obs_type=learner.obs_type)
    learner.train(env, steps, seed)
    return learner


def best_of(scene: Scene, rewards: Rewards, reference: Array, n: int, ahead: bool = True) -> Array:
    """The policy that draws n replies of a reference at each turn, and says the most promising of them.

    That is the one after which most of the proxy would be earned if the reference went on alone; or, if it says nothing
    of how situations compare, the one that it likes best at once.

    Args:
        scene: The scene.
        rewards: The proxy.
        reference: (states, actions) probabilities.
        n: How many are drawn.
        ahead: Whether what comes after a reply counts.

    Returns:
        (horizon, states, actions) probabilities.
    """
    values = np.zeros(len(reference))
    policy = np.zeros((scene.horizon, *reference.shape))
    for turn in reversed(range(scene.horizon)):
        if ahead:
            worth = scene.backup.action_values(rewards, turn, values)
            values = (np.where(scene.legal, worth, 0.0) * reference).sum(axis=1)
        else:
            worth = rewards.now + (scene.horizon - turn - 1) * rewards.each_left
        order = np.argsort(np.where(scene.legal, worth, -np.inf), axis=1, kind="stable")
        below = np.cumsum(np.take_along_axis(reference, order, axis=1), axis=1)
        below /= np.maximum(below[:, -1:], 1e-300)  # states that are not met have no reference
        best = below**n - np.hstack([np.zeros((len(below), 1)), below[:, :-1]]) ** n
        np.put_along_axis(policy[turn], order, best, axis=1)
    unmet = ~(reference.sum(axis=1) > 0.0)
    policy[:, unmet] = scene.uniform[unmet]
    return policy
