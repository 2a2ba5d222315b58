"""Facts and sentences that ship with the package, by PROVENANCE.md, and data sets that are fetched on demand."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from textenvs.data.folder import fetched

__all__ = ["fetched", "load_json"]


@cache
def load_json(name: str) -> Any:
    """The content of a JSON file of this package, read once; treat it as read-only.

    Args:
        name: File name without folder, such as "restaurants.json".
    """
    return json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
