"""Models by name, from data sets and folders."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from textenvs.core.cache import folder
from textenvs.data import fetched
from textenvs.errors import require
from textenvs.models.causal import LanguageModel

SETS = {"smollm2": "SmolLM2-135M-Instruct.Q4_1.gguf"}
"""Models that are data sets, with their files."""
FILES = ("*.safetensors", "tokenizer*", "chat_template*")
"""What decides what a model says, of the files in its folder."""
DIGITS = 16
"""Of a hash."""


def check_model(name: str) -> None:
    """Raises ValueError if there is surely no such model here; nothing is loaded, and no package asked for."""
    if name in SETS:
        fetched(name)
        return
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    downloaded = (home / "hub" / f"models--{name.replace('/', '--')}").is_dir()
    if not (Path(name).is_dir() or downloaded or os.environ.get("HF_HUB_OFFLINE") == "0"):
        raise _missing(name)


def _missing(name: str) -> ValueError:
    return ValueError(
        f"there is no folder {name!r}, and no model of that name was downloaded before: name a folder or "
        f"{', '.join(SETS)}, or set HF_HUB_OFFLINE=0 to download it"
    )


@lru_cache(maxsize=2)
def load_model(name: str, device: str, dtype: str) -> LanguageModel:
    """A model by name.

    Args:
        name: A data set ("smollm2"), a folder, or a name that transformers knows; nothing is downloaded unless the
            environment allows it (HF_HUB_OFFLINE=0).
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        dtype: "auto" (float32 on a CPU, else the model's own), "float32", "bfloat16", "float16".

    Raises:
        MissingExtra: Without the extra `lm`.
        ValueError: If it cannot be loaded; the message says how to get it.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    torch, transformers = require("torch", "lm"), require("transformers", "lm")
    place = _dense(name) if name in SETS else name
    where = device if device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there[where.partition(":")[0]]:
        raise ValueError(f"there is no device {where} here, or this PyTorch does not know it: leave device out")
    kind = {"auto": torch.float32 if where == "cpu" else "auto"}.get(dtype) or getattr(torch, dtype)
    with _quiet():
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(place)
            model = transformers.AutoModelForCausalLM.from_pretrained(place, dtype=kind, use_safetensors=True)
        except (OSError, ValueError, KeyError) as error:
            if name not in SETS and not Path(name).is_dir():
                raise _missing(name) from None
            why = " ".join(str(error).split())[:200]
            raise ValueError(f"the folder {name!r} holds no model that transformers loads ({why})") from None
    told = {"dtype": str(model.dtype).removeprefix("torch."), "device": where}
    return LanguageModel(tokenizer, model.to(where), {**_origin(place), **told})


def _origin(place: str | Path) -> dict[str, str]:
    """What a model is, whatever its folder is called: the hash of its files, and what computes with them."""
    torch, transformers = require("torch", "lm"), require("transformers", "lm")
    home = Path(place) if Path(place).is_dir() else Path(transformers.utils.cached_file(place, "config.json")).parent
    digest = hashlib.sha256()
    for path in sorted({path for pattern in FILES for path in home.glob(pattern)}):
        with path.open("rb") as file:
            digest.update(path.name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    versions = {package.__name__: str(package.__version__) for package in (torch, transformers)}
    return {"files": digest.hexdigest()[:DIGITS], **versions}


def _dense(name: str) -> Path:
    """The folder of a data set's model, unpacked once into the cache."""
    source = fetched(name)
    cache = folder()
    if cache is None:
        raise ValueError(
            f"{name} is unpacked into the cache, which is turned off: unset TEXTENVS_CACHE, or name a folder"
        )
    target = cache / "models" / name
    if not (target / "config.json").exists():
        torch, transformers = require("torch", "lm"), require("transformers", "lm")
        require("gguf", "lm")
        require("accelerate", "lm")
        partial = target.with_name(f"{name}.{os.getpid()}.partial")
        options: dict[str, Any] = {"gguf_file": SETS[name]}
        if hasattr(transformers, "GgufConfig"):
            options["quantization_config"] = transformers.GgufConfig(dequantize=True)
        with _quiet():
            tokenizer = transformers.AutoTokenizer.from_pretrained(source, gguf_file=SETS[name])
            model = transformers.AutoModelForCausalLM.from_pretrained(source, dtype=torch.bfloat16, **options)
            if hasattr(model.config, "quantization_config"):
                del model.config.quantization_config
            model.save_pretrained(partial)
            tokenizer.save_pretrained(partial)
        try:
            partial.replace(target)
        except OSError:  # another process was faster
            shutil.rmtree(partial)
    return target


@contextmanager
def _quiet() -> Any:
    """Keeps transformers from talking."""
    logging = require("transformers", "lm").utils.logging
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        logging.enable_progress_bar()
