"""The command `textenvs`. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shlex
import shutil
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textenvs_benchmarks.arguments import make_parser
from textenvs_benchmarks.errors import FULL, Mismatch, one_line

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from textenvs_benchmarks.external.agent import Terms
    from textenvs_benchmarks.folder import ResultsFolder
    from textenvs_benchmarks.progress import Bar, Lines
    from textenvs_benchmarks.runner import Executor
    from textenvs_benchmarks.suite import Suite

WIDTH = 100
"""Columns of a table that is not printed on a terminal."""
DONE, FAILED, MISUSED, UNTRUE, DRIFTED, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""Exit statuses."""
DECISIVE = ("env", "agent", "agent_cmd", "agent_url", "set", "limit", "seeds", "steps", "episodes")
"""Options of `run` that make a difference to its results."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; gives its exit status.

    Args:
        argv: Arguments; by default those of the process.
    """
    try:
        status = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever was reading has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except ImportError as error:
        package = str(error.name).partition(".")[0]
        if hasattr(error, "extra"):  # one of textenvs.errors.MissingExtra, which is not imported for --help
            return _complain(one_line(error), MISUSED)
        if package not in ("jinja2", "markupsafe", "pandas", "psutil", "rich", "scipy"):
            raise
        return _complain(f'this needs {package}: pip install ".[bench]" in the folder of the sources', MISUSED)
    except Mismatch as error:
        return _complain(one_line(error), UNTRUE)
    except (ValueError, OSError) as error:
        return _complain(one_line(error), MISUSED)
    except Exception as error:
        from textenvs.errors import Drift
        from textenvs.evaluation import AgentFailure, Halt

        for kind, status in ((Halt, INTERRUPTED), (Drift, DRIFTED), (AgentFailure, FAILED)):
            if isinstance(error, kind):
                return _complain(one_line(error), status)
        raise


def _complain(message: str, status: int) -> int:
    print(f"textenvs: {message}", file=sys.stderr)
    return status


def _run(argv: list[str]) -> int:
    if argv and not argv[0].startswith("-") and argv[0] not in COMMANDS:
        from textenvs.errors import unknown

        raise unknown("command", argv[0], COMMANDS)
    parser = make_parser()
    try:
        arguments = parser.parse_args(argv)
    except SystemExit:  # after --help
        return DONE
    if arguments.version:
        from textenvs import __version__

        print("textenvs", __version__)
        return DONE
    if arguments.command is None:
        parser.print_help()
        return DONE
    return COMMANDS[arguments.command](arguments)


def list_command(arguments: argparse.Namespace) -> int:
    """Prints what there is to play, and who can."""
    from textenvs_benchmarks.listing import catalogue, print_catalogue

    if arguments.json:
        _print_json(catalogue())
    else:
        print_catalogue(catalogue(), _console())
    return DONE


def describe_command(arguments: argparse.Namespace) -> int:
    """Prints the page of an environment: as Markdown, or laid out where it is printed on a terminal."""
    from rich.markdown import Markdown

    from textenvs import documentation

    page, console = documentation(arguments.id), _console()
    if console.is_terminal:
        console.print(Markdown(page))
    else:
        print(page, end="")
    return DONE


def run_command(arguments: argparse.Namespace) -> int:
    """Runs a suite and prints its table."""
    from textenvs.evaluation import Halt
    from textenvs_benchmarks.folder import ResultsFolder
    from textenvs_benchmarks.runner import run_suite
    from textenvs_benchmarks.seeds import read_secret

    suite = _suite(arguments)
    if arguments.budget:  # the workers inherit it
        os.environ["TEXTENVS_BUDGET"] = ",".join(f"{name}={_plainly(value)}" for name, value in arguments.budget)
    if arguments.seeds_file and not arguments.sandbox and any(suite.reach(name) for name in suite.agents):
        print(f"textenvs: without --sandbox an agent could read {arguments.seeds_file}", file=sys.stderr)
    folder = ResultsFolder(arguments.out or Path("runs") / suite.name)
    secret = read_secret(arguments.seeds_file) if arguments.seeds_file else None
    executor = _executor(arguments)
    try:
        with closing(_monitor()) as monitor:
            summary = run_suite(
                suite,
                folder,
                arguments.workers or (sys.maxsize if arguments.address else os.cpu_count()) or 1,
                monitor,
                secret=secret,
                command=_command(arguments),
                allow_drift=arguments.allow_drift,
                terms=_terms(arguments),
                executor=executor,
            )
    except KeyboardInterrupt:
        return _complain("interrupted: the same command goes on from here", INTERRUPTED)
    except Halt as halt:
        _print_spent(suite)
        return _complain(f"{halt}; the same command goes on from here", INTERRUPTED)
    except OSError as error:
        if error.errno not in FULL:
            raise
        return _complain(f"{folder.path}: {error.strerror}: make room, and the same command goes on", INTERRUPTED)
    _print_report(folder, suite, summary.table, "json" if arguments.json else "text")
    page = f" ('textenvs report {folder.path} --format html' makes a page of them)"
    print(f"results: {folder.path}{page}", file=sys.stderr)
    _print_spent(suite)
    if summary.halted:
        return _complain(f"{summary.halted}; the same command goes on from here", INTERRUPTED)
    if summary.failed:
        return _complain(f"{summary.failed} of the jobs failed: see {folder.path / 'failures'}", FAILED)
    lost = [
        f"{row.agent} lost {row.episodes_lost} of {row.episodes} episodes of {row.env_id} ({row.lost_to})"
        for row in summary.table.itertuples()
        if row.episodes_lost > arguments.max_lost * row.episodes
    ]
    if lost:
        return _complain(f"{', '.join(lost)}: see {folder.path / 'logs'}", FAILED)
    return DONE


def _print_spent(suite: Suite) -> None:
    """Says what endpoints have cost, if an agent asks one."""
    if "openai" not in map(suite.installed, suite.agents):
        return
    from textenvs.models import spent

    if said := spent():
        print(f"spent by all runs with this cache: {said}", file=sys.stderr)


def _executor(arguments: argparse.Namespace) -> Executor | None:
    """What runs the jobs; None for processes on this machine."""
    if arguments.executor == "ray":
        from textenvs_benchmarks.ray_executor import ray_executor

        return ray_executor(arguments.address)
    if arguments.address is not None:
        raise ValueError("--address is that of a cluster: add --executor ray, or leave it out")
    return None


def _command(arguments: argparse.Namespace) -> str:
    """The command line of a run, without what makes no difference to its results."""
    words = ["textenvs", "run", *([arguments.suite] if arguments.suite else [])]
    for name in DECISIVE:
        value = getattr(arguments, name)
        option = f"--{name.replace('_', '-')}"
        if name in ("env", "agent"):
            words += [option, *value] if value else []
        elif isinstance(value, list):
            words += [
                f"{option}={'='.join(map(_plainly, each)) if isinstance(each, tuple) else each}" for each in value
            ]
        elif value is not None:
            words += [option, str(value)]
    return shlex.join(words)


def _plainly(value: Any) -> str:
    """A value as it is written on the command line."""
    return value if isinstance(value, str) else json.dumps(value)


def report_command(arguments: argparse.Namespace) -> int:
    """Prints the table of a run, or writes it into a file, or a page about the run."""
    from textenvs_benchmarks.folder import ResultsFolder, write_whole
    from textenvs_benchmarks.pack import unpacked
    from textenvs_benchmarks.summary import summarise
    from textenvs_benchmarks.tasks import import_named

    form, source, out = arguments.format, arguments.folder, arguments.out
    if out is not None and (out.is_dir() or not out.name):
        raise ValueError(f"{out} is a folder: name a file with --out, such as {out / 'report.html'}")
    if form != "html" and arguments.transcripts is not None:
        raise ValueError("--transcripts is for the page: add --format html")
    with unpacked(source) as place:
        folder = ResultsFolder(place)
        import_named(folder.read()[0].suite, arguments.task)
        if form == "html":
            out = out or (source / "report.html" if source.is_dir() else source.with_suffix(".html"))
            content = _page(folder, 3 if arguments.transcripts is None else arguments.transcripts, arguments.feedback)
        else:
            suite, frame = summarise(folder)
            if arguments.feedback:
                from textenvs_benchmarks.feedback.board import add_feedback

                frame = add_feedback(frame, arguments.feedback)
            if out is None:
                _print_report(folder, suite, frame, form)
                return DONE
            content = _rendered(folder, suite, frame, form)
    write_whole(out, content.encode())
    print(f"{out}: {len(content.encode()):,d} bytes" + ("; open it in a browser" if form == "html" else ""))
    return DONE


def _page(folder: ResultsFolder, transcripts: int, feedback: Sequence[Path]) -> str:
    from textenvs_benchmarks.page.build import to_html

    with _console(stderr=True).status("playing the episodes that can be read", spinner="line"):
        return to_html(folder, transcripts, feedback)


def compare_command(arguments: argparse.Namespace) -> int:
    """Compares two agents of a run, or two runs."""
    from textenvs_benchmarks import load
    from textenvs_benchmarks.head_to_head import meet, print_meetings, to_rows

    if arguments.run is not None:
        episodes = load(arguments.run)
        ours, theirs = arguments.ours, arguments.theirs
        meetings = meet(_episodes_of(episodes, ours), _episodes_of(episodes, theirs))
    else:
        if arguments.agent is None:
            raise ValueError("say which agent of the two runs: --agent NAME; or name two agents of one run: --run DIR")
        name = arguments.agent
        meetings = meet(_episodes_of(load(arguments.ours), name), _episodes_of(load(arguments.theirs), name))
        ours, theirs = f"{name} of {arguments.ours}", f"{name} of {arguments.theirs}"
    if arguments.json:
        _print_json(list(to_rows(meetings, ours, theirs)))
    else:
        print_meetings(meetings, ours, theirs, _console())
    return DONE


def _episodes_of(episodes: pd.DataFrame, agent: str) -> pd.DataFrame:
    from textenvs.errors import unknown

    if agent not in set(episodes.agent):
        raise unknown("agent of this run", agent, sorted(set(episodes.agent)))
    return episodes[episodes.agent == agent]


def verify_command(arguments: argparse.Namespace) -> int:
    """Plays recorded episodes again and says whether they are true."""
    from textenvs.registration import register_named
    from textenvs_benchmarks.folder import TIERS, ResultsFolder
    from textenvs_benchmarks.pack import unpacked
    from textenvs_benchmarks.progress import counted
    from textenvs_benchmarks.seeds import read_secret
    from textenvs_benchmarks.suite import is_shipped
    from textenvs_benchmarks.tasks import import_named
    from textenvs_benchmarks.verify import rerun, verify_file, verify_run

    path: Path = arguments.path
    secret = read_secret(arguments.seeds_file) if arguments.seeds_file else None
    if path.is_file() and path.suffix == ".jsonl":
        for task in arguments.task:
            register_named(task)
        if arguments.rerun:
            raise ValueError("--rerun is for a whole run: name its folder, or what 'textenvs pack' has made of it")
        episodes = counted(verify_file(path, secret), _console(stderr=True))
        print(f"{path}: {episodes:,d} episodes are as they were recorded")
        return DONE
    with unpacked(path) as place:
        folder = ResultsFolder(place)
        suite = folder.read()[0].suite
        import_named(suite, arguments.task)
        episodes = counted(verify_run(folder, secret), _console(stderr=True))
        print(f"{path}: {episodes:,d} episodes are as they were recorded, and the tables are theirs")
        print(f"suite: {suite.name}, version {suite.version}" + ("" if is_shipped(suite) else ", not one of ours"))
        if arguments.rerun:
            _check_trust(suite, arguments)
            with closing(_monitor()) as monitor:
                rerun(folder, arguments.workers or os.cpu_count() or 1, monitor, secret, _terms(arguments))
            print(f"{path}: its agents, trained and played again, made the same files")
        tier = TIERS[2 if arguments.rerun else 1]
        folder.write_tier(tier)
        print(f"tier: {tier}")
    return DONE


def audit_command(arguments: argparse.Namespace) -> int:
    """Lets our own cheaters cheat."""
    from textenvs_benchmarks.audit.run import audit, print_findings, to_markdown
    from textenvs_benchmarks.progress import Silent

    findings = []
    console = _console(stderr=True)
    with console.status("auditing", spinner="line") as status:
        for finding in audit(Silent()):
            findings.append(finding)
            status.update(f"{finding.name}: {'held' if finding.held else 'NOT HELD'}")
    print_findings(findings, _console())
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(to_markdown(findings), encoding="utf-8", newline="\n")
    failed = [finding.name for finding in findings if not finding.held]
    return _complain(f"{', '.join(failed)}: not as it must be", FAILED) if failed else DONE


def check_command(arguments: argparse.Namespace) -> int:
    """Tells the author of an agent whether it speaks the protocol."""
    from textenvs.evaluation import agent_origin
    from textenvs_benchmarks.external.check import check_agent
    from textenvs_benchmarks.external.protocol import make_limits

    reaches = [f"python:{agent_origin(name)[1]}" for name in arguments.agent or [] if ":" not in name]
    reaches += _external(arguments).values()
    if len(reaches) != 1:
        raise ValueError("name one agent: --agent module:Class, --agent-cmd 'COMMAND' or --agent-url URL")
    limits = make_limits(dict(arguments.limit))
    held = check_agent(reaches[0], arguments.env, arguments.episodes, limits, _terms(arguments))
    return DONE if held else FAILED


def pack_command(arguments: argparse.Namespace) -> int:
    """Packs a run into one file."""
    from textenvs_benchmarks.folder import ResultsFolder
    from textenvs_benchmarks.pack import pack

    out = arguments.out or Path(f"{arguments.folder}.zip")
    size = pack(ResultsFolder(arguments.folder), out)
    print(f"{out}: {size:,d} bytes; 'textenvs verify {out}' checks it on any machine")
    return DONE


def seeds_command(arguments: argparse.Namespace) -> int:
    """Commits to hidden seeds, or reveals them."""
    from textenvs_benchmarks.folder import ResultsFolder
    from textenvs_benchmarks.seeds import commit, published, read_secret, to_file
    from textenvs_benchmarks.suite import load_suite

    if arguments.action == "commit":
        suite = load_suite(arguments.suite)
        out = arguments.out or Path(f"{suite.name}-{suite.version}.secret.json")
        secret = commit(suite, out)
        _print_json(published(secret))
        print(f"Publish this now, and keep {out} to yourself until you reveal it.", file=sys.stderr)
        print(f"textenvs run {arguments.suite} --seeds-file {out}", file=sys.stderr)
        return DONE
    secret = read_secret(arguments.secret)
    for path in arguments.runs:
        folder = ResultsFolder(path)
        run, _ = folder.read()
        if run.commitment != secret.commitment:
            raise Mismatch(f"the seeds of {path} were not committed with {arguments.secret}")
        secret.check(run.suite)
        folder.reveal(secret)
        print(f"written into {path}, which anyone can verify now", file=sys.stderr)
    _print_json({**to_file(secret), "commitment": secret.commitment})
    return DONE


def plot_command(arguments: argparse.Namespace) -> int:
    """Draws the learning curves of a run."""
    from textenvs_benchmarks.curves import draw_curves
    from textenvs_benchmarks.folder import ResultsFolder

    for picture in draw_curves(ResultsFolder(arguments.folder), arguments.out):
        print(picture)
    return DONE


def play_command(arguments: argparse.Namespace) -> int:
    """Lets a person play an episode, or an agent."""
    from textenvs_benchmarks.play import play

    seed = secrets.randbelow(2**31) if arguments.seed is None else arguments.seed
    if arguments.agent is None:
        if arguments.set or arguments.load:
            raise ValueError("--set and --load are for an agent: add --agent NAME")
        play(arguments.id, arguments.split, seed, arguments.obs_type or "text", arguments.free, _console())
        return DONE
    if arguments.free or arguments.obs_type:
        raise ValueError("--free and --obs-type are for you: leave them out, or --agent")
    from textenvs_benchmarks.single import prepare_agent
    from textenvs_benchmarks.watch import watch

    _check_installed(arguments.agent, arguments.id)
    settings = _settings(arguments.agent, arguments.set)
    env_id, agent = prepare_agent(arguments.agent, arguments.id, {}, settings, arguments.load, arguments.split)
    watch(agent, env_id, arguments.split, seed, _console())
    if arguments.load is None and hasattr(agent, "train"):
        print(f"It was not trained: --load takes what 'textenvs train {arguments.agent} {arguments.id}' saves.")
    return DONE


def train_command(arguments: argparse.Namespace) -> int:
    """Trains an agent and saves it."""
    _check_installed(arguments.agent, arguments.id)
    from textenvs_benchmarks.single import train_agent

    training, path = train_agent(
        arguments.agent,
        arguments.id,
        arguments.env_kwargs,
        _settings(arguments.agent, arguments.set),
        arguments.steps,
        arguments.seed,
        arguments.out,
        arguments.tensorboard,
    )
    last = [episodic_return for _, episodic_return in training.curve[-100:]]
    mean = f", mean return of the last {len(last)} of them {sum(last) / len(last):.2f}" if last else ""
    asked = f" (whole rounds, of {arguments.steps:,d})" if training.steps != arguments.steps else ""
    print(f"{training.steps:,d} steps{asked}" + (f", {len(training.curve):,d} episodes{mean}" if last else ""))
    print(f"Saved in {path}: textenvs evaluate {arguments.agent} {arguments.id} --load {path}")
    return DONE


def evaluate_command(arguments: argparse.Namespace) -> int:
    """Evaluates an agent."""
    _check_installed(arguments.agent, arguments.id)
    from dataclasses import asdict

    from textenvs_benchmarks.single import evaluate_agent

    found = evaluate_agent(
        arguments.agent,
        arguments.id,
        arguments.env_kwargs,
        _settings(arguments.agent, arguments.set),
        arguments.load,
        arguments.split,
        arguments.episodes,
        arguments.seed,
        arguments.out,
    )
    if arguments.json:
        _print_json(asdict(found))
        return DONE
    error = "" if found.standard_error is None else f" \N{PLUS-MINUS SIGN} {found.standard_error:.2f} (standard error)"
    print(f"{arguments.agent} on {arguments.id}, {arguments.split}, {found.episodes} episodes")
    print(f"mean return  {found.mean_return:z.2f}{error}")
    print(f"score        {found.score:z.1f} (0 = random, 100 = optimal)")
    if found.reward_return is not None:
        known = f", score {found.reward_score:z.1f}" if found.reward_score is not None else ""
        print(f"given reward {found.reward_return:z.2f}{known}")
        if found.reward_note:
            print(f"             no score: {found.reward_note}")
    print(f"turns        {found.length:.1f}")
    for name, value in found.metrics.items():
        print(f"{name:12} {value:z.3f}")
    return DONE


def _settings(agent: str, settings: list[tuple[str, Any]]) -> dict[str, Any]:
    """The settings of an agent; its name may stand before them, as for a run."""
    return {key.removeprefix(f"{agent}."): value for key, value in settings}


def _check_installed(agent: str, env_id: str) -> None:
    if ":" in agent:
        run = f"textenvs run --env {env_id} --agent {agent}"
        raise ValueError(f"this is for agents that are installed, by name: '{run}' trains and plays one of yours")


def data_command(arguments: argparse.Namespace) -> int:
    """Lists the data sets, or fetches some."""
    from textenvs_benchmarks.data_sets import data_catalogue, fetch_data_sets, print_data_catalogue

    if arguments.action == "fetch":
        fetch_data_sets(arguments.names, _console(stderr=True))
    elif arguments.json:
        _print_json(data_catalogue())
    else:
        print_data_catalogue(data_catalogue(), _console())
    return DONE


def _suite(arguments: argparse.Namespace) -> Suite:
    """The suite that was named, or made of what was given; numbers on the line replace the suite's."""
    from dataclasses import replace

    from textenvs.evaluation import reference_names
    from textenvs_benchmarks.suite import WITH, Suite, load_suite

    numbers = {"training_seeds": arguments.seeds, "steps": arguments.steps, "episodes": arguments.episodes}
    given: dict[str, Any] = {name: number for name, number in numbers.items() if number is not None}
    installed = [name for name in arguments.agent or [] if ":" not in name]
    external = _external(arguments)
    limits = dict(arguments.limit)
    options = _options(arguments.set)
    if arguments.suite is not None:
        if arguments.env:
            raise ValueError("a suite has its environments: leave --env out, or the suite")
        suite = load_suite(arguments.suite)
        if more := [*installed, *external]:
            agents, name = (*suite.agents, *more), WITH.join([suite.name, *more])
            suite = replace(suite, name=name, agents=agents, external={**suite.external, **external})
        if options:
            merged = {name: {**suite.options.get(name, {}), **options.get(name, {})} for name in options}
            given["options"] = {**suite.options, **merged}
        suite = replace(suite, limits={**suite.limits, **limits})
        return replace(suite, name=f"{suite.name}-changed", **given) if given else suite
    if not arguments.env or not (installed or external):
        raise ValueError("say what to run: a suite ('textenvs list' names them), or --env ID... --agent NAME...")
    agents = (*(name for name in installed if name not in reference_names()), *external)
    references = tuple(name for name in installed if name in reference_names())
    made = Suite("custom", 1, tuple(arguments.env), agents, references, external=external, limits=limits, **given)
    return replace(made, options=options)


def _options(settings: list[tuple[str, Any]]) -> dict[str, dict[str, Any]]:
    """Options by agent, of AGENT.KEY=VALUE."""
    found: dict[str, dict[str, Any]] = {}
    for place, value in settings:
        agent, dot, key = place.partition(".")
        if not (agent and dot and key):
            raise ValueError(f"--set must be AGENT.KEY=VALUE such as lm.model=FOLDER, got {place!r}")
        found.setdefault(agent, {})[key] = value
    return found


def _terms(arguments: argparse.Namespace) -> Terms:
    """The terms on which agents play that are not ours; the secret of the seeds is not for them."""
    from textenvs_benchmarks.external.agent import Terms

    secret = getattr(arguments, "seeds_file", None)
    hidden = () if secret is None else (str(secret.resolve()),)
    return Terms(tuple(arguments.agent_env), arguments.sandbox, hidden)


def _check_trust(suite: Suite, arguments: argparse.Namespace) -> None:
    """Raises ValueError if to run a suite again would execute what its maker has named, and nobody agreed to that."""
    reaches = {name: suite.reach(name) for name in suite.agents}
    named = [f"{name} ({reach})" for name, reach in reaches.items() if reach is not None]
    named += [
        f"{name} ({', '.join(f'{key}={value}' for key, value in each.items())})" for name, each in suite.options.items()
    ]
    if named and not (arguments.trust_agents or arguments.sandbox):
        raise ValueError(f"--rerun would execute {', '.join(named)}: agree with --sandbox, or with --trust-agents")


def _external(arguments: argparse.Namespace) -> dict[str, str]:
    """How agents on the line are reached that are not installed, by their names."""
    from textenvs_benchmarks.external.reach import name_reach

    found: dict[str, str] = {}
    for text, kind in (
        *((name, "python:") for name in arguments.agent or [] if ":" in name),
        *((command, "command:") for command in arguments.agent_cmd),
        *((url, "") for url in arguments.agent_url),
    ):
        name, reach = name_reach(text, kind)
        program = shlex.split(reach.removeprefix(kind))[0] if kind == "command:" else ""
        if program and shutil.which(program) is None:
            raise ValueError(f"there is no program {program!r}; a command that needs a shell is \"sh -c '...'\"")
        if name in found:
            raise ValueError(f"two agents would be called {name!r}: name them, as in {name}2={text}")
        found[name] = reach
    return found


def _rendered(folder: ResultsFolder, suite: Suite, frame: pd.DataFrame, form: str) -> str:
    """A table as it stands in a file."""
    from io import StringIO

    from rich.console import Console

    from textenvs_benchmarks import report

    if form != "text":
        return report.FORMATS[form](frame.assign(tier=folder.tier()), suite)
    file = StringIO()
    report.print_text(frame, suite, folder.read_timings(), Console(file=file, width=WIDTH), folder.tier())
    return file.getvalue()


def _print_report(folder: ResultsFolder, suite: Suite, frame: pd.DataFrame, form: str) -> None:
    from textenvs_benchmarks import report

    if form == "text":
        report.print_text(frame, suite, folder.read_timings(), _console(), folder.tier())
        if not folder.hashes():
            print("\nThis run has not ended yet: the same 'textenvs run' goes on with it.")
    else:
        print(report.FORMATS[form](frame.assign(tier=folder.tier()), suite), end="")


def _monitor() -> Bar | Lines:
    from textenvs_benchmarks.progress import Bar, Lines

    console = _console(stderr=True)
    return Bar(console) if console.is_terminal else Lines()


def _print_json(values: Any) -> None:
    print(json.dumps(values, indent=2))


def _console(stderr: bool = False) -> Console:
    from rich.console import Console

    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=WIDTH)


def _typed() -> str:
    """The command line, without where the results go and how many processes there are."""
    words, kept = sys.argv[1:], ["textenvs"]
    while words:
        word = words.pop(0)
        if word in ("--out", "--workers"):
            words[:1] = []
        elif word != "--json" and not word.startswith(("--out=", "--workers=")):
            kept.append(word)
    return shlex.join(kept)


def feedback_command(arguments: argparse.Namespace) -> int:
    """Learns from the judgements of an AI, and prints what came of it."""
    from textenvs_benchmarks.feedback.judges import missing
    from textenvs_benchmarks.feedback.page import to_html
    from textenvs_benchmarks.feedback.plan import plans_of
    from textenvs_benchmarks.feedback.report import print_study, to_markdown
    from textenvs_benchmarks.feedback.study import default_name, run_studies
    from textenvs_benchmarks.folder import write_whole

    plans = plans_of(arguments)
    folder = arguments.out or Path("runs") / default_name(plans)
    workers = arguments.workers or os.cpu_count() or 1

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    if arguments.ladder and missing("ppo"):
        tell('the ladder is climbed without PPO, which needs pip install ".[deep]" in the folder of the sources')
    try:
        results = run_studies(plans, folder, workers, tell, curves=not arguments.ladder)
    except KeyboardInterrupt:
        return _complain("interrupted: the same command goes on from here", INTERRUPTED)
    write_whole(folder / "report.html", to_html(results, _typed()).encode())
    write_whole(folder / "results.md", to_markdown(results, _typed()).encode())
    if arguments.json:
        _print_json(results)
    else:
        print_study(results, _console())
    if "endpoint" in arguments.judge:
        from textenvs.models import spent

        tell(f"spent by all runs with this cache: {spent()}")
    print(f"results: {folder}; a page of them: {folder / 'report.html'}", file=sys.stderr)
    return DONE


def compile_command(arguments: argparse.Namespace) -> int:
    """Stores reference scores and fingerprints beside their tasks; scores are computed only where behaviour changed."""
    import textenvs
    from textenvs.compilation import is_stale, store
    from textenvs.errors import Drift

    ids = [textenvs.find_entry(name).id for name in arguments.ids] or textenvs.IDS
    if arguments.check:
        stale = [env_id for env_id in ids if is_stale(env_id)]
        if stale:
            raise Drift(f"what is stored is of other sources: textenvs compile {' '.join(stale)}")
        print(f"up to date: {', '.join(ids)}")
        return DONE
    for env_id in ids:
        print(f"{env_id}: {STORED[store(env_id, new_behaviour=arguments.new_behaviour)]}", flush=True)
    return DONE


STORED = {
    "new": "stored",
    "unchanged": "up to date",
    "equal": "other sources, the same behaviour: its scores stand",
    "scored": "the same behaviour: its scores were computed anew, as the solver or the blind agents have changed",
    "changed": "it behaves otherwise than before: its scores were computed anew",
}
"""What became of an id."""


COMMANDS = {
    "list": list_command,
    "describe": describe_command,
    "run": run_command,
    "report": report_command,
    "compare": compare_command,
    "verify": verify_command,
    "check-agent": check_command,
    "audit": audit_command,
    "pack": pack_command,
    "seeds": seeds_command,
    "plot": plot_command,
    "play": play_command,
    "train": train_command,
    "evaluate": evaluate_command,
    "feedback": feedback_command,
    "compile": compile_command,
    "data": data_command,
}


if __name__ == "__main__":
    sys.exit(main())
