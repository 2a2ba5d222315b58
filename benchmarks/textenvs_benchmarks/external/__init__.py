"""Agents that are not ours: each in a process of its own, or behind an address, and spoken to in lines of JSON."""
