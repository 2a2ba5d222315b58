"""Where the results of a run lie, and what they are results of."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

import textenvs
from textenvs import SPLITS, ReferenceScores
from textenvs.evaluation import find_agent
from textenvs_benchmarks.suite import Suite, make_suite

FORMAT = "textenvs-run/1"
Scores = Mapping[str, Mapping[str, ReferenceScores]]
"""Reference scores by environment and split."""


@dataclass(frozen=True)
class Run:
    """What decides the results of a run; no time, no machine.

    Attributes:
        suite: What is played.
        sources: For each environment a hash of the sources that decide how it behaves.
        agents: For each agent a hash of the sources and settings beside the one that it is defined in.
        versions: Versions of the packages involved.
    """

    suite: Suite
    sources: Mapping[str, str]
    agents: Mapping[str, str]
    versions: Mapping[str, str]


def describe_run(suite: Suite) -> Run:
    """A run of a suite with what is installed here."""
    return Run(
        suite,
        sources={env_id: environment_source(env_id) for env_id in suite.environments},
        agents={name: agent_source(name) for name in (*suite.agents, *suite.references)},
        versions=package_versions(),
    )


def environment_source(env_id: str) -> str:
    """Hash of the sources that decide how an environment behaves."""
    return textenvs.source_hash(textenvs.find_entry(env_id).task)


def agent_source(name: str) -> str:
    """Hash of the Python files, and those of settings, of the folder in which an agent is defined."""
    digest = hashlib.blake2b(digest_size=16)
    folder = Path(inspect.getfile(find_agent(name))).parent
    for path in sorted([*folder.glob("*.py"), *folder.glob("*.toml")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def package_versions() -> dict[str, str]:
    """Versions of the packages on which a record depends."""
    return {package.__name__: package.__version__ for package in (textenvs, gym, np)}


class ResultsFolder:
    """The files of one run.

    Args:
        path: The folder; it need not exist.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._run = self.path / "run.json"
        self._timings = self.path / "timings.json"

    def records(self, agent: str, env_id: str, split: str, seed: int) -> Path:
        """Records of one agent, environment, split and training seed."""
        return self.path / "episodes" / agent / env_id / f"{split}-{seed}.jsonl"

    def curve(self, agent: str, env_id: str, seed: int) -> Path:
        """Learning curve of one training."""
        return self.path / "curves" / agent / env_id / f"{seed}.csv"

    def agent(self, agent: str, env_id: str, seed: int) -> Path:
        """What one training has learned; the suffix follows the agent's own format."""
        return self.path / "agents" / agent / env_id / str(seed)

    def write_failure(self, job: str, error: str) -> None:
        """Writes down why a job has failed.

        Args:
            job: Its name.
            error: The traceback.
        """
        path = self._failure(job)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(error, encoding="utf-8", newline="\n")

    def forget_failure(self, job: str) -> None:
        """Removes what was written of a failure, if anything was."""
        self._failure(job).unlink(missing_ok=True)

    def count_failures(self, agent: str, env_id: str) -> int:
        """How many jobs of an agent in an environment have failed."""
        return len(list((self.path / "failures" / agent / env_id).glob("*.txt")))

    def begin(self, run: Run) -> None:
        """Makes the folder one of this run.

        Raises:
            ValueError: If it holds something else already; nothing is changed then.
            ImportError: If an environment needs an extra that is not installed.
        """
        for env_id in run.suite.environments:
            textenvs.task_of(env_id).n_scenarios("train")
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"{self.path} is a file: give another --out")
        if self._run.exists():
            self._check_same(run)
        elif self.path.exists() and any(self.path.iterdir()):
            raise ValueError(f"{self.path} is neither empty nor a results folder: give another --out")
        else:
            scores = {
                env_id: {split: asdict(textenvs.reference_scores(env_id, split)) for split in SPLITS}
                for env_id in run.suite.environments
            }
            write_json(self._run, {"format": FORMAT, **asdict(run), "reference_scores": scores})

    def read(self) -> tuple[Run, Scores]:
        """The run, with the reference scores that were valid when it began.

        Raises:
            ValueError: If this is not a results folder.
        """
        if not self._run.is_file():
            state = "is not a results folder (it has no run.json)" if self.path.exists() else "does not exist"
            raise ValueError(f"{self.path} {state}: make one with 'textenvs run SUITE --out {self.path}'")
        try:
            values = json.loads(self._run.read_text(encoding="utf-8"))
            if values["format"] != FORMAT:
                raise ValueError(f"its format is {values['format']!r}, not {FORMAT!r}")
            scores = {
                env_id: {split: ReferenceScores(**numbers) for split, numbers in splits.items()}
                for env_id, splits in values["reference_scores"].items()
            }
            return Run(make_suite(values["suite"]), values["sources"], values["agents"], values["versions"]), scores
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{self._run} cannot be read ({error}): give another folder") from None

    def read_timings(self) -> dict[str, dict[str, float]]:
        """Seconds of "training" and "evaluation" of each job that is known, by its name."""
        if not self._timings.exists():
            return {}
        try:
            return dict(json.loads(self._timings.read_text(encoding="utf-8"))["seconds"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{self._timings} cannot be read ({error}): remove it, only times stand there") from None

    def write_timings(self, machine: Mapping[str, Any], seconds: Mapping[str, Mapping[str, float]]) -> None:
        """Writes the one file that is not the same in every run."""
        write_json(self._timings, {"machine": machine, "seconds": seconds})

    def _failure(self, job: str) -> Path:
        return self.path / "failures" / f"{job}.txt"

    def _check_same(self, run: Run) -> None:
        found, _ = self.read()
        for part, ours, theirs in (
            ("suite", run.suite, found.suite),
            ("source of the environments", run.sources, found.sources),
            ("source of the agents", run.agents, found.agents),
            ("version of a package", run.versions, found.versions),
        ):
            if ours != theirs:
                raise ValueError(
                    f"{self.path} holds another run ({found.suite.name}, version {found.suite.version}), "
                    f"with another {part}: give another --out, or remove it"
                )


def write_json(path: Path, values: Any) -> None:
    """Writes a file of JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    text = json.dumps(values, indent=2, sort_keys=True, allow_nan=False) + "\n"
    partial.write_text(text, encoding="utf-8", newline="\n")
    partial.replace(path)
