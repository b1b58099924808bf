"""No notification is lost: it reached its channel, or someone is told that it did not (P13)."""

from __future__ import annotations


def check(story):
    reached = {
        entry["key"]
        for entry in story.history.entries
        if entry["kind"] == "request" and entry["did"]
    }
    wanting = set()
    for record in story.records:
        outcome = record["input"]
        is_failure = outcome["kind"] == "outcome" and outcome["status"] != "succeeded"
        if is_failure and any(change["kind"] == "attention" for change in record["changes"]):
            wanting.add(outcome["key"])
    for record in story.records:
        for effect in record["effects"]:
            if effect["kind"] == "hook" or effect["key"] in reached:
                continue
            if effect["key"] not in wanting:
                place = f"{record['stream']} {record['revision']}"
                yield f"{place}: {effect['path']} reached nobody, and nobody is told"
