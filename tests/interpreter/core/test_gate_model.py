"""All interleavings of what can happen to a gate, against a model that shares no code with it.

Ways that lead to the same state are continued once: a decision depends on the incident, the facts
and the time, and on nothing else. `INTERLOCK_GATE_DEPTH=6` goes deeper than every run of the tests.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import pytest
from msgspec.structs import replace as with_fields

from interlock.interpreter.core import (
    Event,
    EventInput,
    Facts,
    Origin,
    apply,
    decide,
    gate_words,
    gates,
)
from interlock.interpreter.core.canonical import decode_incident, decode_record, encode
from interlock.interpreter.core.event import TimerInput
from interlock.rulebook import compile_rulebook
from support import gate_model as model
from support.gate_model import Word, World
from support.story import MINUTE, START

DEPTH = int(os.environ.get("INTERLOCK_GATE_DEPTH", "4"))
RULEBOOK = """\
severity_matrix: {P1: {auto_remediation: true, notification_channels: [chat]}}
notification_channels: {chat: {type: log}}
remediation_hooks:
  - {id: drain, endpoint: "https://api.internal/v0/drain", idempotency_key: key}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - id: fix
    transition: TRIAGE -> MITIGATING
    trigger: [fix.asked]
    validator: incident.metrics.rate > 0.5
    gate: {approvals: 2, from: [leads], exclude: [requester], expires: 100m}
    action: drain
"""
GRAPH = compile_rulebook(RULEBOOK, name="gate")
LIVE = (GRAPH, compile_rulebook(RULEBOOK.replace("/v0/", "/v1/"), name="gate"))
TYPES = {
    "approve": "gate.approved",
    "deny": "gate.denied",
    "revoke": "gate.revoked",
    "break": "gate.break_glass",
}


@dataclass(frozen=True)
class Place:
    """One way so far: the engine's incident and journal, the model's world, the last word."""

    incident: object
    journal: tuple[bytes, ...]
    world: World
    last: tuple[Word, str | None] | None = None

    @property
    def gate(self):
        return self.incident.gates.get("fix")

    def key(self):
        bare = with_fields(self.incident, revision=0, updated_at=0)
        return encode(bare), self.world, self.last

    def facts(self):
        roles = {}
        for who, role in sorted(self.world.roles):
            roles.setdefault(who, []).append(role)
        return Facts(roles={who: tuple(held) for who, held in roles.items()})

    def decide(self, input_, actor):
        """Decide on the newest state, and keep the record as the journal would."""
        decision = decide(
            GRAPH,
            self.incident,
            input_,
            self.facts(),
            START + self.world.now * MINUTE,
            actor=actor,
            live=LIVE[self.world.version],
        )
        (record,) = decision.records
        moved = [c for c in record.changes if c.__struct_config__.tag == "transition"]
        after = replace(self, incident=decision.incident, journal=(*self.journal, encode(record)))
        return after, decision, any(change.rule == "fix" for change in moved)


def begin() -> Place:
    alert = Event(
        type="alert.triggered",
        origin=Origin.ALERT,
        id="A",
        fingerprint="A",
        severity="P1",
        status="firing",
        metrics={"rate": 1.0},
    )
    facts = Facts(free_id="A", group_key="A")
    decision = decide(GRAPH, None, EventInput(alert), facts, START, actor="source:x")
    place = Place(decision.incident, (encode(decision.records[0]),), World())
    return ask(place)


def person(kind, **fields):
    return EventInput(Event(type=kind, origin=Origin.HUMAN, source="api", id="A", **fields))


def ask(place):
    after, _, is_moved = place.decide(person("fix.asked"), "ada")
    return check(place, after, model.asked(place.world, "ada"), is_moved)


def say(kind, who):
    def step(place):
        seen = None if place.gate is None else place.gate.digest
        version = place.world.shown if kind in ("approve", "break") else None
        return deliver(place, Word(kind, who, version), seen)

    return step


def deliver(place, word, digest):
    fields = {"digest": digest} if word.kind in ("approve", "break") else {}
    input_ = person(TYPES[word.kind], gate="fix", reason="why", **fields)
    after, decision, is_moved = place.decide(input_, word.who)
    world, is_heard = model.heard(place.world, word)
    assert (decision.disposition == "applied") is is_heard, (word, decision.records[0].changes)
    return replace(check(place, after, world, is_moved), last=(word, digest))


def duplicate(place):
    return place if place.last is None else deliver(place, *place.last)


def pass_time(place):
    """The deadline passes; nothing fires."""
    return replace(
        place, world=replace(place.world, now=max(place.world.now, place.world.deadline))
    )


def expire(place):
    """The deadline passes and its timer fires."""
    place = pass_time(place)
    timer = place.incident.timers.get("gate/fix")
    if timer is None:
        return place
    after, _, is_moved = place.decide(TimerInput("gate/fix", timer.due), "engine")
    return check(place, after, model.looked_at(place.world), is_moved)


def alert(place):
    """The alert comes again and says the opposite about the guard."""
    guard = not place.world.holds_guard
    event = Event(
        type="alert.triggered",
        origin=Origin.ALERT,
        id="A",
        fingerprint="A",
        severity="P1",
        status="firing",
        metrics={"rate": 1.0 if guard else 0.0},
    )
    after, _, is_moved = place.decide(EventInput(event), "source:x")
    return check(place, after, model.told(place.world, guard), is_moved)


def edit(place):
    """The hook's target changes in the live rulebook."""
    return replace(place, world=replace(place.world, version=1 - place.world.version))


def role(who, what):
    return lambda place: replace(place, world=place.world.toggled(who, what))


def crash(place):
    """An approval is decided and never written; the next start folds the journal."""
    place.decide(person("gate.approved", gate="fix"), "grace")
    folded = None
    for data in place.journal:
        folded = apply(folded, decode_record(data))
    assert encode(folded) == encode(place.incident)
    return replace(place, incident=decode_incident(encode(folded)))


def check(before, after, world, is_moved):
    """The engine moved exactly where the model did, and both see the same gate."""
    must_move = world.is_moved and not before.world.is_moved
    assert is_moved is must_move, (before.world, world)
    gate = after.gate
    seen = ("none", frozenset(), None) if gate is None else (
        gate.status.value,
        frozenset(approval.principal for approval in gate.approvals),
        None if gate.bypass is None else gate.bypass.by,
    )  # fmt: skip
    assert seen == (world.status, world.approvals, world.bypassed_by), (before.world, world)
    assert bool(after.incident.reviews) is world.awaits_review
    assert (after.incident.state == "MITIGATING") is world.is_moved
    if is_moved:
        check_commit(after)
    return replace(after, world=world)


def check_commit(place):
    """The record of the transition itself holds what let it through."""
    record = decode_record(place.journal[-1])
    (moved,) = [
        c for c in record.changes if getattr(c, "rule", None) == "fix" and hasattr(c, "final")
    ]
    gate = place.gate
    principals = [approval.principal for approval in moved.approvals]
    assert len(set(principals)) == len(principals)
    assert "ada" not in principals
    assert {approval.digest for approval in moved.approvals} <= {gate.digest}
    for approval in moved.approvals:
        assert "leads" in approval.roles
        assert "leads" in record.facts.roles[approval.principal]
    if gate.bypass is None:
        assert len(principals) == 2
    else:
        assert gate.bypass.digest == gate.digest
        assert place.incident.needs_attention


ACTIONS = {
    "ask": ask,
    "approve:ada": say("approve", "ada"),
    "approve:grace": say("approve", "grace"),
    "approve:lin": say("approve", "lin"),
    "deny:grace": say("deny", "grace"),
    "revoke:grace": say("revoke", "grace"),
    "revoke:lin": say("revoke", "lin"),
    "break:lin": say("break", "lin"),
    "duplicate": duplicate,
    "expire": expire,
    "time": pass_time,
    "alert": alert,
    "edit": edit,
    "role:grace": role("grace", "leads"),
    "role:lin": role("lin", "break-glass"),
    "crash": crash,
}


def explore(depth):
    """Take every action from every state that can be reached; return states and commits seen."""
    frontier = {(start := begin()).key(): start}
    seen = set(frontier)
    commits = 0
    for _ in range(depth):
        reached = {}
        for place in frontier.values():
            for name, action in ACTIONS.items():
                try:
                    after = action(place)
                except AssertionError as error:
                    error.add_note(f"{name} after {len(place.journal)} records")
                    raise
                commits += after.world.is_moved and not place.world.is_moved
                key = after.key()
                if key not in seen:
                    seen.add(key)
                    reached[key] = after
        frontier = reached
    return len(seen), commits


def test_no_interleaving_commits_without_what_the_gate_asks_for():
    states, commits = explore(DEPTH)
    assert states > 500
    assert commits > 10


@pytest.mark.parametrize(
    "ways",
    [
        ("approve:grace", "approve:lin"),
        ("break:lin",),
        ("alert", "approve:grace", "approve:lin", "alert"),
        ("deny:grace", "ask", "approve:lin", "approve:grace"),
        ("role:grace", "approve:lin", "role:grace", "approve:grace"),
    ],
)
def test_ways_that_lead_through(ways):
    place = begin()
    for name in ways:
        place = ACTIONS[name](place)
    assert place.world.is_moved


@pytest.mark.parametrize(
    "ways",
    [
        ("approve:ada", "approve:grace"),
        ("approve:grace", "duplicate", "approve:grace"),
        ("approve:grace", "revoke:grace", "approve:lin"),
        ("approve:grace", "edit", "approve:lin"),
        ("alert", "approve:grace", "approve:lin", "role:grace", "alert"),
        ("alert", "approve:grace", "approve:lin", "edit", "alert"),
        ("alert", "approve:grace", "approve:lin", "time", "alert"),
        ("alert", "break:lin", "role:lin", "alert"),
        ("deny:grace", "approve:grace", "approve:lin"),
        ("expire", "approve:grace", "approve:lin", "break:lin"),
    ],
)
def test_ways_that_do_not(ways):
    place = begin()
    for name in ways:
        place = ACTIONS[name](place)
    assert not place.world.is_moved


FAULTS = {
    "roles are not asked for again": (gates, "_void_lost_words", lambda *_: None),
    "a changed target voids nothing": (gates, "_show_anew", lambda *_: None),
    "the deadline is the timer's alone": (gates, "expire", lambda *_: None),
    "anybody approves": (gate_words, "approval_obstacle", lambda *_: None),
    "a digest is not compared": (gate_words, "_stale", lambda *_: None),
    "anybody breaks the glass": (gate_words, "breaking_obstacle", lambda *_: None),
    "one approval is enough": (gates, "is_satisfied", lambda g: bool(g and g.approvals)),
    "nothing is ever satisfied": (gates, "is_satisfied", lambda _: False),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_model_finds_a_planted_fault(monkeypatch, fault):
    place, name, broken = FAULTS[fault]
    monkeypatch.setattr(place, name, broken)
    with pytest.raises(AssertionError):
        explore(3)
