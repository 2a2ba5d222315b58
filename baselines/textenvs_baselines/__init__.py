"""Baseline agents for TextEnvs: each is found by its entry point, as a stranger's is."""
