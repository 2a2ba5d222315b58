"""Starts a command with limits. It is run by itself, as a script, and becomes the command.

python -I launcher.py MEMORY_BYTES FILE_BYTES COMMAND...
"""

import os
import resource
import signal
import sys


def main() -> None:
    """Sets the limits, and becomes the command."""
    memory, file_size, *command = sys.argv[1:]
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: end with whoever started this
    for kind, limit in (
        (resource.RLIMIT_AS, int(memory)),
        (resource.RLIMIT_FSIZE, int(file_size)),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        try:
            resource.setrlimit(kind, (limit, limit))
        except (ValueError, OSError):  # macOS knows no limit of the address space
            print(f"the limit {kind} cannot be set on this system", file=sys.stderr)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127)


if __name__ == "__main__":
    main()
