"""CloudEvents 1.0 over HTTP: structured, batched, and binary; to one event each.

Responsible for the envelope. What `data` means is the sender's: we read the members that most
carry (`status`, `severity`, `title`, …), and a source's `map:` says the rest. The event's `source`
and `subject` name the alert. Never raises for a JSON value.
Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md and
bindings/http-protocol-binding.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from interlock.interpreter.sources.fields import fingerprint_of
from interlock.interpreter.sources.member import (
    FIRING,
    RESOLVED,
    make_member,
    no_delivery,
    no_event,
    no_object,
)
from interlock.interpreter.sources.reading import part, text_at, texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.interpreter.sources.delivery import Member, Members, Problem
    from interlock.interpreter.sources.profile import SourceProfile

_PREFIX: Final = "ce-"
_VERSION: Final = "1.0"
_OVER: Final = frozenset({"resolved", "closed", "recovered", "ok", "cleared"})
_READ: Final = (
    "severity", "title", "summary", "description", "labels", "annotations", "metrics", "tags",
    "starts_at", "ends_at", "metadata",
)  # fmt: skip
_CAMEL: Final = {"startsAt": "starts_at", "endsAt": "ends_at"}


def structured(headers: Iterable[tuple[str, str]], body: Any) -> Any:
    """Return the structured form of a binary-mode request; any other body as it is.

    In binary mode the attributes stand in headers `ce-…`, percent-encoded, and the body is `data`.
    """
    attributes = {
        name.lower().removeprefix(_PREFIX): unquote(value)
        for name, value in headers
        if name.lower().startswith(_PREFIX)
    }
    return {**attributes, "data": body} if "specversion" in attributes else body


def normalise_cloudevents(body: Any, profile: SourceProfile) -> Members | Problem:
    """Return the event of one CloudEvent, or a member for each of a batch."""
    if isinstance(body, list):
        return tuple(_normalise(event, profile, index) for index, event in enumerate(body))
    if not isinstance(body, dict):
        return no_delivery('a CloudEvent is an object with "specversion", "type" and "source"')
    return (_normalise(body, profile, 0),)


def _normalise(event: Any, profile: SourceProfile, index: int) -> Member:
    if not isinstance(event, dict):
        return no_object(event, index)
    missing = [name for name in ("id", "source", "type") if text_at(event, name) is None]
    if event.get("specversion") != _VERSION:
        return no_event("a CloudEvent has the specversion 1.0", event, index)
    if missing:
        return no_event(f"a CloudEvent has {', '.join(missing)}", event, index)
    data, kind = event.get("data"), str(event["type"])
    is_resolved = _is_over(text_at(data, "status") or kind.rpartition(".")[2])
    time = event.get("time")
    payload: dict[str, Any] = {
        "fingerprint": text_at(data, "fingerprint")
        or fingerprint_of([event["source"], event.get("subject") or kind]),
        "severity": event.get("severity"),
        "title": text_at(event, "subject") or kind,
        "starts_at": None if is_resolved else time,
        "ends_at": time if is_resolved else None,
    }
    given = {ours: part(data, theirs) for theirs, ours in _CAMEL.items()}
    given |= {name: part(data, name) for name in _READ if part(data, name) is not None}
    payload |= {name: found for name, found in given.items() if found is not None}
    labels = texts(source=event["source"], type=kind, subject=event.get("subject"))
    own = payload.get("labels")
    payload["labels"] = {**labels, **own} if isinstance(own, dict) else labels
    type_ = RESOLVED if is_resolved else FIRING
    return make_member(type_, payload, event, profile, index=index)


def _is_over(word: str) -> bool:
    return word.lower() in _OVER
