"""A journal of an older version is copied, then led to the present tables, step by step."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from interlock.interpreter.journal import sqlite_schema
from interlock.interpreter.journal.locate import locate_store
from interlock.interpreter.journal.sqlite_migrations import Migration, load_migrations
from interlock.interpreter.journal.store import StoreError, StoreUnavailableError, StoreVersionError
from support.rulebooks import REFERENCE
from support.runtime import Runtime

STEPS = [
    Migration(2, "0002_notes.sql", "CREATE TABLE notes (text TEXT NOT NULL) STRICT;"),
    Migration(3, "0003_first.sql", "INSERT INTO notes VALUES ('moved');"),
]


@pytest.fixture
async def old(tmp_path):
    """A journal of version 1 with an incident in it."""
    async with Runtime(locate_store(f"sqlite:///{tmp_path}/journal.db"), REFERENCE) as runtime:
        await runtime.alert("one")
    return tmp_path / "journal.db"


def newer(monkeypatch, steps):
    """Let this version be the one that knows these steps."""
    monkeypatch.setattr(sqlite_schema, "SCHEMA_VERSION", steps[-1].version)
    monkeypatch.setattr(sqlite_schema, "load_migrations", lambda: steps)


def ask(path, question):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


VERSION = "SELECT value FROM meta WHERE name = 'schema'"


async def test_an_older_journal_is_copied_and_migrated(old, monkeypatch):
    newer(monkeypatch, STEPS)
    async with Runtime(locate_store(f"sqlite:///{old}"), REFERENCE) as runtime:
        assert (await runtime.incident("one")).revision == 1
        await runtime.alert("two")
    assert ask(old, VERSION) == [(3,)]
    assert ask(old, "SELECT text FROM notes") == [("moved",)]
    copy = old.with_name("journal.db.before-v3")
    assert ask(copy, VERSION) == [(1,)]
    assert ask(copy, "SELECT count(*) FROM heads WHERE incident IS NOT NULL") == [(1,)]


async def test_a_step_that_fails_leaves_what_was_before_it(old, monkeypatch):
    newer(monkeypatch, [STEPS[0], Migration(3, "0003_bad.sql", "DROP TABLE notes; NONSENSE;")])
    with pytest.raises(StoreError):
        await locate_store(f"sqlite:///{old}").open()
    assert ask(old, VERSION) == [(2,)]
    assert ask(old, "SELECT text FROM notes") == []
    newer(monkeypatch, STEPS)
    async with Runtime(locate_store(f"sqlite:///{old}"), REFERENCE):
        pass
    assert ask(old, VERSION) == [(3,)]


async def test_without_room_for_the_copy_nothing_is_changed(old, monkeypatch):
    newer(monkeypatch, STEPS)
    old.with_name(".journal.db.before-v3.part").mkdir()
    with pytest.raises(StoreUnavailableError, match="copied before its tables change"):
        await locate_store(f"sqlite:///{old}").open()
    assert ask(old, VERSION) == [(1,)]


async def test_a_newer_journal_is_refused(old, monkeypatch):
    newer(monkeypatch, STEPS)
    async with Runtime(locate_store(f"sqlite:///{old}"), REFERENCE):
        pass
    monkeypatch.undo()
    with pytest.raises(StoreVersionError, match="newer version"):
        await locate_store(f"sqlite:///{old}").open()


def test_the_steps_of_this_version_lead_to_its_tables():
    versions = [step.version for step in load_migrations()]
    assert versions == list(range(2, sqlite_schema.SCHEMA_VERSION + 1))
