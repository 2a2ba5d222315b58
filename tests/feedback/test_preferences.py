"""Preferences: how they are drawn, and the files that they stand in."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from tests.feedback.samples import scenes_of
from textenvs.feedback import (
    Collector,
    ScriptedJudge,
    from_chosen_rejected,
    label_pairs,
    read_preferences,
    to_chosen_rejected,
    write_preferences,
)
from textenvs.feedback.preferences import usable


def drawn(env_id="TextDialogueClean-v0", number=40, unit="replies"):
    scenes = scenes_of(env_id)
    return scenes, Collector(scenes, [[scene.uniform for scene in scenes]], 0).pairs(number, unit)


def test_labels_follow_what_the_judge_says_in_either_order():
    scenes, pairs = drawn(number=400)
    found = label_pairs(ScriptedJudge(), scenes, pairs, 0)
    assert [each.pair for each in found] == pairs
    for each in found:
        assert each.probability == each.label == (0.5 if abs(each.margin) < 1e-9 else each.margin > 0)
    assert abs(sum(each.order == "ab" for each in found) - 200) < 4 * math.sqrt(100)
    likes_first = label_pairs(ScriptedJudge(position=1e6), scenes, pairs, 0)
    assert [each.label for each in likes_first] == [float(each.order == "ab") for each in likes_first]
    both = label_pairs(ScriptedJudge(position=1e6), scenes, pairs, 0, both_orders=True)
    assert {(each.label, each.order) for each in both} == {(0.5, "both")}


def test_a_judge_that_is_not_sure_is_drawn_from():
    scenes, pairs = drawn(number=1000)
    found = label_pairs(ScriptedJudge(error=0.3), scenes, pairs, 0)
    clear = [each for each in found if each.label != 0.5]
    right = np.mean([each.label == (each.margin > 0) for each in clear])
    assert abs(right - 0.7) < 4 * math.sqrt(0.21 / len(clear))


@pytest.mark.parametrize("unit", ["replies", "episodes"])
def test_a_file_holds_all_of_it(tmp_path, unit):
    scenes, pairs = drawn("TextQA-v0", unit=unit)
    pairs = [(first, replace(second, added='"\u2028{')) for first, second in pairs]
    typical = float(np.median([max(each.worth for each in pair) for pair in pairs]))
    found = label_pairs(ScriptedJudge(rationality=0.3, skip=typical), scenes, pairs, 3)
    assert 0 < sum(math.isnan(each.label) for each in found) < len(found)
    write_preferences(tmp_path / "a" / "b.jsonl", found, {"seed": 3})
    header, again = read_preferences(tmp_path / "a" / "b.jsonl")
    assert header == {"seed": 3}
    assert repr(again) == repr(found)  # in which NaN equals NaN
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.jsonl"]
    kept, labels = usable(again)
    assert len(kept) == len(labels) == sum(not math.isnan(each.label) for each in found)


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        scenes, pairs = drawn()
        found = label_pairs(ScriptedJudge(rationality=1.0), scenes, pairs, seed)
        write_preferences(tmp_path / name, found, {})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()


@pytest.mark.parametrize(
    ("line", "damage"),
    [
        (1, "{}"),
        (1, '{"format": "other/1"}'),
        (1, "[]"),
        (3, ""),
        (3, "{"),
        (3, "[1]"),
        (3, '{"first": 1}'),
        (3, lambda row: {**row, "first": {**row["first"], "steps": [[1, 2]]}}),
        (3, lambda row: {**row, "first": {**row["first"], "steps": []}}),
        (3, lambda row: {**row, "label": "yes"}),
        (3, lambda row: {**row, "label": 7}),
        (3, lambda row: {**row, "probability": -1}),
    ],
)
def test_a_damaged_line_is_named(tmp_path, line, damage):
    scenes, pairs = drawn(number=3)
    path = tmp_path / "p.jsonl"
    write_preferences(path, label_pairs(ScriptedJudge(), scenes, pairs, 0), {})
    lines = path.read_text().splitlines()
    lines[line - 1] = damage if isinstance(damage, str) else json.dumps(damage(json.loads(lines[line - 1])))
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(ValueError, match=f"line {line} of .*p.jsonl is no preference"):
        read_preferences(path)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "p.jsonl").touch()
    with pytest.raises(ValueError, match=r"p\.jsonl is empty"):
        read_preferences(tmp_path / "p.jsonl")


@pytest.mark.parametrize("env_id", ["TextDialogueClean-v0", "TextQA-v0"])
def test_exported_replies_come_back_with_their_worth(env_id):
    scenes, pairs = drawn(env_id)
    found = label_pairs(ScriptedJudge(skip=0.0), scenes, pairs, 0)
    rows = to_chosen_rejected(scenes, found)
    clear = [each for each in found if each.label in (0.0, 1.0)]
    assert 0 < len(rows) == len(clear) < len(found)
    for each, again in zip(clear, from_chosen_rejected(scenes, json.loads(json.dumps(rows))), strict=True):
        chosen, rejected = each.pair if each.label == 1.0 else each.pair[::-1]
        ours = again.pair if again.label == 1.0 else again.pair[::-1]
        for one, other in zip((chosen, rejected), ours, strict=True):
            assert (one.scene, one.rewards, one.steps) == (other.scene, other.rewards, other.steps)
        assert abs(again.margin) == abs(each.margin)
    labels = [each.label for each in from_chosen_rejected(scenes, rows)]
    assert 0.3 < np.mean(labels) < 0.7, "the chosen does not always stand first"


def test_situations_in_the_same_words_are_the_one_that_is_met_first():
    scene = scenes_of("TextWriting-v0")[0]
    told = [scene.context(state) for state in range(len(scene.legal))]
    state = next(s for s in range(len(told)) if told.index(told[s]) < s and scene.depth[s] < scene.horizon)
    said = [scene.replies(state)[action] for action in np.flatnonzero(scene.legal[state])[:2]]
    (found,) = from_chosen_rejected([scene], [{"prompt": told[state], "chosen": said[0], "rejected": said[1]}])
    assert found.pair[0].steps[0].state == told.index(told[state])


def test_what_cannot_be_exported_or_imported_is_told():
    scenes, pairs = drawn("TextQA-v0", unit="episodes")
    for pair in next(pair for pair in pairs if len(pair[0].steps) == 1 < len(pair[1].steps)), pairs[0]:
        with pytest.raises(ValueError, match="collect with unit='replies'"):
            to_chosen_rejected(scenes, label_pairs(ScriptedJudge(length=1.0), scenes, [pair, pair[::-1]], 0))
    scenes, pairs = drawn()
    row = to_chosen_rejected(scenes, label_pairs(ScriptedJudge(), scenes, pairs, 0))[0]
    for name, value, message in (
        ("prompt", "Elsewhere.", "row 1: the prompt is no situation of these scenes: 'Elsewhere.'"),
        ("prompt", None, "row 1: the prompt is no situation"),
        ("prompt", row["prompt"] * 2, "row 1: the prompt is no situation"),
        ("chosen", "Elsewhere.", "row 1: this cannot be said there: 'Elsewhere.'"),
        ("rejected", [], "row 1: this cannot be said there: ''"),
        ("turn", 99, "row 1: its situation is not met at turn 99"),
    ):
        with pytest.raises(ValueError, match=message):
            from_chosen_rejected(scenes, [row, {**row, name: value}])
