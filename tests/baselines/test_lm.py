"""A language model plays: a tiny one, made on the spot."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

import textenvs
from tests.tiny_model import TEMPLATE, make_tiny_model
from textenvs.evaluation import BatchAgent, read_records
from textenvs_baselines.language.conversation import demonstrations, final
from textenvs_baselines.language.prompt import load_prompt, prompt_names
from textenvs_benchmarks.cli import main

ID = "TextDialogueClean-v0"


def test_prompts_are_files_with_their_hash():
    assert {"say-1", "number-1", "think-1"} <= set(prompt_names())
    for name in prompt_names():
        prompt = load_prompt(name)
        assert len(prompt.digest) == 16
        told = prompt.say("User: hello {choices}", ("Good day!", "", "Goodbye!"))
        assert "User: hello {choices}" in told
        assert "Good day!" in told
        assert ("2: Goodbye!" in told) == ("{number}" in prompt.choice)
        assert "Reply with the number" not in prompt.begin(ID, {})
        assert "restaurant guide" in prompt.begin(ID, {"split": "test"})
    with pytest.raises(ValueError, match="did you mean 'say-1'"):
        load_prompt("say-2")


@pytest.mark.parametrize(
    ("reply", "meant"),
    [
        ("3", "3"),
        ("I think they want food.\nAnswer: 3", "3"),
        ("Answer: 2? No.\nThe answer is 4.", "4"),
        ("What kind of food\nwould you like?", "What kind of food would you like?"),
        ("", ""),
        ("x" * 10_000, "x" * 500),
        ("<think>\nThey want 4.\n</think>\n\n0", "0"),
        ("<think>\nThey want", ""),
        ("2: Goodbye!", "2"),
        ("The answer is $\\boxed{3}$.", "3"),
    ],
)
def test_the_last_answer_counts(reply, meant):
    assert final(reply) == meant


def test_a_thought_that_was_cut_off_is_no_answer():
    assert final("You can say: 1: What kind of food do you want?", marked=True) == ""
    assert final("They want food. Answer: 2", marked=True) == "2"
    assert final("I cannot answer.\n\n2: x", marked=True) == ""
    assert final("The answer is -3", marked=True) == ""
    assert [load_prompt(name).thinks for name in ("think-1", "say-1")] == [True, False]


def test_demonstrations_are_of_the_optimum():
    made = demonstrations(ID, (), 5)
    assert len(made) == 5
    for observation, choices, number in made:
        assert observation.startswith(("User:", "You:"))
        assert choices[number]


transformers = pytest.importorskip("transformers", reason="the extra lm is not installed")
torch = pytest.importorskip("torch", reason="the extra lm is not installed")
from textenvs.models import LanguageModel, load_model  # noqa: E402
from textenvs_baselines.language.lm import LMAgent  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def model(folder) -> LanguageModel:
    return load_model(folder, "cpu", "auto")


@pytest.mark.parametrize("shared", [0, 12])
def test_scores_are_those_of_one_by_one(model, shared):
    begin = "A beginning that all share."
    contexts = [model.encode(begin + rest) for rest in ("", " Short.", " One that is a good deal longer than those.")]
    continuations = [[model.encode(text) for text in group] for group in (["yes"], ["no", "a longer reply"], ["x"] * 3)]
    assert model._shares()
    found = model.score(contexts, continuations, shared)
    for context, group, scores in zip(contexts, continuations, found, strict=True):
        assert scores == pytest.approx([model.score_alone(context, each) for each in group], abs=1e-3)
        probabilities = [model.score_alone(context, [token]) for token in range(model._model.config.vocab_size)]
        assert np.exp(probabilities).sum() == pytest.approx(1.0, abs=1e-4)


def test_a_model_that_cannot_read_branches_scores_one_by_one(folder):
    model = LanguageModel(load_model(folder, "cpu", "auto")._tokenizer, load_model(folder, "cpu", "auto")._model)

    def refuse(*arguments):
        raise ValueError("the mask has four dimensions")

    model._score_branches = refuse
    context, reply = model.encode("Hello"), model.encode("there")
    assert model.score([context], [[reply]]) == [[model.score_alone(context, reply)]]
    assert not model._shares()


def test_many_continuations_are_scored_in_parts(model, monkeypatch):
    monkeypatch.setattr("textenvs.models.causal.TOKENS", 20)
    contexts = [model.encode(text) for text in ("Hello there", "You", "And they all", "lived")]
    group = [model.encode(text) for text in ("abcdefgh", "b", "d" * 30)]
    found = model.score(contexts, [group] * 4)
    for context, scores in zip(contexts, found, strict=True):
        assert scores == pytest.approx([model.score_alone(context, each) for each in group], abs=1e-3)


def test_what_is_generated_is_the_likeliest(model):
    contexts = [model.encode(text) for text in ("Hello", "A longer beginning of something", "?")]
    replies = model.generate(contexts, 6, lambda row, logits: int(logits.argmax()))
    for context, reply in zip(contexts, replies, strict=True):
        tokens = list(context)
        for token in reply:
            with torch.inference_mode():
                assert int(model._model(torch.tensor([tokens])).logits[0, -1].argmax()) == token
            tokens.append(token)
        assert len(reply) == 6 or int(model._model(torch.tensor([tokens])).logits[0, -1].argmax()) == 0


KINDS = {
    "window": ("Mistral", {"sliding_window": 12}),
    "layers": ("Qwen2", {"use_sliding_window": True, "sliding_window": 12, "max_window_layers": 1}),
    "gemma": ("Gemma2", {"sliding_window": 12, "head_dim": 8}),
    "conv": ("Lfm2", {"layer_types": ["conv", "full_attention"]}),
    "recurrent": ("Mamba", {"state_size": 4}),
    "positions": ("GPT2", {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 512}),
    "biases": ("Bloom", {"n_layer": 2, "n_head": 4}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_is_read_right(kind, model):
    """Side by side, with gaps, in branches: or one by one, where it cannot be."""
    name, settings = KINDS[kind]
    torch.manual_seed(1)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    heads = {"num_key_value_heads": 2, "initializer_range": 0.3, "max_position_embeddings": 512}
    told = {"vocab_size": model._model.config.vocab_size, "eos_token_id": 0, "bos_token_id": None, "pad_token_id": 0}
    config = getattr(transformers, f"{name}Config")(**{**sizes, **heads, **told, **settings})
    other = LanguageModel(model._tokenizer, transformers.AutoModelForCausalLM.from_config(config))
    begin = model.encode("A beginning that all of them share, and it is long enough for any window. ")
    contexts = [begin + model.encode(text) for text in ("Short.", "One that is a good deal longer than the other is.")]
    group = [model.encode(text) for text in ("yes", "a longer reply", "and no")]
    for context, scores in zip(contexts, other.score(contexts, [group, group], len(begin)), strict=True):
        assert scores == pytest.approx([other.score_alone(context, each) for each in group], abs=1e-3)
    replies = other.generate(contexts, 5, lambda row, logits: int(logits.argmax()))
    for context, reply in zip(contexts, replies, strict=True):
        for k, token in enumerate(reply):
            with torch.inference_mode():
                logits = other._model(torch.tensor([context + reply[:k]]), use_cache=False).logits[0, -1]
            assert int(logits.argmax()) == token
    assert other._shares() == (kind == "positions")


def with_template(model, template) -> LanguageModel:
    tokenizer = copy.deepcopy(model._tokenizer)
    tokenizer.chat_template = template
    return LanguageModel(tokenizer, model._model)


TOLD = [{"role": "system", "content": "Be nice."}, {"role": "user", "content": "Hello!"}]


@pytest.mark.parametrize(
    ("begin", "told"),
    [
        ("{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}", "Be nice."),
        ("{% set messages = messages | rejectattr('role', 'equalto', 'system') | list %}", "Be nice."),
        ("{{ date_string }} ", "01 Jan 2026"),
        ("{{ strftime_now('%d %b %Y') }} ", "01 Jan 2026"),
        ("{% if enable_thinking is defined and enable_thinking is false %}at once{% endif %}", "at once"),
    ],
)
def test_templates_have_their_ways(model, begin, told):
    text = model.decode(with_template(model, begin + TEMPLATE).chat(TOLD))
    assert told in text
    assert "Be nice." in text
    assert text.endswith("Hello!\n<assistant>")


def test_without_a_template_replies_are_read_as_the_history_has_them(model):
    plain = with_template(model, None)
    said = [*TOLD, {"role": "assistant", "content": "Hi there!"}, {"role": "user", "content": "x"}]
    assert plain.decode(plain.chat(TOLD) + plain.encode_reply("Hi there!")) in plain.decode(plain.chat(said))


def test_a_reply_may_begin_with_a_line_feed(model):
    wanted = model.encode("\nGoodbye, see you\nand more")
    told = iter(wanted)
    (reply,) = model.generate([model.encode("Hello")], 40, lambda row, logits: next(told), "\n")
    assert model.decode(reply).strip() == "Goodbye, see you"


def test_pmi_takes_off_what_a_reply_has_by_itself(folder):
    agent = LMAgent(ID, {}, model=folder, score="pmi")
    agent.reset(0)
    choices = ("Yes?", "", "Goodbye!")
    info = {"action_mask": np.array([1, 0, 1], np.int8), "choices": choices}
    agent.listen([0], ["User: hello"], [info])
    _, context = agent._fitting(agent._conversations[0])
    action = agent.act("User: hello", info)
    model = agent._model
    nothing = model.chat([{"role": "user", "content": load_prompt("say-1").nothing}])
    worth = {
        k: model.score_alone(context, model.encode(choices[k])) - model.score_alone(nothing, model.encode(choices[k]))
        for k in (0, 2)
    }
    assert action == max(worth, key=worth.get)


SETTINGS = [
    {},
    {"score": "pmi"},
    {"score": "sum", "history": 0},
    {"examples": 2},
    {"act": "generate", "prompt": "think-1", "max_tokens": 10},
    {"temperature": 1.5},
    {"act": "generate", "prompt": "number-1", "temperature": 1.0, "max_tokens": 4},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_it_plays_alike_alone_and_side_by_side(folder, settings):
    agents = [LMAgent(ID, {}, model=folder, rows=rows, **settings) for rows in (1, 3, 3)]
    assert all(isinstance(agent, BatchAgent) for agent in agents)
    alone, together, again = (textenvs.evaluate(agent, ID, episodes=5, seed=2) for agent in agents)
    assert together == again
    assert [record.actions for record in alone] == [record.actions for record in together]
    for record in together:
        assert record.usage["prompt_tokens"] > 100 * record.length
        written = record.usage.get("scored_tokens", 0) + record.usage.get("completion_tokens", 0)
        assert written > 0 or settings.get("act") == "generate"
    if settings.get("act") == "generate":
        assert all(isinstance(action, str) for record in together for action in record.actions)
        assert any(amount for record in together for amount in record.reward_terms["invalid"])
    else:
        assert not any(amount for record in together for amount in record.reward_terms["invalid"])


def test_it_is_told_what_there_is(folder):
    agent = LMAgent(ID, {}, model=folder, history=1)
    agent.reset(0)
    info = {"action_mask": np.array([1, 0, 1], np.int8), "choices": ("Yes?", "", "Goodbye!")}
    for turn in range(3):
        agent.act(f"User: number {turn}", info)
        messages, words = agent.exchanges[0]
        assert words in ("Yes?", "Goodbye!")
        assert messages[0]["role"] == "system"
        assert "restaurant guide" in messages[0]["content"]
        assert [message["role"] for message in messages[1:]] == ["user", "assistant", "user"][-1 if turn == 0 else 0 :]
        assert f"number {turn}" in messages[-1]["content"]
        assert "- Yes?\n- Goodbye!" in messages[-1]["content"]


def test_a_conversation_is_cut_where_the_model_cannot_read_more(folder, monkeypatch):
    agent = LMAgent(ID, {}, model=folder, history=5)
    length = len(agent._model.chat(agent._teller.opening)) + 400
    monkeypatch.setattr(LanguageModel, "context", property(lambda self: length))
    agent.reset(0)
    info = {"action_mask": np.array([1, 1], np.int8), "choices": ("Yes?", "Goodbye!")}
    for observation in ("User: " + "a" * 150, "User: " + "b" * 150, "User: " + "c" * 5000):
        assert agent.act(observation, info) in (0, 1)
    assert "bbb" not in str(agent.exchanges[0][0])


def test_what_cannot_be_is_refused(folder, tmp_path):
    for settings, message in (
        ({"model": str(tmp_path)}, "holds no model"),
        ({"model": "smolm2"}, "set HF_HUB_OFFLINE=0 to download it"),
        ({"device": "cuda"} if not torch.cuda.is_available() else {"device": "mps"}, "there is no device"),
        ({"device": "gpu"}, "device must be auto, cpu"),
        ({"dtype": "float8"}, "unknown dtype"),
        ({"max_tokens": 2.5}, "max_tokens must be a whole number from 1"),
        ({"prompt": "think-1"}, "add act=generate"),
        ({"prompt": "number-1"}, "a short one is likelier than a long"),
        ({"max_tokens": 4000}, "a smaller max_tokens"),
        ({"examples": 60}, "reads 4096 at most: fewer examples"),
        ({"act": "shout"}, "unknown act"),
        ({"score": "best"}, "unknown score"),
        ({"prompt": "say"}, "unknown prompt"),
        ({"temperature": -1}, "temperature must be a number from 0"),
        ({"rows": 0}, "rows must be a whole number from 1"),
        ({"modle": "x"}, "unknown setting"),
    ):
        with pytest.raises(ValueError, match=message):
            LMAgent(ID, {}, **{"model": folder, **settings})


def test_it_is_watched(folder, capsys):
    assert main(["play", ID, "--agent", "lm", "--set", f"model={folder}", "--seed", "4", "--split", "test"]) == 0
    out = capsys.readouterr().out
    assert out.count("[system]") == 1
    assert "restaurant guide" in out
    assert out.count("[model]") == out.count("\n> ")
    assert "You can say:" in out
    assert main(["evaluate", "lm", ID, "--set", f"model={folder}", "--episodes", "2"]) == 0


def test_a_run_is_recorded_verified_and_the_same_again(folder, tmp_path, capsys):
    for name in ("a", "b"):
        options = ["--episodes", "3", "--seeds", "3", "--out", str(tmp_path / name), "--workers", "1"]
        words = [
            "--set",
            f"lm.model={folder}",
            "--set",
            "lm.rows=2",
            "--set",
            "lm.act=generate",
            "--set",
            "lm.max_tokens=4",
        ]
        assert main(["run", "--env", ID, "--agent", "random", "lm", *words, *options]) == 0
    assert "tokens a turn" in " ".join(capsys.readouterr().out.split())
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.jsonl"))
    assert len(files) == 12
    for file in [*files, "results.csv", "manifest.json"]:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    header, records = read_records(tmp_path / "a" / "episodes" / "lm" / ID / "test-0.jsonl")
    assert header.agent_config["prompt_hash"] == load_prompt("say-1").digest
    assert header.agent_config["files"] == load_model(folder, "cpu", "auto").origin["files"]
    assert header.agent_config["dtype"] == "float32"
    assert header.agent_config["device"] in ("cpu", "cuda")
    assert header.agent_config["torch"] == torch.__version__
    assert header.action_type == "reply"
    assert all(record.usage["prompt_tokens"] for record in records)
    assert main(["verify", str(tmp_path / "a")]) == 0
    assert main(["report", str(tmp_path / "a"), "--format", "html"]) == 0
    assert "understood as" in (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
    rows = json.loads((tmp_path / "a" / "results.json").read_text())["rows"]
    (row,) = (row for row in rows if row["agent"] == "lm")
    assert row["invalid_test"] > 0
    assert row["tokens_turn"] > 100
