"""No gated transition without enough people, distinct, not excluded, in time, for what was shown
(P15-P17)."""

from __future__ import annotations


def check(story):
    for stream, records in story.incidents.items():
        yield from _Gates(story.facts).follow(stream, records)


class _Gates:
    """An incident's gates as its records tell of them."""

    def __init__(self, facts):
        self._wanted = facts["gates"]
        self._severity = None
        self._gates = {}
        self._given = {}

    def follow(self, stream, records):
        for record in records:
            place = f"{stream} {record['revision']}"
            before = dict(self._gates)
            for change in record["changes"]:
                if change["kind"] == "approval":
                    yield from self._check_approval(place, record, change)
                elif change["kind"] == "transition":
                    yield from self._check_move(place, record, change, before)
                self._take_in(change)

    def _take_in(self, change):
        kind = change["kind"]
        if kind in ("opened", "severity"):
            self._severity = change["to" if kind == "severity" else "severity"]
        elif kind == "reopened":
            self._gates, self._given = {}, {}
        elif kind == "gate":
            self._gates[change["rule"]] = change["gate"]
            if change["to"] == "open" and change.get("from") != "open":
                self._given[change["rule"]] = []
        elif kind == "approval":
            self._given.setdefault(change["rule"], []).append(change["approval"])

    def _check_approval(self, place, record, change):
        approval, gate = change["approval"], self._gates.get(change["rule"])
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

    def _check_move(self, place, record, change, before):
        rule = change["rule"]
        wanted = self._wanted.get(rule)
        if wanted is None:
            return
        gate = self._gates.get(rule)
        status = None if gate is None else gate["status"]
        if status == "satisfied":
            yield from self._check_passage(place, record, change, before.get(rule))
        elif self._severity in wanted["severities"]:
            yield f"{place}: {rule} was taken without an open gate"
        elif status == "open":
            yield f"{place}: {rule} was taken while its gate stood open"
        elif status in ("denied", "expired") and not _asks(record, wanted):
            yield f"{place}: {rule} was taken though its gate was refused"

    def _check_passage(self, place, record, change, gate):
        """`gate` is as it stood before the record: what this one shows must be that."""
        rule, approvals = change["rule"], change.get("approvals", [])
        wanted = self._wanted[rule]
        if gate is None or gate["status"] != "open":
            yield f"{place}: {rule} was taken by a gate that was not open"
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
            if approval not in self._given.get(rule, []):
                yield f"{place}: {rule} was taken on an approval that is not recorded"


def _asks(record, wanted):
    """A refused gate lets nothing through before its target is asked for again."""
    return record["input"].get("event", {}).get("type") in wanted["asked_by"]
