"""What monitoring tools do: fire, resolve, repeat, send batches and rubbish."""

from __future__ import annotations

SERVICES = ("web", "api", "cart", "db-1", "db-2")
SEVERITIES = ("P1", "P2", "P2", "P3", None, "purple")
WORDS = ("critical", "warning", "info")


def _name(world):
    return f"{world.rng.choice(SERVICES)}-{world.rng.randrange(3)}"


def _says_when(name):
    """A sender says when its episodes began, or never does."""
    return not name.endswith("2")


def fire_by_id(world):
    """A bare event with an id of its own."""
    rng, name = world.rng, _name(world)
    payload = {"id": name, "title": "Slow", "severity": rng.choice(SEVERITIES), "n": world.mark()}
    payload["labels"] = {"service": name.rpartition("-")[0]}
    if _says_when(name):
        payload["startsAt"] = world.episode(("ingest", name), is_new=rng.random() < 0.5)
    body = {"type": "alert.triggered", "payload": payload}
    world.senders.send(world.senders.read("ingest", body))


def resolve_by_id(world):
    """The end of an episode, or of one that never was."""
    name = _name(world)
    payload = {"id": name, "n": world.mark()}
    if _says_when(name):
        payload["startsAt"] = world.episode(("ingest", name), is_new=False)
    body = {"type": "alert.resolved", "payload": payload}
    world.senders.send(world.senders.read("ingest", body))


def _alert(world, service):
    rng = world.rng
    number = rng.randrange(3)
    is_over = rng.random() < 0.4
    start = world.episode(("am", service, number), is_new=not is_over and rng.random() < 0.3)
    labels = {"alertname": f"A{number}", "service": service, "severity": rng.choice(WORDS)}
    if service.startswith("db"):
        labels |= {"team": "db", "cluster": service}
    alert = {
        "status": "resolved" if is_over else "firing",
        "labels": labels,
        "annotations": {"n": str(world.mark())},
        "startsAt": world.rfc3339(start),
        "fingerprint": f"{service}-{number}",
    }
    if is_over:
        alert["endsAt"] = world.rfc3339(start + 60)
    return alert


def alertmanager_batch(world):
    """One to six alerts of a service or two in one body; one of them may be no alert at all."""
    rng = world.rng
    services = rng.choices(SERVICES, k=rng.randrange(1, 3))
    alerts = [_alert(world, rng.choice(services)) for _ in range(rng.randrange(1, 7))]
    if rng.random() < 0.05:
        alerts.insert(rng.randrange(len(alerts) + 1), rng.choice(("what?", 7, [])))
    body = {"version": "4", "status": "firing", "alerts": alerts}
    world.senders.send(world.senders.read("am", body))


def repeat(world):
    """The same bytes again, long after they were answered or while they still are under way."""
    sent = world.senders.sent
    if sent:
        recent = sent[-20:] if world.rng.random() < 0.7 else sent
        world.senders.send(world.rng.choice(recent))


ACTIONS = ((22, fire_by_id), (12, resolve_by_id), (14, alertmanager_batch), (9, repeat))
