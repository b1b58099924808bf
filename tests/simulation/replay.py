"""Folds a run's journal from zero with the engine's own `apply` (P5): heads must come out as they
are, byte for byte. The checker's own small fold (invariants/journal.py) is the second opinion."""

from __future__ import annotations

from interlock.interpreter.core.apply import apply
from interlock.interpreter.core.canonical import decode_record, encode


def replay(history):
    """Return a line for each incident whose records do not fold to its head's bytes."""
    folded = {}
    for entry in history.entries:
        if entry["kind"] != "commit":
            continue
        for stream, _, data, _ in entry["records"]:
            if stream.startswith("incident/"):
                folded[stream] = apply(folded.get(stream), decode_record(data))
    return [
        f"replay: {stream} folds to something else than its head"
        for stream, incident in folded.items()
        if encode(incident) != history.head_bytes.get(stream)
    ]
