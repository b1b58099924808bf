"""Planted bugs: each a way to break one promise on purpose, to see that the checker sees it.

A plant is a context manager that replaces one function of the engine or of its store while a run
lasts. Nothing of this is in the product. The last is a bug that the simulator did find.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from importlib import import_module
from unittest import mock

from msgspec.structs import replace

from interlock.interpreter.core import alerts, draft, gates
from interlock.interpreter.core import change as c
from interlock.interpreter.core.event import EventInput
from interlock.interpreter.core.incident import Incident
from interlock.interpreter.hooks.outcome import succeeded
from interlock.interpreter.journal.memory import MemoryJournalStore
from interlock.interpreter.journal.memory_outbox import MemoryOutbox
from interlock.interpreter.journal.memory_timers import MemoryTimers
from interlock.interpreter.journal.outbox import EffectStatus
from interlock.interpreter.runtime import dispatcher as dispatching
from interlock.interpreter.runtime.batch import Batch
from interlock.interpreter.runtime.commit_builder import CommitBuilder
from interlock.interpreter.runtime.delivery import EffectEnded
from interlock.interpreter.runtime.dispatcher import Dispatcher
from simulation.node import present_process

PLANTS = {}
DECIDE = import_module("interlock.interpreter.core.decide")
FOLDS = import_module("interlock.interpreter.core.apply")._FOLDS
MINUTE_NS = 60_000_000_000


def plant(make):
    PLANTS[make.__name__] = contextmanager(make)
    return make


def _replaced(owner, name, value):
    return mock.patch.object(owner, name, value)


@plant
def answers_before_the_commit():
    real = Batch.build

    def build(batch):
        for waiting in batch._waiting:
            waiting.tell()
        return real(batch)

    with _replaced(Batch, "build", build):
        yield


@plant
def accepts_what_the_store_refused():
    real = Batch.fail

    def fail(batch, error):
        for waiting in batch._waiting:
            if isinstance(getattr(waiting.item, "input", None), EventInput):
                waiting.tell()
        real(batch, error)

    with _replaced(Batch, "fail", fail):
        yield


@plant
def sends_before_the_key_is_recorded():
    real = CommitBuilder.add

    def add(builder, arrival, staged, view):
        process = present_process()
        for record, _, _ in staged.records:
            for effect in record.effects:
                executor = process.dispatcher._executor
                asyncio.get_running_loop().create_task(executor.carry_out(effect, "early", 1))
        return real(builder, arrival, staged, view)

    with _replaced(CommitBuilder, "add", add):
        yield


@plant
def makes_a_new_key_for_each_attempt():
    real, seen = dispatching.decode_effect, {}

    def decode(data):
        effect = real(data)
        seen[effect.key] = seen.get(effect.key, 0) + 1
        return replace(effect, key=f"{effect.key}-{seen[effect.key]}")

    with _replaced(dispatching, "decode_effect", decode):
        yield


@plant
def sends_other_bytes_when_it_tries_again():
    real, seen = dispatching.decode_effect, set()

    def decode(data):
        effect = real(data)
        if effect.key in seen:
            return replace(effect, path=effect.path + "?again")
        seen.add(effect.key)
        return effect

    with _replaced(dispatching, "decode_effect", decode):
        yield


@plant
def checks_no_revision():
    async def commit(store, commit):
        store._write(commit)

    with _replaced(MemoryJournalStore, "commit", commit):
        yield


@plant
def lets_two_nodes_claim_the_same_effect():
    real = MemoryOutbox.claim

    def claim(outbox, *args):
        before = dict(outbox._rows)
        taken = real(outbox, *args)
        for row in taken:
            outbox._rows[row.key] = replace(before[row.key], attempt=row.attempt)
        return taken

    with _replaced(MemoryOutbox, "claim", claim):
        yield


@plant
def repeats_what_may_not_be_repeated():
    with _replaced(dispatching, "retry_delay_ns", _always_again):
        yield


def _always_again(_effect, attempt, outcome):
    return None if outcome.status == "succeeded" or attempt > 3 else 1_000_000_000


@plant
def takes_an_interrupted_attempt_for_done():
    real = Dispatcher._settle

    async def settle(dispatcher, row, effect, outcome, *, is_interrupted=False):
        outcome = succeeded() if is_interrupted else outcome
        await real(dispatcher, row, effect, outcome, is_interrupted=is_interrupted)

    with _replaced(Dispatcher, "_settle", settle):
        yield


@plant
def forgets_attempts_that_died():
    async def recover(_dispatcher, *, is_only_node):
        del is_only_node
        return 0

    with _replaced(Dispatcher, "recover", recover):
        yield


@plant
def ends_an_effect_before_it_is_sent():
    real = Dispatcher._attempt

    async def attempt(dispatcher, row):
        ended = EffectEnded(row.key, EffectStatus.DONE)
        if row.kind == "notify":
            await dispatcher._engine.submit_own([ended])
        await real(dispatcher, row)

    with _replaced(Dispatcher, "_attempt", attempt):
        yield


@plant
def sends_what_was_cancelled():
    real = Dispatcher._claim

    async def claim(dispatcher, limit):
        rows = list(await real(dispatcher, limit))
        cancelled = await dispatcher._store.list_effects("cancelled")
        now = dispatcher._clock.now()
        late = [replace(row, claimed_until=now + MINUTE_NS) for row in cancelled]
        return rows + [row for row in late if row.key not in dispatcher._running][:3]

    with _replaced(Dispatcher, "_claim", claim):
        yield


@plant
def keeps_silent_about_messages_that_reach_nobody():
    def end(draft_, outcome):
        draft_.add(c.Noted(reason=f"{outcome.path}: {outcome.status}"))

    def channel_gone(*_args):
        return None

    with (
        _replaced(DECIDE, "_end_message", end),
        _replaced(dispatching, "retry_delay_ns", channel_gone),
    ):
        yield


@plant
def fires_timers_early():
    real = MemoryTimers.due

    with _replaced(MemoryTimers, "due", lambda t, now, n: real(t, now + 10 * MINUTE_NS, n)):
        yield


@plant
def loses_timers_that_are_set_again():
    real = MemoryTimers.set

    def set_once(timers, row):
        if not row.name.startswith("escalation/2"):
            real(timers, row)

    with _replaced(MemoryTimers, "set", set_once):
        yield


@plant
def arms_a_timer_again_after_it_fired():
    def fired(incident, change, at):
        return incident if not change.stays else real(incident, change, at)

    real = FOLDS[c.TimerFired]
    with mock.patch.dict(FOLDS, {c.TimerFired: fired}):
        yield


@plant
def ignores_that_a_gate_has_expired():
    with _replaced(gates, "expire", lambda _draft, _gate: None):
        yield


@plant
def is_content_with_one_approval_less():
    def is_satisfied(gate):
        return gate is not None and gate.is_open and len(gate.approvals) >= gate.needed - 1

    with _replaced(gates, "is_satisfied", is_satisfied):
        yield


@plant
def keeps_approvals_of_what_is_no_more_shown():
    def show(draft_, gate):
        rule = gates._rule_of(draft_, gate)
        if rule is None:
            return
        digest = gates.shown_digest(gates.what_is_shown(draft_, rule))
        if digest != gate.digest:
            gates._change(draft_, gate, replace(gate, digest=digest), "shown anew")

    with _replaced(gates, "_show_anew", show):
        yield


@plant
def remembers_repetitions_in_memory_only():
    real, known = alerts.duplicate_of, {}

    def duplicate(incident, event):
        seen = known.setdefault(id(present_process()), set())
        key = (incident.id, event.source, event.fingerprint, event.starts_at, event.status)
        if key in seen:
            return real(incident, event)
        seen.add(key)
        return None

    with _replaced(alerts, "duplicate_of", duplicate):
        yield


@plant
def lets_alerts_lower_the_severity():
    with _replaced(alerts, "raise_severity", alerts.set_severity):
        yield


@plant
def resolves_while_members_still_fire():
    with _replaced(Incident, "has_firing_alert", property(lambda _incident: False)):
        yield


@plant
def derives_keys_from_the_path_alone():
    def key(incident, _generation, _revision, path, *_rest):
        return real(incident, 1, 1, path)

    real = draft.effect_key
    with _replaced(draft, "effect_key", key), _replaced(MemoryOutbox, "has_any", lambda *_: False):
        yield


@plant
def does_not_count_generations():
    def reopened(incident, change, at):
        return replace(real(incident, change, at), generation=incident.generation)

    real = FOLDS[c.Reopened]
    with mock.patch.dict(FOLDS, {c.Reopened: reopened}):
        yield


@plant
def lets_a_denied_gate_through():
    with _replaced(gates, "is_refused", lambda _gate: False):
        yield
