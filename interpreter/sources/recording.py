"""A recording, to deliveries with the time each arrived.

Responsible for JSON lines, mixed freely: `{"at", "source", "body"}`, a bare event, or a sender's
raw body. Pure over the lines; never sorts, never skips a line silently: one that is no event
comes out as a `BadLine` with its number. Whether a body holds events is the normaliser's to say.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from interlock.interpreter.core.event import Instant
from interlock.interpreter.sources.delivery import Problem
from interlock.interpreter.sources.fields import kind_of
from interlock.interpreter.sources.instants import read_instant
from interlock.interpreter.sources.profile import INGEST
from interlock.interpreter.sources.registry import DELIVERY_BYTES_MAX
from interlock.interpreter.sources.strict_json import decode_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TIME_KEYS: Final = frozenset({"startsAt", "starts_at", "endsAt", "ends_at"})
_ENVELOPE_KEYS: Final = frozenset({"at", "source", "body"})
_BARE_KEYS: Final = frozenset({"at", "type", "payload"})


class TimeOrigin(StrEnum):
    """Where a delivery's time comes from; all but `stated` are inferred."""

    STATED = "stated"
    BODY = "body"
    PREVIOUS = "previous"


class TimedDelivery(Struct, frozen=True):
    """One line: what arrived, through which source, and when.

    `at` is never before the previous line's; it is 0 while no line yet named a time.
    """

    line: int
    at: Instant
    time_origin: TimeOrigin
    source: str
    body: Any

    @property
    def is_time_inferred(self) -> bool:
        """True when the line states no time that could be kept."""
        return self.time_origin is not TimeOrigin.STATED


class BadLine(Struct, frozen=True):
    """A line that is no event, and why."""

    line: int
    detail: str


def read_recording(
    lines: Iterable[bytes | str], *, source: str | None = None
) -> Iterator[TimedDelivery | BadLine]:
    """Yield a delivery or a `BadLine` for each line that is not blank, in order.

    `source` names the source of lines that are a sender's raw body.
    """
    clock = 0
    for number, line in enumerate(lines, start=1):
        # Lone surrogates pass as bytes that are no UTF-8, and are refused as such.
        data = line if isinstance(line, bytes) else line.encode(errors="surrogatepass")
        if not data.strip():
            continue
        read = _read_line(number, data, clock, source)
        if isinstance(read, TimedDelivery):
            clock = read.at
        yield read


def _read_line(
    number: int, data: bytes, clock: Instant, source: str | None
) -> TimedDelivery | BadLine:
    value = decode_json(data, bytes_max=DELIVERY_BYTES_MAX)
    if isinstance(value, Problem):
        return BadLine(number, value.detail)
    stated = None
    if isinstance(value, dict) and "body" in value and value.keys() <= _ENVELOPE_KEYS:
        stated, source, body = value.get("at"), value.get("source", source or INGEST), value["body"]
        if not isinstance(source, str):
            return BadLine(number, f'"source" is {kind_of(source)}, not the name of a source')
    elif isinstance(value, dict) and "type" in value and value.keys() <= _BARE_KEYS:
        stated, source, body = value.get("at"), INGEST, value
    elif source is not None:
        body = value
    else:
        return BadLine(number, _unnamed(value))
    remarks: list[str] = []
    at = read_instant('"at"', stated, remarks)
    if remarks:
        return BadLine(number, f"{remarks[0].removesuffix('; left out')}; write RFC 3339")
    origin = TimeOrigin.STATED
    if at is None:
        at = _latest_time(body)
        origin = TimeOrigin.BODY
    if at is None or at < clock:
        at, origin = clock, TimeOrigin.PREVIOUS
    return TimedDelivery(number, at, origin, source, body)


def _latest_time(body: Any) -> Instant | None:
    """Return the latest start or end that stands anywhere in the body."""
    latest: Instant | None = None
    waiting = [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for key, member in value.items():
                if key in _TIME_KEYS:
                    at = read_instant(key, member, [])
                    latest = at if latest is None or (at is not None and at > latest) else latest
                else:
                    waiting.append(member)
        elif isinstance(value, list):
            waiting.extend(value)
    return latest


def _unnamed(value: Any) -> str:
    if isinstance(value, dict) and isinstance(value.get("alerts"), list):
        return "an Alertmanager notification? say --source alertmanager"
    if not isinstance(value, dict):
        return f"an event is a JSON object, this is {kind_of(value)}"
    return 'no event: neither {"type", "payload"} nor {"at", "source", "body"}; say --source NAME?'
