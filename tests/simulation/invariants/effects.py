"""Effects: asked for before they are requested, one key for one call, the same bytes at every
attempt, and never a second request where the first may have been done (P10-P13)."""

from __future__ import annotations

from collections import defaultdict


def check(story):
    asked = {}
    for record in story.records:
        for effect in record["effects"]:
            if effect["key"] in asked:
                yield f"key {effect['key']} was given to two effects"
            asked[effect["key"]] = (record, effect)
    yield from _keys_are_derived_once(asked)
    requests = defaultdict(list)
    for entry in story.history.entries:
        if entry["kind"] == "request":
            requests[entry["key"]].append(entry)
    for key, attempts in requests.items():
        yield from _check_requests(key, attempts, asked.get(key))
    yield from _check_ends(story, asked)


def _keys_are_derived_once(asked):
    """A key stands for (stream, revision, path); the generation follows from the revision."""
    origins = {}
    for key, (record, effect) in asked.items():
        origin = (record["stream"], record["revision"], effect["path"])
        if origins.setdefault(origin, key) != key:
            yield f"{origin} has two keys"


def _check_requests(key, attempts, known):
    if known is None:
        yield f"a request with key {key} that no record asked for"
        return
    record, effect = known
    place = f"{record['stream']} {record['revision']} {effect['path']}"
    if attempts[0]["seq"] < record["_seq"]:
        yield f"{place}: requested before it was committed"
    for attempt in attempts:
        if attempt["sent"] != effect:
            yield f"{place}: sent with other bytes than were recorded"
    if effect["kind"] == "hook":
        yield from _check_hook(place, effect, attempts)


def _check_hook(place, effect, attempts):
    if effect.get("is_idempotent"):
        return
    for attempt in attempts[:-1]:
        if attempt["answered"] != "failed":
            yield f"{place}: requested again while the request before may have been done"
    if len(attempts) > effect.get("attempts_max", 1):
        yield f"{place}: requested {len(attempts)} times"


def _check_ends(story, asked):
    """What ended did so by a commit, and was sent where it is said to be done."""
    ended, told = {}, {}
    for entry in story.history.entries:
        if entry["kind"] == "commit":
            for key, _ in entry["ended"]:
                ended.setdefault(key, entry["seq"])
        elif entry["kind"] == "request":
            told[entry["key"]] = entry["seq"]
    yield from _check_rows(story, asked, ended, told)
    yield from _check_withdrawn(story)


def _check_rows(story, asked, ended, told):
    rows = {key: status for key, status, _, _ in story.history.outbox}
    for key in asked.keys() - rows.keys():
        yield f"effect {key} is recorded and not in the outbox"
    for key, status in rows.items():
        if key not in asked:
            yield f"outbox row {key} is of no record"
        elif status == "held":
            continue  # over a limit: it waits for a person
        elif key not in ended:
            yield f"effect {key} is {status} by no commit"
        elif status == "done" and key not in told:
            yield f"effect {key} is done and was never sent"


def _check_withdrawn(story):
    """An effect that nobody held when it was cancelled is not sent any more."""
    held, withdrawn = {}, set()
    for entry in story.history.entries:
        kind = entry["kind"]
        if kind == "claim":
            held.update(entry["claimed"])
        elif kind == "release":
            if held.get(entry["key"]) == entry["attempt"]:
                del held[entry["key"]]
        elif kind == "commit":
            for key, status in entry["ended"]:
                if status == "cancelled" and key not in held:
                    withdrawn.add(key)
        elif kind == "request" and entry["key"] in withdrawn:
            yield f"effect {entry['key']} was cancelled and then sent"
