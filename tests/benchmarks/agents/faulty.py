"""Does what its argument says at its 5th act, and every 5th after it."""

import json
import os
import sys
import time

FAULT = sys.argv[1]


def fail(message):
    if FAULT == "crash":
        print("out of \x1b[31morder", file=sys.stderr)
        sys.exit(3)
    if FAULT == "hang":
        time.sleep(60)
    if FAULT == "close":
        os.close(1)
        time.sleep(60)
    if FAULT == "flood":
        print("x" * 10_000_000)
    if FAULT == "dribble":
        while True:
            print(" ", end="", flush=True)
            time.sleep(0.01)
    if FAULT == "errors":
        print("x" * 40_000_000, file=sys.stderr)
    if FAULT == "memory":
        bytearray(3 << 30)
    if FAULT == "daemon" and os.fork() == 0:
        os.setsid()
        time.sleep(60)
    if FAULT == "twice":
        print(json.dumps({"id": message["id"], "action": 0}))
    return {"huge": 10**30, "name": "0", "none": None, "deep": [[[[[[[[[[0]]]]]]]]]]}.get(FAULT, 0)


acts = 0
for line in sys.stdin:
    message = json.loads(line)
    answer = {"id": message["id"]}
    if message["type"] == "hello":
        if FAULT == "start":
            sys.exit(1)
        answer |= {"protocol": "textenvs-agent/1", "obs_type": "discrete", "action_type": "choice"}
        if FAULT == "protocol":
            answer["protocol"] = "textenvs-agent/9"
    elif message["type"] == "act":
        acts += 1
        answer["action"] = fail(message) if acts % 5 == 0 else message["action_mask"].index(1)
        if FAULT == "number" and acts % 5 == 0:
            answer["id"] -= 1
    print(json.dumps(answer), flush=True)
