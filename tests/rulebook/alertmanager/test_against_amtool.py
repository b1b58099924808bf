"""Our routing and Alertmanager's, on the same label sets: `amtool config routes test` is the judge.

The label sets are made of the configuration itself: for each label that a matcher names, each value
that it or another matcher wants, one that none wants, and its absence; then all of them together.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from itertools import product
from math import gcd

import pytest

from interlock.interpreter.runtime.dry_run import Options, dry_run
from interlock.interpreter.sources import read_recording
from interlock.rulebook import compile_rulebook
from interlock.rulebook.alertmanager.reading import read_configuration
from interlock.rulebook.source import SourceFile

AMTOOL = shutil.which("amtool")
SETS_MAX = 120
NOON_ON_WEDNESDAY = "2026-03-04T12:00:00Z"

pytestmark = pytest.mark.skipif(
    AMTOOL is None, reason="amtool is not installed (Debian: prometheus-alertmanager)"
)


def label_sets(route):
    """Yield label sets that reach every route and miss it, spread over all combinations."""
    values = {}
    for matcher in matchers_of(route):
        known = values.setdefault(matcher.label, dict.fromkeys(("", "unheard-of")))
        bare = matcher.value.strip("^$()").replace(".*", "-some")
        known.update(dict.fromkeys(bare.split("|")))
    sets = list(product(*values.values()))
    spread = round(len(sets) * 0.618)  # the golden section: each step is far from all before
    stride = next(step for step in range(spread, 2 * len(sets)) if gcd(step, len(sets)) == 1)
    for number in range(min(len(sets), SETS_MAX)):
        chosen = sets[number * stride % len(sets)]
        yield {name: value for name, value in zip(values, chosen, strict=True) if value}


def matchers_of(route):
    yield from route.matchers
    for child in route.routes:
        yield from matchers_of(child)


def routed_by_alertmanager(configuration, labels):
    quoted = [f'{name}="{_escaped(value)}"' for name, value in labels.items()]
    done = subprocess.run(
        [AMTOOL, "config", "routes", "test", f"--config.file={configuration}", *quoted],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return list(dict.fromkeys(done.stdout.strip().split(",")))


def _escaped(value):
    return value.replace("\\", "\\\\").replace('"', '\\"')


def told_by_us(graph, labels):
    """Return the channels that the core tells when an alert with these labels opens an incident."""
    event = {"id": "one", "status": "firing", "severity": "P3", "labels": labels}
    lines = [{"type": "alert.triggered", "payload": event, "at": NOON_ON_WEDNESDAY}]
    recording = read_recording([json.dumps(line) for line in lines])
    report = asyncio.run(dry_run(graph, recording, Options()))
    return sorted(
        effect.channel
        for record in report.records
        for effect in record.effects
        if getattr(effect, "about", None) == "notice"
    )


def test_every_label_set_is_told_to_the_same_receivers(configuration, converted):
    text = configuration.read_text("utf-8")
    conversion = converted(text)
    graph = compile_rulebook(conversion.text)
    parsed, _ = read_configuration(SourceFile("alertmanager.yml", text))
    sets = list(label_sets(parsed.route))
    differences = []
    reached = set()
    for labels in sets:
        receivers = routed_by_alertmanager(configuration, labels)
        reached.update(receivers)
        theirs = sorted(
            channel for receiver in receivers for channel in conversion.receivers[receiver]
        )
        ours = told_by_us(graph, labels)
        if ours != theirs:
            differences.append(f"{labels}: Alertmanager tells {theirs}, we tell {ours}")
    assert len(sets) >= 30
    assert reached == set(conversion.receivers), "some receiver was never reached"
    assert differences == []
