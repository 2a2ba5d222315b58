"""CONTRIBUTING.md, word for word: its commands make a new task in a copy of the repository, and touch nothing else."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "CONTRIBUTING.md"
pytestmark = pytest.mark.skipif(not (ROOT / "Makefile").exists(), reason="needs the repository, not the package alone")
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "__pycache__", "runs", "results", ".*_cache", ".benchmarks")


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def without_caches(files):
    return {name: content for name, content in files.items() if "_cache" not in name}


def test_the_commands_make_a_task(tmp_path):
    copy = tmp_path / "repository"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    before = without_caches(files_of(copy))
    (block,) = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    venv = Path(sysconfig.get_path("scripts")).parent  # make is told that it is up to date: nothing is installed
    script = block.replace("make task", f"make --old-file={venv}/.installed VENV={venv} task")
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(copy / part) for part in ("", "baselines", "benchmarks")),
        "TEXTENVS_CACHE": str(tmp_path / "cache"),
    }
    done = subprocess.run(["bash", "-euc", script], cwd=copy, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert re.search(r"\d+ passed", done.stdout)
    after = without_caches(files_of(copy))
    assert {name for name in before if after.get(name) != before[name]} == set(), "a shared file was touched"
    added = {name for name in after if name not in before}
    package = "textenvs/tasks/drawers"
    assert added == {
        *(f"{package}/{name}" for name in ("__init__.py", "task.py", "task.toml", "scores/TextDrawers-v0.json")),
        "tests/golden/TextDrawers-v0.json",
    }
    listed = subprocess.run(
        [sys.executable, "-c", "import textenvs; print(*textenvs.IDS); print(textenvs.instructions('TextDrawers-v0'))"],
        cwd=copy,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "TextDrawers-v0" in listed.stdout
