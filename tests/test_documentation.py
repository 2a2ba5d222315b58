"""The page of an environment tells what its declarations tell, and its acts are tools."""

import re

import pytest

import textenvs
from textenvs.core.spaces import observation_space
from textenvs.registration import stored_of
from textenvs.testing import SECTIONS
from textenvs.text.tables import markdown_table

IDS = ("TextDialogue-v0", "TextQA-v0", "TextWriting-v0")


def section(page, title):
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)[1]


@pytest.mark.parametrize("env_id", IDS)
def test_a_page_tells_what_is_declared(env_id):
    page, task, entry = textenvs.documentation(env_id), textenvs.task_of(env_id), textenvs.find_entry(env_id)
    assert page.startswith(f"# {env_id}\n\n")
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == list(SECTIONS)
    assert not re.search(r"\n\n\n|^    \S", page, re.MULTILINE), "the indentation of the docstring is taken off"
    head = page.partition("## Description")[0]
    for other in textenvs.entries():
        assert (f"| `{other.id}` |" in head) == (other.task == entry.task)
        assert (f" {other.summary} |" in head) == (other.task == entry.task)
    actions = section(page, "Action Space")
    assert f"`Discrete({task.n_actions})`" in actions
    assert re.findall(r"^\| \d+ \| `(\w+)`", actions, re.MULTILINE) == list(task.action_names)
    observations = section(page, "Observation Space")
    assert f"`{observation_space(task, 'discrete')}`" in observations
    assert f"({len(task.feature_names) + 1},)" in observations
    assert all(f"`{name}`" in observations for name in task.feature_names)


@pytest.mark.parametrize("env_id", IDS)
def test_a_page_has_the_stored_scores(env_id):
    scores = section(textenvs.documentation(env_id), "Reference Scores")
    for split in textenvs.SPLITS:
        stored = stored_of(env_id)[split]
        numbers = " | ".join(f"{stored[name]:.2f}" for name in ("random", "floor", "optimal"))
        assert f"| `{env_id}` | {split} | {numbers} | {stored['kind']} |" in scores


def test_a_task_of_others_has_a_page(monkeypatch):
    """One without parameters, stored scores, declared acts and sections."""
    monkeypatch.setattr("textenvs.registration._ENTRIES", {})
    page = textenvs.documentation("tests.toys:Corridors")
    assert page.startswith("# Corridors-v0\n")
    assert "| 0 | `left` |\n| 1 | `right` |\n| 2 | `leap` |" in section(page, "Action Space")
    assert "None are stored" in section(page, "Reference Scores")
    with pytest.raises(ValueError, match="has no tools, because Corridors declares no acts: give it `acts`"):
        textenvs.tools("tests.toys:Corridors")


def test_unknown_ids_are_told_the_near_ones():
    for function in (textenvs.documentation, textenvs.tools):
        with pytest.raises(ValueError, match=r"'TextDialog-v0': did you mean 'TextDialogue-v0'"):
            function("TextDialog-v0")


def test_acts_are_tools():
    acts = textenvs.task_of("TextDialogue-v0").acts
    told = {tool["function"]["name"]: tool["function"] for tool in textenvs.tools("TextDialogue-v0")}
    names = "request confirm offer none alternative tell request_booking confirm_booking book goodbye"
    assert list(told) == names.split()
    assert told["tell"]["parameters"]["properties"] == {
        "detail": {"type": "string", "enum": ["phone", "address", "postcode"]}
    }
    assert all(tool["description"].endswith(".") for tool in told.values())
    assert acts.names[acts.call("tell", {"detail": "phone"})] == "tell_phone"


def test_bars_in_cells_do_not_end_them():
    assert markdown_table(("A", "B"), [("1|2", "3")]) == "| A | B |\n| --- | --- |\n| 1\\|2 | 3 |"
    assert markdown_table(("A",), []) == "| A |\n| --- |"
