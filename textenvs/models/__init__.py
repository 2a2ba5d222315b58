"""Language models that agents and judges ask: on this machine, and behind an endpoint."""

from textenvs.models.budget import Budget, read_budget, spent
from textenvs.models.causal import LanguageModel, Message, Tokens
from textenvs.models.endpoint import Answer, Endpoint, Refused, check_endpoint
from textenvs.models.loading import check_model, load_model

__all__ = [
    "Answer",
    "Budget",
    "Endpoint",
    "LanguageModel",
    "Message",
    "Refused",
    "Tokens",
    "check_endpoint",
    "check_model",
    "load_model",
    "read_budget",
    "spent",
]
