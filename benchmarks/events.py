"""An event as the engine binds it, for the benchmarks of guards; about 1.5 KB of JSON."""

from __future__ import annotations

import json
from typing import Any

_EVENT: dict[str, Any] = {
    "incident": {
        "id": "inc-0198f2c1a7d3",
        "title": "Critical: checkout queue latency above objective in us-east-1",
        "severity": "P2",
        "state": "TRIAGE",
        "source": "alertmanager",
        "generation": 1,
        "needs_attention": False,
        "labels": {
            "alertname": "QueueLatencyHigh",
            "env": "prod",
            "team": "checkout-core",
            "service": "checkout-queue",
            "region": "us-east-1",
            "cluster": "prod-us-1",
            "namespace": "checkout",
            "pod": "checkout-queue-6f7c9d8b5-q8x2z",
        },
        "annotations": {
            "summary": "messages wait longer than 30 s",
            "description": "The oldest message of checkout-queue has waited more than 30 seconds "
            "for over ten minutes; consumers are up but acknowledge slowly. The error budget of "
            "the month is spent at twelve times the sustainable rate.",
            "runbook": "https://runbooks.example.test/checkout/queue-latency",
        },
        "metrics": {
            "error_rate": 0.031,
            "p99_ms": 31250.5,
            "rps": 820,
            "burn": 12.1,
        },
        "tags": ["tier:1", "pci", "queue:checkout", "shift:checkout", "slo:latency", "k8s"],
        "alerts": [
            {"fingerprint": "a3f5c7e911d04b26", "status": "firing", "count": 4},
            {"fingerprint": "09bb41d2cc8e77f0", "status": "resolved", "count": 1},
        ],
        "approvals": [{"by": "ada", "decision": "approve"}, {"by": "grace", "decision": "approve"}],
    },
    "event": {"type": "alert.triggered", "source": "alertmanager", "actor": "system"},
}


def make_event(**labels: str) -> dict[str, Any]:
    """Return an event of its own, as parsing would give it, with some labels changed."""
    event: dict[str, Any] = json.loads(json.dumps(_EVENT))
    event["incident"]["labels"].update(labels)
    return event
