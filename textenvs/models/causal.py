"""A causal language model on this machine: the log-probabilities of texts, and texts."""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from inspect import signature
from pathlib import Path
from typing import Any

from textenvs.core.cache import folder
from textenvs.data import fetched
from textenvs.errors import require

SETS = {"smollm2": "SmolLM2-135M-Instruct.Q4_1.gguf"}
"""Models that are data sets, with their files."""
TOKENS = 2048
"""Of continuations that are scored at once, at most: their logits take the memory."""
NEAR = 0.05
"""How far scores of branches may be from those that are computed alone, in the precision of half a float."""
Tokens = list[int]
Message = dict[str, str]
"""One message of a conversation: "role" and "content"."""
DIGITS = 16
"""Of a hash."""


class LanguageModel:
    """A model with its tokenizer.

    Args:
        tokenizer: Of transformers.
        model: Of transformers, a causal one.
        origin: What tells it from others: the hash of its weights, versions.
    """

    def __init__(self, tokenizer: Any, model: Any, origin: Mapping[str, str] | None = None) -> None:
        self._torch = require("torch", "lm")
        self.origin = dict(origin or {})
        self._tokenizer = tokenizer
        self._model = model.eval()
        self._ends = self._stops()
        self._cache = "cache" if "cache" in signature(model.forward).parameters else "past_key_values"
        self._prefixes = lru_cache(maxsize=4)(self._prefix)
        self._can_branch: bool | None = None

    def _stops(self) -> frozenset[int]:
        ends = self._model.generation_config.eos_token_id if self._model.generation_config else None
        found = ends if isinstance(ends, list) else [ends]
        return frozenset(token for token in (*found, self._tokenizer.eos_token_id) if token is not None)

    @property
    def context(self) -> int:
        """How many tokens it can read."""
        return int(getattr(self._model.config, "max_position_embeddings", 2048))

    def encode(self, text: str) -> Tokens:
        """The tokens of a continuation."""
        tokens: Tokens = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return tokens

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens."""
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))

    def chat(self, messages: Sequence[Message]) -> Tokens:
        """A conversation as tokens, up to where the model replies; by its template, or plainly where it has none."""
        if self._tokenizer.chat_template:
            text = self._tokenizer.apply_chat_template(
                self._folded(messages), add_generation_prompt=True, tokenize=False
            )
            return self.encode(text)
        lines = [f"{message['role'].capitalize()}: {message['content']}" for message in messages]
        begin = [] if self._tokenizer.bos_token_id is None else [int(self._tokenizer.bos_token_id)]
        return begin + self.encode("\n\n".join([*lines, "Assistant:"]))

    def _folded(self, messages: Sequence[Message]) -> list[Message]:
        """The same, with the system's message in the first of the user where the template knows no system."""
        first, *others = messages
        if first["role"] != "system" or "system" in str(self._tokenizer.chat_template):
            return list(messages)
        told = "\n\n".join([first["content"], *(each["content"] for each in others[:1])])
        return [{"role": "user", "content": told}, *others[1:]]

    def score(
        self, contexts: Sequence[Tokens], continuations: Sequence[Sequence[Tokens]], shared: int = 0
    ) -> list[list[float]]:
        """The log-probability of each continuation of each context.

        What contexts have in common is computed once, and each context once for all of its continuations: these are
        read side by side, as branches that do not see each other.

        Args:
            contexts: At least one token each.
            continuations: For each context several, of at least one token each.
            shared: Length of what all contexts begin with.
        """
        if not self._branches():
            return [
                [self.score_alone(context, each) for each in group]
                for context, group in zip(contexts, continuations, strict=True)
            ]
        scores: list[list[float]] = []
        for part in _parts(continuations):
            scores += self._score_branches(contexts[part], continuations[part], shared)
        return scores

    def _branches(self) -> bool:
        """Whether the model can read branches: not all attention takes a mask of its own."""
        if self._can_branch is None:
            contexts = [self.encode(text) for text in ("Once upon a time there was", "She said")]
            group = [self.encode(text) for text in (" a king", " nothing", " three")]
            try:
                found = self._score_branches(contexts, [group, group[:2]], 1)
            except (RuntimeError, ValueError, TypeError, NotImplementedError, AttributeError):
                found = [[], []]
            alone = [[self.score_alone(contexts[0], each) for each in group]]
            alone.append([self.score_alone(contexts[1], each) for each in group[:2]])
            self._can_branch = all(
                len(ours) == len(theirs) and all(abs(a - b) < NEAR for a, b in zip(ours, theirs, strict=True))
                for ours, theirs in zip(found, alone, strict=True)
            )
        return self._can_branch

    def _score_branches(
        self, contexts: Sequence[Tokens], continuations: Sequence[Sequence[Tokens]], shared: int
    ) -> list[list[float]]:
        torch = self._torch
        shared = min(shared, min(map(len, contexts)) - 1) if shared < 1 or _same_start(contexts, shared) else 0
        with torch.inference_mode():
            cache = self._read([context[:-1] for context in contexts], shared)
            before, width = max(map(len, contexts)) - 1, max(sum(map(len, group)) for group in continuations)
            seen = torch.zeros((len(contexts), 1, width, before + width), dtype=torch.bool)
            tokens, places, wanted = [], [], []
            for row, (context, group) in enumerate(zip(contexts, continuations, strict=True)):
                gap, start = [0] * (width - sum(map(len, group))), 0
                for each in group:
                    end = start + len(each)
                    own = torch.ones((len(each), len(each)), dtype=torch.bool).tril()
                    seen[row, 0, start:end, before + start : before + end] = own
                    start = end
                seen[row, 0, :, : len(context) - 1] = True
                seen[row, 0, start:, before] |= not len(context) - 1  # a gap must see something
                tokens.append([token for each in group for token in (context[-1], *each[:-1])] + gap)
                places.append([len(context) - 1 + k for each in group for k in range(len(each))] + gap)
                wanted.append([token for each in group for token in each] + gap)
            kind = self._model.dtype
            mask = torch.zeros(seen.shape, dtype=kind).masked_fill(~seen, torch.finfo(kind).min)
            logits = self._model(
                input_ids=self._tensor(tokens),
                attention_mask=mask.to(self._model.device),
                position_ids=self._tensor(places),
                **{self._cache: cache},
                use_cache=True,
            ).logits
            picked = self._picked(logits, self._tensor(wanted)).tolist()
        return [_sums(line, group) for line, group in zip(picked, continuations, strict=True)]

    def score_alone(self, context: Tokens, continuation: Tokens) -> float:
        """The log-probability of one continuation, with nothing shared."""
        with self._torch.inference_mode():
            tokens = self._tensor([context + continuation])
            logits = self._model(input_ids=tokens, use_cache=False).logits[0, len(context) - 1 : -1]
            chosen = self._tensor([continuation])[0]
            return float(self._picked(logits, chosen).sum())

    def generate(
        self, contexts: Sequence[Tokens], most: int, choose: Callable[[int, Any], int], stop: str = ""
    ) -> list[Tokens]:
        """A reply to each context.

        Args:
            contexts: The contexts.
            most: Tokens of a reply at most.
            choose: Called with a row and the logits of its next token, a tensor; gives the token.
            stop: A text after which a reply ends.
        """
        with self._torch.inference_mode():
            replies: list[Tokens] = [[] for _ in contexts]
            cache = self._read([context[:-1] for context in contexts], 0)
            lengths = [len(context) for context in contexts]
            going = [True] * len(contexts)
            tokens = [context[-1] for context in contexts]
            width = max(lengths) - 1
            mask = [[1] * (length - 1) + [0] * (width - length + 1) for length in lengths]
            for step in range(most):
                mask = [[*row, 1] for row in mask]
                logits = self._model(
                    input_ids=self._tensor([[token] for token in tokens]),
                    attention_mask=self._tensor(mask),
                    position_ids=self._tensor([[length - 1 + step] for length in lengths]),
                    **{self._cache: cache},
                    use_cache=True,
                ).logits[:, -1]
                for row in range(len(contexts)):
                    if not going[row]:
                        continue
                    tokens[row] = choose(row, logits[row])
                    going[row] = tokens[row] not in self._ends
                    if going[row]:
                        replies[row].append(tokens[row])
                        said = self.decode(replies[row]) if stop else ""
                        going[row] = not (stop and stop in said and said.strip())
                if not any(going):
                    break
            return replies

    def _prefix(self, tokens: tuple[int, ...]) -> Any:
        """The cache of what contexts begin with."""
        cache = self._empty()
        self._model(input_ids=self._tensor([list(tokens)]), **{self._cache: cache}, use_cache=True, logits_to_keep=1)
        return cache

    def _empty(self) -> Any:
        return require("transformers", "lm").DynamicCache(config=self._model.config)

    def _read(self, contexts: Sequence[Tokens], shared: int) -> Any:
        """The cache of contexts, each in a row, the shorter ones followed by gaps."""
        n, width = len(contexts), max(map(len, contexts))
        if shared:
            cache = copy.deepcopy(self._prefixes(tuple(contexts[0][:shared])))
            cache.batch_select_indices(self._tensor([0] * n))
        else:
            cache = self._empty()
        if width > shared:
            padded = [context[shared:] + [0] * (width - len(context)) for context in contexts]
            self._model(
                input_ids=self._tensor(padded),
                attention_mask=self._tensor([_mask(len(context), width) for context in contexts]),
                position_ids=self._tensor([list(range(shared, width))] * n),
                **{self._cache: cache},
                use_cache=True,
                logits_to_keep=1,
            )
        return cache

    def _picked(self, logits: Any, tokens: Any) -> Any:
        """The log-probabilities of tokens."""
        return logits.float().log_softmax(-1).gather(-1, tokens.unsqueeze(-1)).squeeze(-1)

    def _tensor(self, values: Any) -> Any:
        return self._torch.tensor(values, device=self._model.device)


def _mask(n: int, width: int) -> list[int]:
    return [1] * n + [0] * (width - n)


def _sums(values: Sequence[float], group: Sequence[Tokens]) -> list[float]:
    """The sums over the continuations of a row."""
    sums, start = [], 0
    for each in group:
        sums.append(float(sum(values[start : start + len(each)])))
        start += len(each)
    return sums


def _same_start(contexts: Sequence[Tokens], shared: int) -> bool:
    return all(context[:shared] == contexts[0][:shared] for context in contexts)


def _parts(continuations: Sequence[Sequence[Tokens]]) -> list[slice]:
    """Rows in parts of not too many tokens, in their order."""
    parts, start = [], 0
    for end in range(1, len(continuations) + 1):
        longest = max(sum(map(len, group)) for group in continuations[start:end])
        if end - start > 1 and longest * (end - start) > TOKENS:
            parts.append(slice(start, end - 1))
            start = end - 1
    return [*parts, slice(start, len(continuations))]


@lru_cache(maxsize=2)
def load_model(name: str, device: str, dtype: str) -> LanguageModel:
    """A model by name.

    Args:
        name: A data set ("smollm2"), a folder, or a name that transformers knows; nothing is downloaded unless the
            environment allows it (HF_HUB_OFFLINE=0).
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        dtype: "auto" (float32 on a CPU, else the model's own), "float32", "bfloat16", "float16".

    Raises:
        MissingExtra: Without the extra `lm`.
        ValueError: If it cannot be loaded; the message says how to get it.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    torch, transformers = require("torch", "lm"), require("transformers", "lm")
    place = _dense(name) if name in SETS else name
    where = device if device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there[where.partition(":")[0]]:
        raise ValueError(f"there is no device {where} here, or this PyTorch does not know it: leave device out")
    kind = {"auto": torch.float32 if where == "cpu" else "auto"}.get(dtype) or getattr(torch, dtype)
    with _quiet():
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(place)
            model = transformers.AutoModelForCausalLM.from_pretrained(place, dtype=kind, use_safetensors=True)
        except (OSError, ValueError, KeyError) as error:
            if name not in SETS and not Path(name).is_dir():
                raise ValueError(
                    f"there is no folder {name!r}, and no model of that name was downloaded before: name a folder or "
                    f"{', '.join(SETS)}, or set HF_HUB_OFFLINE=0 to download it"
                ) from None
            why = " ".join(str(error).split())[:200]
            raise ValueError(f"the folder {name!r} holds no model that transformers loads ({why})") from None
    return LanguageModel(tokenizer, model.to(where), _origin(place))


def _origin(place: str | Path) -> dict[str, str]:
    """What a model is, whatever its folder is called: the hash of its weights, and what computes with them."""
    torch, transformers = require("torch", "lm"), require("transformers", "lm")
    home = Path(place) if Path(place).is_dir() else Path(transformers.utils.cached_file(place, "config.json")).parent
    digest = hashlib.sha256()
    for path in sorted(home.glob("*.safetensors")):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return {
        "weights": digest.hexdigest()[:DIGITS],
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def _dense(name: str) -> Path:
    """The folder of a data set's model, unpacked once into the cache."""
    source = fetched(name)
    cache = folder()
    if cache is None:
        raise ValueError(
            f"{name} is unpacked into the cache, which is turned off: unset TEXTENVS_CACHE, or name a folder"
        )
    target = cache / "models" / name
    if not (target / "config.json").exists():
        torch, transformers = require("torch", "lm"), require("transformers", "lm")
        require("gguf", "lm")
        require("accelerate", "lm")
        partial = target.with_name(f"{name}.{os.getpid()}.partial")
        options: dict[str, Any] = {"gguf_file": SETS[name]}
        if hasattr(transformers, "GgufConfig"):
            options["quantization_config"] = transformers.GgufConfig(dequantize=True)
        with _quiet():
            tokenizer = transformers.AutoTokenizer.from_pretrained(source, gguf_file=SETS[name])
            model = transformers.AutoModelForCausalLM.from_pretrained(source, dtype=torch.bfloat16, **options)
            if hasattr(model.config, "quantization_config"):
                del model.config.quantization_config
            model.save_pretrained(partial)
            tokenizer.save_pretrained(partial)
        partial.replace(target)
    return target


@contextmanager
def _quiet() -> Any:
    """Keeps transformers from talking."""
    logging = require("transformers", "lm").utils.logging
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        logging.enable_progress_bar()
