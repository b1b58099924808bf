"""Diagnostics as SARIF 2.1.0 (OASIS), for code-scanning services.

Rules of this file: every code there is gets declared, found or not, so that a service can close
what is gone. Columns count Unicode code points, and the log says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from interlock.rulebook.diagnostics import Level
from interlock.rulebook.report.cells import clean
from interlock.rulebook.report.json_document import fingerprint, subject_object

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.diagnostics import Diagnostic, Fix
    from interlock.rulebook.source import Span

_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


class Described(Protocol):
    """What a log says of a code."""

    @property
    def code(self) -> str:
        """Catalogue code."""

    @property
    def name(self) -> str:
        """Kebab-case slug."""

    @property
    def level(self) -> Level:
        """Usual level."""

    @property
    def summary(self) -> str:
        """The defect in a sentence."""

    @property
    def why(self) -> str:
        """What goes wrong because of it."""


def render_sarif(
    diagnostics: Iterable[Diagnostic],
    known: Iterable[Described],
    silenced: Iterable[tuple[Diagnostic, str]] = (),
) -> str:
    """Return a log of one run, with a line end.

    Args:
        diagnostics: The findings, in order.
        known: Every code there is.
        silenced: Findings that comments in the text silence, each with the reason given.
    """
    rules = [_rule(page) for page in known]
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": "interlock", "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [
            *(_result(item, index) | {"suppressions": []} for item in diagnostics),
            *(_result(item, index) | _suppressed(reason) for item, reason in silenced),
        ],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    import json  # noqa: PLC0415 - no other output needs it

    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(page: Described) -> dict[str, Any]:
    return {
        "id": page.code,
        "name": page.name,
        "shortDescription": {"text": page.summary},
        "fullDescription": {"text": page.why},
        "help": {"text": f"interlock explain {page.code}"},
        "defaultConfiguration": {"level": _LEVELS[page.level]},
    }


def _result(item: Diagnostic, index: dict[str, int]) -> dict[str, Any]:
    said = f"{item.message} ({item.help})" if item.help else item.message
    location = _location(item.span)
    named = subject_object(item.subject)
    if named is not None:
        location["logicalLocations"] = [{"name": named["id"], "kind": named["kind"]}]
    result: dict[str, Any] = {
        "ruleId": item.code,
        "level": _LEVELS[item.level],
        "message": {"text": clean(said)},
        "locations": [location],
        "partialFingerprints": {"interlock/v1": fingerprint(item)},
    }
    if item.code in index:
        result["ruleIndex"] = index[item.code]
    if item.fix is not None:
        result["fixes"] = [_fix(item, item.fix)]
    if item.trace:
        result["codeFlows"] = [{"threadFlows": [{"locations": _flow(item)}]}]
    if item.labels:
        result["relatedLocations"] = [
            _location(label.span) | {"id": number, "message": {"text": clean(label.text)}}
            for number, label in enumerate(item.labels, 1)
        ]
    return result


def _flow(item: Diagnostic) -> list[dict[str, Any]]:
    """Return the way an incident takes to what is wrong, as steps that a viewer walks."""
    return [
        {"location": _location(step.span) | {"message": {"text": clean(step.text)}}}
        for step in item.trace
    ]


def _suppressed(reason: str) -> dict[str, Any]:
    suppression = {"kind": "inSource"}
    if reason:
        suppression["justification"] = clean(reason)
    return {"suppressions": [suppression]}


def _fix(item: Diagnostic, fix: Fix) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        replacement = {
            "deletedRegion": _region(edit.span),
            "insertedContent": {"text": edit.text},
        }
        changes.setdefault(_uri(edit.span.source.name), []).append(replacement)
    return {
        "description": {"text": clean(item.help or "apply the suggested edit")},
        "artifactChanges": [
            {"artifactLocation": {"uri": uri}, "replacements": replacements}
            for uri, replacements in changes.items()
        ],
    }


def _location(span: Span) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(span.source.name)},
            "region": _region(span),
        }
    }


def _region(span: Span) -> dict[str, int]:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    }


def _uri(name: str) -> str:
    """Return a path as a relative reference (RFC 3986): what is no path character is escaped."""
    from urllib.parse import quote  # noqa: PLC0415 - slow to import, and for this format alone

    return quote(name.replace("\\", "/").encode("utf-8", "surrogatepass"), safe="/-._~!$&'()*+,;=@")
