"""OTLP/HTTP with JSON: log records and failed spans, to one event each.

Responsible for the two exports that hold something wrong: log records of WARN or worse (or of no
severity), and spans whose status is an error. The others are no alerts, and make no member. OTLP
knows no end: an attribute `interlock.status: resolved` says so. Never raises for a JSON value.
Source: https://opentelemetry.io/docs/specs/otlp/ and the JSON mapping of opentelemetry-proto
(logs/v1/logs.proto, trace/v1/trace.proto)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from interlock.interpreter.sources.fields import fingerprint_of
from interlock.interpreter.sources.member import (
    FIRING,
    RESOLVED,
    make_member,
    no_delivery,
    no_object,
)
from interlock.interpreter.sources.reading import list_at, part, text_at, texts, word_at
from interlock.rulebook.guard.times import format_timestamp
from interlock.rulebook.guard.values import Timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.interpreter.sources.delivery import Member, Members, Problem
    from interlock.interpreter.sources.profile import SourceProfile

_WARN: Final = 13
_WORDS: Final = ((21, "critical"), (17, "error"), (13, "warning"), (1, "info"))
_ERROR_CODES: Final = (2, "STATUS_CODE_ERROR")
_INT64_DIGITS: Final = 19
_YEAR_10000_NS: Final = 253_402_300_800_000_000_000
_SCALARS: Final = ("stringValue", "boolValue", "intValue", "doubleValue", "bytesValue")


def normalise_otlp(body: Any, profile: SourceProfile) -> Members | Problem:
    """Return a member for each log record of WARN or worse and each failed span."""
    if not isinstance(part(body, "resourceLogs") or part(body, "resourceSpans"), list):
        return no_delivery('an OTLP export is an object with "resourceLogs" or "resourceSpans"')
    members: list[Member] = []
    for resource, scope, log in _walk(body, "resourceLogs", "scopeLogs", "logRecords"):
        if not isinstance(log, dict):
            members.append(no_object(log, len(members)))
        elif (_number(log) or _WARN) >= _WARN:
            members.append(_log(resource, scope, log, profile, len(members)))
    for resource, scope, span in _walk(body, "resourceSpans", "scopeSpans", "spans"):
        if not isinstance(span, dict):
            members.append(no_object(span, len(members)))
        elif part(span, "status", "code") in _ERROR_CODES:
            members.append(_span(resource, scope, span, profile, len(members)))
    return tuple(members)


def _walk(body: Any, outer: str, middle: str, inner: str) -> Iterator[tuple[Any, Any, Any]]:
    """Yield each record with the resource and the scope it belongs to."""
    for group in list_at(body, outer):
        if not isinstance(group, dict):
            yield None, None, group
        for scoped in list_at(group, middle):
            if not isinstance(scoped, dict):
                yield None, None, scoped
            for record in list_at(scoped, inner):
                yield part(group, "resource"), part(scoped, "scope"), record


def _log(
    resource: Any, scope: Any, log: dict[str, Any], profile: SourceProfile, index: int
) -> Member:
    attributes, about = _attributes(log), _attributes(resource)
    text = _value(log.get("body"))
    # What distinguishes an alert must not be its text where anything steadier is given.
    kind = text_at(log, "eventName") or attributes.get("exception.type")
    title = attributes.get("exception.message") or text or kind
    payload = {
        "fingerprint": fingerprint_of(
            [about.get("service.name"), text_at(scope, "name"), kind or text]
        ),
        "severity": _word(_number(log)) or text_at(log, "severityText"),
        "title": title,
        "starts_at": _instant(log.get("timeUnixNano")) or _instant(log.get("observedTimeUnixNano")),
    }
    return _member(payload, (about, attributes), (resource, scope, log), profile, index)


def _span(
    resource: Any, scope: Any, span: dict[str, Any], profile: SourceProfile, index: int
) -> Member:
    attributes, about = _attributes(span), _attributes(resource)
    name = text_at(span, "name")
    message = text_at(span, "status", "message")
    payload = {
        "fingerprint": fingerprint_of(
            [about.get("service.name"), name, attributes.get("error.type")]
        ),
        "severity": "error",
        "title": f"{name}: {message}" if name and message else name or message,
        "starts_at": _instant(span.get("startTimeUnixNano")),
        "ends_at": _instant(span.get("endTimeUnixNano")),
    }
    return _member(payload, (about, attributes), (resource, scope, span), profile, index)


def _member(
    payload: dict[str, Any],
    attributes: tuple[dict[str, str], dict[str, str]],
    parts: tuple[Any, Any, dict[str, Any]],
    profile: SourceProfile,
    index: int,
) -> Member:
    resource, scope, record = parts
    about, own = attributes
    payload |= {
        "labels": {**about, **own},
        "metadata": texts(trace_id=record.get("traceId"), span_id=record.get("spanId")),
    }
    if (named := own.get("interlock.fingerprint")) is not None:
        payload["fingerprint"] = named
    is_resolved = own.get("interlock.status") == "resolved"
    alert = {**record, "resource": resource, "scope": scope}
    return make_member(RESOLVED if is_resolved else FIRING, payload, alert, profile, index=index)


def _attributes(holder: Any) -> dict[str, str]:
    return {
        key: value
        for entry in list_at(holder, "attributes")
        if (key := text_at(entry, "key")) is not None
        and (value := _value(part(entry, "value"))) is not None
    }


def _value(value: Any) -> str | None:
    """Return a scalar AnyValue as text; lists and maps stay in the raw alert."""
    for name in _SCALARS:
        found = part(value, name)
        if isinstance(found, bool):
            return "true" if found else "false"
        if isinstance(found, float):
            return repr(found)
        if (word := word_at(value, name)) is not None:
            return word
    return None


def _number(log: dict[str, Any]) -> int | None:
    number = log.get("severityNumber")
    return number if type(number) is int and number > 0 else None


def _word(number: int | None) -> str | None:
    return next((word for least, word in _WORDS if (number or 0) >= least), None)


def _instant(nanoseconds: Any) -> str | None:
    """Return a fixed64 of nanoseconds, which JSON has as a string, as RFC 3339; 0 is none."""
    text = word_at({"at": nanoseconds}, "at") or ""
    if not (text.isascii() and text.isdecimal()) or len(text) > _INT64_DIGITS:
        return None
    number = int(text)
    return format_timestamp(Timestamp(number)) if 0 < number < _YEAR_10000_NS else None
