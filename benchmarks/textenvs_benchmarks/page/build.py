"""From a run to its page: one file of HTML that loads nothing, and runs no script but its own."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

import textenvs
from textenvs import ReferenceScores
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.page import charts, columns
from textenvs_benchmarks.page.content import Content
from textenvs_benchmarks.page.findings import plural
from textenvs_benchmarks.suite import is_shipped

COLOURS = 8
"""Of lines; further ones are dashed."""
STEPS = 9
"""Shades of a score."""
POLICY = (
    "default-src 'none'; img-src data:; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'"
)
"""Nothing is loaded and nothing is sent; of styles and scripts only those with these hashes are used."""


def to_html(folder: ResultsFolder, transcripts: int = 3, feedback: Sequence[Path] = ()) -> str:
    """The page of a run.

    It is the same for the same run, and the same state of its verification.

    Args:
        folder: The run.
        transcripts: How many episodes of each agent can be read in each environment: from the worst to the best,
            evenly spread over their order by return.
        feedback: Folders of studies of feedback, whose scores stand beside those of the run.

    Raises:
        ValueError: If a folder is not what it should be, or no job has ended.
    """
    content = Content(folder, transcripts, feedback)
    content.prepare()
    return render(
        "report.html.jinja",
        content=content,
        columns=columns,
        shipped=is_shipped(content.suite),
        version=textenvs.__version__,
    )


def render(template: str, **content: Any) -> str:
    """A page, with the style and the script that all pages have, and no others.

    Args:
        template: Its name.
        **content: What it shows.
    """
    style, script = (_file(name) for name in ("style.css", "script.js"))
    policy = POLICY.format(style=_digest(style), script=_digest(script))
    page = _environment().get_template(template)
    return page.render(policy=policy, style=Markup(style), script=Markup(script), **content).lstrip() + "\n"


def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("textenvs_benchmarks.page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "colour": _colour,
        "plural": plural,
        "ends": columns.ends,
        "heat": _heat,
        "json_lines": _json_lines,
        "normalised": _normalised,
        "number": columns.number,
        "plain": columns.plain,
        "removeprefix": str.removeprefix,
        "removesuffix": str.removesuffix,
        "ring": charts.ring,
        "spokes": charts.spokes,
    }
    made.tests["known"] = columns.is_known
    return made


def _file(name: str) -> str:
    return (files("textenvs_benchmarks.page") / "templates" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _normalised(value: float, scale: ReferenceScores) -> float:
    return math.nan if scale.optimal == scale.random else scale.normalise(value)


def _heat(score: Any) -> str:
    """The shade of a score."""
    return "h0" if not columns.is_known(score) else f"h{min(max(math.floor(score / 100.0 * STEPS), 0), STEPS)}"


def _colour(number: int) -> str:
    return f"c{number % COLOURS}" + (" dashed" if number >= COLOURS else "")


def _json_lines(lines: Sequence[str]) -> Markup:
    """Lines of JSON in an element `script`, which nothing in them can end."""
    return Markup("\n").join(Markup(_safe(line)) for line in lines)


def _safe(line: str) -> str:
    return line.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
