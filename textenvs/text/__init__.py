"""Words: tokens, wordings, and matching a sentence to a choice."""
