"""Language models that agents and judges ask: on this machine, and behind an endpoint."""

from textenvs.models.causal import LanguageModel, Message, Tokens
from textenvs.models.endpoint import Answer, Budget, Endpoint, Refused, read_budget
from textenvs.models.loading import check_model, load_model

__all__ = [
    "Answer",
    "Budget",
    "Endpoint",
    "LanguageModel",
    "Message",
    "Refused",
    "Tokens",
    "check_model",
    "load_model",
    "read_budget",
]
