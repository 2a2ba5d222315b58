"""Language models that agents and judges ask: on this machine, and behind an endpoint."""

from textenvs.models.budget import Budget, read_budget, spent
from textenvs.models.causal import LanguageModel, Message, Tokens, load_model
from textenvs.models.endpoint import Answer, Endpoint, Refused

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
    "spent",
]
