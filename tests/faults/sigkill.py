"""Real daemons, killed for real: a ledger outside says what was accepted and what was requested.

One round: senders post alerts to a daemon as fast as it answers, the daemon is killed by SIGKILL
after a while, started again on the same store, and in the end drained. Then the journal, read by
the daemon's own API, must hold every delivery that was answered with success, at the place that
the answer named, and no target may have seen a key twice with different bytes, nor a call again
that may not be repeated.
"""

from __future__ import annotations

import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict

from support.daemon import Daemon, Target, wait_for

RULEBOOK = """\
severity_matrix:
  P2: {{auto_remediation: true, approval_required: false, notification_channels: [ops]}}
runbooks:
  slow:
    match: "true"
    steps:
      - {{id: scale, hook: scale, retry: {{attempts: 3, initial: 1s}}}}
      - {{id: restart, hook: restart}}
remediation_hooks:
  - id: scale
    endpoint: "{url}/scale"
    idempotency_key: correlation_id
    limits: {{max: 100000, per: 1h, concurrent: 100}}
  - {{id: restart, endpoint: "{url}/restart", limits: {{max: 100000, per: 1h, concurrent: 100}}}}
notification_channels:
  ops: {{type: log}}
"""
UNLIMITED = ("--automation-limit", "100000/h")
TIMEOUT_S = 5.0


class Ledger:
    """What senders were told: (payload, incident, revision) of each success."""

    def __init__(self):
        self.accepted = []
        self.refused = 0
        self.lost = 0


class Sender(threading.Thread):
    """Posts alerts of its own until told to stop, each until it is accepted."""

    def __init__(self, daemon, ledger, number):
        super().__init__(daemon=True)
        self._daemon = daemon
        self._ledger = ledger
        self._number = number
        self._is_over = threading.Event()

    def stop(self):
        self._is_over.set()
        self.join(60)

    def run(self):
        count = 0
        while not self._is_over.is_set():
            count += 1
            payload = {
                "id": f"s{self._number}-{count // 3}",
                "severity": "P2",
                "title": "Slow",
                "n": count,
                "startsAt": 1_767_225_600 + count,
            }
            while not self._post(payload) and not self._is_over.is_set():
                time.sleep(0.05)

    def _post(self, payload):
        body = json.dumps({"type": "alert.triggered", "payload": payload}).encode()
        request = urllib.request.Request(
            f"{self._daemon.url}/ingest", body, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                told = json.load(answer)
        except urllib.error.HTTPError:
            self._ledger.refused += 1
            return False
        except (OSError, ValueError):
            self._ledger.lost += 1
            return False
        self._ledger.accepted.append((payload["n"], told["incident"], told["disposition"]))
        return True


def live_and_die(folder, kills, seed, *options):
    """One daemon, killed `kills` times at random instants; returns what is wrong at the end."""
    dice, target, ledger = random.Random(seed), Target(), Ledger()
    daemon = Daemon(folder, RULEBOOK.format(url=target.url), *UNLIMITED, *options).start()
    senders = [Sender(daemon, ledger, number) for number in range(2)]
    try:
        for sender in senders:
            sender.start()
        for _ in range(kills):
            time.sleep(dice.random() * 0.25)
            daemon.kill()
            daemon.start()
        for sender in senders:
            sender.stop()
        wait_for(lambda: not _unfinished(daemon), 120.0)
        return ledger, [*lost(daemon, ledger), *misused_keys(target)]
    finally:
        target.stop()
        if daemon.process.poll() is None:
            daemon.stop()


def _unfinished(daemon):
    rows = daemon.ask("GET", "/effects")[1]["effects"]
    return [row for row in rows if row["status"] in ("pending", "claimed")]


def lost(daemon, ledger):
    """Accepted and not in the timeline of the incident that the answer named."""
    recorded = defaultdict(set)
    for incident in {incident for _, incident, _ in ledger.accepted}:
        for record in daemon.timeline(incident):
            event = record["input"].get("event")
            if event is not None:
                recorded[incident].add((event["data"]["n"], record["disposition"]))
    return [
        f"{disposition} {n} of {incident} was accepted and is not recorded"
        for n, incident, disposition in ledger.accepted
        if (n, disposition) not in recorded[incident]
    ]


def misused_keys(target):
    """Keys that came with different bytes, and calls repeated that may not be."""
    sent, flaws = {}, []
    for path, key, body in target.calls:
        if key is None:
            flaws.append(f"a call of {path} without a key")
        elif sent.setdefault(key, (path, body)) != (path, body):
            flaws.append(f"key {key} was sent with different bytes")
    restarts = [key for path, key, _ in target.calls if path == "/restart"]
    flaws += [f"{key} was called again" for key in restarts if restarts.count(key) > 1]
    return flaws
