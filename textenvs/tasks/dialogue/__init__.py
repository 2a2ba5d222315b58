"""Booking dialogue over the restaurants of Cambridge."""

from textenvs.tasks.dialogue.task import Dialogue

__all__ = ["Dialogue"]
