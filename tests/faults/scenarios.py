"""Short stories to be interrupted at every point. Each is a list of steps of the simulated world.

A step sends, speaks, or lets time pass, and the next one follows when it has been answered; what
the world must look like after each of them, however it was interrupted, the invariants say.
"""

from __future__ import annotations

from simulation.actions.automation import automation_arrival

SCENARIOS = {}


def scenario(tell):
    SCENARIOS[tell.__name__] = tell
    return tell


def alert(world, name="web-1", severity="P2", *, starts=1_767_225_600, **labels):
    payload = {"id": name, "severity": severity, "title": "Slow", "n": world.mark()}
    payload["labels"] = {"service": name.rpartition("-")[0], **labels}
    if starts is not None:
        payload["startsAt"] = starts
    body = {"type": "alert.triggered", "payload": payload}
    return world.senders.read("ingest", body)


def resolve(world, name="web-1", *, starts=1_767_225_600):
    payload = {"id": name, "n": world.mark()}
    if starts is not None:
        payload["startsAt"] = starts
    return world.senders.read("ingest", {"type": "alert.resolved", "payload": payload})


def batch(world, count, service="cart", status="firing"):
    alerts = [
        {
            "status": status,
            "labels": {"alertname": f"A{number}", "service": service, "severity": "warning"},
            "annotations": {"n": str(world.mark())},
            "startsAt": "2026-01-01T00:00:00Z",
            "fingerprint": f"{service}-{number}",
        }
        for number in range(count)
    ]
    return world.senders.read("am", {"version": "4", "alerts": alerts})


def say(world, kind, who="ada", incident="web-1", **payload):
    body = {"type": kind, "payload": {"n": world.mark(), **payload}}
    return world.senders.signal(body, who, incident)


async def tell_all(world, *deliveries):
    for delivery in deliveries:
        await world.senders.send(delivery)


@scenario
async def an_alert_opens_and_remediates(world):
    await tell_all(world, alert(world))


@scenario
async def an_alert_without_a_start_is_repeated(world):
    await tell_all(world, alert(world, starts=None), alert(world, starts=None))


@scenario
async def the_same_bytes_come_twice(world):
    once = alert(world)
    await tell_all(world, once, once)


@scenario
async def an_alert_fires_and_is_resolved(world):
    await tell_all(world, alert(world), resolve(world))


@scenario
async def a_resolve_comes_before_its_alert(world):
    await tell_all(world, resolve(world), alert(world))


@scenario
async def a_batch_opens_one_incident(world):
    await tell_all(world, batch(world, 5))


@scenario
async def a_batch_is_resolved_member_by_member(world):
    await tell_all(world, batch(world, 3), batch(world, 2, status="resolved"))
    await tell_all(world, batch(world, 3, status="resolved"))


@scenario
async def a_batch_holds_what_is_no_alert(world):
    body = {"version": "4", "alerts": [7, {"status": "firing", "labels": {"service": "api"}}]}
    await tell_all(world, world.senders.read("am", body))


@scenario
async def two_deliveries_at_once(world):
    first = world.senders.send(batch(world, 3, "cart"))
    second = world.senders.send(alert(world))
    await first
    await second


@scenario
async def severity_rises_and_a_gate_opens(world):
    await tell_all(world, alert(world, severity="P3"), alert(world, severity="P1", starts=None))


async def _approve(world, *people, kind="gate.approved"):
    for who in people:
        await tell_all(world, say(world, kind, who, gate="mitigate", reason="go"))


@scenario
async def two_people_approve(world):
    await tell_all(world, alert(world, severity="P1"))
    await _approve(world, "ada", "grace")


@scenario
async def one_person_approves_twice(world):
    await tell_all(world, alert(world, severity="P1"))
    await _approve(world, "ada", "ada")


@scenario
async def an_approval_and_a_denial_meet(world):
    await tell_all(world, alert(world, severity="P1"))
    await _approve(world, "ada")
    first = world.senders.send(say(world, "gate.denied", "lin", gate="mitigate", reason="no"))
    second = world.senders.send(say(world, "gate.approved", "grace", gate="mitigate", reason="go"))
    await first
    await second


@scenario
async def a_gate_expires(world):
    await tell_all(world, alert(world, severity="P1"))
    await _approve(world, "ada")
    await world.wait(31 * 60)
    await _approve(world, "grace")


@scenario
async def nobody_acknowledges(world):
    await tell_all(world, alert(world, severity="P1"))
    await world.wait(6 * 60)
    await world.wait(10 * 60)


@scenario
async def someone_acknowledges(world):
    await tell_all(world, alert(world, severity="P1"), say(world, "engineer.ack"))
    await world.wait(20 * 60)


@scenario
async def it_fires_again_and_reopens(world):
    await tell_all(world, alert(world), resolve(world))
    await world.wait(5 * 60)
    await tell_all(world, alert(world, starts=1_767_225_900))


@scenario
async def it_fires_again_too_late(world):
    await tell_all(world, alert(world), resolve(world))
    await world.wait(40 * 60)
    await tell_all(world, alert(world, starts=1_767_229_000))


@scenario
async def a_post_mortem_is_ticketed(world):
    await tell_all(world, alert(world), resolve(world))
    await world.wait(40 * 60)


@scenario
async def it_is_cancelled_while_steps_run(world):
    await tell_all(world, alert(world), say(world, "incident.false_positive"))


@scenario
async def a_person_starts_the_runbook(world):
    await tell_all(world, alert(world, severity="P3"), say(world, "runbook.start"))


@scenario
async def automation_is_off_and_on_again(world):
    off = world.senders.deliver([automation_arrival("off")])
    await tell_all(world, off, alert(world))
    await tell_all(world, world.senders.deliver([automation_arrival("auto")]))


@scenario
async def severity_is_set_by_a_person(world):
    await tell_all(world, alert(world, severity="P3"))
    await tell_all(world, say(world, "severity.set", severity="P1", reason="customers"))
    await tell_all(world, say(world, "severity.set", severity="P3", reason="a false alarm"))


@scenario
async def people_talk(world):
    await tell_all(world, alert(world), say(world, "incident.noted", note="looked"))
    await tell_all(world, say(world, "incident.assigned", assignee="lin"), say(world, "nonsense"))
    await tell_all(world, say(world, "engineer.ack", incident="nowhere-1"))


@scenario
async def two_incidents_side_by_side(world):
    await tell_all(world, alert(world, "web-1"), alert(world, "api-1", "P1"), resolve(world))
