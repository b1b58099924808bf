"""Judges a history: plain records, requests and answers, by rules written down a second time.

Rules of this file: imports nothing of the engine, not even its decoders, so that a defect cannot
excuse itself. Each module of `invariants/` holds one family: `check(story)` yields what is wrong.
"""

from __future__ import annotations

import json
from collections import defaultdict

from simulation.invariants import alerts, delivery, effects, gates, journal, notices, timers

INVARIANTS = (journal, delivery, alerts, gates, effects, timers, notices)


class Story:
    """A history, read: records by stream, in order, each with when and by whom it was committed.

    Attributes:
        records: Every record as a dict of its JSON, with `_seq` (place of its commit in the
            history), `_clock` (highest clock of its node) and `_hash`, in the order of commits.
        streams: Stream to its records in the order in which they were committed.
    """

    def __init__(self, history):
        self.history = history
        self.facts = history.rulebook
        self.records = []
        self.streams = defaultdict(list)
        self.chains = defaultdict(list)
        for commit in history.entries:
            if commit["kind"] == "commit":
                self._read(commit)

    def _read(self, commit):
        for stream, revision, data, link in commit["records"]:
            record = json.loads(data)
            record["_seq"] = commit["seq"]
            record["_clock"] = commit["clock"]
            self.chains[stream].append((revision, data, link))
            self.records.append(record)
            self.streams[stream].append(record)

    @property
    def has_several_nodes(self):
        """Whether more than one node committed."""
        return len({commit["node"] for commit in self.history.of("commit")}) > 1

    @property
    def incidents(self):
        """Streams of incidents with their records."""
        return {name: rows for name, rows in self.streams.items() if name.startswith("incident/")}


def check(history):
    """Return what is wrong with a history, each as one line that begins with its family."""
    if history.stuck is not None:
        return [f"stuck: {history.stuck}"]
    story = Story(history)
    return [
        f"{family.__name__.rpartition('.')[2]}: {flaw}"
        for family in INVARIANTS
        for flaw in family.check(story)
    ]
