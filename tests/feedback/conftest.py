"""What the tests of feedback stand on."""

import hashlib

import numpy as np
import pytest

from textenvs.feedback import encoders


def hashed(texts):
    """Embeddings that are drawn from a text's hash."""
    seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") for text in texts]
    return np.array([np.random.default_rng(seed).normal(size=encoders.WIDTH) for seed in seeds])


@pytest.fixture
def drawn_embeddings(monkeypatch):
    """Sentence embeddings without the model."""
    monkeypatch.setattr(encoders, "sentence_encoder", lambda: hashed)
    monkeypatch.setattr(encoders, "_EMBEDDED", {})
