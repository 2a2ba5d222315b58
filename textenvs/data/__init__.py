"""Facts and sentences that ship with the package; PROVENANCE.md says where each comes from."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load_json(name: str) -> Any:
    """The content of a JSON file of this package, read once; treat it as read-only.

    Args:
        name: File name without folder, such as "restaurants.json".
    """
    return json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
