"""What is erased is gone, who asked is recorded, and everything verifies after."""

from __future__ import annotations

import pytest

from interlock.interpreter.audit.sweeping import sweep_view
from interlock.interpreter.audit.verification import verify_log
from interlock.interpreter.core.canonical import decode_record
from interlock.interpreter.core.change_control import PayloadsErased, StreamErased
from interlock.interpreter.core.control import CONTROL_STREAM
from interlock.interpreter.journal.locate import open_log
from interlock.interpreter.journal.memory import MemoryJournalStore
from interlock.interpreter.journal.memory_log import MemoryLog
from interlock.interpreter.journal.sealed import SweepableLog
from interlock.interpreter.journal.sqlite import SqliteJournalStore
from interlock.interpreter.runtime.erasure import Eraser, ErasureRefusedError, RetentionService
from support.postgres import clean_journal
from support.runtime import Runtime

DAY = 86_400_000_000_000


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def kept(request, tmp_path):
    """A store, and what opens its journal for an audit."""
    if request.param == "memory":
        store = MemoryJournalStore()

        async def log():
            return MemoryLog(store)

        return store, log
    if request.param == "sqlite":
        path = tmp_path / "journal.db"
        return SqliteJournalStore(path), lambda: open_log(f"sqlite:///{path}")
    from interlock.interpreter.journal.postgres import (  # noqa: PLC0415 - needs the driver
        PostgresJournalStore,
    )

    address = await clean_journal()
    return PostgresJournalStore(address), lambda: open_log(address)


async def audited(kept):
    store, open_ = kept
    await store.seal()
    log = await open_()
    try:
        audit = await verify_log(log)
        if isinstance(log, SweepableLog):
            assert (await sweep_view(log) is not None) == (not audit.flaws)
        return audit
    finally:
        await log.close()


async def resolve(runtime, id_="test-1"):
    await runtime.alert(id_, type="alert.resolved", status="resolved")
    await runtime.settle()
    assert not (await runtime.incident(id_)).is_open


async def test_an_erased_incident_leaves_its_hashes(kept):
    async with Runtime(kept[0]) as runtime:
        await runtime.alert("test-1", title="Ada's laptop")
        await runtime.alert("test-2")
        await resolve(runtime)
        before = (await audited(kept)).records
        count = len(await runtime.records())
        eraser = Eraser(runtime.store, runtime.clock)
        erased = await eraser.erase(streams=["incident/test-1"], reason="asked", actor="ada")
        assert erased.records == count
        audit = await audited(kept)
        assert audit.flaws == ()
        assert (audit.records, audit.erased) == (before + 2, count)
        (left,) = await runtime.store.read("incident/test-1")
        assert b"Ada" not in left.data
        control = await runtime.store.read(CONTROL_STREAM)
        record = decode_record(control[-1].data)
        assert record.actor == "ada"
        said = {type(change): change for change in record.changes}
        assert said[StreamErased].records == count
        assert said[StreamErased].reason == "asked"
        for digest in said[PayloadsErased].digests:
            assert await runtime.store.payload(digest) is None


async def test_an_erased_id_is_not_given_again(kept):
    async with Runtime(kept[0]) as runtime:
        await runtime.alert("test-1")
        await resolve(runtime)
        eraser = Eraser(runtime.store, runtime.clock)
        await eraser.erase(streams=["incident/test-1"], reason="asked", actor="ada")
        answer = await runtime.alert("test-1")
        assert answer.incident == "test-1~2"
        assert (await audited(kept)).flaws == ()


async def test_what_is_open_or_gone_or_unknown_is_not_erased(kept):
    async with Runtime(kept[0]) as runtime:
        await runtime.alert("test-1")
        await runtime.alert("test-2")
        await resolve(runtime, "test-2")
        eraser = Eraser(runtime.store, runtime.clock)
        given = {"reason": "asked", "actor": "ada"}
        with pytest.raises(ErasureRefusedError, match="is open"):
            await eraser.erase(streams=["incident/test-1"], **given)
        with pytest.raises(ErasureRefusedError, match="there is no"):
            await eraser.erase(streams=["incident/none"], **given)
        with pytest.raises(ErasureRefusedError, match="there is no payload"):
            await eraser.erase(payloads=["00" * 32], **given)
        await eraser.erase(streams=["incident/test-2"], **given)
        with pytest.raises(ErasureRefusedError, match="erased before"):
            await eraser.erase(streams=["incident/test-2"], **given)
        assert (await audited(kept)).flaws == ()


async def test_retention_erases_what_is_old_and_closed(kept):
    async with Runtime(kept[0]) as runtime:
        await runtime.alert("old")
        await resolve(runtime, "old")
        await runtime.alert("open")
        runtime.clock.advance_to(runtime.clock.now() + 500 * DAY)
        await runtime.settle()
        await runtime.alert("young")
        await resolve(runtime, "young")
        eraser = Eraser(runtime.store, runtime.clock)
        service = RetentionService(eraser, runtime.store, runtime.clock, 400 * DAY)
        erased = await service.erase_old()
        assert erased.payloads > 0
        heads = await runtime.store.heads(["incident/open", "incident/young"])
        assert all(head.incident for head in heads.values())
        assert (await service.erase_old()).payloads == 0
        assert (await audited(kept)).flaws == ()


async def test_a_payload_that_came_again_stays_erased(kept):
    async with Runtime(kept[0]) as runtime:
        await runtime.alert("test-1")
        (digest,) = {
            record.input.event.raw
            for record in await runtime.records()
            if getattr(record.input, "event", None) is not None and record.input.event.raw
        }
        eraser = Eraser(runtime.store, runtime.clock)
        await eraser.erase(payloads=[digest], reason="asked", actor="ada")
        assert await runtime.store.payload(digest) is None
        await runtime.alert("test-1")
        assert await runtime.store.payload(digest) is None
        assert (await audited(kept)).flaws == ()
