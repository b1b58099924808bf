"""The endpoint that says why: what a recorded input did to an incident's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from interlock.interpreter.core.apply import apply
from interlock.interpreter.core.canonical import decode_record
from interlock.interpreter.core.event import EventInput, Origin
from interlock.interpreter.core.incident import incident_stream
from interlock.interpreter.runtime.explaining import name_input, tell_rules
from interlock.interpreter.server.context import CONTEXT
from interlock.interpreter.server.errors import RequestError, json_response, not_found
from interlock.interpreter.server.history import Moment, fold_until
from interlock.interpreter.server.queries import read_query
from interlock.interpreter.server.views import format_instant

if TYPE_CHECKING:
    from interlock.interpreter.core.record import Record
    from interlock.interpreter.journal.store import JournalStore

_PAGE = 500
_DIGITS_MAX = 18

routes = web.RouteTableDef()


@routes.get("/incidents/{id}/explanation")
async def explain_record(request: web.Request) -> web.Response:
    """Explain one record of an incident; by default that of the last event from outside."""
    services = request.app[CONTEXT].services
    query = read_query(request, frozenset({"revision", "rule"}))
    stream = incident_stream(request.match_info["id"])
    record = await _find(services.store, stream, query.get("revision"))
    before = await fold_until(services.store, stream, Moment(revision=record.revision - 1))
    graph = await services.rulebooks.pinned(apply(before, record).rulebook)
    rule = query.get("rule")
    known = [one.id for one in graph.rules]
    if rule is not None and rule not in known:
        raise not_found(f"there is no rule {rule[:100]!r}; there are {', '.join(known)}")
    alert = await _alert(services.store, record)
    lines = list(tell_rules(graph, before, record, alert=alert, rule=rule))
    return json_response(
        {
            "incident": request.match_info["id"],
            "revision": record.revision,
            "at": format_instant(record.at),
            "actor": record.actor,
            "input": name_input(record.input),
            "disposition": record.disposition,
            "rulebook": graph.digest,
            "lines": lines,
        }
    )


async def _find(store: JournalStore, stream: str, revision: str | None) -> Record:
    if revision is not None:
        if not (revision.isascii() and revision.isdecimal() and 0 < len(revision) <= _DIGITS_MAX):
            raise RequestError(400, "invalid_query", "revision is a number from 1")
        stored = await store.read(stream, after=max(int(revision), 1) - 1, limit=1)
        if not stored:
            raise not_found(f"{stream} has no revision {revision}")
        return decode_record(stored[0].data)
    found: Record | None = None
    after = 0
    while page := await store.read(stream, after=after, limit=_PAGE):
        after = page[-1].revision
        for stored_record in page:
            record = decode_record(stored_record.data)
            input_ = record.input
            if isinstance(input_, EventInput) and input_.event.origin is not Origin.ENGINE:
                found = record
    if found is None:
        raise not_found(f"there is no {stream}")
    return found


async def _alert(store: JournalStore, record: Record) -> Any:
    """Return the raw payload of a record's event, None where it was erased or never was."""
    input_ = record.input
    if not isinstance(input_, EventInput) or input_.event.raw is None:
        return None
    raw = await store.payload(input_.event.raw)
    return None if raw is None else msgspec.json.decode(raw)
