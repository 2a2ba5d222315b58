"""The benchmark of TextEnvs: suites, their results and statistics, and the command `textenvs`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load"]


def load(path: str | Path) -> pd.DataFrame:
    """All episodes of a run, also of one that has not ended: the data from which its tables are made.

    Args:
        path: Folder of the run, packed or not.

    Returns:
        A row an episode, with the columns of `textenvs_benchmarks.episodes.COLUMNS`, then `metrics.NAME` for each
        metric and `reward_terms.NAME` for the sum of each term; NaN where a task has none of that name.

    Raises:
        ValueError: If it is not the folder of a run, or a file in it is damaged.
    """
    from textenvs_benchmarks.episodes import load_episodes
    from textenvs_benchmarks.folder import ResultsFolder
    from textenvs_benchmarks.pack import unpacked

    with unpacked(Path(path)) as place:
        return load_episodes(ResultsFolder(place))
