import dataclasses
import enum

import numpy as np
import pytest

import textenvs
from textenvs.core import cache, loading
from textenvs.testing import same

TASK = "textenvs.tasks.dialogue:Dialogue"


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    monkeypatch.setenv("TEXTENVS_CACHE", str(tmp_path))
    loading._kept_tables.cache_clear()
    yield tmp_path
    loading._kept_tables.cache_clear()


def as_dict(tables):
    return {field.name: getattr(tables, field.name) for field in dataclasses.fields(tables)}


def test_tables_come_back_as_they_were(fresh):
    task = textenvs.task_of("TextDialogueClean-v0")
    made = loading.load_tables(task, "test")
    (file,) = fresh.iterdir()
    loading._kept_tables.cache_clear()
    again = loading.load_tables(task, "test")
    assert again is not made
    assert same(as_dict(made), as_dict(again))
    file.write_bytes(file.read_bytes()[:1000])
    loading._kept_tables.cache_clear()
    assert same(as_dict(made), as_dict(loading.load_tables(task, "test")))


def test_the_cache_is_never_required(fresh, monkeypatch):
    task = textenvs.task_of("TextDialogueClean-v0")
    for place in ("", str(fresh / "file" / "below")):
        (fresh / "file").write_text("in the way")
        monkeypatch.setenv("TEXTENVS_CACHE", place)
        loading._kept_tables.cache_clear()
        assert loading.load_tables(task, "test").n_states > 1000


def test_parameters_and_splits_have_files_of_their_own():
    paths = {
        cache.path_of(loading._ORIGINS[id(task)][1], split, 0)
        for task in (textenvs.task_of("TextDialogue-v0"), textenvs.task_of("TextDialogue-v0", error_rate=0.2))
        for split in ("train", "test")
    }
    assert len(paths) == 4


def test_what_json_would_give_back_as_another_is_not_cached(fresh):
    class Place(enum.IntEnum):
        A = 1

    assert cache.encode((1, "a", 0.5, True, None)) == ["tuple", 1, "a", 0.5, True, None]
    with pytest.raises(TypeError, match="cannot be read back"):
        cache.encode((Place.A,))
    with pytest.raises(TypeError, match="cannot be read back"):
        cache.encode((np.int64(1),))


@pytest.mark.parametrize("content", ["", "null", "[]", "{}", '{"other": 1}', "[" * 100_000])
def test_what_was_computed_is_remembered_and_made_anew_where_it_is_damaged(fresh, content):
    calls = []

    def compute():
        calls.append(1)
        return {"random": 0.5}

    assert cache.remembered("scores", ["key"], ["random"], compute) == {"random": 0.5}
    assert cache.remembered("scores", ["key"], ["random"], compute) == {"random": 0.5}
    assert len(calls) == 1
    (file,) = fresh.iterdir()
    file.write_text(content)
    assert cache.remembered("scores", ["key"], ["random"], compute) == {"random": 0.5}
    assert cache.remembered("scores", ["other"], ["random"], compute) == {"random": 0.5}
    assert len(calls) == 3
    assert cache.remembered("scores", None, ["random"], compute) == {"random": 0.5}
    assert len(calls) == 4
    assert not [path for path in fresh.iterdir() if path.suffix == ".partial"]


def test_only_known_types_are_made():
    with pytest.raises(KeyError):
        cache.decode(["Popen", "true"], {})
    assert np.isscalar(cache.decode(1.5, {}))
