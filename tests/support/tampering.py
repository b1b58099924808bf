"""A small journal to tamper with, and what its auditor says."""

from __future__ import annotations

import sqlite3

from interlock.interpreter.audit.sweeping import sweep_view
from interlock.interpreter.audit.verification import verify_log
from interlock.interpreter.journal.sqlite import SqliteJournalStore
from interlock.interpreter.journal.sqlite_log import SqliteLog
from support.journal import commit_of, make_append


class NoSigner:
    """Signs and knows its signature, without a library."""

    id = "none"

    def sign(self, data):
        del data
        return b"signed"

    def verifies(self, signature, data):
        del data
        return signature == b"signed"


async def write_journal(store, streams=20, rounds=50, *, seals=False):
    """Write `streams * rounds` records, a round a commit, to streams without a state.

    `seals` seals each round, where commits do not seal themselves.
    """
    heads = {}
    for turn in range(rounds):
        appends = []
        for number in range(streams):
            stream = f"trial/{number}"
            append = make_append(stream, heads.get(stream), note=f"{turn} of {number}")
            heads[stream] = append.head
            appends.append(append)
        await store.commit(commit_of(*appends))
        if seals:
            await store.seal()


async def make_journal(path, **size):
    """Make a journal in a file that nobody writes to any more, all of it in one file."""
    store = SqliteJournalStore(path)
    await store.open()
    await write_journal(store, **size)
    await store.close()


async def audit_file(path, checkpoints=()):
    """Verify a journal in a file; a sweep must not pass what a walk does not."""
    log = SqliteLog(path)
    try:
        audit = await verify_log(log, checkpoints)
        is_sound = not (await verify_log(log)).flaws
        assert (await sweep_view(log) is not None) == is_sound
    finally:
        await log.close()
    return audit


def edit(path, *statements):
    """Change a journal behind Interlock's back, as one who knows its tables."""
    connection = sqlite3.connect(path)
    guard = "SELECT sql FROM sqlite_schema WHERE type = 'trigger'"
    (trigger,) = connection.execute(guard).fetchone()
    connection.execute("DROP TRIGGER records_never_change")
    for statement, *values in statements:
        connection.execute(statement, values)
    connection.execute(trigger)
    connection.commit()
    connection.close()
