"""What was answered had been recorded, and a repetition is applied once (P1-P4)."""

from __future__ import annotations


def check(story):
    yield from _accepted_is_recorded(story)
    yield from _applied_once(story)


def _accepted_is_recorded(story):
    places = {(r["stream"], r["revision"]): r for r in story.records}
    quarantined = set(story.history.quarantine)
    for entry in story.history.entries:
        if entry["kind"] != "answered":
            continue
        if len(entry["answers"]) != len(entry["digests"]):
            yield f"delivery {entry['delivery']} has not an answer for each of its members"
        for digest, answer in zip(entry["digests"], entry["answers"], strict=False):
            yield from _is_recorded(entry, digest, answer, places, quarantined)


def _is_recorded(entry, digest, answer, places, quarantined):
    disposition, stream, revision = answer
    name = f"delivery {entry['delivery']} was answered {disposition}"
    if disposition == "quarantined":
        if not quarantined:
            yield f"{name}, and nothing is in quarantine"
        return
    record = places.get((stream, revision))
    if record is None:
        yield f"{name} as {stream} {revision}, which is not in the journal"
    elif record["_seq"] > entry["seq"]:
        yield f"{name} before {stream} {revision} was committed"
    elif record["disposition"] != disposition:
        yield f"{name}, and recorded as {record['disposition']}"
    elif digest is not None and record["input"]["event"].get("raw") != digest:
        yield f"{name} as {stream} {revision}, which records something else"


def _applied_once(story):
    """One dedupe key (source, fingerprint, start of the episode, status), wherever it lands.

    Among several nodes only within an incident: one may open an incident in the moment in which
    another opens and closes that of the same episode (docs/reliability.md).
    """
    applied = set()
    for stream, records in story.incidents.items():
        if story.has_several_nodes:
            applied = set()
        for record in records:
            event = record["input"].get("event")
            if event is None or record["disposition"] != "applied" or "starts_at" not in event:
                continue
            if event["origin"] != "alert":
                continue
            names = ("source", "fingerprint", "starts_at", "status")
            key = tuple(event.get(name, "ingest") for name in names)
            if key in applied:
                yield f"{stream} {record['revision']}: {key} was applied before"
            applied.add(key)
