"""Where the results of a run lie, and what they are results of."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any

import gymnasium as gym
import numpy as np

import textenvs
from textenvs import SPLITS, ReferenceScores
from textenvs.core.closure import hash_files, import_closure
from textenvs.core.lock import locked
from textenvs.errors import Drift, printable, shown
from textenvs.evaluation import agent_modules
from textenvs.evaluation.record import from_json, is_number
from textenvs_benchmarks.external.reach import Reach, source_of
from textenvs_benchmarks.seeds import Secret, read_secret, to_file
from textenvs_benchmarks.suite import Suite, make_suite, to_table

FORMAT = "textenvs-run/2"
AGENTS = (
    "textenvs.models",
    "textenvs.evaluation.policy",
    "textenvs.core.policy",
    "textenvs.state_reader",
    "textenvs.floor",
    "textenvs.reference",
    "textenvs.core.solve",
    "textenvs.wrappers",
)
"""Modules that decide what an agent does, if it imports them, beside those of its own package.

All else it sees through observations, and the identity of the environment is recorded.
"""
RESULTS = ("episodes", "curves", "agents", "failures", "curves.csv", "results.csv", "results.json", "results.md")
"""Files and folders of files that the manifest names: the same in every run of the same command."""
BESIDE = ("logs", "timings.json", "seeds.json")
"""What else a run writes."""
TIERS = ("self-reported", "replayed", "re-run")
"""How far results were verified."""
LARGEST = 1 << 26
"""Bytes of a manifest at most."""
PATIENCE = 10.0
"""Seconds to wait for the workers of a run that has just been killed."""
Scores = Mapping[str, Mapping[str, ReferenceScores]]
"""Reference scores by environment and split."""


@dataclass(frozen=True)
class Run:
    """What decides the results of a run; no time, no machine.

    Attributes:
        command: The command line, without what makes no difference to the results.
        suite: What is played.
        commitment: Hash of the secret from which the seeds of its episodes are derived; "" where they are public.
        sources: For each environment its identity: a hash of what it does.
        agents: For each agent a hash of the modules that decide what it does.
        versions: Versions of the packages involved.
    """

    command: str
    suite: Suite
    commitment: str
    sources: Mapping[str, str]
    agents: Mapping[str, str]
    versions: Mapping[str, str]


def describe_run(suite: Suite, commitment: str = "", command: str = "") -> Run:
    """A run of a suite with what is installed here."""
    return Run(
        command,
        suite,
        commitment,
        sources={env_id: environment_source(env_id) for env_id in suite.environments},
        agents={
            name: agent_source(suite.installed(name), suite.reach(name), suite.environments)
            for name in (*suite.agents, *suite.references)
        },
        versions=package_versions(),
    )


def environment_source(env_id: str) -> str:
    """The identity of an environment: a hash of what it does."""
    return textenvs.identity(env_id)


def agent_source(name: str, reach: Reach | None = None, environments: Sequence[str] = ()) -> str:
    """Hash of the modules that decide what an agent does: its own, and those that it imports.

    Its settings are left out: they stand in the headers of its records.

    Args:
        name: Its name.
        reach: How it is reached if it is not ours: then the hash is that of what is known of its files.
        environments: Ids that it plays: the policies that their tasks name decide what the rule does.
    """
    if reach is not None:
        return source_of(reach)
    modules = agent_modules(name, environments)
    packages = {module.partition(".")[0] for module in modules} - {"textenvs"}
    within = (*AGENTS, *modules, *packages)
    return hash_files(import_closure(modules, within, without=["textenvs_baselines.settings"]))


def sources_beside(thing: Any) -> list[Path]:
    """The Python files, and those of settings, of the folder in which something is defined."""
    folder = Path(inspect.getfile(thing)).parent
    return sorted([*folder.glob("*.py"), *folder.glob("*.toml")])


def hash_of(paths: Iterable[Path]) -> str:
    """A hash of the names and texts of files, in their order; how lines end makes no difference."""
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
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
        self.manifest = self.path / "manifest.json"
        self._timings = self.path / "timings.json"
        self._secret = self.path / "seeds.json"

    def records(self, agent: str, env_id: str, split: str, seed: int) -> Path:
        """Records of one agent, environment, split and training seed."""
        return self.path / "episodes" / agent / env_id / f"{split}-{seed}.jsonl"

    def curve(self, agent: str, env_id: str, seed: int) -> Path:
        """Learning curve of one training."""
        return self.path / "curves" / agent / env_id / f"{seed}.csv"

    def agent(self, agent: str, env_id: str, seed: int) -> Path:
        """What one training has learned; the suffix follows the agent's own format."""
        return self.path / "agents" / agent / env_id / str(seed)

    def log(self, job: str) -> Path:
        """What an agent that is not ours has said on stderr when it failed."""
        return self.path / "logs" / f"{job}.log"

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

    def has_failed(self, job: str) -> bool:
        """Whether a job has failed."""
        return self._failure(job).is_file()

    def count_failures(self, agent: str, env_id: str) -> int:
        """How many jobs of an agent in an environment have failed."""
        return len(list((self.path / "failures" / agent / env_id).glob("*.txt")))

    @contextmanager
    def held(self) -> Iterator[IO[bytes]]:
        """Keeps other writers out, and makes the folder.

        Yields:
            The file of the lock; workers that inherit it hold the lock too.

        Raises:
            ValueError: If another process writes here, or if it holds something else; nothing is changed then.
        """
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"{self.path} is a file: give another --out")
        if (
            not self.manifest.exists()
            and self.path.exists()
            and {path.name for path in self.path.iterdir()} - {".lock"}
        ):
            raise ValueError(f"{self.path} is neither empty nor a results folder: give another --out")
        self.path.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            try:
                file = stack.enter_context(locked(self.path / ".lock", patience=PATIENCE))
            except TimeoutError:
                raise ValueError(
                    f"another run is writing in {self.path}: wait until it has ended, or give another --out"
                ) from None
            yield file

    def begin(self, run: Run, allow_drift: bool = False) -> None:
        """Makes the folder one of this run.

        Args:
            run: The run.
            allow_drift: Whether it may go on under other sources and versions than those that it began with.

        Raises:
            ValueError: If it holds another run; nothing is changed then.
            Drift: If it was begun under other sources or versions; nothing is changed then.
            ImportError: If an environment needs an extra that is not installed.
        """
        for env_id in run.suite.environments:
            textenvs.task_of(env_id).n_scenarios("train")
        if self.manifest.exists():
            self._check_same(run, allow_drift)
        else:
            scores = {
                env_id: {split: asdict(textenvs.reference_scores(env_id, split)) for split in SPLITS}
                for env_id in run.suite.environments
            }
            told = {**asdict(run), "suite": to_table(run.suite)}
            write_json(self.manifest, {"format": FORMAT, **told, "reference_scores": scores, "files": {}})

    def holds_another(self, run: Run) -> bool:
        """Whether it holds a run of another suite, or with another secret of its seeds."""
        if not self.manifest.exists():
            return False
        found, _ = self.read()
        return (run.suite, run.commitment) != (found.suite, found.commitment)

    def has_agents(self) -> bool:
        """Whether it holds what an agent has learned."""
        return any(path.is_file() for path in (self.path / "agents").rglob("*"))

    def clear(self) -> None:
        """Removes all that a run has written, the manifest last."""
        for path in (*(self.path / name for name in (*RESULTS, *BESIDE)), self.manifest):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def finish(self) -> None:
        """Writes the hashes of all files into the manifest."""
        write_json(self.manifest, {**self._read_manifest(), "files": self.hash_files()})

    def reopen(self) -> None:
        """Takes the hashes out of the manifest: the run goes on."""
        if self.hashes():
            write_json(self.manifest, {**self._read_manifest(), "files": {}})

    def hash_files(self) -> dict[str, str]:
        """SHA-256 of each file that the manifest is to name, by its path in the folder."""
        paths = [path for name in RESULTS for path in (self.path / name, *sorted((self.path / name).rglob("*")))]
        return {
            path.relative_to(self.path).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in paths
            if path.is_file() and not any(part.endswith(".partial") for part in path.parts)
        }

    def hashes(self) -> dict[str, str]:
        """What the manifest says of them; empty while the run has not ended."""
        return dict(self._read_manifest()["files"])

    def read(self) -> tuple[Run, Scores]:
        """The run, with the reference scores that were valid when it began.

        Raises:
            ValueError: If this is not a results folder.
        """
        values = self._read_manifest()
        try:
            suite = make_suite(_table(values, "suite"))
            run = Run(
                _text(values, "command"),
                suite,
                _text(values, "commitment"),
                _texts(values, "sources", suite.environments),
                _texts(values, "agents", suite.agents + suite.references),
                _texts(values, "versions"),
            )
            scores = _table(values, "reference_scores")
            return run, {
                env_id: {split: _read_scores(_table(_table(scores, env_id), split)) for split in SPLITS}
                for env_id in suite.environments
            }
        except ValueError as error:
            raise self._unreadable(error) from None

    def _read_manifest(self) -> dict[str, Any]:
        if not self.manifest.is_file():
            state = "is not a results folder (it has no manifest.json)" if self.path.exists() else "does not exist"
            raise ValueError(f"{self.path} {state}: make one with 'textenvs run SUITE --out {self.path}'")
        try:
            if self.manifest.stat().st_size > LARGEST:
                raise ValueError(f"it has more than {LARGEST >> 20} MiB")
            values = from_json(self.manifest.read_bytes())
            if not isinstance(values, dict) or values.get("format") != FORMAT:
                found = values.get("format") if isinstance(values, dict) else values
                raise ValueError(f"its format is {shown(found)}, not {FORMAT!r}")
            _texts(values, "files")
            return values
        except ValueError as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: Exception) -> ValueError:
        return ValueError(f"{self.manifest} cannot be read ({error}): give another folder")

    def revealed(self) -> Secret | None:
        """The secret of its seeds, if it was revealed."""
        return read_secret(self._secret) if self._secret.exists() else None

    def reveal(self, secret: Secret) -> None:
        """Writes the secret down beside the results, for whoever verifies them."""
        write_json(self._secret, to_file(secret))

    def tier(self) -> str:
        """How far it was verified by this user on this machine: "self-reported", "replayed" or "re-run"."""
        try:
            tier = self._verification().read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return TIERS[0]
        return tier if tier in TIERS and self.hash_files() == self.hashes() else TIERS[0]

    def write_tier(self, tier: str) -> None:
        """Writes down how far it was verified, out of the reach of who made it; it holds until a file changes."""
        write_whole(self._verification(), tier.encode())

    def _verification(self) -> Path:
        state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        digest = hashlib.sha256(self.manifest.read_bytes()).hexdigest()
        return Path(state) / "textenvs" / "verified" / digest

    def read_timings(self) -> dict[str, dict[str, float]]:
        """Seconds of "training" and "evaluation" of each job that is known, by its name."""
        seconds = self._measured()["seconds"]
        for job, parts in seconds.items():
            if not (isinstance(parts, dict) and all(is_number(parts.get(name)) for name in ("training", "evaluation"))):
                raise self._unmeasured(f"there are no seconds of {shown(job)}")
        return seconds

    def read_machine(self) -> dict[str, str]:
        """What is known of the machine on which it was run; empty where nothing is."""
        return {name: printable(str(value)) for name, value in self._measured()["machine"].items()}

    def _measured(self) -> dict[str, dict[str, Any]]:
        """What was measured: "machine" and "seconds"; both empty where nothing was."""
        parts = ("machine", "seconds")
        if not self._timings.exists():
            return {part: {} for part in parts}
        try:
            values = from_json(self._timings.read_bytes())
            return {part: _table(values if isinstance(values, dict) else {}, part) for part in parts}
        except ValueError as error:
            raise self._unmeasured(error) from None

    def _unmeasured(self, why: object) -> ValueError:
        return ValueError(f"{self._timings} cannot be read ({why}): remove it, only times stand there")

    def write_timings(self, machine: Mapping[str, Any], seconds: Mapping[str, Mapping[str, float]]) -> None:
        """Writes the one file that is not the same in every run."""
        write_json(self._timings, {"machine": machine, "seconds": seconds})

    def _failure(self, job: str) -> Path:
        return self.path / "failures" / f"{job}.txt"

    def _check_same(self, run: Run, allow_drift: bool) -> None:
        found, _ = self.read()
        if self.holds_another(run):
            holds = f"{self.path} holds another run ({found.suite.name}, version {found.suite.version})"
            ours, theirs = asdict(run.suite), asdict(found.suite)
            parts = [name for name in ours if ours[name] != theirs[name]]
            part = f"suite ({', '.join(parts)})" if parts else "secret of its seeds"
            raise ValueError(f"{holds}, with another {part}: give another --out, or remove it")
        drifted = [
            f"{kind} {name}"
            for kind, ours, theirs in (
                ("environment", run.sources, found.sources),
                ("agent", run.agents, found.agents),
                ("package", run.versions, found.versions),
            )
            for name in ours
            if ours[name] != theirs.get(name) and not (kind == "agent" and self._has_nothing_of(name))
        ]
        if drifted and not allow_drift:
            raise Drift(
                f"{self.path} was begun with other sources or versions of {', '.join(drifted)}: give another --out, "
                "or go on with --allow-drift, which marks the rows; an agent whose files under episodes and agents "
                "were removed is played anew"
            )
        if not drifted and run.agents != found.agents:
            write_json(self.manifest, {**self._read_manifest(), "agents": run.agents})

    def _has_nothing_of(self, agent: str) -> bool:
        return not any((self.path / name / agent).exists() for name in ("episodes", "agents"))


def _table(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The part of a manifest that is a table."""
    if not isinstance(part := values.get(name), dict):
        raise ValueError(f"{name} must be a table, got {shown(part)}")
    return part


def _text(values: Mapping[str, Any], name: str) -> str:
    """The part of a manifest that is a text."""
    if not isinstance(part := values.get(name), str) or not _is_text(part):
        raise ValueError(f"{name} must be a text, got {shown(part)}")
    return part


def _is_text(value: Any) -> bool:
    """Whether a value is a text that can be written: JSON can hold halves of characters."""
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)


def _texts(values: Mapping[str, Any], name: str, least: Sequence[str] = ()) -> dict[str, str]:
    """The part of a manifest that gives a text for each name, and for these at least."""
    part = _table(values, name)
    for each in (*part, *least):
        if not (_is_text(part.get(each)) and _is_text(each)):
            raise ValueError(f"{name} must give a text for {shown(each)}, got {shown(part.get(each))}")
    return part


def _read_scores(numbers: Mapping[str, Any]) -> ReferenceScores:
    good = (
        numbers.keys() == {field.name for field in fields(ReferenceScores)}
        and all(is_number(numbers[name]) for name in ("random", "optimal"))
        and (numbers["floor"] is None or is_number(numbers["floor"]))
        and _is_text(numbers["kind"])
        and (numbers["floor_agent"] is None or _is_text(numbers["floor_agent"]))
    )
    if not good:
        raise ValueError(f"reference_scores must be the numbers of an environment, got {shown(numbers)}")
    return ReferenceScores(**numbers)


def write_json(path: Path, values: Any) -> None:
    """Writes a file of JSON, whole or not at all."""
    write_whole(path, (json.dumps(values, indent=2, sort_keys=True, allow_nan=False) + "\n").encode())


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file, whole or not at all."""
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a file")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)  # it may be a link to what is another's
    with partial.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
