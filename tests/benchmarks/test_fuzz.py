"""Whatever a file or an answer of others holds: reading it gives something usable or one clear line, and soon."""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import textenvs
from tests.benchmarks.conftest import ID
from textenvs.evaluation import AgentFailure, Header, load_agent, read_records, replay, write_records
from textenvs_baselines.network import save_weights
from textenvs_baselines.ppo import PPOAgent
from textenvs_baselines.q_learning import QLearningAgent
from textenvs_baselines.rule import RuleAgent
from textenvs_baselines.sb3_policy import SB3Policy
from textenvs_benchmarks import pack
from textenvs_benchmarks.errors import Mismatch, one_line
from textenvs_benchmarks.external.protocol import MAX_ANSWER, check_action, check_hello, decode
from textenvs_benchmarks.folder import ResultsFolder, describe_run
from textenvs_benchmarks.seeds import commit, read_secret
from textenvs_benchmarks.suite import LARGEST, Suite, load_suite

LONGEST = 400
"""Characters of a message at most, those of a folder not counted."""
SECONDS = 1.0
"""Of the processor, for one input."""
MEMORY = 32 << 20
"""Bytes, for one input that is picked by hand."""
SUITE = Suite(name="one", version=1, environments=(ID,), agents=("rule",), training_seeds=1, episodes=1)
LIST, TABLE = b"[" * 1000 + b"]" * 1000, b'{"a":' * 1000 + b"1" + b"}" * 1000
LEAVES = (
    *(b"null", b"true", b"-1", b"0", b"1", b"0.5", b"1e999", b"-1e999", b"NaN", b"-Infinity", b"1e308"),
    *(b"1" + b"0" * 30, b"1" * 4000, b"1" * 5000, b'""', b'"a"', b'"\\ud800"', b'"\\u0000"', b'"\\u001b[31m\\u2028"'),
    *(b"[]", b"{}", b"[null]", b'[[{"a":[]}]]', b'{"a":1e999}', b'{"\\u001b":null}', b'"' + b"a" * 5000 + b'"', LIST),
)
"""Values of JSON that are not what was expected."""
PIECES = (
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\r\n", b"\n", b"\0", b"\x1b[31m", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\xff"),
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"=", b"#", b"-", b"e9", b"1" * 5000, b"[" * 2000, TABLE),
)
TOML_LEAVES = (
    *(b"nan", b"inf", b"-1", b"0", b"2", b"true", b'""', b"[]", b"{}", b"0x" + b"f" * 5000, b"1" * 5000, b"1e999"),
    *(b"1979-05-27", b"9999-99-99", b'"\\u0000"', b'"\\u001b[31m"', b'"\\ud800"', b'"' + b"a" * 5000 + b'"', LIST),
    *(b'"""\n\n"""', b"[1]", b'["a"]', b'["rule"]', b"[[[]]]", b'["TextQA-v0"]', b"{a = 1}", b'{rule = "x"}'),
    *(b'{mine = "command:a"}', b'{mine = "http://[::1"}', b'{mine = "http://a:99999"}', b'{mine = "http://a b"}'),
    *(b'{mine = "command:\'"}', b"{a.b.c = {}}", b'{mine = "http://\xc3\xa4"}', b"a." * 4000 + b"a = 1"),
)
FILES = (
    *("../up", "/etc/up", "a\\b", "C:up", "", ".", "..", "./", "a/", "manifest.json/a", "a//b", "a" * 300, "\x1b[31m"),
    *("a/" * 500 + "b", "episodes", "episodes/rule", "a\nb", "\u2028", "manifest.json ", "MANIFEST.JSON", "ä"),
)
"""Names of files, few of which are those of a run."""


def spoil(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Bytes with one to three changes that know nothing of what they mean."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        at = rng.randrange(len(content) + 1)
        to = min(len(content), at + rng.choice((1, 1, 2, 8, 50)))
        kind = rng.randrange(7)
        if kind == 0 and to > at:
            content = content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]
        elif kind == 1:
            content = content[:at] + rng.choice((*PIECES, rng.randbytes(3))) + content[at:]
        elif kind == 2:
            content = content[:at] + content[to:]
        elif kind == 3:
            content = content[:to] + content[at:to] * rng.choice((1, 2, 100)) + content[to:]
        elif kind == 4:
            content = content[:at]
        elif kind == 5:
            content = content[:at] + other[rng.randrange(len(other) + 1) :]
        else:
            content = content[:at] + rng.randbytes(to - at) + content[to:]
    return content


def nonsense(rng: random.Random) -> bytes:
    """Bytes, or pieces of text, by chance."""
    if rng.random() < 0.5:
        return rng.randbytes(rng.randrange(200))
    return b"".join(rng.choice(LEAVES + PIECES) for _ in range(rng.randrange(8)))


def spoil_json(rng: random.Random, content: bytes) -> bytes:
    """Lines of JSON of which one has another value, lacks a key, or has one too many or twice."""
    lines = content.split(b"\n")
    number = rng.randrange(max(1, len(lines) - 1))
    value = json.loads(lines[number])
    places: list[tuple[Any, Any]] = []
    list_places(value, places)
    for _ in range(rng.choice((1, 1, 2))):
        holder, key = rng.choice(places)
        kind = rng.randrange(8)
        if kind == 0 and isinstance(holder, dict):
            holder.pop(key, None)
        elif kind == 1 and isinstance(holder, dict):
            holder[rng.choice(("a", "", "\ud800", "\x1b[31m", "a" * 500, f"{key} "))] = holder.get(key)
        else:
            holder[key] = f"@{rng.randrange(len(LEAVES))}@"
    text = json.dumps(value).encode()
    text = re.sub(rb'"@(\d+)@"', lambda found: LEAVES[int(found[1])], text)
    if rng.random() < 0.05:
        text = text[:-1] + b"," + text[1:]
    return b"\n".join([*lines[:number], text, *lines[number + 1 :]])


def list_places(value: Any, places: list[tuple[Any, Any]]) -> None:
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        places.append((value, key))
        if isinstance(part, dict | list):
            list_places(part, places)


def spoil_toml(rng: random.Random, content: bytes) -> bytes:
    """A table of TOML with another value, or another key."""
    lines = content.split(b"\n")
    number = rng.randrange(len(lines) - 1)
    key = lines[number].partition(b" = ")[0]
    key = rng.choice((key, key, key, key, b"a" * 500, b'"\\u001b"', b"version", b"external", b"limits"))
    lines[number] = key + b" = " + rng.choice(TOML_LEAVES)
    return b"\n".join(lines)


class Harmful:
    """Fails a test where it is unpickled."""

    def __reduce__(self) -> Any:
        return pytest.fail, ("it was unpickled",)


def as_npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def as_zip(members: Mapping[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, how)
    return file.getvalue()


def from_zip(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


SHAPE = (123, 16)
ARRAYS = [
    *(as_npy(np.zeros(SHAPE, kind)) for kind in "f8 i8 f4 c16 ? u8 >f8 >i8 U1 S1 M8[s] f8,f8".split()),
    *(as_npy(np.full(SHAPE, value)) for value in (np.nan, np.inf, 1e308, -1)),
    *(as_npy(np.zeros(shape)) for shape in ((16, 123), (*SHAPE, 1), (0, 16), (123, 0), 0, ())),
    *(as_npy(np.array(text)) for text in ("", "{}", "[]", "[" * 2000, "1" * 5000, b"{}", ["{}"], "\ud800")),
    *(as_npy(np.array(value, dtype=object)) for value in (Harmful(), [[Harmful()]])),
    as_npy(np.asfortranarray(np.zeros(SHAPE))),
]
"""Arrays, few of which are of a table."""
HEADERS = [
    *(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}), }}\n" for shape in ("1000000000, 1000000000",)),
    *(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}), }}\n" for shape in ("10000000, 16", "-1, 16")),
    *(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}), }}\n" for shape in ("123, 16.0", "123L, 16L")),
    *(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}), }}\n" for shape in ("1, " * 200, "1" * 5000)),
    *(f"{{'descr': '<f8', 'fortran_order': {order}, 'shape': (123, 16), }}\n" for order in ("1", "True", "None")),
    *(
        f"{{'descr': '{kind}', 'fortran_order': False, 'shape': (), }}\n"
        for kind in ("|O", "<U1000000000", "\\d", "<U0")
    ),
    *("{'descr': " + "[" * 3000 + "\n", "{'descr': " + "-" * 5000 + "1}\n", "(" * 200, "", "\0\n", "[1]\n", "{1: 2}\n"),
]
"""Headers of arrays, all of them wrong."""


def with_header(header: str, content: bytes, version: bytes = b"\1\0") -> bytes:
    return b"\x93NUMPY" + version + len(header).to_bytes(2, "little") + header.encode() + content


def spoil_npz(rng: random.Random, content: bytes) -> bytes:
    """An archive of arrays of which one or two are others."""
    members = from_zip(content)
    for _ in range(rng.choice((1, 1, 2))):
        name = rng.choice(list(members))
        kind = rng.randrange(6)
        if kind == 0:
            members[name] = rng.choice(ARRAYS)
        elif kind == 1:
            members[name] = spoil(rng, members[name], content)
        elif kind == 2 and len(members) > 1:
            del members[name]
        elif kind == 3:
            members[rng.choice(("values", "a.npy", "../values.npy", "meta.npy"))] = rng.choice(ARRAYS)
        elif kind == 4:
            meta = {"format": "textenvs-table/1", "agent": "q_learning", "config": {"discount": 0.9}}
            members["meta.npy"] = as_npy(np.array(spoil_json(rng, json.dumps(meta).encode()).decode()))
        else:
            version = rng.choice((b"\1\0", b"\1\0", b"\2\0", b"\x09\0"))
            members[name] = with_header(rng.choice(HEADERS), members[name][128:], version)
    return as_zip(members, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))


def spoil_safetensors(rng: random.Random, content: bytes) -> bytes:
    """Weights with another header, another note, or other numbers."""
    length = int.from_bytes(content[:8], "little")
    header, rest = content[8 : 8 + length], content[8 + length :]
    kind = rng.randrange(5)
    if kind == 0:
        header = spoil_json(rng, header)
    elif kind == 1:
        told = json.loads(header)
        told["__metadata__"]["textenvs"] = spoil_json(rng, told["__metadata__"]["textenvs"].encode()).decode()
        header = json.dumps(told).encode()
    elif kind == 2:
        old = rng.choice((b"F32", b"weight", b"policy_net.0", b"action_net", b"mlp_extractor", b"[8,4]"))
        new = b"I32 U32 F64 F16 BF16 F8_E4M3 bias policy_net.x policy_net.9 features_extractor [4,8] [32]".split()
        header = header.replace(old, rng.choice((*new, b"policy_net." + b"1" * 5000)), rng.choice((1, -1)))
    elif kind == 3:
        at = 4 * rng.randrange(len(rest) // 4)
        numbers = rng.choice((np.inf, np.nan, 3e38, -3e38)) * np.ones(rng.choice((1, 20)), np.float32)
        rest = (rest[:at] + numbers.tobytes() + rest[at:])[: len(rest)]
    else:
        header = spoil(rng, header, content)
    return len(header).to_bytes(8, "little") + header + rest


def spoil_packed(rng: random.Random, content: bytes) -> bytes:
    """A packed run with a file in another place, or another manifest."""
    members = from_zip(content)
    if rng.random() < 0.5:
        members[rng.choice(FILES)] = members.pop(rng.choice(list(members)))
    else:
        members["manifest.json"] = spoil_json(rng, members["manifest.json"])
    return as_zip(members, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)))


@dataclass(frozen=True)
class Reader:
    """Something that reads what others have written.

    Attributes:
        feed: Reads bytes, and uses what was read.
        good: What it can read.
        spoil: How that is changed, beside byte by byte.
        raises: What it may raise.
        count: How many inputs it is given of each kind.
    """

    feed: Callable[[bytes], object]
    good: list[bytes]
    spoil: Callable[[random.Random, bytes], bytes]
    raises: tuple[type[Exception], ...] = (ValueError,)
    count: int = 10_000


def put(path: Path, content: bytes) -> None:
    """Makes a new file: to write into one that is there already waits for the disk on some systems."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def protocol(folder: Path) -> Reader:
    def feed(content: bytes) -> None:
        answer = decode(content, 1)
        if "protocol" in answer:
            *_, config = check_hello(answer)
            assert json.loads(json.dumps(config, allow_nan=False)) == config
        else:
            action_type = "text" if isinstance(answer.get("action"), str) else "choice"
            action = check_action(answer, action_type, 16)
            assert len(action.encode()) <= 64 if isinstance(action, str) else action in range(16)

    hello = {"protocol": "textenvs-agent/1", "obs_type": "text", "action_type": "choice", "id": 1}
    good: list[dict[str, Any]] = [
        {**hello, "config": {"depth": 3, "names": ["a", {"b": None}]}},
        {**hello, "obs_type": "features", "action_type": "text"},
        {"id": 1, "action": 3},
        {"id": 1, "action": "I take it."},
    ]
    return Reader(feed, [json.dumps(answer).encode() for answer in good], spoil_json, (AgentFailure,))


def records(folder: Path) -> Reader:
    agent = load_agent("rule", ID)
    texts = ("0", "text", "choice", "test", "", "a", "b")
    _, obs_type, action_type, split, commitment, source, agent_source = texts
    header = Header(
        "rule",
        {},
        ID,
        {"reward": None},
        obs_type,
        action_type,
        split,
        0,
        1,
        commitment,
        source,
        agent_source,
        {"a": "1"},
    )
    write_records(folder / "good", header, textenvs.evaluate(agent, ID, episodes=2, seed=1))

    def feed(content: bytes) -> None:
        put(folder / "file", content)
        found, rows = read_records(folder / "file")
        for row in rows:
            with contextlib.suppress(ValueError):
                replay(found, row)

    return Reader(feed, [(folder / "good").read_bytes()], spoil_json)


def suite(folder: Path) -> Reader:
    def feed(content: bytes) -> None:
        put(folder / "file.toml", content)
        found = load_suite(str(folder / "file.toml"))
        assert all(len(name) <= 100 and name.isprintable() for name in (found.name, *found.agents))
        json.dumps([hash(found), asdict(found)], allow_nan=False)

    text = f"""name = "mine"
version = 1
environments = ["{ID}", "textenvs:TextQA-v0"]
agents = ["rule", "q_learning", "mine", "far"]
references = ["optimal"]
training_seeds = 2
steps = 1000
agent_steps = {{q_learning = 500}}
episodes = 10
evaluation_seed = 7
external = {{mine = "command:./agent --flag", far = "http://localhost:8000/a?b=c"}}
limits = {{action_seconds = 3}}
"""
    return Reader(feed, [text.encode()], spoil_toml)


def player(env: Any, file: Path, load: Callable[..., Any]) -> Callable[[bytes], None]:
    """Loads an agent, and lets it act once."""
    observation, info = env.reset(seed=0)

    def feed(content: bytes) -> None:
        put(file, content)
        agent = load(file, ID, {})
        agent.reset(0)
        action = agent.act(observation, info)
        assert info["action_mask"][action]

    return feed


def table(folder: Path) -> Reader:
    env = gym.make(ID, obs_type="discrete")
    agent = QLearningAgent(ID, {})
    agent.train(env, 500, seed=0)
    agent.save(folder / "good")
    good = (folder / "good").read_bytes()
    feed = player(env, folder / "file", QLearningAgent.load)
    return Reader(feed, [good, as_zip(from_zip(good))], spoil_npz, (ValueError, OSError))


def rule(folder: Path) -> Reader:
    RuleAgent(ID, {}, variant=1).save(folder / "good")
    feed = player(gym.make(ID), folder / "file", RuleAgent.load)
    return Reader(feed, [(folder / "good").read_bytes().strip()], spoil_json, (ValueError, OSError))


def network(folder: Path) -> Reader:
    meta = {"format": "textenvs-network/1", "agent": "ppo", "config": {"net_arch": [8, 4]}}
    return of_weights(folder, meta, PPOAgent.load)


def policy(folder: Path) -> Reader:
    meta = {"algorithm": "MaskablePPO", "activation": "tanh", "obs_type": "features"}
    return of_weights(folder, meta, SB3Policy.load, 1000)


def of_weights(folder: Path, meta: Any, load: Callable[..., Any], count: int = 10_000) -> Reader:
    pytest.importorskip("safetensors")
    env = gym.make(ID, obs_type="features")
    assert env.observation_space.shape is not None
    sizes = (*env.observation_space.shape, 8, 4, 16)
    names = ("mlp_extractor.policy_net.0", "mlp_extractor.policy_net.2", "action_net")
    rng = np.random.default_rng(0)
    weights = {}
    for name, inputs, outputs in zip(names, sizes[:-1], sizes[1:], strict=True):
        weights[f"{name}.weight"] = rng.normal(size=(outputs, inputs)).astype(np.float32)
        weights[f"{name}.bias"] = np.zeros(outputs, np.float32)
    save_weights(folder / "good", weights, meta)
    good = (folder / "good").read_bytes()
    return Reader(player(env, folder / "file", load), [good], spoil_safetensors, (ValueError, OSError), count)


def ended_run(folder: Path) -> ResultsFolder:
    """A run with a table and a file of records; its manifest stands on one line."""
    run = ResultsFolder(folder / "run")
    run.begin(describe_run(SUITE, command="textenvs run one"))
    (run.path / "results.md").write_text("a table")
    path = run.records("rule", ID, "test", 0)
    path.parent.mkdir(parents=True)
    path.write_text("{}\n")
    run.finish()
    run.manifest.write_text(json.dumps(json.loads(run.manifest.read_text())))
    return run


def use_run(folder: ResultsFolder) -> None:
    run, scores = folder.read()
    json.dumps([run.command, run.commitment, run.sources[ID], run.agents["rule"], sorted(run.versions.items())])
    for split in textenvs.SPLITS:
        for env_id in run.suite.environments:
            with contextlib.suppress(ValueError):
                float(scores[env_id][split].normalise(1.0))
    assert all(isinstance(part, str) for item in folder.hashes().items() for part in item)


def manifest(folder: Path) -> Reader:
    run = ended_run(folder)
    good = run.manifest.read_bytes()

    def feed(content: bytes) -> None:
        put(run.manifest, content)
        use_run(run)

    return Reader(feed, [good], spoil_json, (ValueError, Mismatch), 1000)


def packed(folder: Path) -> Reader:
    pack.pack(ended_run(folder), folder / "good")

    def feed(content: bytes) -> None:
        put(folder / "file", content)
        with pack.unpacked(folder / "file") as place:
            use_run(ResultsFolder(place))

    return Reader(feed, [(folder / "good").read_bytes()], spoil_packed, (ValueError, Mismatch), 1000)


def secret(folder: Path) -> Reader:
    commit(SUITE, folder / "good")
    digits = json.loads((folder / "good").read_text())["secret"]

    def feed(content: bytes) -> None:
        put(folder / "file", content)
        message = ""
        try:
            found = read_secret(folder / "file")
            assert re.fullmatch("[0-9a-f]{64}", found.commitment)
            assert found.seed_of("test", 0, 0) >= 0
            found.check(SUITE)
        except ValueError as error:
            message = str(error)
        assert digits[:8] not in message, "it tells the secret"
        if message:
            raise ValueError(message)

    good = json.dumps(json.loads((folder / "good").read_text())).encode()
    return Reader(feed, [good], spoil_json, (ValueError, Mismatch), 1000)


READERS = (protocol, records, suite, table, rule, network, policy, manifest, packed, secret)


def refused(reader: Reader, content: bytes) -> str:
    """The message with which an input was refused; "" where it was read."""
    start = time.thread_time()
    message, bare = "", "..."
    try:
        reader.feed(content)
    except reader.raises as error:
        message, bare = one_line(error), str(error)
    assert bare.strip(), content
    assert message.isprintable(), ascii(message)
    assert len(re.sub(r"/\S*/", "", message)) <= LONGEST, message
    assert time.thread_time() - start < SECONDS, content[:200]
    return message


@pytest.mark.parametrize("make", READERS, ids=lambda make: make.__name__)
def test_nonsense_is_refused(make: Callable[[Path], Reader], tmp_path: Path) -> None:
    reader, rng = make(tmp_path), random.Random(1)
    for _ in range(reader.count):
        content = nonsense(rng)
        assert refused(reader, content), content


@pytest.mark.parametrize("make", READERS, ids=lambda make: make.__name__)
def test_what_was_changed_is_refused_or_usable(make: Callable[[Path], Reader], tmp_path: Path) -> None:
    reader, rng = make(tmp_path), random.Random(2)
    assert [refused(reader, content) for content in reader.good] == [""] * len(reader.good)
    read = 0
    for _ in range(reader.count):
        content, other = rng.choice(reader.good), rng.choice(reader.good)
        content = spoil(rng, content, other) if rng.random() < 0.5 else reader.spoil(rng, content)
        read += not refused(reader, content)
    assert 0.01 < read / reader.count < 0.5, "the changes are too small, or too large, to tell anything"


def with_array(name: str, array: bytes, how: int = zipfile.ZIP_STORED) -> bytes:
    meta = {"format": "textenvs-table/1", "agent": "q_learning", "config": {}}
    members = {"values": np.zeros(SHAPE), "counts": np.zeros(SHAPE, int), "meta": np.array(json.dumps(meta))}
    return as_zip({f"{each}.npy": as_npy(value) for each, value in members.items()} | {f"{name}.npy": array}, how)


def with_claim(content: bytes, size: int) -> bytes:
    """A packed run of which a file claims to be larger than it is."""
    at = content.index(b"PK\x01\x02") + 24
    return content[:at] + size.to_bytes(4, "little") + content[at + 4 :]


def with_setting(**config: Any) -> bytes:
    return with_array(
        "meta", as_npy(np.array(json.dumps({"format": "textenvs-table/1", "agent": "q_learning", "config": config})))
    )


NASTY: dict[Callable[[Path], Reader], list[tuple[bytes, str]]] = {
    protocol: [
        (b"", "nonsense: an answer is one line of JSON"),
        (b" " * (MAX_ANSWER + 1), f"nonsense: an answer has {MAX_ANSWER} bytes at most"),
        (b"\xff\xfe{\0}\0", "nonsense: an answer is UTF-8"),
        (b'\xef\xbb\xbf{"id": 1, "action": 1}', "nonsense: an answer is one line of JSON"),
        (b'{"id": 1, "action": "\xed\xa0\x80"}', "nonsense: an answer is UTF-8"),
        (b'{"id": 1, "action": "\\ud800"}', 'nonsense: "action" must be text'),
        (b'{"id": 1, "action": ' + b"1" * 5000 + b"}", "nonsense: an answer is one line of JSON"),
        (b'{"id": 1, "action": ' + b"1" * 4000 + b"}", 'nonsense: "action" must be a whole number from 0 to 15'),
        (b'{"id": 1, "action": NaN}', "nonsense: an answer is one line of JSON"),
        (b'{"id": 1, "action": 1e999}', "nonsense: an answer is one line of JSON"),
        (b'{"id": 1, "action": true}', 'nonsense: "action" must be a whole number'),
        (b'{"id": 1, "action": 1.0}', 'nonsense: "action" must be a whole number'),
        (b'{"id": true, "action": 1}', 'nonsense: "id" must be 1'),
        (b'{"id": 1, "id": 2, "action": 1}', 'nonsense: "id" must be 1'),
        (b'{"id": 1, "action": 1} {}', "nonsense: an answer is one line of JSON"),
        (b'{"id": 1, "action": 1}\0', "nonsense: an answer is one line of JSON"),
        (LIST, "nonsense: an answer is"),
        (b"[" * MAX_ANSWER, "nonsense: an answer is at most 8 deep"),
        (b'{"id": 1, "a": [[[[[[[[]]]]]]]]}', "nonsense: an answer is at most 8 deep"),
        (b'{"id": 1, "protocol": {}}', 'nonsense: "protocol" must be "textenvs-agent/1"'),
        (b'{"id": 1, "protocol": "textenvs-agent/1", "obs_type": ["text"]}', 'nonsense: "obs_type" must be one of'),
    ],
    records: [
        (b"", "FILE: there is no whole line"),
        (b"{}", "FILE: there is no whole line"),
        (b"\0\n", "FILE: there is no whole line"),
        (b"\xff\xfe{}\n", "FILE: line 1 is not a record: 'utf-8' codec"),
        (b"[" * 100_000 + b"\n", "FILE: line 1 is not a record: it is nested too deeply"),
        (b'{"a":' * 100_000 + b"\n", "FILE: line 1 is not a record: it is nested too deeply"),
        (b"1" * 100_000 + b"\n", "FILE: line 1 is not a record: Exceeds the limit"),
        (b'{"format": NaN}\n', "FILE: line 1 is not a record: 'NaN' is not a finite number"),
        (b'{"format": "textenvs-record/2"}\n', "FILE: line 1 is not a record: agent is missing"),
    ],
    suite: [
        (b"", "suite FILE.toml: the key 'name' is missing"),
        (b"\xef\xbb\xbfname = 1", "suite FILE.toml: Invalid statement"),
        (b"\xff", "suite FILE.toml: 'utf-8' codec"),
        (b"\0", "suite FILE.toml: Invalid statement"),
        (b'name = "a"\nname = "b"\n', "suite FILE.toml: Cannot overwrite a value"),
        (b"a = " + b"[" * 5000, "suite FILE.toml: it is nested too deeply"),
        (b"version = " + b"1" * 5000, "suite FILE.toml: Exceeds the limit"),
        (
            b"version = 0x" + b"f" * 5000 + b'\nname = "a"\nenvironments = []\nagents = []\nsteps = 0',
            "suite FILE.toml: steps",
        ),
        (b"version = nan", "suite FILE.toml: version must be of type int, got nan"),
        (b"#" * LARGEST + b"#", f"suite FILE.toml: it has more than {LARGEST >> 10} KiB"),
        (b"a." * 8000 + b"a = 1", "suite FILE.toml: it has a line of more than"),
        (b"a." * 900 + b"a = 1", "suite FILE.toml: unknown key 'a'"),
        (b'"\\u001b[31m" = 1', "suite FILE.toml: unknown key '\\x1b[31m'"),
        (b'"' + b"a" * 5000 + b'" = 1', "suite FILE.toml: unknown key 'aaaa"),
    ],
    table: [
        (b"", "FILE is not a saved q_learning table: train it again"),
        (b"\x80\x04\x95cposix\nsystem\n", "FILE is not a saved q_learning table: train it again"),
        (as_npy(np.zeros(SHAPE)), "FILE is not a saved q_learning table: train it again"),
        (as_zip({}), "FILE is not a saved q_learning table (it holds no values)"),
        (
            with_array("values", as_npy(np.array([[Harmful()]], object))),
            "FILE is not a saved q_learning table (its values",
        ),
        (with_array("values", with_header(HEADERS[0], b"\0" * 99)), "FILE is not a saved q_learning table (its values"),
        (with_array("values", with_header(HEADERS[1], b"\0" * 99)), "FILE is not a saved q_learning table (its values"),
        (with_array("values", as_npy(np.full(SHAPE, np.nan))), "FILE is not a saved q_learning table (its table"),
        (with_array("values", as_npy(np.zeros(SHAPE, complex))), "FILE is not a saved q_learning table (its values"),
        (with_array("counts", as_npy(np.full(SHAPE, -1))), "FILE is not a saved q_learning table (its counts"),
        (with_array("values", b"\0" * 40_000_000, zipfile.ZIP_LZMA)[:9999], "FILE is not a saved q_learning table"),
        (
            with_array("values", as_npy(np.zeros(SHAPE)), zipfile.ZIP_LZMA),
            "FILE is not a saved q_learning table (its values",
        ),
        (with_array("meta", as_npy(np.array(LIST.decode()))), "FILE is not a saved q_learning table (it is nested"),
        (with_array("meta", as_npy(np.array("\ud800"))), "FILE is not a saved q_learning table ("),
        (with_setting(discount=10**400), "FILE is not a saved q_learning table (discount must be a number"),
        (with_setting(env_id="a"), "FILE is not a saved q_learning table ("),
        (with_setting(a=1), "FILE is not a saved q_learning table (unknown setting among a"),
    ],
    rule: [
        (b"", "FILE is not a saved rule (Expecting value"),
        (LIST * 99, "FILE is not a saved rule (it is nested too deeply)"),
        (b'{"format": "textenvs-rule/1"}', "FILE is not a saved rule (its settings must be"),
        (b'{"format": "textenvs-rule/1", "config": {"variant": true}}', "FILE is not a saved rule (variant True"),
        (b'{"format": "textenvs-rule/1", "config": {"env_id": "a"}}', "FILE is not a saved rule (its settings must be"),
    ],
    network: [
        (b"", "FILE is no file of safetensors"),
        (b"\xff" * 8 + b"{}", "FILE is no file of safetensors"),
        (b"\2\0\0\0\0\0\0\0{}", "FILE is not a network that ppo has saved"),
        (b"\x90\x5f\1\0\0\0\0\0" + b"[" * 90_000, "FILE is no file of safetensors"),
    ],
    policy: [
        (as_zip({"data": b"{}"}), "FILE is a zip of Stable-Baselines3, and loading it can run any code"),
        (b"\2\0\0\0\0\0\0\0{}", "FILE does not tell its algorithm"),
    ],
    manifest: [
        (b"", "FILE cannot be read (Expecting value"),
        (b"[]", "FILE cannot be read (its format is []"),
        (b'{"format": "textenvs-run/2"}', "FILE cannot be read (files must be a table, got None)"),
        (b'{"format": "\\u001b[2J"}', "FILE cannot be read (its format is '\\x1b[2J'"),
        (LIST * 99, "FILE cannot be read (it is nested too deeply)"),
        (b'{"a":Infinity}', "FILE cannot be read ('Infinity' is not a finite number)"),
    ],
    packed: [
        (b"", "FILE is not what 'textenvs pack' makes ("),
        (as_zip({}), "FOLDER is not a results folder"),
        (as_zip({"../up": b""}), "FILE holds a file '../up', which is no place in a run"),
        (as_zip({"/etc/up": b""}), "FILE holds a file '/etc/up', which is no place in a run"),
        (as_zip({"a/": b""}), "FILE holds a file 'a/', which is no place in a run"),
        (as_zip({"a": b"", "a/b": b""}), "FILE holds two files in one place"),
        (as_zip({"a" * 60_000: b""}), "FILE holds a file 'aaaa"),
        (as_zip({"a/" * 9 + "a": b""}), "FILE holds a file 'a/a/"),
        (as_zip({"a": b""}, zipfile.ZIP_LZMA), "FILE is not what 'textenvs pack' makes ("),
        (with_claim(as_zip({"a": b"12345"}), 4), "FILE is not what 'textenvs pack' makes ("),
        (with_claim(as_zip({"a": b"12345"}), 1 << 31), "FOLDER is not a results folder"),
    ],
    secret: [
        (b"", "FILE holds no secret of seeds (Expecting value"),
        (b"[]", "FILE holds no secret of seeds (its format is not"),
        (b'{"format": "textenvs-seeds/1"}', "FILE holds no secret of seeds (it must have suite, version"),
        (LIST * 99, "FILE holds no secret of seeds (it is nested too deeply)"),
    ],
}


@pytest.mark.parametrize(
    ("make", "content", "start"),
    [(make, *case) for make, cases in NASTY.items() for case in cases],
    ids=[f"{make.__name__}-{number}" for make, cases in NASTY.items() for number in range(len(cases))],
)
def test_nasty(make: Callable[[Path], Reader], content: bytes, start: str, tmp_path: Path) -> None:
    reader = make(tmp_path)
    tracemalloc.start()
    try:
        message = refused(reader, content)
        assert tracemalloc.get_traced_memory()[1] < MEMORY + 2 * len(content)
    finally:
        tracemalloc.stop()
    for path, name in ((tmp_path / "run" / "manifest.json", "FILE"), (tmp_path / "file", "FILE")):
        message = message.replace(str(path), name)
    message = re.sub(r"^\S+( is not a results folder)", r"FOLDER\1", message)
    assert message.startswith(start)


@pytest.mark.parametrize(("limit", "start"), [("LARGEST", "holds more than"), ("MANY", "holds 2 files")])
def test_a_packed_run_is_not_too_large(limit: str, start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = packed(tmp_path)
    monkeypatch.setattr(pack, limit, 1)
    with pytest.raises(ValueError, match=f"file {start}"):
        reader.feed(as_zip({"a": b"a" * 1000, "b": b""}, zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("env_kwargs", {"task": "antigravity:Task"}, "env_kwargs of a record are parameters of a task, not task"),
        (
            "env_kwargs",
            {"max_episode_steps": 1},
            "env_kwargs of a record are parameters of a task, not max_episode_steps",
        ),
        ("env_kwargs", {"a": 1}, "unknown parameter 'a'"),
        ("env_kwargs", {"error_rate": "much"}, "error_rate must be between 0 and 0.5"),
        ("env_id", "antigravity:TextDialogue-v0", "no environment 'antigravity:TextDialogue-v0' is registered"),
        ("obs_type", "a", "unknown obs_type 'a'"),
    ],
)
def test_a_record_imports_nothing(field: str, value: Any, message: str, tmp_path: Path) -> None:
    (content,) = records(tmp_path).good
    (tmp_path / "file").write_bytes(content)
    header, (record, _) = read_records(tmp_path / "file")
    with pytest.raises(ValueError, match=message):
        replay(replace(header, **{field: value}), record)


def test_a_message_is_one_line_and_moves_no_cursor() -> None:
    assert one_line(ValueError("a\n \x1b[2J\ud800\u202e b")) == "a \\x1b[2J\\ud800\\u202e b"
    assert one_line(FileNotFoundError(2, "No such file", "a\x1b")) == "a\\x1b: No such file"
    assert one_line(ValueError()) == "ValueError"
