"""What all tests need.

They interrupt the programs that they start, also where a shell has started them in the background: such a shell has
Ctrl-C ignored, and all programs below it would inherit that. And what was verified is written down apart for each.
"""

import signal

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _state_of_its_own(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
