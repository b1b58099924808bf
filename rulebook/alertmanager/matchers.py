"""Matchers of Alertmanager, and the guards that say the same.

Responsible for the notation `name="value"` and for its translation to CEL over `event.labels`. A
missing label has the value "", and expressions are anchored, on both sides.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from interlock.rulebook.alertmanager.configuration import Matcher, Relation

if TYPE_CHECKING:
    from collections.abc import Iterable

_MATCHER = re.compile(
    r"""\s*(?P<label>"(?:[^"\\]|\\.)*"|[^\s="!~{},]+)
        \s*(?P<relation>=~|!=|!~|=)
        \s*(?P<value>"(?:[^"\\]|\\.)*"|[^,"{}]*)\s*""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {'\\"': '"', "\\\\": "\\", "\\n": "\n"}
_ESCAPE = re.compile(r'\\["\\n]')
_WORDS = re.compile(r"[\w-]+(?:\|[\w-]+)*", re.ASCII)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset(
    {
        "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import",
        "in", "let", "loop", "namespace", "null", "package", "return", "true", "var", "void",
        "while",
    }
)  # fmt: skip


def parse_matchers(text: str) -> tuple[Matcher, ...] | None:
    """Read `a="b"`, `a=b` or `{a="b", c=~"d.*"}`; None where it is none of these."""
    body = text.strip()
    if body.startswith("{") and body.endswith("}"):
        body = body[1:-1]
    found = []
    at = 0
    while at < len(body) and body[at:].strip():
        match = _MATCHER.match(body, at)
        if match is None:
            return None
        value = _unquoted(match["value"])
        found.append(Matcher(_unquoted(match["label"]), Relation(match["relation"]), value))
        at = match.end()
        if at < len(body):
            if body[at] != ",":
                return None
            at += 1
    return tuple(found)


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        return _ESCAPE.sub(lambda match: _ESCAPES[match[0]], text[1:-1])
    return text


def guard_of(matchers: Iterable[Matcher]) -> str:
    """Return the guard that is true where all matchers match."""
    return " && ".join(_condition(one) for one in dict.fromkeys(matchers)) or "true"


def _condition(one: Matcher) -> str:
    label = f'event.labels{_step(one.label)}.orValue("")'
    match one.relation:
        case Relation.EQUAL:
            return f"{label} == {_text(one.value)}"
        case Relation.UNEQUAL:
            return f"{label} != {_text(one.value)}"
        case _:
            negation = "!" if one.relation is Relation.DIFFERS else ""
            if "|" in one.value and _WORDS.fullmatch(one.value):
                words = ", ".join(map(_text, one.value.split("|")))
                return f"{negation}({label} in [{words}])" if negation else f"{label} in [{words}]"
            return f"{negation}{label}.matches({_text(f'^(?:{one.value})$')})"


def _step(label: str) -> str:
    if _IDENTIFIER.fullmatch(label) and label not in _RESERVED:
        return f".?{label}"
    return f"[?{_text(label)}]"


def label_of(label: str) -> str:
    """Return the expression of a label that may be missing."""
    if _IDENTIFIER.fullmatch(label) and label not in _RESERVED:
        return f"event.labels.{label}"
    return f"event.labels[{_text(label)}]"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def contradict(matchers: Iterable[Matcher]) -> bool:
    """Tell whether some matchers can never match together; not every such case is found."""
    wanted: dict[str, str] = {}
    unwanted = set()
    for one in matchers:
        if one.relation is Relation.EQUAL and wanted.setdefault(one.label, one.value) != one.value:
            return True
        if one.relation is Relation.UNEQUAL:
            unwanted.add((one.label, one.value))
    return any(item in unwanted for item in wanted.items())
