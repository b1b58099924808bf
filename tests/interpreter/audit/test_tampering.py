"""Whoever changes a journal behind Interlock's back is found out (T15).

Sampled where every case would take hours; `INTERLOCK_EVERY_CASE=1` takes them all.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import contextmanager
from random import Random

import pytest

from interlock.interpreter.audit.checkpoints import read_checkpoints, sign_checkpoint
from interlock.interpreter.audit.sweeping import sweep_view
from interlock.interpreter.audit.verification import verify_log
from interlock.interpreter.core.canonical import GENESIS, chain
from interlock.interpreter.journal.sqlite import SqliteJournalStore
from interlock.interpreter.journal.sqlite_log import SqliteLog
from interlock.interpreter.journal.store import StoreError
from interlock.interpreter.journal.stored import checksum
from interlock.interpreter.journal.verify import Flaw
from support.journal import commit_of, make_append
from support.tampering import NoSigner, audit_file, edit, make_journal, write_journal

EVERY_CASE = bool(os.environ.get("INTERLOCK_EVERY_CASE"))
STREAMS, ROUNDS = 20, 50
RECORDS = STREAMS * ROUNDS
LAST_BYTES = 64 * 1024


def checkpoints_of(seal):
    return read_checkpoints(sign_checkpoint(seal, 1, "none", NoSigner()), [NoSigner()])


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    """A journal of 1,000 records in one file."""
    import asyncio  # noqa: PLC0415 - a fixture for the module has no loop

    path = tmp_path_factory.mktemp("tampering") / "journal.db"
    asyncio.run(make_journal(path, streams=STREAMS, rounds=ROUNDS))
    return path


class OpenJournal(SqliteLog):
    """A journal that is tampered with inside a transaction, and set right by rolling back."""

    def __init__(self, path):
        super().__init__(path)
        self._connection.close()
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("DROP TRIGGER IF EXISTS records_never_change")

    async def check_files(self):
        return ()

    @contextmanager
    def tampered(self, *statements):
        self._connection.execute("BEGIN")
        for statement, *values in statements:
            self._connection.execute(statement, values)
        yield self
        self._connection.execute("ROLLBACK")

    def all(self, statement, *values):
        return self._connection.execute(statement, values).fetchall()


@pytest.fixture
def opened(journal, tmp_path):
    path = shutil.copy(journal, tmp_path / "journal.db")
    log = OpenJournal(path)
    yield log
    log._connection.close()


async def flaws_of(log):
    """Walk a journal, and sweep it too: one that is not sound must not pass either."""
    flaws = (await verify_log(log, folds=None)).flaws
    assert (await sweep_view(log, folds=False) is None) == bool(flaws)
    return flaws


async def first_flaw(log):
    return (await flaws_of(log))[0]


async def flawed_records(log):
    flaws = await flaws_of(log)
    return [(flaw.stream, flaw.revision) for flaw in flaws if flaw.stream is not None]


async def test_the_journal_is_sound_before(journal):
    audit = await audit_file(journal)
    assert (audit.flaws, audit.records, audit.streams) == ((), RECORDS, STREAMS)
    assert audit.seals == ROUNDS


async def test_each_removed_record_is_named(opened):
    for seq, stream, revision in opened.all("SELECT seq, stream, revision FROM records"):
        with opened.tampered(("DELETE FROM records WHERE seq = ?", seq)):
            reasons = [flaw.reason for flaw in await flaws_of(opened)]
            assert await flawed_records(opened) == [(stream, revision)]
            where = "ends before" if seq == RECORDS else f"record number {seq} of"
            assert any(where in reason for reason in reasons)


async def test_each_edited_record_is_named(opened):
    for seq, stream, revision, data in opened.all(
        "SELECT seq, stream, revision, data FROM records"
    ):
        place = seq % len(data)
        edited = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with opened.tampered(("UPDATE records SET data = ? WHERE seq = ?", edited, seq)):
            assert await flawed_records(opened) == [(stream, revision)]


async def test_each_exchange_with_the_next_record_is_named(opened):
    move = "UPDATE records SET revision = ? WHERE stream = ? AND revision = ?"
    exchanged = 0
    for number in range(STREAMS):
        stream = f"trial/{number}"
        for revision in range(1, ROUNDS):
            swap = [(revision, -1), (revision + 1, revision), (-1, revision + 1)]
            steps = [(move, new, stream, old) for old, new in swap]
            with opened.tampered(*steps):
                assert await flawed_records(opened) == [(stream, revision)]
            exchanged += 1
    assert exchanged == RECORDS - STREAMS


async def test_each_duplicate_is_named(opened):
    copy = (
        "INSERT INTO records (stream, revision, at, hash, sum, data)"
        " SELECT stream, ?, at, hash, sum, data FROM records WHERE seq = ?"
    )
    for seq, stream, _ in opened.all("SELECT seq, stream, revision FROM records"):
        with opened.tampered((copy, ROUNDS + 1, seq)):
            assert await flawed_records(opened) == [(stream, ROUNDS + 1)]


async def test_two_records_that_change_places_among_all_break_their_seal(opened):
    pairs = [(seq, seq + 1 + seq % 7) for seq in range(1, RECORDS - 8, 9)]
    for first, second in pairs:
        move = "UPDATE records SET seq = ? WHERE seq = ?"
        steps = [(move, -1, first), (move, first, second), (move, second, -1)]
        with opened.tampered(*steps):
            flaw = await first_flaw(opened)
            start = (first - 1) // STREAMS * STREAMS
            assert flaw.reason == (
                f"the seal of the journal's records {start + 1} to {start + STREAMS} is not over"
                " these records"
            )


async def test_each_stream_that_is_gone_is_missed(opened):
    for number in range(STREAMS):
        stream = f"trial/{number}"
        gone = [(f"DELETE FROM {table} WHERE stream = ?", stream) for table in ("records", "heads")]
        with opened.tampered(*gone):
            flaw = await first_flaw(opened)
            assert flaw == Flaw(None, None, f"record number {number + 1} of the journal is missing")


async def test_a_stream_rewritten_with_its_chain_and_head_breaks_a_seal(opened):
    for number in range(STREAMS):
        stream, first = f"trial/{number}", 1 + number * 2
        with opened.tampered(*rewritten(opened, stream, first)):
            flaws = await flaws_of(opened)
            start = (first - 1) * STREAMS
            assert flaws[0].reason == (
                f"the seal of the journal's records {start + 1} to {start + STREAMS} is not over"
                " these records"
            )


def rewritten(log, stream, first):
    """Say how to change a stream from a record on so that its chain and its head are right."""
    rows = log.all(
        "SELECT revision, at, hash, data FROM records WHERE stream = ? ORDER BY revision", stream
    )
    previous = rows[first - 2][2] if first > 1 else GENESIS
    for revision, at, _, data in rows[first - 1 :]:
        data = data.replace(b"source:test", b"source:evil")  # noqa: PLW2901 - the rewriting
        previous = chain(previous, data)
        yield (
            "UPDATE records SET hash = ?, sum = ?, data = ? WHERE stream = ? AND revision = ?",
            previous,
            checksum((stream, revision, at, previous)),
            data,
            stream,
            revision,
        )
    (head,) = log.all("SELECT * FROM heads WHERE stream = ?", stream)
    fields = (*head[:3], previous, *head[4:14])
    yield (
        "UPDATE heads SET hash = ?, sum = ? WHERE stream = ?",
        previous,
        checksum(fields, head[15]),
        stream,
    )


async def test_a_seal_that_is_gone_or_changed_is_missed(opened):
    for (size,) in opened.all("SELECT size FROM seals ORDER BY size"):
        with opened.tampered(("DELETE FROM seals WHERE size = ?", size)):
            assert await flaws_of(opened) != ()
        for column in ("at = at + 1", "root = zeroblob(32)", "hash = zeroblob(32)"):
            with opened.tampered((f"UPDATE seals SET {column} WHERE size = ?", size)):
                assert await flaws_of(opened) != ()


async def test_records_claimed_as_erased_need_a_record_that_says_so(opened):
    for number in range(STREAMS):
        stream, last = f"trial/{number}", 1 + number
        wanted = (stream, last)
        keep = (
            "INSERT INTO erased SELECT seq, stream, revision, hash FROM records"
            " WHERE stream = ? AND revision <= ?"
        )
        gone = "DELETE FROM records WHERE stream = ? AND revision <= ?"
        with opened.tampered((keep, *wanted), (gone, *wanted)):
            assert await flawed_records(opened) == [(stream, last)]


async def test_a_journal_written_anew_differs_from_an_old_checkpoint(tmp_path, journal):
    audit = await audit_file(journal)
    anew = tmp_path / "anew.db"
    store = SqliteJournalStore(anew)
    await store.open()
    await write_journal(store, streams=STREAMS - 1, rounds=ROUNDS)
    await store.commit(commit_of(make_append("trial/more", count=ROUNDS)))
    await store.close()
    assert (await audit_file(anew)).flaws == ()
    flaws = (await audit_file(anew, checkpoints_of(audit.seal))).flaws
    assert [flaw.reason for flaw in flaws] == [
        "it was written anew: its records 1 to 1000 are not those of the checkpoint"
    ]


async def test_a_journal_cut_back_to_a_sound_state_differs_from_its_checkpoint(tmp_path, journal):
    checkpoints = checkpoints_of((await audit_file(journal)).seal)
    shorter = tmp_path / "shorter.db"
    await make_journal(shorter, streams=STREAMS, rounds=ROUNDS - 1)
    assert (await audit_file(shorter)).flaws == ()
    (flaw,) = (await audit_file(shorter, checkpoints)).flaws
    assert flaw.reason == "it was cut short: it has 980 records, a checkpoint says 1000"


# --- the bytes of the file -------------------------------------------------------------------


def contents(path):
    """All that a database holds, or None where it cannot be read."""
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        tables = connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()
        names = [name for name, sql in tables if str(sql).startswith("CREATE TABLE")]
        rows = [connection.execute(f"SELECT * FROM {name}").fetchall() for name in names]
    except (sqlite3.Error, UnicodeError):
        return None
    finally:
        connection.close()
    return tables, rows


async def is_found_out(path, checkpoints=()):
    try:
        return (await audit_file(path, checkpoints)).flaws != ()
    except StoreError:
        return True


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    import asyncio  # noqa: PLC0415 - a fixture for the module has no loop

    path = tmp_path_factory.mktemp("bits") / "journal.db"
    asyncio.run(make_journal(path, streams=8, rounds=10))
    return path


async def test_a_flipped_bit_changes_nothing_or_is_found(small, tmp_path):
    whole, before = small.read_bytes(), contents(small)
    first = max(0, len(whole) - LAST_BYTES) * 8
    bits = range(first, len(whole) * 8)
    chosen = bits if EVERY_CASE else sorted(Random(15).sample(bits, 700))
    path = tmp_path / "flipped.db"
    for bit in chosen:
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        assert contents(path) == before or await is_found_out(path), f"bit {bit}"


async def test_a_file_cut_anywhere_is_found_out(small, tmp_path):
    whole = small.read_bytes()
    cuts = range(max(0, len(whole) - LAST_BYTES), len(whole))
    chosen = cuts if EVERY_CASE else sorted(Random(15).sample(cuts, 150))
    path = tmp_path / "cut.db"
    for cut in chosen:
        path.write_bytes(whole[:cut])
        assert await is_found_out(path), f"cut at {cut}"


async def test_a_log_cut_in_its_last_transactions_ends_before_the_checkpoint(tmp_path):
    path = tmp_path / "journal.db"
    store = SqliteJournalStore(path)
    await store.open()
    await write_journal(store, streams=3, rounds=7)
    last_three = path.with_name("journal.db-wal").stat().st_size
    heads = await store.heads([f"trial/{number}" for number in range(3)])
    for number in range(3):
        stream = f"trial/{number}"
        await store.commit(commit_of(make_append(stream, heads[stream])))
    checkpoints = checkpoints_of(await store.seal())
    database, wal = path.read_bytes(), path.with_name("journal.db-wal").read_bytes()
    await store.close()
    cuts = range(last_three, len(wal))
    chosen = cuts if EVERY_CASE else sorted({last_three, *Random(15).sample(cuts, 150)})
    for cut in chosen:
        folder = tmp_path / "cut"
        folder.mkdir()
        (folder / "journal.db").write_bytes(database)
        (folder / "journal.db-wal").write_bytes(wal[:cut])
        (flaw,) = (await audit_file(folder / "journal.db", checkpoints)).flaws
        assert flaw.reason.startswith("it was cut short"), f"cut at {cut}"
        shutil.rmtree(folder)


async def test_an_edit_is_found_with_the_folds_too(journal, tmp_path):
    path = shutil.copy(journal, tmp_path / "journal.db")
    edit(path, ("UPDATE records SET at = at + 1 WHERE seq = 7",))
    (flaw,) = (await audit_file(path)).flaws
    assert (flaw.stream, flaw.revision) == ("trial/6", 1)
