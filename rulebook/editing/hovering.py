"""What an editor shows about the characters under a pointer.

Responsible for keys (what the schema says), names (what they are), durations, and what guards are
made of. Never shows anything that is not so: where nothing is known, there is nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from interlock.rulebook.document.nodes import MapNode, SeqNode
from interlock.rulebook.document.positions import trace_scalar
from interlock.rulebook.editing.completion import types_around
from interlock.rulebook.editing.cursor import Cursor, locate, word_end
from interlock.rulebook.editing.descriptions import describe_name
from interlock.rulebook.editing.key_completion import describe_parts
from interlock.rulebook.editing.references import target_at
from interlock.rulebook.editing.roles import Role, value_role
from interlock.rulebook.editing.schema import parts_at
from interlock.rulebook.guard.checker import check
from interlock.rulebook.guard.hover import hover_at
from interlock.rulebook.guard.parser import parse
from interlock.rulebook.guard.syntax import ParseProblem
from interlock.rulebook.literals import Problem, format_duration, parse_duration

if TYPE_CHECKING:
    from interlock.rulebook.document.nodes import Step
    from interlock.rulebook.editing.analysis import Analysis

_COLON = re.compile(r"[\"']?[ \t]*:(?=\s|$)")


class Shown(Struct, frozen=True):
    """What is shown.

    Attributes:
        text: Markdown.
        start: Offset of the first character it is about.
        end: Offset after the last one.
    """

    text: str
    start: int
    end: int


def show_at(analysis: Analysis, offset: int) -> Shown | None:
    """Return what is known about the character at an offset."""
    text = analysis.file.source.text
    if not text[offset : offset + 1].strip():
        return None
    end = word_end(text, offset)
    cursor = locate(text, end)
    if cursor.is_comment:
        return None
    is_key = _COLON.match(text, end) is not None and cursor.keys_of is not None
    shown = _name(analysis, offset) or (
        _key(cursor) if is_key else _value(analysis, cursor, offset)
    )
    return shown if shown is not None and shown.start <= offset < shown.end else None


def _name(analysis: Analysis, offset: int) -> Shown | None:
    target = target_at(analysis, offset)
    if target is None or target.occurrence is None:
        return None
    detail, doc = describe_name(target.kind, target.name, analysis.names)
    span = target.occurrence.span
    return Shown(f"{detail} `{target.name}`\n\n{doc}".rstrip(), span.start, span.end)


def _value(analysis: Analysis, cursor: Cursor, offset: int) -> Shown | None:
    path = cursor.value_of
    if path is None:
        return None
    role = value_role(path)
    if role is not None and role.place is not None:
        return _guard(analysis, path, role, offset)
    parts = parts_at(path, types_around(cursor))
    start = cursor.start
    end = word_end(analysis.file.source.text, offset)
    word = analysis.file.source.text[start:end]
    lines = [_duration(word)] if any("duration" in part.names for part in parts) else []
    doc = next((part.doc for part in parts if part.doc), "")
    lines.append(describe_parts(doc, tuple(part for part in parts if part.kind != "object")))
    shown = "\n\n".join(line for line in lines if line)
    return Shown(shown, start, end) if shown else None


def _duration(text: str) -> str:
    length = parse_duration(text.strip("\"'"))
    if isinstance(length, Problem):
        return ""
    seconds = length / 1_000_000_000
    return f"`{format_duration(length)}` ({seconds:,.10g} s)"


def _guard(analysis: Analysis, path: tuple[Step, ...], role: Role, offset: int) -> Shown | None:
    assert role.place is not None
    found = _scalar_at(analysis.file.root, path)
    if found is None:
        return None
    node, step, value = found
    start, end, style = node.places[step]
    trace = trace_scalar(node.source.text, start, end, style, value)
    if trace is None or not trace.starts:
        return None
    at = max(bisect_right(trace.starts, offset) - 1, 0)
    expr = parse(value)
    if isinstance(expr, ParseProblem):
        return None
    runbook = str(path[1]) if path[0] == "runbooks" else None
    environment = analysis.names.environment(role.place, runbook)
    shown = hover_at(check(expr, environment, source=value), environment, at)
    if shown is None:
        return None
    text = f"```\n{value[shown.start : shown.end]}: {shown.title}\n```"
    if "\n" in shown.title or "(" in shown.title:
        text = f"```\n{shown.title}\n```"
    where = trace.range(shown.start, shown.end)
    return Shown(f"{text}\n\n{shown.doc}".rstrip(), *where)


def _scalar_at(root: MapNode | None, path: tuple[Step, ...]) -> tuple[Any, Step, str] | None:
    """Return the collection, the step in it and the text that a path leads to."""
    node: Any = root
    for step in path[:-1]:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return None
    last = path[-1]
    try:
        value = node[last]
    except (KeyError, IndexError, TypeError):
        return None
    if not isinstance(node, MapNode | SeqNode) or not isinstance(value, str):
        return None
    return node, last, value


def _key(cursor: Cursor) -> Shown | None:
    if cursor.keys_of is None or not cursor.text:
        return None
    path = (*cursor.keys_of, cursor.text)
    parts = parts_at(path, types_around(cursor))
    doc = next((part.doc for part in parts if part.doc), "")
    shown = describe_parts(doc, parts)
    if not shown:
        return None
    title = f"**{cursor.text}**"
    return Shown(f"{title}\n\n{shown}", cursor.start, cursor.start + len(cursor.text))
