"""The control stream's state: what operators set for the whole daemon, outside any rulebook.

Rules of this file: a pure fold of the control stream's records, like an incident is of its own. The
automation ladder set here is read in the transaction that claims an effect, so every node and every
running incident obeys at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from interlock.interpreter.core.canonical import DamagedBytesError
from interlock.interpreter.core.change import Change, Raised, Rejected, TimerFired
from interlock.interpreter.core.change_control import (
    AutomationSet,
    ChannelTested,
    JournalRestored,
    RulebookLoaded,
)
from interlock.interpreter.core.change_suppression import SilenceAdded, SilenceOver
from interlock.interpreter.core.event import Event, EventInput, Facts, Instant, TimerInput
from interlock.interpreter.core.keys import digest_of, effect_key
from interlock.interpreter.core.record import Notify, Record
from interlock.rulebook.graph.state_graph import Automation, lowest_automation

CONTROL_STREAM = "control"
AUTOMATION_SET = "automation.set"
"""The event by which an operator moves the ladder: `data` holds `mode`, `hook` and `until`."""
RULEBOOK_LOADED = "rulebook.loaded"
"""The event by which another rulebook becomes live: `data` holds `digest`, `name`, `commit`
and, where the operator named one, the `author` of the change."""

JOURNAL_RESTORED = "journal.restored"
"""The event by which a restored journal begins another epoch."""
SILENCE_ADD = "silence.add"
"""The event by which an operator silences: `data` holds `match` or `incident`, and `until`."""
SILENCE_END = "silence.end"
"""The event by which an operator ends a silence before its time: `data` holds its `id`."""
CHANNEL_TEST = "channel.test"
"""The event by which an operator has a channel told something: `data` holds `channel`."""
SILENCE = "silence/"
"""How the timers of operators' silences are named, before the silence's id."""
SILENCES_MAX = 1000


class Override(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One setting of the ladder by an operator; `until` None: until it is set again."""

    mode: Automation
    until: Instant | None = None
    by: str
    reason: str


class LiveRulebook(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The rulebook that new incidents run on, and who brought it; `commit` as git names it."""

    digest: str
    name: str
    commit: str | None = None
    at: Instant
    by: str
    reason: str


class OperatorSilence(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A silence that somebody added to a running daemon: of what it matches, or of an incident."""

    match: str | None = None
    incident: str | None = None
    at: Instant
    until: Instant
    by: str
    reason: str


class Control(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fold of the control stream.

    Attributes:
        overrides: By hook id, `*` for all hooks.
        authors: By digest, who wrote the change behind a rulebook, where the operator said so.
        silences: Those that operators added and that have not ended, by id.
    """

    revision: int = 0
    overrides: Mapping[str, Override] = {}
    rulebook: LiveRulebook | None = None
    epoch: int = 0
    authors: Mapping[str, str] = {}
    silences: Mapping[str, OperatorSilence] = {}

    @property
    def timers(self) -> dict[str, Instant]:
        """The deadlines of the timers it needs, by name."""
        return {SILENCE + name: silence.until for name, silence in self.silences.items()}

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
    for change in record.changes:
        fold = _FOLDS.get(type(change))
        if fold is not None:
            control = fold(control, change, record)
    return replace(control, revision=record.revision)


def _set_automation(control: Control, change: AutomationSet, record: Record) -> Control:
    override = Override(
        mode=Automation(change.to), until=change.until, by=record.actor, reason=change.reason
    )
    return replace(control, overrides={**control.overrides, change.hook or "*": override})


def _load_rulebook(control: Control, change: RulebookLoaded, record: Record) -> Control:
    loaded = LiveRulebook(
        digest=change.to,
        name=change.name,
        commit=change.commit,
        at=record.at,
        by=record.actor,
        reason=change.reason,
    )
    named = {} if change.author is None else {change.to: change.author}
    return replace(control, rulebook=loaded, authors={**control.authors, **named})


def _begin_epoch(control: Control, change: JournalRestored, record: Record) -> Control:
    held = Override(mode=Automation(change.mode), by=record.actor, reason=change.reason)
    overrides = {**control.overrides, "*": held}
    return replace(control, epoch=change.epoch, overrides=overrides)


def _add_silence(control: Control, change: SilenceAdded, record: Record) -> Control:
    silence = OperatorSilence(
        match=change.match,
        incident=change.incident,
        at=record.at,
        until=change.until,
        by=record.actor,
        reason=change.reason,
    )
    return replace(control, silences={**control.silences, change.id: silence})


def _end_silence(control: Control, change: SilenceOver, _record: Record) -> Control:
    silences = {name: one for name, one in control.silences.items() if name != change.id}
    return replace(control, silences=silences)


_FOLDS: dict[type, Callable[[Control, Any, Record], Control]] = {
    SilenceAdded: _add_silence,
    SilenceOver: _end_silence,
    AutomationSet: _set_automation,
    RulebookLoaded: _load_rulebook,
    JournalRestored: _begin_epoch,
}


def decide_control(
    control: Control, event: Event, facts: Facts, now: Instant, actor: str
) -> Record:
    """Record what was set for the whole daemon; what makes no sense is rejected with the reason."""
    change = CONTROL_EVENTS[event.type](control, event, now)
    return Record(
        stream=CONTROL_STREAM,
        revision=control.revision + 1,
        at=now,
        actor=actor,
        input=EventInput(event),
        facts=facts,
        disposition="rejected" if isinstance(change, Rejected) else "applied",
        changes=(change,),
        effects=(_test_message(control, change, facts),) if _is_test(change) else (),
    )


def _is_test(change: Change) -> TypeGuard[ChannelTested]:
    return isinstance(change, ChannelTested)


def _test_message(control: Control, change: ChannelTested, facts: Facts) -> Notify:
    path = f"notify/test/{change.channel}"
    return Notify(
        key=effect_key(CONTROL_STREAM, 0, control.revision + 1, path, facts.epoch),
        path=path,
        channel=change.channel,
        about="test",
        text="This is a test of this channel. Nothing is wrong, and nothing need be done.",
    )


def _channel_test(_control: Control, event: Event, _now: Instant) -> Change:
    name = event.data.get("channel")
    if not isinstance(name, str) or not name:
        return Rejected(reason="`channel` must name a channel")
    return ChannelTested(channel=name, reason=event.reason or "asked for")


def end_silence_in_time(
    control: Control, timer: TimerInput, facts: Facts, now: Instant, actor: str
) -> Record | None:
    """Record that an operator's silence has come to its end; None where it has ended already."""
    name = timer.name.removeprefix(SILENCE)
    silence = control.silences.get(name)
    if silence is None or silence.until != timer.due:
        return None
    late = max(now - timer.due, 0)
    reason = "its time is over"
    return Record(
        stream=CONTROL_STREAM,
        revision=control.revision + 1,
        at=now,
        actor=actor,
        input=timer,
        facts=facts,
        disposition="applied",
        changes=(
            TimerFired(name=timer.name, due=timer.due, late_ns=late),
            Raised(type="silence.ended", reason=f"silence {name} has ended"),
            SilenceOver(id=name, reason=reason),
        ),
    )


def _silence_change(control: Control, event: Event, now: Instant) -> Change:
    match, incident, until = (event.data.get(key) for key in ("match", "incident", "until"))
    if (match is None) == (incident is None):
        return Rejected(reason="a silence has either a `match` or an `incident`")
    if not isinstance(match or incident, str):
        return Rejected(reason="`match` must be a guard, `incident` an incident's id")
    if not event.reason:
        return Rejected(reason="say why: a silence keeps alerts from everyone")
    if not isinstance(until, int) or until <= now:
        return Rejected(reason="`until` must be a time to come: no silence is for ever")
    if len(control.silences) >= SILENCES_MAX:
        return Rejected(reason=f"there are {SILENCES_MAX} silences already; end some")
    name = f"s-{digest_of(control.revision + 1, now, match, incident)[:6]}"
    return SilenceAdded(id=name, match=match, incident=incident, until=until, reason=event.reason)


def _silence_end(control: Control, event: Event, _now: Instant) -> Change:
    name = event.data.get("id")
    if not isinstance(name, str) or name not in control.silences:
        known = ", ".join(sorted(control.silences)) or "none"
        return Rejected(reason=f"there is no silence {str(name)[:60]}; there are {known}")
    return SilenceOver(id=name, reason=event.reason or "ended before its time")


def _automation_change(_control: Control, event: Event, now: Instant) -> Change:
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


def _rulebook_change(control: Control, event: Event, _now: Instant) -> Change:
    digest, name, commit, author = (
        event.data.get(key) for key in ("digest", "name", "commit", "author")
    )
    before = None if control.rulebook is None else control.rulebook.digest
    if not isinstance(digest, str) or not isinstance(name, str):
        return Rejected(reason="`digest` and `name` must say which rulebook was loaded")
    return RulebookLoaded(
        from_=before,
        to=digest,
        name=name,
        commit=commit,
        author=author,
        reason=event.reason or "loaded",
    )


def _epoch_change(control: Control, event: Event, _now: Instant) -> Change:
    if not event.reason:
        return Rejected(reason="say which backup was restored, and why")
    return JournalRestored(
        epoch=control.epoch + 1, mode=Automation.OBSERVE.value, reason=event.reason
    )


CONTROL_EVENTS: dict[str, Callable[[Control, Event, Instant], Change]] = {
    AUTOMATION_SET: _automation_change,
    RULEBOOK_LOADED: _rulebook_change,
    JOURNAL_RESTORED: _epoch_change,
    SILENCE_ADD: _silence_change,
    SILENCE_END: _silence_end,
    CHANNEL_TEST: _channel_test,
}
"""The types that concern the daemon as a whole, and what each changes."""


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
