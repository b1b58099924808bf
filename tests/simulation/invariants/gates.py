"""No gated transition without enough people, distinct, not excluded, in time, for what was shown
(P15-P17)."""

from __future__ import annotations


def check(story):
    for stream, records in story.incidents.items():
        yield from _check_stream(story.facts, stream, records)


def _check_stream(facts, stream, records):
    severity, given, gates = None, {}, {}
    for record in records:
        place = f"{stream} {record['revision']}"
        before = dict(gates)
        for change in record["changes"]:
            kind = change["kind"]
            if kind == "opened":
                severity = change["severity"]
            elif kind == "severity":
                severity = change["to"]
            elif kind == "reopened":
                given, gates, before = {}, {}, {}
            elif kind == "gate":
                gates[change["rule"]] = change["gate"]
                if change["to"] == "open" and change.get("from") != "open":
                    given[change["rule"]] = []
            elif kind == "approval":
                yield from _check_approval(place, record, change, before, gates)
                given.setdefault(change["rule"], []).append(change["approval"])
            elif kind == "transition" and change["rule"] in facts["gates"]:
                wanted = facts["gates"][change["rule"]]
                if severity in wanted["severities"] or change["rule"] in before:
                    yield from _check_move(place, record, change, wanted, before, given, severity)


def _check_approval(place, record, change, before, gates):
    approval = change["approval"]
    gate = gates.get(change["rule"]) or before.get(change["rule"])
    if gate is None or gate["status"] != "open":
        yield f"{place}: an approval of a gate that is not open"
        return
    if approval["principal"] != record["actor"]:
        yield f"{place}: {record['actor']} gave the approval of {approval['principal']}"
    if approval["digest"] != gate["digest"]:
        yield f"{place}: the approval is bound to what is no more shown"
    shown = record["input"].get("event", {}).get("digest")
    if shown is not None and shown != gate["digest"]:
        yield f"{place}: who approved was shown something else"


def _check_move(place, record, change, wanted, before, given, severity):
    rule, approvals = change["rule"], change.get("approvals", [])
    gate = before.get(rule)
    if gate is None or gate["status"] != "open":
        if severity in wanted["severities"]:
            yield f"{place}: {rule} was taken without an open gate"
        return
    people = {approval["principal"] for approval in approvals}
    if len(people) < wanted["approvals"]:
        yield f"{place}: {rule} was taken on the word of {len(people)}"
    if wanted["excludes_requester"] and gate.get("requester") in people:
        yield f"{place}: {rule} was taken on the word of who asked for it"
    if "expires_at" in gate and record["at"] >= gate["expires_at"]:
        yield f"{place}: {rule} was taken after its gate had expired"
    for approval in approvals:
        if approval["digest"] != gate["digest"]:
            yield f"{place}: {rule} was taken on an approval of something else"
        if approval not in given.get(rule, []):
            yield f"{place}: {rule} was taken on an approval that is not recorded"
