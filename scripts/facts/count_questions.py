"""Counts the questions that the facts give: python scripts/facts/count_questions.py.

A hop goes from an entity to the value of a field, or back from a value that belongs to one entity alone. A question has
one answer; a question whose answer shares the beginning of a word with the question ("Albanian Lek" of Albania) is not
counted, and of the questions with the same answer five at most.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

FACTS = Path(__file__).parents[2] / "textenvs" / "data" / "facts.json"
PER_ANSWER = 5
Node = tuple[str, str]


def hops(families: dict[str, Any]) -> dict[str, dict[Node, list[tuple[str, Node]]]]:
    """What can be asked of each entity or plain value: name of the hop and answer, by split."""
    found: dict[str, dict[Node, list[tuple[str, Node]]]] = {}
    for family, table in families.items():
        for name, facts in table["entities"].items():
            graph = found.setdefault(facts["split"], defaultdict(list))
            for label, kind in table["fields"].items():
                several = isinstance(facts.get(label), list)
                if label not in facts or (several and (len(facts[label]) > 1 or f"all_{label}" not in facts)):
                    continue
                value = facts[label][0] if several else facts[label]
                other = (kind["to"] or f"{family}.{label}", value)
                graph[family, name].append((f"{family}.{label}", other))
                if kind["unique"]:
                    graph[other].append((f"{label} -> {family}", (family, name)))
    return found


def shown(subject: str, answer: str) -> bool:
    """Whether the answer shares the beginning of a word with the question."""
    heads = {word[:4] for word in subject.lower().split() if len(word) > 2}
    return any(word[:4] in heads for word in answer.lower().split() if len(word) > 2)


def questions(graph: dict[Node, list[tuple[str, Node]]], hops: int) -> list[tuple[str, Node]]:
    """Path and answer of each question of one or two hops."""
    found = []
    for start in list(graph):
        for first, middle in graph[start]:
            if hops == 1 and not shown(start[1], middle[1]):
                found.append((first, middle))
            for second, end in graph.get(middle, []) if hops == 2 else []:
                if end != start and not shown(start[1], end[1]):
                    found.append((f"{first}, {second}", end))
    return found


def begin(path: str) -> str:
    """Family with which a question begins: that of "country.capital", and of "calling_code -> country"."""
    first = path.split(", ")[0]
    return first.split(" -> ")[1] if " -> " in first else first.split(".")[0]


def main() -> None:
    """Prints the numbers by split, hops and path."""
    graphs = hops(json.loads(FACTS.read_text())["families"])
    for split, graph in graphs.items():
        for number in (1, 2):
            found = questions(graph, number)
            answers = Counter(end for _, end in found)
            total = sum(min(count, PER_ANSWER) for count in answers.values())
            print(f"{split}, {number} hop(s): {total} of {len(found)}, {len(answers)} answers")
            for family in sorted({begin(path) for path, _ in found}):
                here = Counter(end for path, end in found if begin(path) == family)
                print(f"  from {family}: {sum(min(n, PER_ANSWER) for n in here.values())} of {here.total()}")


if __name__ == "__main__":
    main()
