"""What the records of each kind of stream fold to, and which timers that needs.

Rules of this file: a stream's kind is the first part of its name; a kind is added, never
repurposed. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from interlock.interpreter.core.apply import apply
from interlock.interpreter.core.canonical import decode_incident, encode
from interlock.interpreter.core.control import Control, apply_control, decode_control
from interlock.interpreter.core.holding import Holding, apply_holding, decode_holding
from interlock.interpreter.core.incident import Incident, TimerStatus
from interlock.interpreter.core.record import Record
from interlock.interpreter.core.suppressor import (
    Suppressing,
    apply_suppressing,
    decode_suppressing,
)

if TYPE_CHECKING:
    from interlock.interpreter.core.event import Instant

State = Incident | Control | Holding | Suppressing


class Fold(Struct, frozen=True):
    """How a stream's state comes from its records, and how its head is read.

    `step` takes the state (None before the first record) and a record to the next state.
    """

    step: Callable[[Any, Record], Any]
    read_head: Callable[[bytes], Any]


ERASED: Final = encode({})
"""The head of a stream that was erased: it has no state any more."""


def _read_incident(data: bytes) -> Incident | None:
    return None if data == ERASED else decode_incident(data)


FOLDS: Final = {
    "incident": Fold(apply, _read_incident),
    "control": Fold(
        lambda control, record: apply_control(control or Control(), record), decode_control
    ),
    "group": Fold(apply_holding, decode_holding),
    "suppressor": Fold(apply_suppressing, decode_suppressing),
}
"""By the first part of a stream's name."""


def fold_of(stream: str) -> Fold:
    """Return how a stream of this name is folded."""
    return FOLDS[stream.partition("/")[0]]


def pending_timers(state: State | None) -> dict[str, Instant]:
    """Return the deadlines still to come, by name; a timer that came due has no row any more."""
    if isinstance(state, Incident):
        timers = state.timers.items()
        return {name: timer.due for name, timer in timers if timer.status is TimerStatus.SET}
    return {} if state is None else state.timers
