"""Writing YAML by hand, with comments.

Responsible for quoting, indenting and comments that no text can leave. Knows no section.
"""

from __future__ import annotations

import json
import re
from textwrap import wrap
from typing import TYPE_CHECKING

from interlock.rulebook.document.scalars import resolve_plain
from interlock.rulebook.report.cells import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PLAIN = re.compile(r"[A-Za-z_./$][A-Za-z0-9_./@+()-]*(?: [A-Za-z0-9_./@+()-]+)*")
_WIDTH = 100


def scalar(text: str) -> str:
    """Return a string as a YAML scalar that reads back as the same string."""
    if _PLAIN.fullmatch(text) and resolve_plain(text) == text:
        return text
    if text.isprintable():
        doubled = text.replace("'", "''")
        return f"'{doubled}'"
    return json.dumps(text)


def flow(value: object) -> str:
    """Return a value in flow style: a scalar, a list or a mapping."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    text = str(value)
    return scalar(text) if not re.search(r"[\[\]{},]", text) else _quoted(text)


def _quoted(text: str) -> str:
    written = scalar(text)
    return written if written[0] in "'\"" else f"'{written}'"


def comment(text: str, indent: int = 0) -> list[str]:
    """Return a text as comment lines."""
    margin = " " * indent + "# "
    return [margin + line for line in wrap(clean(text), _WIDTH - len(margin)) or [""]]


def entry(options: Mapping[str, object], indent: int) -> list[str]:
    """Return a list item with one key per line."""
    margin = " " * indent
    lines = [f"{margin}  {key}: {flow(value)}" for key, value in options.items()]
    return [f"{margin}- {lines[0].lstrip()}", *lines[1:]]


def section(name: str, lines: Iterable[str], *, notes: Iterable[str] = ()) -> list[str]:
    """Return a top-level section; one without content is left out, its notes are not."""
    told = [line for note in notes for line in comment(note)]
    content = list(lines)
    if not content:
        return ["", *told] if told else []
    return ["", *told, f"{name}:", *content]
