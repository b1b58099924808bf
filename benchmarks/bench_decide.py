"""Deciding: admit, decide and encode for the starter rulebook, against baselines in the same run.

`json` is json.loads and json.dumps of the same event: what merely reading and writing it costs in
the standard library. `by hand` is the same workflow as an if-chain over a dict, without guards,
timers, notifications, keys or hashes, that writes record and state with json.dumps. The three take
turns, so that a busy machine is busy for all; the medians of the rounds are printed.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

from interlock.interpreter.core import Event, EventInput, Facts, Origin, admit, decide
from interlock.interpreter.core.admit import Group
from interlock.interpreter.core.canonical import encode
from interlock.interpreter.core.correlate import correlate
from interlock.rulebook import compile_rulebook

ROUNDS = 15
CALLS = 300
START = 1_767_225_600_000_000_000
STARTER = Path(__file__).parents[1] / "policies" / "starter" / "rulebook.yaml"
PAYLOAD = {
    "type": "alert.triggered",
    "payload": {
        "id": "inc-42",
        "severity": "P2",
        "title": "High Latency",
        "labels": {"alertname": "HighLatency", "service": "checkout", "cluster": "eu-1"},
        "annotations": {"summary": "p99 latency of checkout is 1.8 s"},
    },
}


def make_event(**fields) -> Event:
    """Make the event that PAYLOAD is."""
    payload = PAYLOAD["payload"]
    return Event(
        type=PAYLOAD["type"],
        origin=Origin.ALERT,
        source="ingest",
        fingerprint=payload["id"],
        status="firing",
        **payload,
        **fields,
    )


class Core:
    """The core as the daemon calls it: correlate, admit, decide, encode record and head."""

    def __init__(self) -> None:
        self.graph = compile_rulebook(STARTER.read_text(encoding="utf-8"), name="starter")
        self.first, self.again = make_event(), make_event(metrics={"p99_ms": 1800.0})
        self.incident = self.decide(self.first, Group()).incident
        assert self.incident.state == "MITIGATING"

    def decide(self, event: Event, group: Group):
        """Decide an event and encode what the daemon would store."""
        found = correlate(self.graph, event)
        facts = Facts(
            on_call={"sre": "ada"}, group_key=found.key, free_id="inc-42", base_id="inc-42"
        )
        admission = admit(self.graph, group, event, facts, START)
        decision = decide(
            self.graph, admission.incident, EventInput(event), facts, START, actor="source:ingest"
        )
        for record in decision.records:
            encode(record)
        encode(decision.incident)
        return decision

    def opening(self) -> None:
        """Open an incident that goes on to MITIGATING and calls its first hook."""
        self.decide(self.first, Group())

    def repeat(self) -> None:
        """Update a member of the incident that is open."""
        self.decide(self.again, Group("k", self.incident, self.incident))


BODY = json.dumps(PAYLOAD)


def read_and_write() -> None:
    json.dumps(json.loads(BODY))


def by_hand() -> None:
    event = json.loads(BODY)
    payload = event["payload"]
    incident = {"id": payload["id"], "state": "DETECTED", "severity": payload.get("severity", "P3")}
    incident |= {"title": payload["title"], "labels": payload["labels"], "steps": []}
    changes = [{"kind": "opened", "to": "DETECTED"}]
    if incident["severity"]:
        incident["state"] = "TRIAGE"
        incident["assigned_engineer"] = "ada"
        changes.append({"kind": "transition", "from": "DETECTED", "to": "TRIAGE"})
    if "Latency" in incident["title"] and incident["severity"] != "P1":
        incident["state"] = "MITIGATING"
        incident["steps"] = ["scale", "restart"]
        changes.append({"kind": "transition", "from": "TRIAGE", "to": "MITIGATING"})
    json.dumps({"at": START, "input": event, "changes": changes})
    json.dumps(incident)


def time_us(function) -> float:
    """Return microseconds a call."""
    began = time.perf_counter()
    for _ in range(CALLS):
        function()
    return (time.perf_counter() - began) / CALLS * 1e6


def main() -> int:
    core = Core()
    runs = {
        "json": read_and_write,
        "by hand": by_hand,
        "P2 alert opens": core.opening,
        "repeat alert": core.repeat,
    }
    times = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, function in runs.items():
            times[name].append(time_us(function))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    print(f"{'':16}{'us/call':>9}{'/ json':>9}{'/ by hand':>11}")
    for name, median in medians.items():
        ratios = f"{median / medians['json']:>9.1f}{median / medians['by hand']:>11.1f}"
        print(f"{name:16}{median:>9.1f}{ratios}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
