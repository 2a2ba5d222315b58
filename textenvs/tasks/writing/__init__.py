"""Proofreading: a draft with real mistakes, gone through place by place."""

from textenvs.tasks.writing.task import Writing

__all__ = ["Writing"]
