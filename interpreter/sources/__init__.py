"""Events in: what senders write, to normalised events.

Rules of this folder: pure functions from bytes or JSON values to values; no I/O, no clock, no
randomness. Nothing raises for anything a sender can write: what cannot be read becomes a `Problem`,
what cannot be mapped is left out and said in the event's `remarks`. One module per format.
"""

from interlock.interpreter.sources.delivery import (
    Member,
    Members,
    Normalised,
    Problem,
    ProblemCode,
)
from interlock.interpreter.sources.ingest import normalise_event
from interlock.interpreter.sources.profile import (
    INGEST,
    SourceProfile,
    ingest_profile,
    source_profile,
)
from interlock.interpreter.sources.recording import (
    BadLine,
    TimedDelivery,
    TimeOrigin,
    read_recording,
)
from interlock.interpreter.sources.registry import (
    DELIVERY_BYTES_MAX,
    EVENT_BYTES_MAX,
    MEDIA_TYPES,
    NORMALISERS,
    normalise,
    read_delivery,
    read_event,
)
from interlock.interpreter.sources.strict_json import decode_json

__all__ = [
    "DELIVERY_BYTES_MAX",
    "EVENT_BYTES_MAX",
    "INGEST",
    "MEDIA_TYPES",
    "NORMALISERS",
    "BadLine",
    "Member",
    "Members",
    "Normalised",
    "Problem",
    "ProblemCode",
    "SourceProfile",
    "TimeOrigin",
    "TimedDelivery",
    "decode_json",
    "ingest_profile",
    "normalise",
    "normalise_event",
    "read_delivery",
    "read_event",
    "read_recording",
    "source_profile",
]
