"""Who the agents of TextEnvs are, in a sentence each, for a reader who has only the page."""

from __future__ import annotations

from textenvs_benchmarks.suite import Suite

DESCRIPTIONS = {
    "random": "Takes any possible act with the same probability; it learns nothing.",
    "rule": "Follows hand-written rules for the task; training only chooses among their variants.",
    "q_learning": "Q-learning with a table: it remembers what each act was worth in each situation it can tell apart.",
    "sarsa": "SARSA with a table: like Q-learning, but it learns what its own acts are worth, exploration included.",
    "dqn": "A deep Q-network: Q-learning with a neural network on the features of the text.",
    "ppo": "Proximal policy optimisation: a neural network on the features of the text learns which act to take.",
    "ppo_ngrams": "The same on the words themselves, as counts of word parts: it was told nothing of what they mean.",
    "lm": "A causal language model: of what can be said it takes what it would rather say, or it says something.",
    "openai": "A language model behind an endpoint: it is asked what it would say.",
    "optimal": "Plays the computed optimum, or looks up the answer that is hidden from all others.",
    "floor": "The best of the agents that neither think nor answer, such as one that always does the same.",
    "keep_all": "Changes nothing in a draft.",
    "accept_all": "Takes every first suggestion.",
    "search_follow_answer": "Follows the best link of the first page found, and takes the best supported name.",
    "search_open_answer": "Opens the first page found, and takes the best supported name.",
    "search_open_abstain": "Opens the first page found, and abstains.",
    "abstain": "Never answers.",
}

SEES = {
    "text": "It reads the text.",
    "features": "It does not read the words: it is given features of what was understood.",
    "discrete": "It does not read the words: it is given one number that stands for the situation.",
}
"""What an agent sees, by its observation type."""


def describe(agent: str, suite: Suite) -> str:
    """What an agent is; "" where that is not known here."""
    if agent in suite.external:
        return f"Not part of TextEnvs: {suite.external[agent]}."
    return DESCRIPTIONS.get(suite.installed(agent), "")
