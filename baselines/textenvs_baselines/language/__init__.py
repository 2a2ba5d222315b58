"""Language models as agents: on this machine, or behind an endpoint."""
