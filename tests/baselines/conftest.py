"""What tests of agents with a network share."""

import pytest

from textenvs.errors import find_folder

HAS_DEEP = all(map(find_folder, ("stable_baselines3", "sb3_contrib", "safetensors")))
needs_deep = pytest.mark.skipif(not HAS_DEEP, reason="the extra deep is not installed")
