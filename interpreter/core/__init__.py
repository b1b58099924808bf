"""The pure core: which incident an event concerns, what is decided, and how state is folded.

Rules of this folder: no I/O, no clock, no randomness, no logging. Time, ids and whatever was read
come in as arguments; what leaves are values. `admit` chooses the incident, `decide` makes a record,
`apply` folds it; recovery and replay use `apply` only.
"""

from interlock.interpreter.core.admit import Admission, Group, admit
from interlock.interpreter.core.apply import apply
from interlock.interpreter.core.decide import decide
from interlock.interpreter.core.event import Event, EventInput, Facts, Origin
from interlock.interpreter.core.incident import Incident
from interlock.interpreter.core.record import Decision, Record

__all__ = [
    "Admission",
    "Decision",
    "Event",
    "EventInput",
    "Facts",
    "Group",
    "Incident",
    "Origin",
    "Record",
    "admit",
    "apply",
    "decide",
]
