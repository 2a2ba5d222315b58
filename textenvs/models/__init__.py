"""Language models that agents and judges ask: on this machine, and behind an endpoint."""

from textenvs.models.causal import LanguageModel, Message, Tokens, load_model
from textenvs.models.endpoint import Answer, Budget, Endpoint, Refused, read_budget

__all__ = [
    "Answer",
    "Budget",
    "Endpoint",
    "LanguageModel",
    "Message",
    "Refused",
    "Tokens",
    "load_model",
    "read_budget",
]
