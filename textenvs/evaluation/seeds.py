"""The seeds of episodes: from a number that all may know, or from a secret that is told later."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np

from textenvs.core.mdp import SPLITS

AGENT_STREAM = len(SPLITS)
"""Marks the seeds of agents, apart from those of the splits."""
BITS = 53
"""Of a seed: any reader of JSON keeps as many."""


def episode_seed(seed: int, stream: int, index: int) -> int:
    """The public seed of one episode: 53 bits.

    Args:
        seed: Seed of the evaluation, or of the agent.
        stream: Number of the split, or `AGENT_STREAM`.
        index: Number of the episode.
    """
    high, low = np.random.SeedSequence([seed, stream, index]).generate_state(2).tolist()
    return int((high << 32 | low) >> 64 - BITS)


def secret_seed(secret: bytes, *purpose: str | int) -> int:
    """The seed of one episode by HMAC-SHA256: 53 bits. Who knows other seeds of the secret cannot tell it.

    Args:
        secret: At least 16 bytes.
        *purpose: What it is for, such as split, training seed and number.
    """
    message = "\0".join(map(str, purpose)).encode()
    return int.from_bytes(hmac.new(secret, message, hashlib.sha256).digest()[:8]) >> 64 - BITS
