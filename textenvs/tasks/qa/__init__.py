"""Question answering: evidence is searched for, read and cited."""

from textenvs.tasks.qa.task import QA

__all__ = ["QA"]
