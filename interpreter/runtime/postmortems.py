"""Making an incident's post-mortem from its records: for the ticket, and for whoever asks.

Rules of this file: renders, decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.core.postmortem import plan_ticket
from interlock.interpreter.postmortem.calendar import render_meeting
from interlock.interpreter.postmortem.document import render_document
from interlock.interpreter.postmortem.summary import summarise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interlock.interpreter.core.event import Facts, Instant
    from interlock.interpreter.core.incident import Incident
    from interlock.interpreter.core.record import Record
    from interlock.rulebook import StateGraph


def write_post_mortem(
    records: Sequence[Record],
    graph: StateGraph,
    live: StateGraph,
    incident: Incident,
    facts: Facts,
    now: Instant,
) -> Mapping[str, str]:
    """Return what an incident's records give.

    `document` is Markdown, `calendar` iCalendar, `sla` says how the SLA ended: `met`, `missed` or
    `none`.
    """
    plan = plan_ticket(graph, live, incident, facts, now)
    summary = summarise(records)
    return {
        "document": render_document(
            summary, ticket=plan.ticket, owner=plan.owner, due=plan.due, review=plan.review
        ),
        "calendar": render_meeting(
            ticket=plan.ticket,
            title=incident.title,
            owner=plan.owner,
            at=now,
            review=plan.review,
        ),
        "sla": summary.sla,
    }
