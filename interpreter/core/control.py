"""The control stream's state: what operators set for the whole daemon, outside any rulebook.

Rules of this file: a pure fold of the control stream's records, like an incident is of its own. The
automation ladder set here is read in the transaction that claims an effect, so every node and every
running incident obeys at once.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from interlock.interpreter.core.canonical import DamagedBytesError
from interlock.interpreter.core.change import AutomationSet, Change, Rejected
from interlock.interpreter.core.event import Event, EventInput, Facts, Instant
from interlock.interpreter.core.record import Record
from interlock.rulebook.graph.state_graph import Automation, lowest_automation

CONTROL_STREAM = "control"
AUTOMATION_SET = "automation.set"
"""The event by which an operator moves the ladder: `data` holds `mode`, `hook` and `until`."""


class Override(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One setting of the ladder by an operator; `until` None: until it is set again."""

    mode: Automation
    until: Instant | None = None
    by: str
    reason: str


class Control(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fold of the control stream; `overrides` by hook id, `*` for all hooks."""

    revision: int = 0
    overrides: Mapping[str, Override] = {}

    def automation(self, now: Instant, hook: str | None = None) -> Automation:
        """Return the level in force at `now` for a hook (None: for remediation at large)."""
        in_force = [
            override.mode
            for name in ("*", hook)
            if name is not None and (override := self.overrides.get(name)) is not None
            if override.until is None or override.until > now
        ]
        return lowest_automation(*in_force)


def apply_control(control: Control, record: Record) -> Control:
    """Fold one record of the control stream."""
    overrides = dict(control.overrides)
    for change in record.changes:
        if isinstance(change, AutomationSet):
            overrides[change.hook or "*"] = Override(
                mode=Automation(change.to),
                until=change.until,
                by=record.actor,
                reason=change.reason,
            )
    return msgspec.structs.replace(control, revision=record.revision, overrides=overrides)


def decide_control(
    control: Control, event: Event, facts: Facts, now: Instant, actor: str
) -> Record:
    """Record what an operator set; without a known mode and a reason it is rejected."""
    change = _automation_change(event, now)
    return Record(
        stream=CONTROL_STREAM,
        revision=control.revision + 1,
        at=now,
        actor=actor,
        input=EventInput(event),
        facts=facts,
        disposition="rejected" if isinstance(change, Rejected) else "applied",
        changes=(change,),
    )


def _automation_change(event: Event, now: Instant) -> Change:
    mode, hook, until = (event.data.get(name) for name in ("mode", "hook", "until"))
    if mode not in set(Automation):
        return Rejected(reason=f"no automation mode: {mode!r}; it is {', '.join(Automation)}")
    if not event.reason:
        return Rejected(reason="say why: the automation is changed for everyone")
    if until is not None and (not isinstance(until, int) or until <= now):
        return Rejected(reason="`until` must be a time to come")
    if hook is not None and not isinstance(hook, str):
        return Rejected(reason="`hook` must be a hook's id")
    return AutomationSet(to=mode, hook=hook, until=until, reason=event.reason)


_decoder = msgspec.json.Decoder(Control)


def decode_control(data: bytes) -> Control:
    """Read a control head's bytes; raises DamagedBytesError."""
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedBytesError(f"the control head cannot be read: {error}") from error


def lets_through(level: Automation, *, approved: bool) -> bool:
    """Tell whether a hook effect may be claimed: at `auto`, or at `ask` with a human behind it."""
    return level is Automation.AUTO or (level is Automation.ASK and approved)
