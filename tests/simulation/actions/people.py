"""What responders say to incidents: in order, out of order, and to incidents that are not there."""

from __future__ import annotations

PEOPLE = ("ada", "grace", "lin", "kay")
SIGNALS = (
    ("engineer.ack", 6, {}),
    ("engineer.unack", 2, {}),
    ("incident.noted", 2, {"note": "looked at it"}),
    ("incident.assigned", 2, {"assignee": "lin"}),
    ("severity.set", 2, {"severity": "P1", "reason": "customers are hit"}),
    ("severity.set", 2, {"severity": "P3", "reason": "a false alarm"}),
    ("alert.resolved", 2, {}),
    ("incident.false_positive", 1, {}),
    ("runbook.start", 2, {}),
    ("mitigation.approved", 3, {}),
    ("postmortem.created", 1, {}),
    ("engineer.sings", 1, {}),
)


def speak(world):
    """One person says one thing to one incident."""
    rng = world.rng
    incident = world.pick_incident()
    kind, _, fields = rng.choices(SIGNALS, [weight for _, weight, _ in SIGNALS])[0]
    if kind == "alert.resolved":
        kind = "incident.resolved"
    body = {"type": kind, "payload": {"n": world.mark(), **fields}}
    delivery = world.senders.signal(body, rng.choice(PEOPLE), incident)
    world.senders.send(delivery, is_patient=rng.random() < 0.7)


ACTIONS = ((14, speak),)
