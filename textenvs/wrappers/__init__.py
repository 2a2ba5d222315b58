"""Wrappers for the environments of this package, and for any other of Gymnasium."""

from textenvs.wrappers.shaping import PotentialShaping

__all__ = ["PotentialShaping"]
