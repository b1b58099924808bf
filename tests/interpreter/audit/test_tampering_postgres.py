"""Whoever changes the rows of a journal in PostgreSQL is found out, and where it begins."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from interlock.interpreter.audit.checkpoints import read_checkpoints, sign_checkpoint
from interlock.interpreter.audit.verification import verify_log, verify_store
from interlock.interpreter.core.canonical import GENESIS, chain
from interlock.interpreter.journal.locate import open_log, open_store
from interlock.interpreter.journal.stored import checksum
from interlock.interpreter.journal.verify import Flaw
from support.journal import commit_of, make_append
from support.postgres import clean_journal, connected
from support.tampering import NoSigner, write_journal

STREAMS, ROUNDS = 6, 8
RECORDS = STREAMS * ROUNDS


async def write(address, streams=STREAMS, rounds=ROUNDS):
    """Write a journal of which each round is sealed; return its last seal."""
    store = await open_store(address)
    await write_journal(store, streams=streams, rounds=rounds, seals=True)
    seal = await store.seal()
    await store.close()
    return seal


@pytest.fixture
async def journal():
    """A sealed journal that is changed inside transactions, and set right by rolling them back."""
    address = await clean_journal()
    await write(address)
    async with connected(address) as connection:
        yield Journal(address, connection)


class Journal:
    def __init__(self, address, connection):
        self.address = address
        self.connection = connection

    @asynccontextmanager
    async def tampered(self, *statements):
        """Make changes as one who owns the tables, and show the auditor what came of it."""
        from interlock.interpreter.journal.postgres_log import (  # noqa: PLC0415 - needs the driver
            PostgresLog,
        )

        class View(PostgresLog):
            async def check_files(self):
                return ()

        transaction = self.connection.transaction()
        await transaction.start()
        await self.connection.execute("DROP TRIGGER records_never_change ON records")
        for statement, *values in statements:
            await self.connection.execute(statement, *values)
        yield View(self.connection, self.address)
        await transaction.rollback()

    async def records(self):
        """Name the records in their order: place, stream, revision."""
        return await self.connection.fetch(
            "SELECT l.place, convert_from(h.stream, 'UTF8') AS stream, l.revision, r.data"
            " FROM leaves AS l JOIN heads AS h ON h.opened = l.place"
            " JOIN records AS r ON r.place = l.place AND r.revision = l.revision ORDER BY number"
        )


async def flawed(log):
    flaws = (await verify_log(log, folds=None)).flaws
    return [(flaw.stream, flaw.revision) for flaw in flaws if flaw.stream is not None]


async def reasons(log):
    return [flaw.reason for flaw in (await verify_log(log, folds=None)).flaws]


async def test_the_journal_is_sound_before(journal):
    audit = await verify_store(journal.address)
    assert (audit.flaws, audit.records, audit.streams) == ((), RECORDS, STREAMS)
    assert (audit.seals, audit.unsealed) == (ROUNDS, 0)


async def test_each_edited_record_is_named(journal):
    edit = "UPDATE records SET data = $3 WHERE place = $1 AND revision = $2"
    for place, stream, revision, data in await journal.records():
        middle = len(data) // 2
        edited = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        async with journal.tampered((edit, place, revision, edited)) as log:
            assert await flawed(log) == [(stream, revision)]


async def test_each_removed_record_is_named(journal):
    remove = "DELETE FROM records WHERE place = $1 AND revision = $2"
    for place, stream, revision, _ in await journal.records():
        async with journal.tampered((remove, place, revision)) as log:
            assert await flawed(log) == [(stream, revision)]
        gone = ("DELETE FROM leaves WHERE place = $1 AND revision = $2", place, revision)
        async with journal.tampered((remove, place, revision), gone) as log:
            assert (stream, revision) in await flawed(log)


async def test_each_exchange_with_the_next_record_is_named(journal):
    move = "UPDATE records SET revision = $3 WHERE place = $1 AND revision = $2"
    for place, stream, revision, _ in await journal.records():
        if revision == ROUNDS:
            continue
        steps = [(revision, -1), (revision + 1, revision), (-1, revision + 1)]
        async with journal.tampered(*((move, place, old, new) for old, new in steps)) as log:
            assert await flawed(log) == [(stream, revision)]


async def test_each_duplicate_is_named(journal):
    copy = (
        "INSERT INTO records (place, revision, at, hash, sum, data)"
        " SELECT place, $3, at, hash, sum, data FROM records WHERE place = $1 AND revision = $2"
    )
    for place, stream, revision, _ in await journal.records():
        async with journal.tampered((copy, place, revision, ROUNDS + 1)) as log:
            assert await flawed(log) == [(stream, ROUNDS + 1)]


async def test_two_records_that_change_places_among_all_break_their_seal(journal):
    move = "UPDATE leaves SET number = $2 WHERE number = $1"
    for first in range(1, RECORDS - 8, 5):
        second = first + 1 + first % 7
        steps = [(first, -1), (second, first), (-1, second)]
        async with journal.tampered(*((move, old, new) for old, new in steps)) as log:
            start = (first - 1) // STREAMS * STREAMS
            assert (
                f"the seal of the journal's records {start + 1} to {start + STREAMS} is not over"
                " these records"
            ) in await reasons(log)


async def test_each_stream_that_is_gone_is_missed(journal):
    for place, stream, *_ in (await journal.records())[:STREAMS]:
        records = ("DELETE FROM records WHERE place = $1", place)
        head = ("DELETE FROM heads WHERE opened = $1", place)
        leaves = ("DELETE FROM leaves WHERE place = $1", place)
        async with journal.tampered(records, head) as log:
            assert (await verify_log(log, folds=None)).flaws != ()
        async with journal.tampered(records, head, leaves) as log:
            assert any("of the journal is missing" in reason for reason in await reasons(log))
        async with journal.tampered(records) as log:
            assert {name for name, _ in await flawed(log)} == {stream}


async def test_a_stream_rewritten_with_its_chain_and_head_breaks_a_seal(journal):
    places = {row["place"]: row["stream"] for row in await journal.records()}
    for first, (place, stream) in enumerate(places.items(), 1):
        changes = await rewritten(journal.connection, place, stream, first)
        async with journal.tampered(*changes) as log:
            start = (first - 1) * STREAMS
            flaw = (await verify_log(log, folds=None)).flaws[0]
            assert flaw == Flaw(
                None,
                None,
                f"the seal of the journal's records {start + 1} to {start + STREAMS} is not over"
                " these records",
            )


async def rewritten(connection, place, stream, first):
    """Say how to change a stream from a record on so that its chain and its head are right."""
    rows = await connection.fetch(
        "SELECT revision, at, hash, data FROM records WHERE place = $1 ORDER BY revision", place
    )
    previous = rows[first - 2]["hash"] if first > 1 else GENESIS
    changes = []
    for revision, at, _, data in rows[first - 1 :]:
        data = data.replace(b"source:test", b"source:evil")  # noqa: PLW2901 - the rewriting
        previous = chain(previous, data)
        changes.append((
            "UPDATE records SET hash = $1, sum = $2, data = $3 WHERE place = $4 AND revision = $5",
            previous, checksum((stream, revision, at, previous)), data, place, revision,
        ))  # fmt: skip
    head = await connection.fetchrow("SELECT * FROM heads WHERE opened = $1", place)
    columns = tuple(head)
    fields = (*columns[1:3], previous, *columns[4:14])
    sum_ = checksum(fields, head["data"])
    changes.append(
        ("UPDATE heads SET hash = $1, sum = $2 WHERE opened = $3", previous, sum_, place)
    )
    return changes


async def test_a_seal_that_is_gone_or_changed_is_missed(journal):
    for size in range(STREAMS, RECORDS + 1, STREAMS):
        for change in (
            "DELETE FROM seals WHERE size = $1",
            "UPDATE seals SET at = at + 1 WHERE size = $1",
            "UPDATE seals SET root = decode(repeat('00', 32), 'hex') WHERE size = $1",
        ):
            async with journal.tampered((change, size)) as log:
                assert (await verify_log(log, folds=None)).flaws != ()


async def test_a_journal_written_anew_with_all_seals_differs_from_an_old_checkpoint():
    address = await clean_journal()
    signed = sign_checkpoint(await write(address), 1, "none", NoSigner())
    checkpoints = read_checkpoints(signed, [NoSigner()])
    assert (await verify_store(address, checkpoints)).flaws == ()

    address = await clean_journal()
    store = await open_store(address)
    await write_journal(store, streams=STREAMS - 1, rounds=ROUNDS, seals=True)
    await store.commit(commit_of(make_append("trial/more", count=ROUNDS)))
    await store.seal()
    await store.close()
    assert (await verify_store(address)).flaws == ()
    (flaw,) = (await verify_store(address, checkpoints)).flaws
    assert flaw.reason == (
        f"it was written anew: its records 1 to {RECORDS} are not those of the checkpoint"
    )


async def test_two_nodes_that_write_and_seal_at_once_make_one_unbroken_chain_of_seals():
    address = await clean_journal()
    nodes = [await open_store(address) for _ in range(2)]

    async def write_and_seal(number):
        head = None
        for turn in range(30):
            append = make_append(f"trial/{number}", head, note=f"{turn}")
            await nodes[number % 2].commit(commit_of(append))
            head = append.head
            await nodes[(number + turn) % 2].seal()

    await asyncio.gather(*(write_and_seal(number) for number in range(4)))
    last = [await node.seal() for node in nodes]
    assert last[0] == last[1]
    assert last[0].size == 120
    for node in nodes:
        await node.close()
    audit = await verify_store(address)
    assert (audit.flaws, audit.records, audit.unsealed) == ((), 120, 0)
    assert audit.seal == last[0]


async def test_while_one_node_seals_the_other_leaves_it_to_that_one():
    from interlock.interpreter.journal.postgres_seals import (  # noqa: PLC0415 - needs the driver
        seal_committed,
    )

    address = await clean_journal()
    sealed = await write(address)
    store = await open_store(address)
    await store.commit(commit_of(make_append("trial/more")))
    async with connected(address) as sealer, connected(address) as other:
        async with sealer.transaction():
            assert await sealer.fetchval("SELECT pg_try_advisory_xact_lock(1229736785, 2)")
            assert await seal_committed(other) == sealed
        assert (await seal_committed(other)).size == RECORDS + 1
    await store.close()
    log = await open_log(address)
    assert (await verify_log(log)).flaws == ()
    await log.close()
