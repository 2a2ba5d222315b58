"""Stands in for pip and npm: does what the file $FAKE_TOOL says, and writes its arguments beside it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

told = json.loads(Path(os.environ["FAKE_TOOL"]).read_text())
with Path(os.environ["FAKE_TOOL"]).with_suffix(".log").open("a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\n")
half = Path(os.environ["TMPDIR"], "download")
half.write_bytes(Path(told["archive"]).read_bytes()[:100])
time.sleep(told.get("seconds", 0))
print(told.get("say", ""), flush=True)
if told.get("status"):
    sys.exit(told["status"])
option = "--pack-destination" if "--pack-destination" in sys.argv else "--dest"
shutil.copy(told["archive"], sys.argv[sys.argv.index(option) + 1])
