"""The table of the data sets that are fetched, and where they lie."""

import re
from pathlib import Path, PurePosixPath

import pytest

import textenvs
from textenvs.data.folder import data_folder
from textenvs.data.sets import data_sets

SOURCE = Path(textenvs.data.__file__).with_name("sets.toml")
LICENCES = {"Apache-2.0", "CC-BY-SA-4.0", "MIT"}


@pytest.mark.parametrize("name", data_sets())
def test_table(name):
    data_set = data_sets()[name]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert set(data_set.licence.split(" AND ")) <= LICENCES
    assert data_set.archive.kind in ("wheel", "sdist", "npm")
    assert re.fullmatch(r"(@[a-z-]+/)?[a-z0-9-]+", data_set.archive.package)
    assert re.fullmatch(r"[0-9.]+", data_set.archive.version)
    for part in (data_set.archive, *data_set.files):
        assert re.fullmatch(r"[0-9a-f]{64}", part.sha256)
        assert part.bytes > 0


@pytest.mark.parametrize("name", data_sets())
def test_files(name):
    files = data_sets()[name].files
    names = [file.name for file in files]
    assert len(set(names)) == len({file.member for file in files}) == len(files)
    assert "LICENSE" in names
    for each in names:
        path = PurePosixPath(each)
        assert str(path) == each
        assert not path.is_absolute()
        assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", part) for part in path.parts)
        assert path.suffix not in (".py", ".pkl", ".pickle", ".pt", ".bin", ".so"), "data, nothing that can be run"


def test_no_address_in_the_table():
    assert "://" not in SOURCE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("chosen", "shared", "expected"),
    [
        ("/a/b", "/c", "/a/b"),
        ("", "/c", "/c/textenvs"),
        (None, "/c", "/c/textenvs"),
        (None, "", "/h/.local/share/textenvs"),
    ],
)
def test_data_folder(chosen, shared, expected, monkeypatch):
    monkeypatch.setenv("HOME", "/h")
    monkeypatch.setenv("XDG_DATA_HOME", shared)
    monkeypatch.delenv("TEXTENVS_DATA", raising=False)
    if chosen is not None:
        monkeypatch.setenv("TEXTENVS_DATA", chosen)
    assert data_folder() == Path(expected)


def test_no_home(monkeypatch):
    def fail():
        raise RuntimeError

    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("TEXTENVS_DATA", raising=False)
    monkeypatch.setattr(Path, "home", fail)
    with pytest.raises(ValueError, match="set TEXTENVS_DATA to a folder"):
        data_folder()
