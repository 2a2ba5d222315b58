"""The floor of an id as an agent: the best of those that do not think."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textenvs.floor import degenerate_agents, known_returns


def floor_agent(env_id: str, env_kwargs: Mapping[str, Any]) -> Any:
    """The best agent that neither thinks nor answers, such as one that always does the same.

    It is found by the stored scores. If none are stored, every degenerate agent is measured once and the result cached.

    Args:
        env_id: A registered id.
        env_kwargs: Nothing but the `split`: it was measured for the id's own parameters.
    """
    if set(env_kwargs) - {"split"}:
        raise ValueError(f"the floor of {env_id} was measured for its own parameters and reward, not for {env_kwargs}")
    returns = known_returns(env_id, env_kwargs.get("split", "train"))
    return degenerate_agents(env_id, env_kwargs)[max(returns, key=returns.__getitem__)]
