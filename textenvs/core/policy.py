"""Hand-written policies of a task: its rule, and simple ones that give a lower bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar


class Policy:
    """Names an action for what is observed. It sees what every agent sees.

    Args:
        variant: One of `variants`.

    Attributes:
        obs_type: What it observes.
        variants: Settings among which training chooses; the first is played where it was not trained.
    """

    obs_type: ClassVar[str] = "text"
    variants: ClassVar[tuple[Any, ...]] = (None,)

    def __init__(self, variant: Any = None) -> None:
        self.variant = variant

    def reset(self) -> None:
        """Begins an episode."""

    def act(self, observation: Any, possible: Sequence[str]) -> str:
        """The name of an action.

        Args:
            observation: What is observed.
            possible: Names of the actions that are possible now, in their order; at least one.
        """
        raise NotImplementedError


class Prefers(Policy):
    """Takes one action wherever it is possible, else the last possible one."""

    obs_type = "discrete"
    action: ClassVar[str]

    def act(self, observation: Any, possible: Sequence[str]) -> str:
        """The action, or the last possible one."""
        return self.action if self.action in possible else possible[-1]


class Script(Policy):
    """Acts by a list, whatever it sees; leaves out what is impossible, and ends with the last possible action."""

    obs_type = "discrete"
    script: ClassVar[tuple[str, ...]]

    def reset(self) -> None:
        """Begins the list anew."""
        self._rest = iter(self.script)

    def act(self, observation: Any, possible: Sequence[str]) -> str:
        """The next action that is possible."""
        return next((action for action in self._rest if action in possible), possible[-1])
