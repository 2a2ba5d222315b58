"""Takes the first act that is possible. An agent needs nothing but the protocol: `docs/protocol.md`."""

import json
import sys

for line in sys.stdin:
    message = json.loads(line)
    answer = {"id": message["id"]}
    if message["type"] == "hello":
        answer |= {"protocol": "textenvs-agent/1", "obs_type": "text", "action_type": "choice"}
    elif message["type"] == "act":
        answer["action"] = message["action_mask"].index(1)
    print(json.dumps(answer), flush=True)
