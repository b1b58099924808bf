"""What only a journal in a file can promise, or suffer."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from interlock.interpreter.journal import sqlite_schema, sqlite_writer
from interlock.interpreter.journal.locate import open_store
from interlock.interpreter.journal.lookup import Lookup
from interlock.interpreter.journal.outbox import Claim
from interlock.interpreter.journal.sqlite import SqliteJournalStore
from interlock.interpreter.journal.store import (
    IncidentFilter,
    MalformedCommitError,
    Quarantined,
    StaleRevisionError,
    StoreDamagedError,
    StoreError,
    StoreUnavailableError,
    StoreVersionError,
    TimerRow,
)
from support.journal import (
    assert_chains_are_sound,
    commit_of,
    make_append,
    make_effect,
    open_incident,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

ROOT = Path(__file__).parents[3]
NOBODY = 65534
PAYLOAD = hashlib.sha256(b"raw").hexdigest()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteJournalStore]:
    made = SqliteJournalStore(path)
    await made.open()
    yield made
    await made.close()


async def opening(path: Path) -> SqliteJournalStore:
    store = SqliteJournalStore(path)
    try:
        await store.open()
    except StoreError:
        await store.close()
        raise
    return store


def alter(path: Path, *statements: str) -> None:
    """Change a closed database behind the store's back."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


async def fill(path: Path, count: int = 5) -> None:
    store = await opening(path)
    append = open_incident("A")
    await store.commit(
        commit_of(
            append,
            timers_set=[TimerRow(7, "incident/A", "sla")],
            outbox=[make_effect("k")],
        )
    )
    for _ in range(count - 1):
        append = make_append("incident/A", append.head)
        await store.commit(commit_of(append))
    await store.close()


# --- durability -------------------------------------------------------------------------------


async def test_the_writer_is_as_durable_as_sqlite_can_be(store):
    def pragma(name: str) -> Callable[[sqlite3.Connection], object]:
        return lambda connection: connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert await store._write(pragma("journal_mode")) == "wal"
    assert await store._write(pragma("synchronous")) == 2


async def test_a_pragma_that_does_not_take_is_refused(path, monkeypatch):
    monkeypatch.setitem(sqlite_schema._DURABILITY, "journal_mode", ("MEMORY", "wal"))
    with pytest.raises(StoreUnavailableError, match=r"keeps journal_mode at .* not be durable"):
        await opening(path)


async def test_readers_cannot_write(store):
    def write(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM records")

    with pytest.raises(StoreUnavailableError, match="READONLY"):
        await store._read(write)


async def test_a_record_cannot_be_changed_through_the_database(store):
    await store.commit(commit_of(open_incident("A")))

    def change(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE records SET data = x'00'")

    with pytest.raises(MalformedCommitError, match="never changed"):
        await store._write(change)


CHILD = """
import asyncio, sys
from pathlib import Path
from interlock.interpreter.journal.sqlite import SqliteJournalStore
from interlock.interpreter.journal.store import TimerRow
from support.journal import commit_of, make_append, make_effect, open_incident

async def main():
    store = SqliteJournalStore(Path(sys.argv[1]))
    await store.open()
    heads = {}
    for number in range(1_000_000):
        streams = [f"incident/{name}" for name in ("A", "B")]
        appends = [
            make_append(s, heads[s], count=3, data=bytes(3000))
            if s in heads else open_incident(s.partition("/")[2])
            for s in streams
        ]
        await store.commit(commit_of(
            *appends,
            timers_set=[TimerRow(number, "incident/A", "t")],
            outbox=[make_effect(f"k{number}")],
        ))
        heads.update((a.stream, a.head) for a in appends)
        print(number, flush=True)

asyncio.run(main())
"""


def kill_writer_after(path: Path, acknowledged: int) -> int:
    """Kill a writing process once it has acknowledged so many commits; returns its last one."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path)],
        stdout=subprocess.PIPE,
        cwd=ROOT / "tests",
        text=True,
    )
    assert child.stdout is not None
    for _ in range(acknowledged):
        child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    last = [str(acknowledged - 1), *child.stdout.read().splitlines()][-1]
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    return int(last)


@pytest.mark.parametrize("acknowledged", [1, 2, 7, 40])
async def test_a_killed_writer_leaves_every_acknowledged_commit_and_no_half_one(path, acknowledged):
    last = await asyncio.to_thread(kill_writer_after, path, acknowledged)
    store = await opening(path)
    heads = await store.heads(["incident/A", "incident/B"])
    commits = len(await store.list_effects())
    assert commits in (last + 1, last + 2)  # one may be written and not yet acknowledged
    revision = 1 + 3 * (commits - 1)
    assert {head.revision for head in heads.values()} == {revision}
    assert await store.next_timer() == commits - 1
    await assert_chains_are_sound(store)
    await store.commit(commit_of(make_append("incident/A", heads["incident/A"])))
    await store.close()


async def test_what_was_torn_from_the_end_of_the_log_was_never_acknowledged(path):
    await fill(path, 5)
    store = await opening(path)
    head = (await store.heads(["incident/A"]))["incident/A"]
    await store.commit(commit_of(make_append("incident/A", head)))
    log = path.with_name(path.name + "-wal").read_bytes()
    data = path.read_bytes()
    await store.close()
    for cut in (1, 100, 4096):
        path.write_bytes(data)
        path.with_name(path.name + "-wal").write_bytes(log[:-cut])
        path.with_name(path.name + "-shm").unlink(missing_ok=True)
        torn = await opening(path)
        assert (await torn.heads(["incident/A"]))["incident/A"] == head
        await assert_chains_are_sound(torn)
        await torn.close()


# --- a commit that fails in the middle ----------------------------------------------------------


class FailingConnection(sqlite3.Connection):
    """Fails at its n-th statement, as a full disk does."""

    left = -1

    def _count(self) -> None:
        FailingConnection.left -= 1
        if FailingConnection.left == 0:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            error.sqlite_errorname = "SQLITE_FULL"
            raise error

    def execute(self, sql, *parameters):
        if not sql.startswith("PRAGMA"):
            self._count()
        return super().execute(sql, *parameters)

    def executemany(self, sql, rows):
        self._count()
        return super().executemany(sql, rows)


@pytest.fixture
def failing_connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FailingConnection]]:
    connect = sqlite3.connect

    def connect_failing(name: str, **options: object) -> sqlite3.Connection:
        return connect(name, factory=FailingConnection, **options)

    monkeypatch.setattr(sqlite3, "connect", connect_failing)
    yield FailingConnection
    FailingConnection.left = -1


async def test_a_failure_at_any_statement_of_a_commit_writes_nothing(path, failing_connections):
    store = await opening(path)
    first = open_incident("A")
    await store.commit(commit_of(first, outbox=[make_effect("old")]))
    rich = commit_of(
        make_append("incident/A", first.head),
        open_incident("B"),
        timers_set=[TimerRow(1, "incident/B", "t")],
        timers_cleared=[TimerRow(1, "incident/A", "t")],
        outbox=[make_effect("new")],
        effects_ended={"old": ("done", None)},
    )
    failures = 0
    for at in range(1, 100):
        failing_connections.left = at
        try:
            await store.commit(rich)
        except StoreUnavailableError:
            failures += 1
        else:
            break
        finally:
            failing_connections.left = -1
        assert await store.heads(["incident/A", "incident/B"]) == {"incident/A": first.head}
        assert await store.next_timer() is None
        assert [(row.key, row.status) for row in await store.list_effects()] == [("old", "pending")]
    assert failures > 8
    assert len(await store.streams()) == 2
    await assert_chains_are_sound(store)
    await store.close()


async def test_a_connection_that_cannot_roll_back_is_replaced(store):
    first = open_incident("A")
    await store.commit(commit_of(first))
    thread = store._writer
    lost = thread._connection

    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM timers")
        connection.close()
        thread._connection = Unusable(connection)
        raise sqlite3.OperationalError

    class Unusable:
        in_transaction = True

        def __init__(self, connection: sqlite3.Connection) -> None:
            self.close = connection.close

        def rollback(self) -> None:
            raise sqlite3.OperationalError("disk I/O error")

    with pytest.raises(StoreError):
        await store._writer.run(fail)
    await store.commit(commit_of(make_append("incident/A", first.head)))
    assert thread._connection is not lost


async def test_a_full_disk_refuses_and_goes_on_when_there_is_room(store):
    def limit(pages: int) -> Callable[[sqlite3.Connection], object]:
        return lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()

    append = open_incident("A")
    await store.commit(commit_of(append))
    await store._write(limit(1))  # SQLite takes this for the present size
    grown = make_append("incident/A", append.head, data=bytes(1_000_000))
    for _ in range(3):
        with pytest.raises(StoreUnavailableError, match=r"journal\.db: the disk .* is full"):
            await store.commit(commit_of(grown))
        assert await store.heads(["incident/A"]) == {"incident/A": append.head}
    await store._write(limit(1 << 30))
    await store.commit(commit_of(grown))
    await assert_chains_are_sound(store)


async def test_a_file_that_may_not_grow_refuses_and_goes_on(store):
    append = open_incident("A")
    await store.commit(commit_of(append))
    grown = make_append("incident/A", append.head, data=bytes(1_000_000))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
    try:
        with pytest.raises(StoreUnavailableError, match="disk"):
            await store.commit(commit_of(grown))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert await store.heads(["incident/A"]) == {"incident/A": append.head}
    await store.commit(commit_of(grown))
    await assert_chains_are_sound(store)


@pytest.mark.parametrize(
    ("fields", "word"),
    [({"origin": "\ud800"}, "surrogates"), ({"updated_at": 1 << 63}, "too large")],
)
async def test_a_value_that_cannot_be_stored_is_refused(store, fields, word):
    with pytest.raises(MalformedCommitError, match=word):
        await store.commit(commit_of(make_append("group/x"), open_incident("A", **fields)))
    assert await store.streams() == []


async def test_what_the_writer_remembers_is_never_believed(store, path):
    first = open_incident("A")
    await store.commit(commit_of(first))
    alter(path, "UPDATE heads SET revision = 9")
    with pytest.raises(StaleRevisionError, match="incident/A"):
        await store.commit(commit_of(make_append("incident/A", first.head)))
    alter(path, "UPDATE heads SET revision = 1")
    await store.commit(commit_of(make_append("incident/A", first.head)))


async def test_more_streams_than_the_writer_remembers_are_written_all_the_same(store, monkeypatch):
    monkeypatch.setattr(sqlite_writer, "_REMEMBERED_MAX", 3)
    heads = [open_incident(f"i{number}").head for number in range(7)]
    await store.commit(commit_of(*(open_incident(f"i{number}") for number in range(7))))
    for turn in range(2):
        appends = [make_append(head.stream, head, note=f"{turn}") for head in heads]
        for append in appends:
            await store.commit(commit_of(append))
        heads = [append.head for append in appends]
    assert {head.revision for head in (await store.heads([h.stream for h in heads])).values()} == {
        3
    }
    await assert_chains_are_sound(store)


# --- opening ------------------------------------------------------------------------------------


async def test_a_second_store_on_one_file_is_refused(store, path, tmp_path):
    (tmp_path / "link.db").symlink_to(path)
    for name in (path, tmp_path / "link.db"):
        with pytest.raises(StoreUnavailableError, match=rf"{path} is in use by process \d+"):
            await opening(name)
    await store.commit(commit_of(open_incident("A")))


def open_elsewhere(path: Path) -> subprocess.CompletedProcess[str]:
    code = (
        "import asyncio, sys\n"
        "from interlock.interpreter.journal.locate import open_store\n"
        "asyncio.run(open_store(sys.argv[1]))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code, f"sqlite:///{path}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


@pytest.mark.usefixtures("store")
async def test_a_second_process_on_one_file_is_refused(path):
    second = await asyncio.to_thread(open_elsewhere, path)
    assert second.returncode != 0
    assert f"{path} is in use by process {os.getpid()}" in second.stderr


async def test_a_closed_store_leaves_its_file_to_the_next(store, path):
    await store.close()
    second = await opening(path)
    await second.close()


async def test_a_store_that_could_not_be_opened_leaves_its_lock(path):
    await fill(path)
    alter(path, "UPDATE meta SET value = 99 WHERE name = 'schema'")
    with pytest.raises(StoreVersionError):
        await opening(path)
    alter(path, "UPDATE meta SET value = 1 WHERE name = 'schema'")
    await (await opening(path)).close()


async def test_a_newer_version_is_refused_and_left_alone(path):
    await fill(path)
    alter(path, "UPDATE meta SET value = 2 WHERE name = 'schema'")
    before = path.read_bytes()
    with pytest.raises(StoreVersionError, match=r"journal\.db was written by a newer version"):
        await opening(path)
    assert path.read_bytes() == before


async def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StoreUnavailableError, match=r"the folder .*/none does not exist"):
        await opening(tmp_path / "none" / "journal.db")
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(StoreUnavailableError, match="is a folder; name a file in it"):
        await opening(tmp_path)


async def test_an_old_sqlite_is_refused(path, monkeypatch):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
    with pytest.raises(StoreUnavailableError, match=r"3\.37\.0 or newer"):
        await opening(path)


@contextlib.contextmanager
def without_privileges(*owned: Path) -> Iterator[None]:
    """Run as nobody where the tests run as root, whom no permission stops."""
    if os.geteuid() != 0:
        yield
        return
    for path in owned:
        os.chown(path, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


async def test_a_read_only_folder_is_named(open_folder):
    with without_privileges(open_folder):
        open_folder.chmod(0o555)
        with pytest.raises(StoreUnavailableError, match="must be able to write to the folder"):
            await opening(open_folder / "journal.db")


async def test_a_read_only_file_is_named(open_folder):
    file = open_folder / "journal.db"
    await fill(file)
    with without_privileges(*open_folder.iterdir(), open_folder):
        file.chmod(0o444)
        with pytest.raises(StoreUnavailableError, match="cannot be read and written by this user"):
            await opening(file)


async def test_a_folder_that_cannot_be_written_to_any_more_refuses_commits(open_folder):
    file = open_folder / "journal.db"
    await fill(file)
    store = await opening(file)
    head = (await store.heads(["incident/A"]))["incident/A"]

    def make_read_only(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA query_only = ON")

    await store._write(make_read_only)
    with pytest.raises(StoreUnavailableError, match="READONLY"):
        await store.commit(commit_of(make_append("incident/A", head)))
    assert await store.heads(["incident/A"]) == {"incident/A": head}
    await store.close()


async def test_a_text_file_is_no_journal(path):
    path.write_text("version: 1\n" * 1000)
    with pytest.raises(StoreDamagedError, match=r"journal\.db: it is not a SQLite database"):
        await opening(path)
    assert path.read_text() == "version: 1\n" * 1000


async def test_a_database_of_another_program_is_left_alone(path):
    alter(path, "CREATE TABLE theirs (x)")
    with pytest.raises(StoreUnavailableError, match="database of another program"):
        await opening(path)


async def test_an_empty_file_becomes_a_journal(path):
    path.touch()
    store = await opening(path)
    await store.commit(commit_of(open_incident("A")))
    await store.close()


async def test_another_programs_lock_is_named(store, path):
    await store._write(lambda connection: connection.execute("PRAGMA busy_timeout = 1"))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="another program keeps it locked"):
            await store.commit(commit_of(open_incident("A")))
        other.execute("ROLLBACK")
    await store.commit(commit_of(open_incident("A")))


async def test_the_location_is_the_whole_path(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    store = await open_store("sqlite:///journal.db")
    await store.close()
    assert store.location == str(path)
    assert path.exists()


@pytest.mark.parametrize("name", ["a b", "%41", "a?b", "a#b", "größe"])
async def test_any_file_name_will_do(tmp_path, name):
    await fill(tmp_path / name)
    assert (tmp_path / name).stat().st_size > 0


# --- damage -------------------------------------------------------------------------------------


DAMAGES = {
    "a changed record": "UPDATE records SET data = cast(replace(data, 'noted', 'NOTED') AS BLOB) "
    "WHERE revision = 3",
    "a changed time": "UPDATE records SET at = at + 1 WHERE revision = 3",
    "a changed hash": "UPDATE records SET hash = zeroblob(32) WHERE revision = 3",
    "a missing record": "DELETE FROM records WHERE revision = 3",
}


def damage(path: Path, *statements: str) -> None:
    alter(path, "DROP TRIGGER IF EXISTS records_never_change", *statements)


@pytest.mark.parametrize("statement", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("after", [0, 1, 2])
async def test_a_damaged_record_is_named_wherever_reading_begins(path, statement, after):
    await fill(path)
    damage(path, statement)
    store = await opening(path)
    with pytest.raises(StoreDamagedError, match="record 3 of incident/A") as caught:
        await store.read("incident/A", after=after)
    assert (caught.value.stream, caught.value.revision) == ("incident/A", 3)
    await store.close()


@pytest.mark.parametrize("after", [0, 2, 4])
async def test_a_stream_cut_short_is_damaged(path, after):
    await fill(path)
    damage(path, "DELETE FROM records WHERE revision = 5")
    store = await opening(path)
    with pytest.raises(StoreDamagedError, match="record 5 of incident/A is missing"):
        await store.read("incident/A", after=after)
    assert len(await store.read("incident/A", limit=4)) == 4
    await store.close()


async def test_a_missing_record_before_those_asked_for_is_damage(path):
    await fill(path)
    damage(path, "DELETE FROM records WHERE revision = 3")
    store = await opening(path)
    with pytest.raises(StoreDamagedError, match="record 3 of incident/A is missing"):
        await store.read("incident/A", after=3)
    await store.close()


async def test_a_stream_without_its_head_is_damaged(path):
    await fill(path)
    damage(path, "DELETE FROM heads")
    store = await opening(path)
    with pytest.raises(StoreDamagedError, match="incident/A has records but no head"):
        await store.read("incident/A")
    await store.close()


ROW_DAMAGES = {
    "head data": "UPDATE heads SET data = x'00'",
    "head state": "UPDATE heads SET state = 'RESOLVED'",
    "head group": "UPDATE heads SET group_key = 'other'",
    "head flag": "UPDATE heads SET needs_attention = 1",
    "timer": "UPDATE timers SET due = due + 1",
    "effect data": "UPDATE outbox SET data = x'00'",
    "effect approval": "UPDATE outbox SET approved = 1",
    "effect hook": "UPDATE outbox SET hook = 'other'",
    "order of opening": "UPDATE heads SET opened = 9",
}


@pytest.mark.parametrize("statement", ROW_DAMAGES.values(), ids=ROW_DAMAGES)
async def test_a_changed_row_is_never_taken_for_what_was_written(path, statement):
    await fill(path)
    alter(path, statement)
    store = await opening(path)

    async def read_all() -> None:
        await store.heads(["incident/A"])
        await store.due_timers(100)
        await store.claim_effects(Claim(now=1, until=2))

    with pytest.raises(StoreDamagedError, match="not what was written"):
        await read_all()
    await store.close()


async def test_after_damage_is_seen_nothing_is_written_and_reading_goes_on(path):
    await fill(path)
    damage(path, "UPDATE records SET hash = zeroblob(32) WHERE revision = 3")
    store = await opening(path)
    head = (await store.heads(["incident/A"]))["incident/A"]
    with pytest.raises(StoreDamagedError):
        await store.read("incident/A")
    for write in (
        store.commit(commit_of(make_append("incident/A", head))),
        store.claim_effects(Claim(now=1, until=2)),
        store.release_effect("k", not_before=1, detail=None),
        store.save_rulebook("d", {}, 1),
    ):
        with pytest.raises(StoreDamagedError, match="record 3"):
            await write
    assert await store.heads(["incident/A"]) == {"incident/A": head}
    await store.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE timers SET name = CAST(x'ff' AS TEXT)",
        "UPDATE heads SET origin = CAST(x'ff' AS TEXT)",
        "UPDATE outbox SET path = CAST(x'ff' AS TEXT)",
    ],
)
async def test_a_text_that_is_none_is_damage(path, statement):
    await fill(path)
    alter(path, statement)
    store = await opening(path)
    with pytest.raises(StoreDamagedError, match="a text in it is none"):
        await everything(store)
    await store.close()


@pytest.mark.parametrize("statement", ["DELETE FROM meta", "DROP TABLE meta"])
async def test_a_journal_that_does_not_say_its_version_is_refused(path, statement):
    await fill(path)
    alter(path, statement)
    with pytest.raises(StoreError, match=r"journal\.db.* (version|meta)"):
        await opening(path)


async def test_no_flipped_byte_is_ever_taken_for_what_was_written(path):
    await fill(path, 3)
    good = await opening(path)
    await good.commit(
        commit_of(
            open_incident("B", base_id="A"),
            open_incident("C", base_id="A"),
            payloads={PAYLOAD: b"raw"},
            quarantined=[Quarantined(id="q", at=1, source="s", reason="r", data=b"{")],
        )
    )
    expected = await everything(good)
    await good.close()
    sound = path.read_bytes()
    refused = 0
    for place in [*range(100), *range(100, len(sound), 997)]:
        damaged = bytearray(sound)
        damaged[place] ^= 0x41
        path.write_bytes(damaged)
        found = await look(path)
        refused += found is None
        assert found in (None, expected), f"byte {place} was interpreted"
    assert refused > 10


async def look(path: Path) -> object:
    """Read all of a file that may be damaged; None when that is refused, or the check finds it.

    A damaged index can make a row hard to find without any other being taken for it.
    """
    store = SqliteJournalStore(path)
    try:
        await store.open()
        found = await everything(store)
        return None if await store.check_integrity() else found
    except StoreError:
        return None
    finally:
        await store.close()


async def everything(store: SqliteJournalStore) -> object:
    streams = await store.streams()
    return (
        await store.heads(streams),
        [await store.read(stream) for stream in streams],
        await store.due_timers(1 << 60),
        await store.list_effects(),
        await store.list_incidents(IncidentFilter()),
        await store.look_up(Lookup(ids=frozenset({("A", None)}))),
        await store.payload(PAYLOAD),
        await store.quarantined(),
    )


async def test_a_stale_commit_after_another_is_still_stale_when_reopened(path):
    await fill(path, 2)
    store = await opening(path)
    with pytest.raises(StaleRevisionError):
        await store.commit(commit_of(open_incident("A")))
    await store.close()
