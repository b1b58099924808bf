"""The post-mortem: its ticket when the incident can no more reopen, and its completion by a person.

Rules of this file: the document and the meeting are facts, made by the shell from the records; what
is sent is fixed here, before the first byte. One ticket an incident: a later generation updates it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from interlock.interpreter.core import change as c
from interlock.interpreter.core import clocks
from interlock.interpreter.core.canonical import encode
from interlock.interpreter.core.draft import Draft
from interlock.interpreter.core.event import Instant
from interlock.interpreter.core.guards import read_text
from interlock.interpreter.core.notify import need_attention
from interlock.interpreter.core.record import OpenTicket

if TYPE_CHECKING:
    from interlock.interpreter.core.event import Event, Facts
    from interlock.interpreter.core.incident import Incident
    from interlock.rulebook.graph.state_graph import Hook, Rule, StateGraph

NOT_REQUIRED = "not_required"
ITEMS_MAX = 100


class TicketPlan(Struct, frozen=True):
    """A post-mortem's ticket: its name, who owns it, when it is due and when it is reviewed."""

    ticket: str
    owner: str | None
    due: Instant
    review: Instant


def plan_ticket(
    graph: StateGraph, live: StateGraph, incident: Incident, facts: Facts, now: Instant
) -> TicketPlan:
    """Return what the incident's ticket says, now."""
    draft = Draft(graph, live, incident, facts, now, "engine")
    known = incident.post_mortem or {}
    owner = graph.post_mortem.owner
    named = None if owner is None else read_text(owner, draft.bindings())
    since = incident.resolved_at or now
    return TicketPlan(
        ticket=str(known.get("ticket") or f"PM-{incident.id}"),
        owner=named or incident.assigned_engineer,
        due=since + graph.post_mortem.due_ns,
        review=since + graph.post_mortem.review_meeting_ns,
    )


def schedule_ticket(draft: Draft, rule: Rule) -> None:
    """Set the timer for the ticket, or record that the severity requires none."""
    incident = draft.incident
    if not draft.row.post_mortem:
        reason = f"severity {incident.severity} requires none"
        draft.add(c.PostMortemChanged(to=NOT_REQUIRED, rule=rule.id, reason=reason, details={}))
        return
    due = (incident.resolved_at or draft.now) + incident.reopen_within_ns
    draft.add(
        c.PostMortemChanged(
            to="scheduled",
            rule=rule.id,
            reason="the ticket is made when the incident can no more reopen",
            details={"ticket_at": due},
        )
    )
    draft.add(c.TimerSet(name=clocks.POST_MORTEM, due=due, reason="post-mortem ticket"))


def open_ticket(draft: Draft) -> None:
    """Ask for the ticket: it goes to the declared target, with the document and the meeting."""
    plan = plan_ticket(draft.graph, draft.live, draft.incident, draft.facts, draft.now)
    details = {"ticket": plan.ticket, "due": plan.due, "owner": plan.owner, "review": plan.review}
    draft.add(
        c.PostMortemChanged(to="ticketed", reason="the incident did not reopen", details=details)
    )
    target = draft.live.post_mortem.target
    hook = None if target is None else draft.live.hooks.get(target)
    if target is not None and hook is None:
        need_attention(draft, f"the post-mortem's target {target} is no hook of the rulebook")
    _ask(draft, plan, hook)


def _ask(draft: Draft, plan: TicketPlan, hook: Hook | None) -> None:
    incident, written = draft.incident, draft.facts.post_mortem
    path = draft.path("post_mortem/ticket")
    key = draft.key(path)
    content = {
        "ticket": plan.ticket,
        "title": f"Post-mortem: {incident.title}",
        "incident": incident.id,
        "severity": incident.severity,
        "owner": plan.owner,
        "due": plan.due,
        "review": plan.review,
        **written,
    }
    if hook is not None and hook.idempotency_key is not None:
        content[hook.idempotency_key] = key
    draft.ask(
        OpenTicket(
            key=key,
            path=path,
            ticket=plan.ticket,
            title=f"Post-mortem: {incident.title}",
            due=plan.due,
            details={"incident": incident.id, "severity": incident.severity},
            hook=None if hook is None else hook.id,
            method="POST" if hook is None else hook.method,
            url=None if hook is None else hook.endpoint,
            headers={} if hook is None else {"Content-Type": "application/json", **hook.headers},
            body=encode(content).decode(),
        )
    )


def complete(draft: Draft, event: Event) -> str | None:
    """Record that the review was held, with its action items; return why not, or None."""
    incident = draft.incident
    if incident.is_open:
        return f"the incident is still {incident.state}"
    items = event.data.get("action_items", [])
    if not isinstance(items, list | tuple) or not all(map(_is_item, items)):
        return "`action_items` must be a list of texts, or of objects with a `title`"
    if len(items) > ITEMS_MAX:
        return f"at most {ITEMS_MAX} action items"
    details: dict[str, Any] = {
        "action_items": [{"title": item} if isinstance(item, str) else item for item in items],
        "completed_by": draft.actor,
        "completed_at": draft.now,
    }
    summary = event.data.get("summary")
    if isinstance(summary, str):
        details["summary"] = summary
    reason = event.reason or f"reviewed by {draft.actor}, {len(items)} action items"
    draft.add(c.PostMortemChanged(to="completed", reason=reason, details=details))
    clocks.cancel_ticket(draft, "the post-mortem is completed")
    return None


def _is_item(item: Any) -> bool:
    if isinstance(item, Mapping):
        item = item.get("title")
    return isinstance(item, str) and bool(item.strip())
