"""Takes the possible sentence that has most words in common with what it sees."""

import json
import re
import sys


def words(text):
    return set(re.findall("[a-z]+", text.lower()))


def act(message):
    seen = words(message["observation"])
    best, most = 0, -1
    for number, (sentence, possible) in enumerate(zip(message["choices"], message["action_mask"], strict=True)):
        common = len(words(sentence) & seen)
        if possible and common > most:
            best, most = number, common
    return best


if __name__ == "__main__":
    for line in sys.stdin:
        message = json.loads(line)
        answer = {"id": message["id"]}
        if message["type"] == "hello":
            answer |= {"protocol": "textenvs-agent/1", "obs_type": "text", "action_type": "choice"}
        elif message["type"] == "act":
            answer["action"] = act(message)
        print(json.dumps(answer), flush=True)
