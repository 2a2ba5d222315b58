"""Hidden seeds: a hash of a secret is published before a run, the secret itself after it.

Whoever knows the hash can tell later that the seeds were not chosen after the fact; nobody can plan for them before.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from textenvs import SPLITS
from textenvs.evaluation import episode_seed, secret_seed
from textenvs.evaluation.record import from_json
from textenvs_benchmarks.suite import DECIDING, FOLDER_NAME, Suite

FORMAT = "textenvs-seeds/1"
BYTES = 32
"""Of a secret: 256 bits."""
LEAST = 16
NEWEST = 1 << 31
"""Of the versions of a suite."""
KINDS = {"suite": str, "version": int, "suite_hash": str, "secret": str}
"""What stands in the file of a secret."""


@dataclass(frozen=True)
class Secret:
    """What the seeds of a suite's episodes are derived from.

    Attributes:
        suite: Name of the suite.
        version: Its version.
        suite_hash: Hash of what it plays, and how.
        secret: At least 128 bits, as hexadecimal digits.
    """

    suite: str
    version: int
    suite_hash: str
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if len(bytes.fromhex(self.secret)) < LEAST:
            raise ValueError(f"a secret has at least {8 * LEAST} bits")

    @property
    def commitment(self) -> str:
        """The hash that is published: it tells nothing of the secret, and binds it to the suite."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def seed_of(self, split: str, training_seed: int, number: int) -> int:
        """The seed of an episode."""
        return secret_seed(bytes.fromhex(self.secret), split, training_seed, number)

    def check(self, suite: Suite) -> None:
        """Raises ValueError if it was committed for another suite."""
        if (self.version, self.suite_hash) != (suite.version, hash_suite(suite)):
            raise ValueError(
                f"the secret was committed for {self.suite}, version {self.version}, and not for this "
                f"{suite.name}, version {suite.version}: commit another"
            )


def seed_of(secret: Secret | None, episodes_seed: int, split: str, training_seed: int, number: int) -> int:
    """The seed of an episode: from the secret if there is one, else from the public seed of the episodes."""
    if secret is not None:
        return secret.seed_of(split, training_seed, number)
    return episode_seed(episodes_seed, SPLITS.index(split), number)


def hash_suite(suite: Suite) -> str:
    """Hash of what decides the episodes of a suite: all but who plays them."""
    values = asdict(suite)
    kept = {name: values[name] for name in (*DECIDING, *(["tasks"] if suite.tasks else []))}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def commit(suite: Suite, path: Path) -> Secret:
    """Makes a secret for a suite, and writes it where only its owner can read it.

    Raises:
        ValueError: If there is such a file: a secret is never overwritten.
    """
    if path.exists():
        raise ValueError(f"{path} exists already, and no secret is overwritten: name another file with --out")
    secret = Secret(suite.name, suite.version, hash_suite(suite), secrets.token_hex(BYTES))
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(json.dumps(to_file(secret), indent=2) + "\n")
    return secret


def to_file(secret: Secret) -> dict[str, Any]:
    """What stands in the file of a secret; `read_secret` reads it."""
    return {"format": FORMAT, **asdict(secret)}


def published(secret: Secret) -> dict[str, Any]:
    """What is published before the run."""
    return {
        "format": FORMAT,
        "suite": secret.suite,
        "version": secret.version,
        "suite_hash": secret.suite_hash,
        "commitment": secret.commitment,
    }


def read_secret(path: Path) -> Secret:
    """Reads a secret.

    Raises:
        ValueError: If the file holds none; the message names it.
    """
    try:
        values = from_json(path.read_bytes())
        if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
            raise ValueError(f"its format is not {FORMAT!r}")
        if {name: type(value) for name, value in values.items()} != KINDS:
            raise ValueError(f"it must have {', '.join(KINDS)}, all texts but the version, and nothing else")
        if not FOLDER_NAME.fullmatch(values["suite"]) or not 0 < values["version"] <= NEWEST:
            raise ValueError("there is no suite of this name and version")
        return Secret(**values)
    except ValueError as error:
        raise ValueError(f"{path} holds no secret of seeds ({error}): 'textenvs seeds commit' makes one") from None
