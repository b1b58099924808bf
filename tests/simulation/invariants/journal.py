"""Streams without gaps, chains that hold, and heads that are what their records fold to (P5-P7)."""

from __future__ import annotations

import hashlib

_START = bytes(32)


def check(story):
    yield from _chains(story)
    yield from _heads(story)
    if not story.history.is_settled:
        yield "the world was mended and work is left undone"


def _chains(story):
    for stream, links in story.chains.items():
        previous = _START
        for place, (revision, data, link) in enumerate(links, start=1):
            if revision != place:
                yield f"{stream}: revision {revision} was committed where {place} belongs"
            previous = hashlib.sha256(previous + data).digest()
            if previous != link:
                yield f"{stream}: record {revision} does not chain to the one before"


def _heads(story):
    heads = story.history.heads
    for stream in heads.keys() ^ story.streams.keys():
        yield f"{stream}: there is a head without records, or records without a head"
    for stream, records in story.incidents.items():
        if stream not in heads:
            continue
        revision, link, head = heads[stream]
        if (revision, link) != (len(records), story.chains[stream][-1][2]):
            yield f"{stream}: its head stands at {revision}, its records at {len(records)}"
        folded = fold(records)
        for name, value in folded.items():
            if head.get(name, _DEFAULTS.get(name)) != value:
                yield f"{stream}: head says {name} is {head.get(name)!r}, its records {value!r}"


_DEFAULTS = {"generation": 1, "alerts": {}}


def fold(records):
    """Fold what matters of an incident, by the documented meaning of each change."""
    state = {"alerts": {}, "generation": 1, "revision": 0}
    for record in records:
        for change in record["changes"]:
            _FOLDS.get(change["kind"], _nothing)(state, change)
        state["revision"] = record["revision"]
    return state


def _nothing(_state, _change):
    pass


def _opened(state, change):
    state["id"] = change["id"]
    state["state"] = change["to"]
    state["severity"] = change["severity"]


def _reopened(state, change):
    state["state"] = change["to"]
    state["generation"] = change["generation"]


def _moved(state, change):
    state["state"] = change["to"]


def _severity(state, change):
    state["severity"] = change["to"]


def _alert(state, change):
    member = change["member"]
    state["alerts"][f"{member['source']}/{member['fingerprint']}"] = member


_FOLDS = {
    "opened": _opened,
    "reopened": _reopened,
    "transition": _moved,
    "severity": _severity,
    "alert": _alert,
}
