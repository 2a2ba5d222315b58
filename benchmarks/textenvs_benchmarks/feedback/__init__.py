"""The command `textenvs feedback`: from a judge to a policy, stage by stage, and what it was worth."""
