"""All episodes of a run as one table."""

from __future__ import annotations

from typing import Any

import pandas as pd

from textenvs.evaluation import NoRecords, read_records
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.jobs import plan_jobs

COLUMNS = (
    "env_id agent reference split training_seed episode seed scenario episodic_return score length invalid tokens "
    "terminated truncated failure public_seeds drift"
).split()
"""Columns that every run has. `invalid` counts the acts that were impossible or not understood, `tokens` those that a
language model has read and written, by its own word. `score` is the normalised return. `failure` says how the agent
lost the episode, "" if it did not; a lost episode counts as much as random play does on average, or less. `drift` says
whether it was played under other sources or versions than those that the run began with."""


def load_episodes(folder: ResultsFolder) -> pd.DataFrame:
    """The episodes that a run has played so far; see `textenvs_benchmarks.load`."""
    run, scores = folder.read()
    rows: list[dict[str, Any]] = []
    for job in plan_jobs(run.suite):
        for split in job.splits:
            most = scores[job.env_id][split].random
            path = folder.records(job.agent, job.env_id, split, job.seed)
            try:
                header, records = read_records(path)
            except (FileNotFoundError, NoRecords):
                continue
            played = (job.agent, job.env_id, split, job.seed)
            if (header.agent, header.env_id, header.split, header.seed) != played:
                raise ValueError(f"{path} does not hold the episodes of {job.name}: remove it and run again")
            made = (header.source, header.agent_source, header.versions)
            began = (run.sources[job.env_id], run.agents[job.agent], run.versions)
            of_file = {
                "env_id": job.env_id,
                "agent": job.agent,
                "reference": job.reference,
                "split": split,
                "training_seed": job.seed,
                "public_seeds": not run.commitment,
                "drift": made != began,
            }
            for record in records:
                counted = min(record.episodic_return, most) if record.failure else record.episodic_return
                rows.append(
                    {
                        **of_file,
                        "episode": record.episode,
                        "seed": record.seed,
                        "scenario": record.scenario,
                        "episodic_return": counted,
                        "score": scores[job.env_id][split].normalise(counted),
                        "length": record.length,
                        "invalid": sum(map(bool, record.reward_terms.get("invalid", ()))),
                        "tokens": sum(number for name, number in record.usage.items() if name.endswith("_tokens")),
                        "terminated": record.terminated,
                        "truncated": record.truncated,
                        "failure": record.failure,
                        **{f"metrics.{name}": value for name, value in record.metrics.items()},
                        **{f"reward_terms.{name}": sum(amounts) for name, amounts in record.reward_terms.items()},
                    }
                )
    frame = pd.DataFrame(rows)
    known = [name for name in frame.columns if name not in COLUMNS]
    return frame.reindex(columns=[*COLUMNS, *sorted(known)])
