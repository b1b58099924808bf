"""Decisions to one commit: records with their hashes, heads, timers, outbox.

Rules of this file: a record's canonical bytes are made here, once. Timer rows follow from the
incident before and after, so that they cannot differ from what folding gives. Building raises
nothing once a decision has been staged; staging changes nothing if it raises.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.core.apply import apply
from interlock.interpreter.core.canonical import encode
from interlock.interpreter.core.change import EffectChanged, StepChanged
from interlock.interpreter.core.event import (
    EventInput,
    HeldInput,
    OutcomeInput,
    OutcomeStatus,
    TimerInput,
)
from interlock.interpreter.core.folds import State, fold_of, pending_timers
from interlock.interpreter.core.incident import StepStatus
from interlock.interpreter.core.record import CallHook, Notify, Record
from interlock.interpreter.journal.outbox import EffectStatus, OutboxRow
from interlock.interpreter.journal.store import (
    Append,
    Commit,
    Head,
    Quarantined,
    StoredRecord,
    TimerRow,
)
from interlock.interpreter.runtime.delivery import PutAside
from interlock.interpreter.runtime.view import Tip
from interlock.rulebook.graph.state_graph import Automation

if TYPE_CHECKING:
    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.core.incident import Incident
    from interlock.interpreter.core.record import Decision, Effect
    from interlock.interpreter.runtime.delivery import Arrival
    from interlock.interpreter.runtime.view import View


class FoldDivergenceError(Exception):
    """`decide` and `apply` disagree about an incident: a defect of the core."""


class Staged(Struct, frozen=True):
    """A decision's records as they will be stored, each with the tip after it."""

    records: tuple[tuple[Record, StoredRecord, Tip], ...]
    before: Mapping[str, Tip]


async def stage(decision: Decision, view: View, *, checks_fold: bool) -> Staged:
    """Encode and chain a decision's records on what the view shows.

    Raises:
        FoldDivergenceError: folding a record does not give the decision's incident (only looked
            at with `checks_fold`).
    """
    before: dict[str, Tip] = {}
    staged: list[tuple[Record, StoredRecord, Tip]] = []
    for record in decision.records:
        tip = before[record.stream] = await view.tip(record.stream)
        data = encode(record)
        state = _state_after(tip, record, decision, checks_fold=checks_fold)
        stored = StoredRecord.link(record.stream, record.revision, record.at, data, tip.hash)
        staged.append((record, stored, Tip(record.stream, record.revision, stored.hash, state)))
    return Staged(tuple(staged), before)


def _state_after(tip: Tip, record: Record, decision: Decision, *, checks_fold: bool) -> State:
    incident: Incident | None = decision.incident
    if incident is None or incident.stream != record.stream:
        state: State = fold_of(record.stream).step(tip.state, record)
        return state
    if checks_fold and apply(tip.incident, record) != incident:
        raise FoldDivergenceError(f"{record.stream} at revision {record.revision}")
    return incident


class _Growth:
    """A stream within one commit: where it stood, its new records, where it will stand."""

    def __init__(self, base: Tip) -> None:
        self.base = base
        self.tip = base
        self.records: list[StoredRecord] = []


class CommitBuilder:
    """Collects staged decisions; `build` gives the commit."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._streams: dict[str, _Growth] = {}
        self._outbox: list[OutboxRow] = []
        self._ended: dict[str, tuple[str, str | None]] = {}
        self._released: list[str] = []
        self._fired: list[TimerRow] = []
        self._payloads: dict[str, bytes] = {}
        self._quarantined: list[Quarantined] = []

    @property
    def streams(self) -> frozenset[str]:
        """The streams that grow."""
        return frozenset(self._streams)

    def add(self, arrival: Arrival, staged: Staged, view: View) -> None:
        """Take a staged decision in, and let the view show its result."""
        for record, stored, tip in staged.records:
            growth = self._streams.get(record.stream)
            if growth is None:
                growth = self._streams[record.stream] = _Growth(staged.before[record.stream])
            growth.records.append(stored)
            growth.tip = tip
            view.put(tip)
            self.records.append(record)
            self._outbox += [_outbox_row(record, effect) for effect in record.effects]
            for change in record.changes:
                if isinstance(change, StepChanged) and change.step.status is StepStatus.CANCELLED:
                    self._cancel(change)
                elif isinstance(change, EffectChanged):
                    self._send_on_or_end(change)
        if staged.records or not isinstance(arrival.input, TimerInput):
            # A timer of which nothing is recorded keeps its row: no revision would be checked, and
            # another node may have set it since this one looked.
            self._add_arrival(arrival)

    def quarantine(self, arrival: Arrival, error: Exception, now: Instant) -> Quarantined:
        """Put an arrival aside instead of deciding it; its timer or effect has had its turn."""
        self._add_arrival(arrival)
        input_ = arrival.input
        return self.put_aside(
            PutAside(
                actor=arrival.actor,
                reason=f"{type(error).__name__}: {error}",
                raw=arrival.raw if arrival.raw is not None else encode(input_),
                index=input_.event.index if isinstance(input_, EventInput) else 0,
            ),
            now,
        )

    def put_aside(self, item: PutAside, now: Instant) -> Quarantined:
        """Keep what is no event, or could not be decided, with the reason."""
        place = f"{now} {item.actor} {item.index} {len(self._quarantined)} ".encode()
        quarantined = Quarantined(
            id=f"q-{hashlib.sha256(place + item.raw).hexdigest()[:16]}",
            at=now,
            source=item.actor,
            reason=item.reason,
            data=item.raw,
        )
        self._quarantined.append(quarantined)
        return quarantined

    def end_effect(self, key: str, status: str, detail: str | None) -> None:
        """End an effect whose outcome no incident needs to know."""
        self._ended[key] = (status, detail)

    def build(self) -> Commit:
        """Return everything staged as one commit."""
        grown = self._streams.values()
        return Commit(
            appends=[
                Append(g.base.stream, g.base.revision, g.records, make_head(g.tip)) for g in grown
            ],
            timers_set=[row for g in grown for row in _timers_set(g)],
            timers_cleared=[*self._fired, *(row for g in grown for row in _timers_gone(g))],
            outbox=self._outbox,
            effects_ended=self._ended,
            effects_released=self._released,
            payloads=self._payloads,
            quarantined=self._quarantined,
        )

    def _add_arrival(self, arrival: Arrival) -> None:
        input_ = arrival.input
        if isinstance(input_, TimerInput) and arrival.stream is not None:
            self._fired.append(TimerRow(input_.due, arrival.stream, input_.name))
        elif isinstance(input_, OutcomeInput):
            is_done = input_.status is OutcomeStatus.SUCCEEDED
            status = EffectStatus.DONE if is_done else EffectStatus.DEAD
            self._ended[input_.key] = (status, input_.detail)
        elif isinstance(input_, HeldInput):
            self._ended[input_.key] = (EffectStatus.HELD, input_.reason)
        elif isinstance(input_, EventInput) and input_.event.raw and arrival.raw is not None:
            self._payloads[input_.event.raw] = arrival.raw

    def _send_on_or_end(self, change: EffectChanged) -> None:
        if change.to == EffectStatus.PENDING:
            self._released.append(change.key)
            self._ended.pop(change.key, None)
        else:
            self._ended[change.key] = (change.to, change.reason)
            if change.key in self._released:
                self._released.remove(change.key)

    def _cancel(self, change: StepChanged) -> None:
        if change.step.key is not None:
            self._ended[change.step.key] = (EffectStatus.CANCELLED, change.reason)


def make_head(tip: Tip) -> Head:
    """Return a stream's head as it is stored."""
    incident = tip.incident
    if incident is None:
        data = encode(tip.state)
        return Head(stream=tip.stream, revision=tip.revision, hash=tip.hash, data=data)
    return Head(
        stream=tip.stream,
        revision=tip.revision,
        hash=tip.hash,
        data=encode(incident),
        incident=incident.id,
        base_id=incident.base_id,
        origin=incident.origin,
        state=incident.state,
        severity=incident.severity,
        is_open=incident.is_open,
        needs_attention=incident.waits_for_person,
        group_key=incident.group_key,
        created_at=incident.created_at,
        updated_at=incident.updated_at,
    )


def _outbox_row(record: Record, effect: Effect) -> OutboxRow:
    hook = effect if isinstance(effect, CallHook) else None
    kind = "hook" if hook else "notify" if isinstance(effect, Notify) else "ticket"
    return OutboxRow(
        key=effect.key,
        stream=record.stream,
        revision=record.revision,
        path=effect.path,
        kind=kind,
        data=encode(effect),
        hook=hook.hook if hook else None,
        approved=hook.approved if hook else False,
        target=hook.target if hook else "",
        team=hook.team if hook else None,
        automation=hook.automation if hook else Automation.AUTO.value,
        created_at=record.at,
    )


def _timers_set(growth: _Growth) -> list[TimerRow]:
    before, after = (pending_timers(tip.state) for tip in (growth.base, growth.tip))
    return [
        TimerRow(due, growth.base.stream, name)
        for name, due in after.items()
        if before.get(name) != due
    ]


def _timers_gone(growth: _Growth) -> list[TimerRow]:
    before, after = (pending_timers(tip.state) for tip in (growth.base, growth.tip))
    return [
        TimerRow(due, growth.base.stream, name) for name, due in before.items() if name not in after
    ]
