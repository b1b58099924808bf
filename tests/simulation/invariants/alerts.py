"""What alerts may and may not do: never lower a severity, never resolve what still fires."""

from __future__ import annotations


def check(story):
    ranks = story.facts["ranks"]
    for stream, records in story.incidents.items():
        firing = {}
        for record in records:
            is_alert = record["input"].get("event", {}).get("origin") == "alert"
            place = f"{stream} {record['revision']}"
            for change in record["changes"]:
                kind = change["kind"]
                if kind == "alert":
                    member = change["member"]
                    firing[member["source"], member["fingerprint"]] = member["status"] == "firing"
                elif (
                    kind == "severity" and is_alert and ranks[change["to"]] > ranks[change["from"]]
                ):
                    yield f"{place}: an alert lowered {change['from']} to {change['to']}"
                elif kind == "transition" and change.get("resolved") and any(firing.values()):
                    if not is_alert:
                        continue  # a person may
                    yield f"{place}: resolved by an alert while {sum(firing.values())} fire"
