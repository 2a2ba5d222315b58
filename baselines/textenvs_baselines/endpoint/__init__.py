"""Language models behind an endpoint, as agents."""
