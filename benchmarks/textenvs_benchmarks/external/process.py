"""A process that answers lines with lines, and what is left of it when it ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from textenvs.evaluation import AgentFailure
from textenvs_benchmarks.external.protocol import MAX_ANSWER, several

KEPT = (
    "PATH HOME USER LOGNAME SHELL LANG LANGUAGE LC_ALL LC_CTYPE TZ TMPDIR PYTHONPATH VIRTUAL_ENV LD_LIBRARY_PATH "
    "CUDA_VISIBLE_DEVICES HF_HOME TEXTENVS_DATA XDG_DATA_HOME XDG_CACHE_HOME"
).split()
"""Environment variables that an agent is given; no others, so no keys."""
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Environment variables that set how many threads numerical libraries use: one each, here and in workers."""
FIXED = {**dict.fromkeys(THREADS, "1"), "PYTHONHASHSEED": "0"}
LARGEST_FILE = 1 << 30
"""Bytes of a file that it may write."""
MAX_STDERR = 1 << 24
"""Bytes that it may print on stderr before each answer; the last `TAIL` of them are kept."""
TAIL = 4096
BLOCK = 1 << 16
SHARED = ("/tmp", "/var/tmp", "/run", "/var/run")
"""Folders of all processes, with their sockets, that a sandbox replaces by empty ones."""
GRACE = 2.0
"""Seconds that it has to end after its input was closed."""
AWAKE = 300e-6
"""Seconds in which an answer is looked for again and again: to be woken up takes as long as many an answer."""
PATIENCE = 10.0
"""Seconds in which what it has started is killed, however fast it starts more."""
TICK = 0.1
"""Seconds between two looks at a process that is waited for."""
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Sandbox:
    """What a command sees in bubblewrap: no network, no other processes, and files that it cannot write to.

    Attributes:
        hidden: Files and folders that it does not see.
        readable: What it sees though it lies in what is hidden.
        writable: Folders that it may write to.
    """

    hidden: Sequence[Path] = ()
    readable: Sequence[Path] = ()
    writable: Sequence[Path] = ()

    def words(self) -> list[str]:
        """The words before a command that runs it there.

        Raises:
            ValueError: If this machine has no bubblewrap, or the working folder is the root.
        """
        program = shutil.which("bwrap")
        if program is None:
            raise ValueError(
                "--sandbox needs bubblewrap (bwrap): install it with the system's packages, or leave it out"
            )
        here = Path.cwd()
        if here == Path(here.anchor):
            raise ValueError(f"a sandbox in {here} would hide nothing: change to a folder of your own")
        words = [program, "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/"]
        for folder in SHARED:
            words += ["--tmpfs", folder] if Path(folder).is_dir() and not Path(folder).is_symlink() else []
        words += ["--dev", "/dev", "--proc", "/proc"]
        needed = [here, Path(sys.prefix), Path(sys.base_prefix), *map(Path, filter(os.path.isdir, sys.path))]
        for path in dict.fromkeys(path.resolve() for path in needed):  # some may lie in /tmp
            words += ["--ro-bind", str(path), str(path)]
        for path in (path.resolve() for path in self.hidden):
            words += ["--tmpfs", str(path)] if path.is_dir() else ["--ro-bind", os.devnull, str(path)]
        for path in (path.resolve() for path in self.readable):
            words += ["--ro-bind", str(path), str(path)]
        for path in (path.resolve() for path in self.writable):
            words += ["--bind", str(path), str(path)]
        for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
            words += ["--setenv", name, "/tmp/cache"]
        return [*words, "--chdir", str(here), "--"]


class Process:
    """A command in its own session and process group, with limits and hardly any environment.

    Args:
        command: The command, in words.
        memory_mib: Address space of each of its processes.
        passed: Names of further environment variables that it is given.
        sandbox: What it sees, if it runs in a sandbox.

    Raises:
        ValueError: Where this system has no such processes, or no sandbox.
    """

    def __init__(
        self,
        command: Sequence[str],
        memory_mib: int,
        passed: Sequence[str] = (),
        sandbox: Sandbox | None = None,
    ) -> None:
        if os.name != "posix":
            raise ValueError("agents in a process of their own need Linux or macOS: serve yours, and name its address")
        _adopt_orphans()
        self._before = {child.pid for child in psutil.Process().children(recursive=True)}
        limits = [str(memory_mib << 20), str(LARGEST_FILE)]
        launcher = [sys.executable, "-I", "-S", str(Path(__file__).with_name("launcher.py")), *limits]
        self._process = subprocess.Popen(
            [*launcher, *(sandbox.words() if sandbox else []), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(os.environ, passed),
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout  # noqa: PT018
        assert self._process.stderr
        self._stdin, self._stdout, self._stderr = (
            pipe.fileno() for pipe in (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        for number in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(number, False)
        self._poll = select.poll()
        self._poll.register(self._stdout, select.POLLIN)
        self._poll.register(self._stderr, select.POLLIN)
        self._said = b""
        self._complained = 0
        self.tail = b""
        _LIVE.add(self)

    def ask(self, line: bytes, seconds: float) -> bytes:
        """Sends a line; gives the line that answers it, without its end.

        Raises:
            AgentFailure: If it crashes, takes too long, prints too much or more than a line.
        """
        began = time.monotonic()
        end = began + seconds
        self._complained = 0
        left = self._send(memoryview(line))
        while True:
            now = time.monotonic()
            awake = now < began + AWAKE
            ready = self._poll.poll(0 if awake else 1000 * (end - now)) if now < end else []
            if not ready and time.monotonic() >= end:
                raise AgentFailure("timeout", f"no answer in {seconds:g} s")
            for number, _ in ready:
                if number == self._stdin:
                    left = self._send(left)
                elif number == self._stderr:
                    self._listen()
                elif self._read():
                    answer, _, more = self._said.partition(b"\n")
                    if more:
                        raise several(self._said)
                    self._said = b""
                    return answer

    def wait(self, seconds: float) -> int:
        """Waits until it ends; gives its exit status.

        Raises:
            AgentFailure: If it takes too long.
        """
        end = time.monotonic() + seconds
        while self._process.poll() is None:
            if time.monotonic() > end:
                raise AgentFailure("timeout", f"not ended in {seconds:g} s")
            for number, _ in self._poll.poll(1000 * TICK):
                if number == self._stderr:
                    self._complained = 0
                    self._listen()
                elif not os.read(number, BLOCK):
                    self._poll.unregister(number)
        self._drain()
        return self._process.returncode

    def _send(self, left: memoryview) -> memoryview:
        """Sends as much as it takes; gives the rest, and waits for room if there is one."""
        try:
            left = left[os.write(self._stdin, left) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            raise self._crash() from None
        if left:
            self._poll.register(self._stdin, select.POLLOUT)
        else:
            with contextlib.suppress(KeyError):
                self._poll.unregister(self._stdin)
        return left

    def _read(self) -> bool:
        """Takes what it has answered so far; whether that is a line."""
        block = os.read(self._stdout, BLOCK)
        if not block:
            raise self._crash()
        self._said += block
        if b"\n" in block:
            return True
        if len(self._said) > MAX_ANSWER:
            raise AgentFailure("flood", f"an answer of more than {MAX_ANSWER} bytes")
        return False

    def _listen(self) -> None:
        """Takes what it has printed on stderr."""
        block = os.read(self._stderr, BLOCK)
        if not block:
            self._poll.unregister(self._stderr)
        self.tail = (self.tail + block)[-TAIL:]
        self._complained += len(block)
        if self._complained > MAX_STDERR:
            raise AgentFailure("flood", f"more than {MAX_STDERR >> 20} MiB on stderr")

    def _crash(self) -> AgentFailure:
        try:
            status = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            return AgentFailure("crash", "it has closed its output")
        self._drain()
        if status < 0:
            with contextlib.suppress(ValueError):
                return AgentFailure("crash", f"{signal.Signals(-status).name}")
        said = "it ended without an answer" if status == 0 else f"exit status {status}"
        return AgentFailure("crash", said)

    def _drain(self) -> None:
        """Takes what it had still printed on stderr when it ended; a process that it has left may still print."""
        with contextlib.suppress(BlockingIOError):
            for _ in range(MAX_STDERR // BLOCK):
                self.tail = (self.tail + os.read(self._stderr, BLOCK))[-TAIL:]

    def stop(self, grace: float = 0.0) -> int:
        """Ends it and all that it has started.

        Args:
            grace: Seconds that it has to end by itself, after its input was closed.

        Returns:
            How many processes it had left behind.
        """
        assert self._process.stdin
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        end = time.monotonic() + grace
        while self._process.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        left = self._descendants()
        while left and time.monotonic() < end and self._process.poll() is not None:  # they may be about to end too
            time.sleep(0.005)
            left = self._descendants()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        end = time.monotonic() + PATIENCE
        while (found := self._descendants()) and time.monotonic() < end:
            for child in found:
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
            psutil.wait_procs(found, timeout=TICK)
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe
            pipe.close()
        _LIVE.discard(self)
        return len(left)

    def _descendants(self) -> list[psutil.Process]:
        """All that it has started and that still runs; what has ended, and was left to this process, is reaped."""
        found = []
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if child.pid in self._before or child.pid == self._process.pid:
                    continue
                if child.status() != psutil.STATUS_ZOMBIE:
                    found.append(child)
                elif child.ppid() == os.getpid():
                    with contextlib.suppress(ChildProcessError):
                        os.waitpid(child.pid, os.WNOHANG)
        return found


_LIVE: set[Process] = set()
"""Those of this process that were not stopped yet."""


def stop_all() -> None:
    """Stops all that were not stopped yet, before this process ends."""
    for process in list(_LIVE):
        process.stop()


def _adopt_orphans() -> None:
    """Makes this process the parent of what its descendants leave behind, so that it can be found (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def _environment(given: Mapping[str, str], passed: Sequence[str]) -> dict[str, str]:
    return {name: given[name] for name in (*KEPT, *passed) if name in given} | FIXED
