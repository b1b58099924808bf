"""Diagnostics as one JSON document, for tools.

Rules of this file: the document validates against `schemas/diagnostics.v1.json`; fields are added,
never repurposed. Lines, columns (1-based) and offsets (0-based) count Unicode code points.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from interlock.rulebook.report.cells import clean
from interlock.rulebook.report.summary import Tally, count_levels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.diagnostics import Diagnostic, Fix, Label
    from interlock.rulebook.source import Span

SCHEMA_ID = "interlock.diagnostics/1"
_OBJECT = re.compile(r"(?P<kind>[a-z][a-z ]*?) `(?P<id>[^`]*)`")


def render_json(diagnostics: Iterable[Diagnostic], checked: Tally | None = None) -> str:
    """Return the document with a line end; the findings stand in the order given."""
    found = tuple(diagnostics)
    looked_at = checked or Tally()
    summary = {
        "files": looked_at.files,
        "rules": looked_at.rules,
        "runbooks": looked_at.runbooks,
        "guards": looked_at.guards,
        "ignored": looked_at.ignored,
        "properties": looked_at.properties,
        **{level.value: number for level, number in count_levels(found).items()},
    }
    document = {
        "schema": SCHEMA_ID,
        "summary": summary,
        "diagnostics": [_finding(item) for item in found],
    }
    import json  # noqa: PLC0415 - no other output needs it

    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def fingerprint(item: Diagnostic) -> str:
    """Identify a finding across edits: by code, file, subject and message, never by line."""
    from hashlib import sha256  # noqa: PLC0415 - slow to import, and not needed for text

    parts = (item.code, item.span.source.name, item.subject or "", item.message)
    joined = "\0".join(clean(part) for part in parts)
    return f"sha256:{sha256(joined.encode()).hexdigest()}"


def _finding(item: Diagnostic) -> dict[str, Any]:
    return {
        "code": item.code,
        "name": item.name,
        "severity": item.level.value,
        "message": clean(item.message),
        "path": clean(item.span.source.name),
        "pointer": None if item.pointer is None else clean(item.pointer),
        "object": subject_object(item.subject),
        "range": _range(item.span),
        "help": None if item.help is None else clean(item.help),
        "notes": [clean(note) for note in item.notes],
        "related": [_related(label) for label in item.labels],
        "fix": _fix(item.fix),
        "fingerprint": fingerprint(item),
    }


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    edits = [{"range": _range(edit.span), "text": edit.text} for edit in fix.edits]
    return {"applicability": "safe" if fix.is_safe else "unsafe", "edits": edits}


def subject_object(subject: str | None) -> dict[str, str] | None:
    """Take ``rule `mitigate`, guard`` apart into kind and id; None where it names nothing."""
    match = _OBJECT.match(subject or "")
    return None if match is None else {"kind": match["kind"], "id": clean(match["id"])}


def _related(label: Label) -> dict[str, Any]:
    return {
        "message": clean(label.text),
        "path": clean(label.span.source.name),
        "range": _range(label.span),
    }


def _range(span: Span) -> dict[str, Any]:
    return {"start": _position(span, span.start), "end": _position(span, span.end)}


def _position(span: Span, offset: int) -> dict[str, int]:
    line, column = span.source.position(offset)
    return {"line": line, "column": column, "offset": offset}
