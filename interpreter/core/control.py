"""The control stream's state: what operators set for the whole daemon, outside any rulebook.

Rules of this file: a pure fold of the control stream's records, like an incident is of its own. The
automation ladder set here is read in the transaction that claims an effect, so every node and every
running incident obeys at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from interlock.interpreter.core.change import AutomationSet
from interlock.interpreter.core.event import Instant
from interlock.rulebook.graph.state_graph import Automation, lowest_automation

if TYPE_CHECKING:
    from interlock.interpreter.core.record import Record

CONTROL_STREAM = "control"


class Override(Struct, frozen=True, kw_only=True):
    """One setting of the ladder by an operator; `until` None: until it is set again."""

    mode: Automation
    until: Instant | None = None
    by: str
    reason: str


class Control(Struct, frozen=True, kw_only=True):
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


def lets_through(level: Automation, *, approved: bool) -> bool:
    """Tell whether a hook effect may be claimed: at `auto`, or at `ask` with a human behind it."""
    return level is Automation.AUTO or (level is Automation.ASK and approved)
