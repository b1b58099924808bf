"""Who is on call when, as compiled.

Rules of this file: as in `state_graph.py`, of which this is a part. Never reads a clock.
"""

from __future__ import annotations

from msgspec import Struct


class Schedule(Struct, frozen=True):
    """An on-call rotation: who of `people` holds the pager when.

    Turns last `rotation_ns` each, from `start_ns` on (nanoseconds since 1970, UTC).
    """

    name: str
    timezone: str
    people: tuple[str, ...]
    rotation_ns: int
    start_ns: int
