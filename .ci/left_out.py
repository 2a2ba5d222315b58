"""Names each test that was skipped in all steps of CI, with the reason; fails if time was the reason for any.

Usage: left_out.py FOLDER, with the files that pytest wrote by --junitxml.

A test that needs what only one of the environments has is skipped in the others: it counts as run.
"""

from __future__ import annotations

import ast
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

NO_TIME = "no time left"
"""The reason of `slow_budget.py`."""


def outcomes(folder: Path) -> tuple[set[str], dict[str, str]]:
    """The tests that ran somewhere, and their modules; and the reason why others were skipped, by test or module."""
    ran: set[str] = set()
    skipped: dict[str, str] = {}
    for path in sorted(folder.glob("*.xml")):
        for case in ElementTree.parse(path).iter("testcase"):
            module, name = case.get("classname", ""), case.get("name", "")
            test = f"{module}::{name}" if module else name
            why = case.find("skipped")
            if why is None or why.get("type") == "pytest.xfail":
                ran |= {test, module}
            elif skipped.get(test) != NO_TIME:
                skipped[test] = reason(why)
    return ran, skipped


def reason(skipped: ElementTree.Element) -> str:
    """Why a test was skipped; of a module the text holds file, line and reason as Python shows a tuple."""
    if skipped.get("type"):
        return skipped.get("message", "")
    return str(ast.literal_eval(skipped.text or "('', 0, '')")[2]).removeprefix("Skipped: ")


def main(folder: str) -> int:
    """Prints the tests by reason, those of all parameters on one line; 1 if any were skipped for want of time."""
    ran, skipped = outcomes(Path(folder))
    groups: dict[str, Counter[str]] = {}
    for test, why in skipped.items():
        if test not in ran:
            groups.setdefault(why, Counter())[test.partition("[")[0]] += 1
    late = groups.pop(NO_TIME, Counter())
    for why, tests in sorted(groups.items()):
        print(f"skipped everywhere: {why}")
        for test, n in sorted(tests.items()):
            print(f"    {test}" + (f" ({n})" if n > 1 else ""))
    if late:
        print(f"NOT RUN for want of time: {late.total()}")
        for test, n in sorted(late.items()):
            print(f"    {test}" + (f" ({n})" if n > 1 else ""))
        print("Give more seconds by CI_SECONDS, or make these tests cheaper.")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
