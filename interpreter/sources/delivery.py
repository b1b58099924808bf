"""What normalising makes of a delivery: events, and problems with members that are none.

Values only. A problem with one member of a batch never takes the others along.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from interlock.interpreter.core.event import Event


class ProblemCode(StrEnum):
    """Why something is no event; the server maps it to a status."""

    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    NOT_AN_EVENT = "not_an_event"
    RESERVED_TYPE = "reserved_type"


class Problem(Struct, frozen=True):
    """Something that is no event, and why.

    Attributes:
        detail: What is wrong and what would be right; quotes at most a few words of the sender's.
        raw: Canonical bytes of the member, to be kept in quarantine; None for a whole body.
        index: Place within its delivery, from 0.
    """

    code: ProblemCode
    detail: str
    raw: bytes | None = None
    index: int = 0


class Normalised(Struct, frozen=True):
    """An event and the canonical bytes of the payload it was made from (`event.raw` names them)."""

    event: Event
    raw: bytes


Member = Normalised | Problem
Members = tuple[Member, ...]
