"""A causal language model on this machine: the log-probabilities of texts, and texts."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from inspect import signature
from typing import Any

from textenvs.errors import require

TOKENS = 2048
"""Of continuations that are scored at once, at most: their logits take the memory."""
NEAR = {"float32": 1e-3, "float64": 1e-3}
"""How far scores of branches may be from those that are computed alone; half a float is off by more:"""
NEARLY = 0.3
TODAY = "01 Jan 2026"
"""What templates are told that ask for it: the same conversation is the same tokens on every day."""
Tokens = list[int]
Message = dict[str, str]
"""One message of a conversation: "role" and "content"."""


class LanguageModel:
    """A model with its tokenizer.

    Args:
        tokenizer: Of transformers.
        model: Of transformers, a causal one.
        origin: What tells it from others: the hash of its files, versions, precision, device.
    """

    def __init__(self, tokenizer: Any, model: Any, origin: Mapping[str, str] | None = None) -> None:
        self._torch = require("torch", "lm")
        self.origin = dict(origin or {})
        self._tokenizer = tokenizer
        self._model = model.eval()
        self._ends = self._stops()
        self._cache = "cache" if "cache" in signature(model.forward).parameters else "past_key_values"
        self._prefixes = lru_cache(maxsize=4)(self._prefix)
        self._can_share: bool | None = None
        self._has_system = bool(tokenizer.chat_template) and self._knows_system()

    def _stops(self) -> frozenset[int]:
        ends = self._model.generation_config.eos_token_id if self._model.generation_config else None
        found = ends if isinstance(ends, list) else [ends]
        return frozenset(token for token in (*found, self._tokenizer.eos_token_id) if token is not None)

    @property
    def context(self) -> int:
        """How many tokens it can read."""
        return int(getattr(self._config, "max_position_embeddings", 2048))

    @property
    def _config(self) -> Any:
        """The settings of the part that reads text."""
        return self._model.config.get_text_config()

    def encode(self, text: str) -> Tokens:
        """The tokens of a text."""
        tokens: Tokens = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return tokens

    def encode_reply(self, text: str) -> Tokens:
        """The tokens of a reply, as it follows what `chat` gives."""
        return self.encode(text if self._tokenizer.chat_template else f" {text}")

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens."""
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))

    def chat(self, messages: Sequence[Message]) -> Tokens:
        """A conversation as tokens, up to where the model replies; by its template, or plainly where it has none."""
        if self._tokenizer.chat_template:
            return self.encode(self._by_template(messages if self._has_system else _folded(messages)))
        lines = [f"{message['role'].capitalize()}: {message['content']}" for message in messages]
        begin = [] if self._tokenizer.bos_token_id is None else [int(self._tokenizer.bos_token_id)]
        return begin + self.encode("\n\n".join([*lines, "Assistant:"]))

    def shared(self, opening: Sequence[Message]) -> int:
        """How many tokens all conversations have in common that begin with these messages, before one of the user."""
        first, second = (self.chat([*opening, {"role": "user", "content": text}]) for text in ("A", "B"))
        same = [a == b for a, b in zip(first, second, strict=False)]
        return same.index(False) if False in same else len(same) - 1

    def _by_template(self, messages: Sequence[Message]) -> str:
        """A conversation as its template has it: on a day that does not change, and without a thought before."""
        template = self._tokenizer.get_chat_template()
        return str(
            self._tokenizer.apply_chat_template(
                list(messages),
                add_generation_prompt=True,
                tokenize=False,
                enable_thinking=False,
                chat_template=f"{{%- macro strftime_now(form) -%}}{TODAY}{{%- endmacro -%}}{template}",
                date_string=TODAY,
            )
        )

    def _knows_system(self) -> bool:
        """Whether the template takes a message of the system; some refuse it, some leave it out."""
        told = [{"role": "system", "content": "so-and-so"}, {"role": "user", "content": "x"}]
        try:
            return "so-and-so" in self._by_template(told)
        except Exception:  # of jinja2, whatever the template raises
            return False

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
        if not self._shares():
            return [
                [self.score_alone(context, each) for each in group]
                for context, group in zip(contexts, continuations, strict=True)
            ]
        scores: list[list[float]] = []
        for part in _parts(continuations):
            scores += self._score_branches(contexts[part], continuations[part], shared)
        return scores

    def _shares(self) -> bool:
        """Whether texts can be read side by side, with gaps, and as branches of one.

        Attention to a window, and what is not attention, cannot do that; and not all attention takes a mask of its
        own, so that it is tried.
        """
        if self._can_share is None:
            self._can_share = self._attends_to_all() and self._agrees()
        return self._can_share

    def _attends_to_all(self) -> bool:
        kinds = getattr(self._config, "layer_types", None)
        if kinds:
            return set(kinds) == {"full_attention"}
        return not getattr(self._config, "sliding_window", None)

    def _agrees(self) -> bool:
        begin = self.encode("Once upon a time")
        contexts = [begin + self.encode(text) for text in (" there was a good king, and he had", " she said")]
        group = [self.encode(text) for text in (" a daughter", " nothing", " three sons")]
        try:
            found = self._score_branches(contexts, [group, group[:2]], len(begin))
        except (RuntimeError, ValueError, TypeError, NotImplementedError, AttributeError):
            return False
        near = NEAR.get(str(self._model.dtype).removeprefix("torch."), NEARLY)
        return all(
            abs(ours - self.score_alone(context, each)) < near
            for context, scores in zip(contexts, found, strict=True)
            for each, ours in zip(group, scores, strict=False)
        )

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
        if not self._shares():
            return [self._generate_alone(row, context, most, choose, stop) for row, context in enumerate(contexts)]
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
                    going[row] = self._goes_on(replies[row], tokens[row], stop)
                if not any(going):
                    break
            return replies

    def _generate_alone(
        self, row: int, context: Tokens, most: int, choose: Callable[[int, Any], int], stop: str
    ) -> Tokens:
        """The same for one context, which is read anew for each token: slow, and right for every model."""
        reply: Tokens = []
        with self._torch.inference_mode():
            for _ in range(most):
                logits = self._model(input_ids=self._tensor([context + reply]), use_cache=False).logits[0, -1]
                if not self._goes_on(reply, choose(row, logits), stop):
                    break
        return reply

    def _goes_on(self, reply: Tokens, token: int, stop: str) -> bool:
        """Takes a token into a reply; whether the reply goes on after it."""
        if token in self._ends:
            return False
        reply.append(token)
        return not stop or stop not in self.decode(reply).lstrip()

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


def _folded(messages: Sequence[Message]) -> list[Message]:
    """The same, with the system's message in the first of the user."""
    first, *others = messages
    if first["role"] != "system":
        return list(messages)
    told = "\n\n".join([first["content"], *(each["content"] for each in others[:1])])
    return [{"role": "user", "content": told}, *others[1:]]


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
