"""A sweep says the same of a journal as a walk, whole or in parts, whatever it finds."""

from __future__ import annotations

import pytest

from interlock.interpreter.audit import sweeping
from interlock.interpreter.audit.sweeping import sweep_store, sweep_view
from interlock.interpreter.audit.verification import verify_log, verify_store
from interlock.interpreter.core.control import CONTROL_STREAM
from interlock.interpreter.journal.sqlite import SqliteJournalStore
from interlock.interpreter.journal.sqlite_log import SqliteLog
from interlock.interpreter.runtime.erasure import Eraser
from support.runtime import Runtime
from support.tampering import edit, make_journal


@pytest.fixture
async def journal(tmp_path):
    """A journal of an engine: open, resolved and erased incidents, with their payloads."""
    path = tmp_path / "journal.db"
    async with Runtime(SqliteJournalStore(path)) as runtime:
        for number in range(12):
            await runtime.alert(f"test-{number}", labels={"number": str(number)})
        for number in (3, 4):
            await runtime.alert(f"test-{number}", type="alert.resolved", status="resolved")
        await runtime.settle()
        eraser = Eraser(runtime.store, runtime.clock)
        await eraser.erase(streams=["incident/test-4"], reason="asked", actor="ada")
    return path


def address(path):
    return f"sqlite:///{path}"


async def walked(path):
    log = SqliteLog(path)
    try:
        return await verify_log(log)
    finally:
        await log.close()


async def test_it_counts_what_a_walk_counts(journal):
    audit = await walked(journal)
    assert audit.flaws == ()
    assert audit.erased > 0
    assert await sweep_store(address(journal)) is not None
    assert await verify_store(address(journal)) == audit


@pytest.mark.parametrize("folds", [True, False])
async def test_several_processes_find_what_one_does(journal, monkeypatch, folds):
    one = await sweep_store(address(journal), folds=folds)
    monkeypatch.setattr(sweeping, "WORTH_A_PROCESS", 1)
    assert await sweep_store(address(journal), folds=folds, processes=2) == one
    edit(journal, ("UPDATE records SET hash = zeroblob(32) WHERE seq = 9",))
    assert await sweep_store(address(journal), folds=folds, processes=2) is None
    audit = await verify_store(address(journal), folds=folds, processes=2)
    assert [flaw.revision for flaw in audit.flaws if flaw.stream] != []


DAMAGE = {
    "a head of another state": "UPDATE heads SET state = 'CLOSED' WHERE opened = 2",
    "a head that is gone": "DELETE FROM heads WHERE opened = 3",
    "all of a stream but its head": "DELETE FROM records WHERE stream = 'incident/test-7'",
    "a time": "UPDATE records SET at = at + 1 WHERE seq = 7",
    "a checksum": "UPDATE records SET sum = sum + 1 WHERE seq = 7",
    "a payload": "UPDATE payloads SET data = x'00' WHERE rowid = 4",
    "a payload that is gone": "DELETE FROM payloads WHERE rowid = 4",
    "a payload without its bytes": (
        "UPDATE payloads SET data = NULL WHERE rowid ="
        " (SELECT max(rowid) FROM payloads WHERE data IS NOT NULL)"
    ),
    "an erased record that is gone": "DELETE FROM erased WHERE revision = 1",
    "an erased record of another hash": "UPDATE erased SET hash = zeroblob(32)",
    "an erased record that is there": (
        "INSERT INTO erased SELECT 1000, stream, revision, hash FROM records WHERE seq = 1"
    ),
    "a seal": "DELETE FROM seals WHERE size = (SELECT max(size) FROM seals)",
    "the control stream": f"DELETE FROM records WHERE stream = '{CONTROL_STREAM}'",
}


@pytest.mark.parametrize("statement", DAMAGE.values(), ids=DAMAGE)
async def test_it_passes_nothing_that_a_walk_finds(journal, statement):
    edit(journal, (statement,))
    assert (await walked(journal)).flaws != ()
    assert await sweep_store(address(journal)) is None
    assert await verify_store(address(journal)) == await walked(journal)


async def test_parts_of_the_tree_that_were_changed_are_found(tmp_path):
    path = tmp_path / "journal.db"
    await make_journal(path, streams=30, rounds=70)
    assert await sweep_store(address(path)) is not None
    edit(path, ("UPDATE spans SET root = zeroblob(32) WHERE number = 1",))
    assert await sweep_store(address(path)) is None


async def test_an_empty_journal_is_sound(tmp_path):
    path = tmp_path / "journal.db"
    store = SqliteJournalStore(path)
    await store.open()
    await store.close()
    log = SqliteLog(path)
    swept = await sweep_view(log)
    await log.close()
    assert (swept.log.records, swept.streams, swept.payloads) == (0, 0, 0)
