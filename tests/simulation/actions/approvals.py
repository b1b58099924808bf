"""What approvers do: look, approve, deny, approve twice, approve what is no more shown."""

from __future__ import annotations

from simulation.actions.people import PEOPLE


def decide_gate(world):
    """Decide an open gate after looking at it; sometimes the look was a while ago."""
    rng = world.rng
    seen = world.open_gates()
    if rng.random() < 0.2 and world.looked_at:
        seen = world.looked_at
    if not seen:
        return
    world.looked_at = seen
    incident, gate, digest = rng.choice(seen)
    kind = "gate.denied" if rng.random() < 0.08 else "gate.approved"
    payload = {"gate": gate, "n": world.mark(), "reason": "traffic is real"}
    if rng.random() < 0.7:
        payload["digest"] = digest
    who = rng.choice(PEOPLE)
    body = {"type": kind, "payload": payload}
    for _ in range(1 if rng.random() < 0.8 else 2):
        world.senders.send(world.senders.signal(body, who, incident))


ACTIONS = ((16, decide_gate),)
