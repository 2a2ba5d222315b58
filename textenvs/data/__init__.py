"""Facts and sentences that ship with the package, by PROVENANCE.md, and data sets that are fetched on demand."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from textenvs.data.folder import fetched

__all__ = ["fetched", "load_json"]


@cache
def load_json(name: str, package: str = __package__) -> Any:
    """The content of a JSON file that ships with a package, read once; treat it as read-only.

    Args:
        name: File name without folder, such as "facts.json".
        package: The package whose folder holds the file: that of a task, such as "textenvs.tasks.dialogue" (a module
            of the task writes `__package__`), or this one.
    """
    return json.loads(files(package).joinpath(name).read_text(encoding="utf-8"))
