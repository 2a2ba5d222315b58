"""Tests interrupt the programs that they start, also where a shell has started them in the background.

Such a shell has Ctrl-C ignored, and all programs below it would inherit that.
"""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
