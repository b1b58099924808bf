"""What happened in one run, as plain data: all that the checker ever sees.

A history is one sequence of entries in the order in which things became true outside the engine: a
commit is on disk, a request has reached its target, a sender has been answered. Its hash is the
trace of the run: the same seed must give the same one.
"""

from __future__ import annotations

import hashlib


class History:
    """Entries in order (`seq` is the place), and the run's end state.

    Attributes:
        entries: dicts with `seq`, `kind` and what belongs to the kind.
        heads: Stream to (revision, hash, head as JSON values), at the end.
        head_bytes: Stream to the bytes of its head.
        outbox: Rows as dicts, at the end.
        rulebook: Facts about the rulebook that the checker needs, written down by hand.
    """

    def __init__(self, rulebook):
        self.entries = []
        self.heads = {}
        self.head_bytes = {}
        self.outbox = []
        self.quarantine = []
        self.rulebook = rulebook
        self.is_settled = True
        self.stuck = None
        self._trace = hashlib.sha256()

    def add(self, kind, **fields):
        entry = {"seq": len(self.entries), "kind": kind, **fields}
        self.entries.append(entry)
        self._trace.update(repr(entry).encode())
        return entry

    @property
    def trace(self):
        return self._trace.hexdigest()

    def of(self, kind):
        return [entry for entry in self.entries if entry["kind"] == kind]
