"""Words for what libyaml refuses.

Responsible for turning a parser's complaint into what the author should do; most often a guard
needs quotes, because CEL's `!`, `[`, `{`, `"`, `: ` and ` #` mean something else in YAML. Never
parses YAML itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from interlock.rulebook.catalogue import finding
from interlock.rulebook.diagnostics import Label
from interlock.rulebook.source import SourceFile, Span

if TYPE_CHECKING:
    from interlock.rulebook.diagnostics import Diagnostic

GUARD_KEYS = (
    "validator", "when", "match", "owner", "source", "target", "scope", "group_by", "verify",
)  # fmt: skip
_GUARD_LINE = re.compile(rf"(?:^|[\s,{{])(?:{'|'.join(GUARD_KEYS)})[ \t]*:[ \t]+(?P<guard>[^\n]*)")
_GUARDS_SECTION = re.compile(r"(?m)^guards[ \t]*:(?:[^\n]*\n)(?:[ \t]+[^\n]*\n|[ \t]*\n)*\Z")
_NAMED_GUARD = re.compile(r"^[ \t]+[A-Za-z_]\w*[ \t]*:[ \t]+(?P<guard>[^\n]*)")
_REMEDIES: tuple[tuple[str, str, str], ...] = (
    ("cannot start any token", "this character cannot begin a value", "quote the value"),
    (
        "mapping values are not allowed",
        "a `: ` cannot stand here",
        "quote the value it is part of, or see whether the line above lacks its `:`",
    ),
    (
        "did not find expected key",
        "this does not continue the mapping above",
        "check the indentation and quotes of this line and the one before it",
    ),
    (
        "did not find expected '-' indicator",
        "this does not continue the list above",
        "begin each item with `- ` at the same indentation",
    ),
    ("could not find expected ':'", "a key without `: `", "write `key: value`"),
    ("found unexpected end of stream", "a quote is not closed", "close the quote"),
    ("found unexpected document indicator", "a quote is not closed", "close the quote"),
    (
        "found unknown escape character",
        "an unknown escape in double quotes",
        "use single quotes, which take backslashes as they are",
    ),
    ("exceeded maximum nesting depth", "nested too deep", "at most 64 levels are read"),
)


def explain_yaml_error(
    source: SourceFile, *, problem: str, at: int, began: int | None = None, until: int | None = None
) -> Diagnostic:
    """Return the finding for a parser's complaint.

    Args:
        source: The text.
        problem: libyaml's words.
        at: Where it stumbled.
        began: Where the construct it was reading began, when known.
        until: The end of what is wrong; one character when not given.
    """
    end = min(at + 1, len(source.text)) if until is None else until
    span = Span(source, at, end)
    if guard := _guard_before(source, at) or (
        _guard_before(source, began) if began is not None else None
    ):
        quoted = _quote(guard)
        return finding(
            "Y001",
            "YAML cannot read this guard without quotes",
            span,
            help=f"quote the guard: {quoted}",
            notes=(f"YAML says: {problem}",),
        )
    if problem == "unknown tag":
        return finding(
            "Y001",
            f"the tag `{span.text}` is not allowed: a rulebook has no tags",
            span,
            help="a `!` at the beginning of a value means a tag: quote the value",
        )
    if source.text[at : at + 1] == "\t":
        return finding(
            "Y001", "a tab where indentation is expected", span, help="indent with spaces"
        )
    if "did not find expected ',' or" in problem and began is not None:
        return _unclosed(source, began, span, problem)
    for words, message, remedy in _REMEDIES:
        if words in problem:
            return finding("Y001", message, span, help=remedy, notes=(f"YAML says: {problem}",))
    return finding("Y001", f"not valid YAML: {problem}", span)


def _unclosed(source: SourceFile, began: int, stumbled: Span, problem: str) -> Diagnostic:
    """Point at the bracket that was opened, and say where YAML found out."""
    opened = source.text[began]
    closing = {"[": "]", "{": "}"}.get(opened, "the bracket")
    return finding(
        "Y001",
        f"this `{opened}` is not closed",
        Span(source, began, began + 1),
        help=f"close it with `{closing}`, or quote the value",
        notes=(f"YAML says: {problem}",),
        labels=(Label(stumbled, "it should be closed before this"),),
    )


def _guard_before(source: SourceFile, at: int) -> str | None:
    """Return the text of the guard on the line of `at`, when a guard key begins it."""
    line = source.position(at)[0]
    start = source.offset(line, 1)
    text = source.line_text(line)
    for match in _GUARD_LINE.finditer(text):
        if start + match.start("guard") <= at:
            return match["guard"].strip()
    named = _NAMED_GUARD.match(text)
    if named and start + named.start("guard") <= at and _GUARDS_SECTION.search(source.text[:start]):
        return named["guard"].strip()
    return None


def _quote(guard: str) -> str:
    return "'" + guard.replace("'", "''") + "'"
