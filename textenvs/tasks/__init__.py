"""The rules of each task, its words beside its rules."""
