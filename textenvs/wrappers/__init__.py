"""Wrappers for the environments of this package, and for any other of Gymnasium."""

from textenvs.wrappers.encoding import HashedNgrams, SentenceEmbeddings, hashed_ngrams
from textenvs.wrappers.shaping import PotentialShaping

__all__ = ["HashedNgrams", "PotentialShaping", "SentenceEmbeddings", "hashed_ngrams"]
