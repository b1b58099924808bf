"""A backup is one snapshot of a running journal; a restored one begins another epoch."""

from __future__ import annotations

import pytest

from interlock.interpreter.core.control import CONTROL_STREAM, decode_control
from interlock.interpreter.hooks.outcome import failed
from interlock.interpreter.journal.backup import back_up, brought_back
from interlock.interpreter.journal.locate import locate_store
from interlock.interpreter.journal.store import StoreAddressError, StoreUnavailableError
from interlock.interpreter.journal.verify import verify_journal
from interlock.interpreter.runtime.clock import VirtualClock
from interlock.interpreter.runtime.restore import begin_epoch
from interlock.rulebook.graph.state_graph import Automation
from support.postgres import make_database
from support.rulebooks import REMEDIATING
from support.runtime import Runtime, ScriptedExecutor
from support.story import START

LATER = START + 3_600_000_000_000


@pytest.fixture(params=["sqlite", "postgres"])
async def addresses(request, tmp_path):
    """The addresses of a journal and of one that is not there yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/journal.db", f"sqlite:///{tmp_path}/restored.db"
    from interlock.interpreter.journal.postgres_schema import (  # noqa: PLC0415 - needs the driver
        migrate,
    )

    old, new = await make_database(), await make_database()
    await migrate(old)
    return old, new


async def test_what_is_brought_back_is_what_was_there(addresses, tmp_path):
    old, new = addresses
    async with Runtime(locate_store(old), REMEDIATING) as runtime:
        await runtime.alert("one", "P1")
        await back_up(old, tmp_path / "copy")
        streams = await runtime.store.streams()
        records = {name: await runtime.store.read(name) for name in streams}
        await runtime.alert("two", "P2")
    async with brought_back(tmp_path / "copy", new) as store:
        assert await store.streams() == streams
        assert {name: await store.read(name) for name in streams} == records
        assert (await verify_journal(store)).flaws == ()


async def test_a_restored_journal_is_held_back_and_says_what_is_in_doubt(addresses, tmp_path):
    old, new = addresses
    refusing = ScriptedExecutor(failed("busy", is_retryable=True))
    async with Runtime(locate_store(old), REMEDIATING, executor=refusing) as runtime:
        await runtime.reloader.begin(runtime.loaded)
        await runtime.alert("one", "P2")
        key = (await runtime.incident("one")).steps["slow/scale"].key
        await back_up(old, tmp_path / "copy")
    async with brought_back(tmp_path / "copy", new) as store:
        restored = await begin_epoch(store, VirtualClock(LATER), actor="ada", reason="disk lost")
        assert (restored.epoch, restored.doubtful) == (1, 1)
        assert restored.repeated >= 1
        head = (await store.heads([CONTROL_STREAM]))[CONTROL_STREAM]
        control = decode_control(head.data)
        assert control.epoch == 1
        assert control.automation(LATER) is Automation.OBSERVE
        assert control.overrides["*"].by == "ada"
        assert (await verify_journal(store)).flaws == ()
    async with Runtime(locate_store(new), REMEDIATING, now=LATER) as runtime:
        incident = await runtime.incident("one")
        assert incident.steps["slow/scale"].status == "in_doubt"
        assert any("restored from a backup" in why for why in incident.needs_attention)
        await runtime.alert("two", "P2")
        assert (await runtime.incident("two")).steps["slow/scale"].status == "observed"
        assert runtime.executor.calls == []
        await runtime.say("runbook.start", "one")
        again = (await runtime.incident("one")).steps["slow/scale"].key
        assert again != key, "the same place in the journal stands for something else now"


async def test_nothing_is_overwritten(addresses, tmp_path):
    old, _ = addresses
    async with Runtime(locate_store(old), REMEDIATING) as runtime:
        await runtime.alert("one")
        await back_up(old, tmp_path / "copy")
    with pytest.raises(StoreUnavailableError, match="exists already"):
        await back_up(old, tmp_path / "copy")
    with pytest.raises(StoreUnavailableError, match="exist"):
        async with brought_back(tmp_path / "copy", old):
            pass


async def test_a_restoring_that_fails_leaves_no_journal(tmp_path):
    old, new = f"sqlite:///{tmp_path}/journal.db", tmp_path / "restored.db"
    async with Runtime(locate_store(old), REMEDIATING) as runtime:
        await runtime.alert("one")
        await back_up(old, tmp_path / "copy")
    with pytest.raises(ZeroDivisionError):
        async with brought_back(tmp_path / "copy", f"sqlite:///{new}"):
            raise ZeroDivisionError
    left = sorted(path.name for path in tmp_path.iterdir())
    assert [name for name in left if "restor" in name] == []


@pytest.mark.parametrize(
    ("address", "words"),
    [("memory:", "nothing to be backed up"), ("sqlite:////nowhere/x.db", "no journal at")],
)
async def test_what_cannot_be_backed_up_is_said(address, words, tmp_path):
    with pytest.raises((StoreAddressError, StoreUnavailableError), match=words):
        await back_up(address, tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


async def test_a_backup_of_the_other_kind_is_refused(tmp_path):
    (tmp_path / "copy").write_bytes(b"PK")
    with pytest.raises(StoreAddressError, match="no backup of SQLite"):
        async with brought_back(tmp_path / "copy", f"sqlite:///{tmp_path}/x.db"):
            pass
