"""Timers: all of them, never too early by any clock, never twice for one setting; SLA and levels of
escalation are told once in a generation (P18)."""

from __future__ import annotations


def check(story):
    for stream, records in story.incidents.items():
        yield from _check_settings(story, stream, records)
        yield from _check_clocks(stream, records)


def _check_settings(story, stream, records):
    pending = {}
    for record in records:
        place = f"{stream} {record['revision']}"
        for change in record["changes"]:
            kind = change["kind"]
            if kind == "reopened":
                pending.clear()
            elif kind == "timer_set":
                pending[change["name"]] = change["due"]
            elif kind == "timer_cancelled":
                pending.pop(change["name"], None)
            elif kind == "timer_fired":
                yield from _check_firing(place, record, change, pending)
                pending.pop(change["name"], None)
    if pending and story.history.is_settled:
        yield f"{stream}: {', '.join(pending)} never fired"


def _check_clocks(stream, records):
    """A level is one for each severity; all begin anew when an acknowledgement is given back."""
    rung, severity = set(), None
    for record in records:
        for change in record["changes"]:
            kind = change["kind"]
            if kind in ("opened", "severity"):
                severity = change["severity"] if kind == "opened" else change["to"]
            elif kind == "reopened":
                rung = set()
            elif kind == "acknowledged" and change.get("to") is None:
                rung &= {("sla", None)}
            elif kind == "timer_fired" and change["name"].startswith(("sla", "escalation/")):
                name = change["name"]
                clock = (name, None if name == "sla" else severity)
                if clock in rung:
                    yield f"{stream} {record['revision']}: {name} fired before in this generation"
                rung.add(clock)


def _check_firing(place, record, change, pending):
    name, due = change["name"], change["due"]
    if pending.get(name) != due:
        yield f"{place}: {name} fired, and was not set for that time"
    if record["at"] < due or record["_clock"] < due:
        yield f"{place}: {name} fired before its deadline"
    if change["late_ns"] != record["at"] - due:
        yield f"{place}: {name} says that it is {change['late_ns']} late"
