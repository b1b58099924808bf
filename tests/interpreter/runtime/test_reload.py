"""Another rulebook becomes live whole, recorded first, or not at all."""

from __future__ import annotations

import asyncio

import pytest

from interlock.interpreter.core.canonical import decode_record
from interlock.interpreter.core.change_control import RulebookLoaded
from interlock.interpreter.core.control import CONTROL_STREAM, decode_control
from interlock.interpreter.journal.store import StoreUnavailableError
from interlock.interpreter.runtime.reload import Loaded, Reloader, ReloadRefusedError, Watcher
from interlock.interpreter.runtime.settings import SettingsError
from interlock.rulebook import compile_rulebook
from interlock.rulebook.source import SourceFile
from support.rulebooks import REFERENCE
from support.runtime import FaultyStore, Runtime, wait_until, yield_often

OTHER = REFERENCE.replace("sla_minutes: 15", "sla_minutes: 20")


class Files:
    """A rulebook's file that tests write."""

    def __init__(self, text=REFERENCE):
        self.text = text

    def load(self):
        if self.text is None:
            raise FileNotFoundError(2, "No such file or directory")
        sources = [SourceFile("reference.yaml", self.text)]
        return Loaded(compile_rulebook(sources), sources, "c0ffee")

    def fingerprint(self):
        return self.text


def reloader_of(runtime, files, check=lambda _: None):
    return Reloader(
        runtime.rulebooks, runtime.engine, runtime.store, runtime.clock, files=files, check=check
    )


async def loads(store):
    records = [decode_record(stored.data) for stored in await store.read(CONTROL_STREAM)]
    return [
        (record.actor, change)
        for record in records
        for change in record.changes
        if isinstance(change, RulebookLoaded)
    ]


async def test_a_reload_is_recorded_and_new_incidents_run_on_it(store):
    async with Runtime(store) as runtime:
        await runtime.alert("old", "P1")
        old = runtime.graph.digest
        reloader = reloader_of(runtime, Files(OTHER))
        await reloader.begin(runtime.loaded)
        reloaded = await reloader.reload(actor="ada", reason="longer SLA")
        assert reloaded.is_new
        assert runtime.rulebooks.live.digest == reloaded.digest != old
        await runtime.alert("new", "P1")
        assert (await runtime.incident("old")).rulebook == old
        assert (await runtime.incident("new")).rulebook == reloaded.digest
        (_, first), (actor, second) = await loads(store)
        assert (first.from_, first.to) == (None, old)
        assert (actor, second.from_, second.to) == ("ada", old, reloaded.digest)
        assert (second.commit, second.reason) == ("c0ffee", "longer SLA")
        head = (await store.heads([CONTROL_STREAM]))[CONTROL_STREAM]
        assert decode_control(head.data).rulebook.digest == reloaded.digest


async def test_the_same_rulebook_again_records_nothing(store):
    async with Runtime(store) as runtime:
        reloader = reloader_of(runtime, Files())
        await reloader.begin(runtime.loaded)
        await reloader.begin(runtime.loaded)
        assert not (await reloader.reload(actor="ada", reason="again")).is_new
        assert len(await loads(store)) == 1


async def is_loaded(store):
    return bool(await loads(store))


def refuse(_graph):
    raise SettingsError("hook x has no function")


@pytest.mark.parametrize(
    ("text", "check", "words"),
    [
        ("version: 1\nworkflow_rules: 7\n", lambda _: None, "does not compile"),
        (None, lambda _: None, "cannot be read"),
        (OTHER, refuse, "hook x has no function"),
    ],
)
async def test_a_refused_reload_changes_nothing(memory, text, check, words):
    async with Runtime(memory) as runtime:
        before = runtime.rulebooks.live
        with pytest.raises(ReloadRefusedError, match=words):
            await reloader_of(runtime, Files(text), check).reload(actor="ada", reason="try")
        assert runtime.rulebooks.live is before
        assert await loads(memory) == []


async def test_a_reload_that_cannot_be_recorded_changes_nothing(memory):
    store = FaultyStore(memory)
    async with Runtime(store) as runtime:
        before = runtime.rulebooks.live
        store.failures = [StoreUnavailableError("disk full")]
        with pytest.raises(StoreUnavailableError):
            await reloader_of(runtime, Files(OTHER)).reload(actor="ada", reason="try")
        assert runtime.rulebooks.live is before


async def test_a_rulebook_from_standard_input_cannot_be_reloaded(memory):
    async with Runtime(memory) as runtime:
        with pytest.raises(ReloadRefusedError, match="standard input"):
            await reloader_of(runtime, None).reload(actor="ada", reason="try")


async def test_a_watcher_reloads_what_changed_and_survives_what_is_wrong(memory):
    files = Files()
    async with Runtime(memory) as runtime:
        watcher = Watcher(reloader_of(runtime, files), Ticking(), files=files, interval_ns=1)
        task = asyncio.create_task(watcher.run())
        await settle()
        assert await loads(memory) == []
        files.text = "version: 1\nworkflow_rules: 7\n"
        await settle()
        assert await loads(memory) == []
        files.text = OTHER
        await wait_until(lambda: is_loaded(memory))
        ((actor, change),) = await loads(memory)
        assert (actor, change.to) == ("watch", runtime.rulebooks.live.digest)
        task.cancel()


async def test_a_signal_reloads_without_watching(memory):
    files = Files(OTHER)
    async with Runtime(memory) as runtime:
        watcher = Watcher(reloader_of(runtime, files), runtime.clock)
        task = asyncio.create_task(watcher.run())
        await settle()
        assert await loads(memory) == []
        watcher.ask()
        await wait_until(lambda: is_loaded(memory))
        assert [actor for actor, _ in await loads(memory)] == ["signal"]
        task.cancel()


class Ticking:
    """A clock on which every wait is over at once."""

    def now(self):
        return 0

    async def wait(self, stirred, until):
        del stirred, until
        await asyncio.sleep(0.001)


async def settle():
    """Let a watcher look, in its thread, a few times."""
    for _ in range(20):
        await yield_often()
        await asyncio.sleep(0.005)
