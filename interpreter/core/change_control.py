"""What a record of the control stream changes: what holds for the whole daemon.

Rules of this file: those of `change.py`, of whose vocabulary these are a part.
"""

from __future__ import annotations

from msgspec import Struct, field

from interlock.interpreter.core.event import Instant


class AutomationSet(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="automation"
):
    """An operator moved the automation ladder (for one hook, or for all), on the control stream."""

    to: str
    hook: str | None = None
    until: Instant | None = None
    reason: str


class RulebookLoaded(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="rulebook"
):
    """Another rulebook became the live one, on the control stream; `from` None: the first.

    `author` wrote its change, as the operator says; gates may exclude them.
    """

    from_: str | None = field(name="from", default=None)
    to: str
    name: str
    commit: str | None = None
    author: str | None = None
    reason: str


class JournalRestored(Struct, frozen=True, kw_only=True, tag_field="kind", tag="restored"):
    """The journal was restored from a backup: another epoch begins, on the control stream.

    `mode` is where remediation stands from then on, until an operator sets it.
    """

    epoch: int
    mode: str
    reason: str


class StreamErased(Struct, frozen=True, kw_only=True, tag_field="kind", tag="stream_erased"):
    """A closed stream's records were erased; it stands here and ends the stream itself.

    `records` is how many they were, `hash` (hex) that of the last: what its chain ended with.
    """

    stream: str
    records: int
    hash: str
    reason: str


class PayloadsErased(Struct, frozen=True, kw_only=True, tag_field="kind", tag="payloads_erased"):
    """Raw payloads were erased, by their SHA-256 (hex)."""

    digests: tuple[str, ...]
    reason: str


class ChannelTested(Struct, frozen=True, kw_only=True, tag_field="kind", tag="channel_tested"):
    """An operator had a channel told that this is a test; changes nothing."""

    channel: str
    reason: str


ControlChange = (
    AutomationSet | RulebookLoaded | JournalRestored | StreamErased | PayloadsErased | ChannelTested
)
