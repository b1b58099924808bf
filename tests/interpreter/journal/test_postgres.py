"""What only a journal in PostgreSQL can promise, or suffer: one node and its server."""

from __future__ import annotations

import asyncio
import random
import sys

import asyncpg
import pytest

from interlock.interpreter.journal import postgres_pool, postgres_schema
from interlock.interpreter.journal.locate import locate_store, open_store
from interlock.interpreter.journal.lookup import Lookup
from interlock.interpreter.journal.outbox import Claim
from interlock.interpreter.journal.postgres_address import without_password
from interlock.interpreter.journal.postgres_schema import Migration, migrate
from interlock.interpreter.journal.store import (
    Commit,
    MalformedCommitError,
    Quarantined,
    StaleRevisionError,
    StoreAddressError,
    StoreDamagedError,
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
from support.postgres import address_of, clean_journal, connected, make_database
from support.postgres_proxy import proxied
from support.runtime import wait_until


@pytest.fixture
async def address():
    return await clean_journal()


@pytest.fixture
async def store(address):
    made = await open_store(address)
    yield made
    await made.close()


@pytest.fixture
async def proxy():
    async with proxied() as made:
        yield made


@pytest.fixture
async def far_store(address, proxy):
    """The store of `address` behind the proxy."""
    made = await open_store(proxy.address(address.partition("@/")[2].partition("?")[0]))
    yield made
    await made.close()


async def alter(address, *statements):
    """Change a database behind the store's back."""
    async with connected(address) as connection:
        for statement in statements:
            await connection.execute(statement)


def rich_commit(first):
    """A commit that goes on with `first` and has something of everything."""
    return commit_of(
        make_append("incident/A", first.head),
        open_incident("B"),
        timers_set=[TimerRow(1, "incident/B", "t")],
        timers_cleared=[TimerRow(9, "incident/A", "t")],
        outbox=[make_effect("new")],
        effects_ended={"old": ("done", None)},
        quarantined=[Quarantined(id="q", at=1, source="s", reason="r", data=b"x")],
    )


async def open_with_effect(store):
    first = open_incident("A")
    await store.commit(
        commit_of(first, outbox=[make_effect("old")], timers_set=[TimerRow(9, "incident/A", "t")])
    )
    return first


async def assert_rich_commit_is_there_once(store):
    assert [len(await store.read(f"incident/{name}")) for name in "AB"] == [2, 1]
    assert [(row.key, row.status) for row in await store.list_effects()] == [
        ("old", "done"),
        ("new", "pending"),
    ]
    assert await store.due_timers(99) == [TimerRow(1, "incident/B", "t")]
    assert [item.id for item in await store.quarantined()] == ["q"]
    await assert_chains_are_sound(store)


# --- opening and migrating --------------------------------------------------------------------


async def test_a_database_without_tables_says_which_command_makes_them():
    address = await make_database()
    with pytest.raises(StoreUnavailableError, match="no journal yet; run: interlock store migrate"):
        await open_store(address)


async def test_a_new_database_is_made_by_the_migrations_and_a_second_run_does_nothing():
    address = await make_database()
    ran = await migrate(address)
    assert [step.name for step in ran] == ["0001_pre_journal.sql"]
    assert await migrate(address) == []
    store = await open_store(address)
    await store.commit(commit_of(open_incident("A")))
    await store.close()


async def test_two_migrations_at_once_run_each_file_once():
    address = await make_database()
    ran = await asyncio.gather(*(migrate(address) for _ in range(4)))
    assert sum(len(steps) for steps in ran) == 1


@pytest.fixture
def next_version(monkeypatch):
    """Let this version be the second, whose tables have one column more and then one less."""
    monkeypatch.setattr(postgres_schema, "SCHEMA_VERSION", 2)
    known = postgres_schema.load_migrations()
    more = [
        Migration(2, "pre", "0002_pre_more.sql", "ALTER TABLE heads ADD COLUMN more bigint"),
        Migration(2, "post", "0002_post_less.sql", "ALTER TABLE heads DROP COLUMN more"),
    ]
    monkeypatch.setattr(postgres_schema, "load_migrations", lambda: [*known, *more])
    return monkeypatch


async def names_of(steps):
    return [step.name for step in await steps]


@pytest.mark.usefixtures("next_version")
async def test_pre_and_post_are_run_apart_and_in_order():
    address = await make_database()
    with pytest.raises(StoreVersionError, match=r"0001_pre_journal\.sql has to be run before"):
        await migrate(address, ["post"])
    assert await names_of(migrate(address, ["pre"])) == [
        "0001_pre_journal.sql",
        "0002_pre_more.sql",
    ]
    assert await names_of(migrate(address, ["post"])) == ["0002_post_less.sql"]
    assert await migrate(address) == []


async def test_an_older_version_is_told_to_migrate(next_version):
    address = await make_database()
    next_version.setattr(postgres_schema, "SCHEMA_VERSION", 1)
    known = postgres_schema.load_migrations()
    next_version.setattr(postgres_schema, "load_migrations", lambda: known[:1])
    await migrate(address)
    next_version.setattr(postgres_schema, "SCHEMA_VERSION", 2)
    with pytest.raises(StoreUnavailableError, match="is older than this version"):
        await open_store(address)


async def test_a_database_goes_on_being_of_use_to_this_version_until_post_was_run(next_version):
    address = await make_database()
    await migrate(address, ["pre"])
    next_version.undo()
    store = await open_store(address)
    await store.commit(commit_of(open_incident("A")))
    await store.close()


async def test_a_newer_database_is_refused_and_left_alone(next_version):
    address = await make_database()
    await migrate(address)
    next_version.undo()
    with pytest.raises(StoreVersionError, match="by a newer version of Interlock"):
        await open_store(address)
    with pytest.raises(StoreVersionError, match="by a newer version of Interlock"):
        await migrate(address)


async def test_a_migration_that_fails_leaves_nothing(next_version):
    address = await make_database()
    bad = Migration(2, "pre", "0002_pre_bad.sql", "CREATE TABLE more (); SELECT 1 / 0")
    known = postgres_schema.load_migrations()[:1]
    next_version.setattr(postgres_schema, "load_migrations", lambda: [*known, bad])
    with pytest.raises(MalformedCommitError, match="division by zero"):
        await migrate(address)
    async with connected(address) as connection:
        assert await connection.fetchval("SELECT to_regclass('more')") is None
        assert await connection.fetchval("SELECT max(version) FROM migrations") == 1


def test_without_its_driver_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    for name in [name for name in sys.modules if "journal.postgres" in name]:
        if not name.endswith("_address"):
            monkeypatch.delitem(sys.modules, name)
    with pytest.raises(StoreAddressError, match=r"pip install 'interlock\[postgres\]'"):
        locate_store("postgresql://host/db")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://ada:hush@host:5/db", "postgresql://ada@host:5/db"),
        ("postgres://ada@host/db", "postgresql://ada@host/db"),
        ("postgresql://:hush@host/db", "postgresql://host/db"),
        ("postgresql://host/db?password=hush&a=b", "postgresql://host/db?a=b"),
        ("postgresql://a:p%40ss@h1:1,h2:2/db", "postgresql://a@h1:1,h2:2/db"),
        ("postgresql://ada:hu/sh@host/db", "postgresql://ada@host/db"),
        ("postgresql:///db?host=/run/x", "postgresql:///db?host=/run/x"),
        ("sqlite:///x.db", "sqlite:///x.db"),
    ],
)
def test_an_address_is_shown_without_its_password(address, shown):
    assert without_password(address) == shown


async def test_the_location_and_the_errors_hold_no_password():
    store = locate_store("postgresql://ada:hush@127.0.0.1:1/db")
    assert store.location == "postgresql://ada@127.0.0.1:1/db"
    with pytest.raises(StoreUnavailableError, match="cannot be reached") as caught:
        await store.open()
    assert "hush" not in str(caught.value)


async def test_a_database_that_does_not_exist_is_named():
    with pytest.raises(StoreUnavailableError, match="no such database; create it first"):
        await open_store(address_of("nowhere"))


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://host:port/db",
        "postgresql://h/db?sslmode=odd",
        "postgresql://h:1:2/db",
        "postgresql://ada:hu/sh@h/db",
    ],
)
async def test_an_address_that_cannot_be_read_is_explained_and_not_repeated(address):
    with pytest.raises(StoreAddressError, match="cannot be read; it should look like") as caught:
        await open_store(address)
    assert "hu" not in str(caught.value)


async def test_a_server_whose_commits_are_not_durable_is_refused(address, monkeypatch):
    durability = postgres_pool._META["durability"].replace("current_setting('fsync')", "'off'")
    monkeypatch.setattr(postgres_pool, "_META", {**postgres_pool._META, "durability": durability})
    with pytest.raises(StoreUnavailableError, match="fsync = off: commits would not be durable"):
        await open_store(address)


async def test_commits_wait_for_the_disk_where_the_default_is_not_to(address):
    name = address.partition("@/")[2].partition("?")[0]
    await alter(address, f"ALTER DATABASE {name} SET synchronous_commit = off")
    try:
        store = await open_store(address)
        found = await store._read(lambda c: c.fetchval("SHOW synchronous_commit"))
        await store.close()
    finally:
        await alter(address, f"ALTER DATABASE {name} RESET synchronous_commit")
    assert found == "on"


async def test_an_older_server_is_refused(address, monkeypatch):
    monkeypatch.setattr(postgres_pool, "MINIMUM_SERVER", 99)
    with pytest.raises(StoreUnavailableError, match="99 or newer is needed"):
        await open_store(address)


# --- what is stored ---------------------------------------------------------------------------


async def test_names_longer_than_an_index_page_are_found(store):
    text = random.Random(1).randbytes(6000).hex()
    append = open_incident(text, group_key=text)
    await store.commit(commit_of(append, outbox=[make_effect(text)]))
    assert await store.heads([append.stream]) == {append.stream: append.head}
    wanted = Lookup(ids=frozenset({(text, None)}), groups=frozenset({text}))
    found = await store.look_up(wanted)
    assert (found.by_id, found.by_group) == ({(text, None): append.head}, {text: append.head})
    with pytest.raises(StaleRevisionError):
        await store.commit(commit_of(open_incident("B", group_key=text)))


async def test_streams_of_one_commit_are_opened_in_its_order_whatever_their_names(store):
    names = [f"{number * 7919 % 100:02}" for number in range(100)]
    await store.commit(commit_of(*(open_incident(name) for name in names)))
    assert await store.streams() == [f"incident/{name}" for name in names]


@pytest.mark.parametrize("fields", [{"created_at": 1 << 63}, {"origin": "\ud800"}])
async def test_a_value_that_cannot_be_stored_is_refused(store, fields):
    with pytest.raises(MalformedCommitError, match="cannot be stored"):
        await store.commit(commit_of(open_incident("A", **fields)))
    assert await store.streams() == []


async def test_people_can_read_the_tables(store, address):
    await store.commit(commit_of(open_incident("a\0b"), outbox=[make_effect("k")]))
    async with connected(address) as connection:
        head = await connection.fetchrow("SELECT * FROM readable_heads")
        record = await connection.fetchrow("SELECT * FROM readable_records")
        effect = await connection.fetchrow("SELECT * FROM readable_outbox")
    assert (head["stream"], head["state"]) == ("incident/a\\000b", "DETECTED")
    assert '"revision":1' in record["record"]
    assert (effect["key"], effect["hook"], effect["status"]) == ("k", "restart", "pending")


async def test_a_record_cannot_be_changed_through_the_database(store, address):
    await store.commit(commit_of(open_incident("A")))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="never changed"):
        await alter(address, "UPDATE records SET at = 0")


DAMAGES = {
    "UPDATE heads SET state = 'RESOLVED'": lambda s: s.heads(["incident/A"]),
    "UPDATE heads SET is_open = false": lambda s: s.look_up(Lookup(groups=frozenset({"key of A"}))),
    "UPDATE heads SET data = '{}'": lambda s: s.look_up(Lookup(ids=frozenset({("A", None)}))),
    "UPDATE heads SET incident = '\\xff'": lambda s: s.heads(["incident/A"]),
    "UPDATE timers SET due = 1": lambda s: s.due_timers(99),
    "UPDATE outbox SET data = '{}'": lambda s: s.list_effects(),
    "UPDATE outbox SET hook = 'drop'": lambda s: s.claim_effects(Claim(now=1, until=2)),
    "UPDATE quarantine SET reason = 'none'": lambda s: s.quarantined(),
    "UPDATE rulebooks SET sources = '{}'": lambda s: s.rulebook("d"),
    "DELETE FROM records WHERE revision = 1": lambda s: s.read("incident/A"),
    "DELETE FROM records WHERE revision = 2": lambda s: s.read("incident/A"),
    "DELETE FROM records WHERE revision = 3": lambda s: s.read("incident/A"),
    "UPDATE heads SET revision = 4": lambda s: s.read("incident/A"),
    "UPDATE heads SET hash = '\\x00'": lambda s: s.read("incident/A", after=2),
}


@pytest.mark.parametrize(("statement", "look"), DAMAGES.items(), ids=DAMAGES)
async def test_a_changed_row_is_never_taken_for_what_was_written(store, address, statement, look):
    first = make_append("incident/A", open_incident("A").head, count=2)
    await store.commit(
        commit_of(
            open_incident("A"),
            outbox=[make_effect("k")],
            timers_set=[TimerRow(7, "incident/A", "t")],
            quarantined=[Quarantined(id="q", at=1, source="s", reason="r", data=b"x")],
        )
    )
    await store.commit(commit_of(first))
    await store.save_rulebook("d", {"a.yaml": ""}, 1)
    await look(store)
    await store.release_effect("k", not_before=0, detail=None)
    await alter(address, statement)
    with pytest.raises(StoreDamagedError):
        await look(store)
    with pytest.raises(StoreDamagedError):
        await store.commit(commit_of(open_incident("B")))


async def test_records_without_their_stream_are_reported(store, address):
    await store.commit(commit_of(open_incident("A")))
    assert await store.check_integrity() == []
    await alter(address, "DELETE FROM heads")
    (found,) = await store.check_integrity()
    assert "records of a stream that has no head" in found


# --- lost connections -------------------------------------------------------------------------

CUTS = {
    "before COMMIT is heard": ["before"],
    "after COMMIT was carried out": ["after"],
    "while COMMIT is carried out": ["during"],
    "before, then after": ["before", "after"],
    "before, and again, then while": ["before", "before", "during"],
}


@pytest.mark.parametrize("cuts", CUTS.values(), ids=CUTS)
async def test_a_commit_is_there_once_wherever_its_connection_is_cut(store, far_store, proxy, cuts):
    first = await open_with_effect(store)
    proxy.cuts = list(cuts)
    await far_store.commit(rich_commit(first))
    assert proxy.cuts == []
    await assert_rich_commit_is_there_once(store)


@pytest.mark.parametrize("cut", ["before", "after", "during"])
async def test_a_commit_without_records_is_there_once_too(store, far_store, proxy, cut):
    await open_with_effect(store)
    proxy.cuts = [cut]
    await far_store.commit(commit_of(outbox=[make_effect("new")]))
    proxy.cuts = [cut]
    await far_store.commit(commit_of(effects_ended={"old": ("done", "said")}))
    assert [(row.key, row.status) for row in await store.list_effects()] == [
        ("old", "done"),
        ("new", "pending"),
    ]


async def test_a_commit_that_was_heard_counts_although_others_went_on_from_it(
    store, far_store, proxy
):
    first = await open_with_effect(store)
    ours = make_append("incident/A", first.head)
    proxy.cuts = ["after"]
    under_way = asyncio.create_task(far_store.commit(commit_of(ours)))

    async def is_written():
        return (await store.heads(["incident/A"]))["incident/A"].revision > 1

    await wait_until(is_written)
    theirs = make_append("incident/A", ours.head)
    await store.commit(commit_of(theirs))
    await under_way
    assert (await store.heads(["incident/A"]))["incident/A"] == theirs.head


async def test_a_commit_that_was_not_heard_is_stale_when_another_came_first(
    store, far_store, proxy
):
    first = await open_with_effect(store)
    proxy.cuts = ["before"]
    rival = commit_of(make_append("incident/A", first.head, note="rival"))

    async def is_cut():
        return not proxy.cuts

    async def overtake():
        await wait_until(is_cut)
        await store.commit(rival)

    overtaking = asyncio.create_task(overtake())
    ours = commit_of(make_append("incident/A", first.head, note="ours"))
    results = await asyncio.gather(far_store.commit(ours), overtaking, return_exceptions=True)
    written = [result for result in results if result is None]
    assert len(written) == 1, results
    assert len(await store.read("incident/A")) == 2


@pytest.mark.parametrize("cut", ["before", "after", "during"])
async def test_a_claim_is_made_once_wherever_its_connection_is_cut(store, far_store, proxy, cut):
    await store.commit(commit_of(outbox=[make_effect(f"k{number}") for number in range(5)]))
    proxy.cuts = [cut]
    rows = await far_store.claim_effects(Claim(now=1, until=10, limit=2))
    assert [(row.key, row.attempt) for row in rows] == [("k0", 1), ("k1", 1)]
    claimed = await store.list_effects("claimed")
    assert [row.key for row in claimed] == ["k0", "k1"]


async def test_every_connection_may_be_lost_between_two_calls(store, far_store, proxy):
    first = await open_with_effect(store)
    await asyncio.gather(*(far_store.streams() for _ in range(20)))
    proxy.cut_all()
    await far_store.commit(rich_commit(first))
    await assert_rich_commit_is_there_once(store)


async def test_a_server_that_is_gone_is_unavailable_and_may_come_back(
    far_store, proxy, monkeypatch
):
    monkeypatch.setattr(postgres_pool, "_PAUSES_S", (0.0, 0.0, 0.0))
    first = await open_with_effect(far_store)
    proxy.is_refusing = True
    proxy.cut_all()
    with pytest.raises(StoreUnavailableError, match="the server cannot be reached"):
        await far_store.commit(rich_commit(first))
    with pytest.raises(StoreUnavailableError, match="the server cannot be reached"):
        await far_store.streams()
    proxy.is_refusing = False
    await far_store.commit(rich_commit(first))
    await assert_rich_commit_is_there_once(far_store)


async def test_sessions_that_the_server_ends_are_replaced(store, address):
    first = await open_with_effect(store)
    await alter(
        address,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'interlock'",
    )
    await store.commit(rich_commit(first))
    await assert_rich_commit_is_there_once(store)


# --- refused by the server --------------------------------------------------------------------


async def plant(address, table, times, code):
    """Let the next `times` statements that insert into a table fail with a SQLSTATE."""
    await alter(
        address,
        "CREATE SEQUENCE planted",
        f"""
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF nextval('planted') <= {times} THEN
                RAISE EXCEPTION 'planted' USING ERRCODE = '{code}';
            END IF;
            RETURN NULL;
        END $$
        """,
        f"CREATE TRIGGER fail AFTER INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION fail()",
    )


async def uproot(address):
    await alter(
        address, "DROP FUNCTION IF EXISTS fail() CASCADE", "DROP SEQUENCE IF EXISTS planted"
    )


@pytest.fixture
async def planting(address):
    yield lambda *what: plant(address, *what)
    await uproot(address)


TABLES = ["heads", "records", "timers", "outbox", "quarantine"]


@pytest.mark.parametrize("code", ["40001", "40P01"])
@pytest.mark.parametrize("table", TABLES)
async def test_a_collision_is_tried_again(store, planting, table, code, monkeypatch):
    monkeypatch.setattr(postgres_pool, "_PAUSES_S", (0.0, 0.0, 0.0))
    first = await open_with_effect(store)
    await planting(table, 3, code)
    await store.commit(rich_commit(first))
    await assert_rich_commit_is_there_once(store)


async def test_collisions_without_end_are_given_up(store, planting, monkeypatch):
    monkeypatch.setattr(postgres_pool, "_PAUSES_S", (0.0, 0.0, 0.0))
    first = await open_with_effect(store)
    await planting("records", 99, "40001")
    with pytest.raises(StoreUnavailableError, match="transactions keep colliding"):
        await store.commit(rich_commit(first))
    assert await store.streams() == ["incident/A"]


REFUSALS = {
    "53100": (StoreUnavailableError, "the server's disk is full"),
    "53200": (StoreUnavailableError, "no room left"),
    "57014": (StoreUnavailableError, "too slow"),
    "55P03": (StoreUnavailableError, "locked"),
    "42501": (StoreUnavailableError, "lacks a right"),
    "58030": (StoreUnavailableError, "the server's system failed"),
    "23514": (MalformedCommitError, "refused by the database"),
    "XX001": (StoreDamagedError, "it is damaged"),
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("code", REFUSALS)
async def test_what_the_server_refuses_is_explained_and_writes_nothing(
    store, address, planting, table, code
):
    first = await open_with_effect(store)
    await planting(table, 1, code)
    kind, words = REFUSALS[code]
    with pytest.raises(kind, match=words):
        await store.commit(rich_commit(first))
    again = await open_store(address)
    assert await again.heads(["incident/A", "incident/B"]) == {"incident/A": first.head}
    assert [row.status for row in await again.list_effects()] == ["pending"]
    assert await again.due_timers(99) == [TimerRow(9, "incident/A", "t")]
    await again.commit(rich_commit(first))
    await assert_rich_commit_is_there_once(again)
    await again.close()


async def test_a_cancelled_commit_leaves_its_connection_fit_for_the_next(store, address):
    first = await open_with_effect(store)
    async with connected(address) as rival, rival.transaction():
        await rival.execute("SELECT FROM heads FOR UPDATE")
        waiting = asyncio.create_task(store.commit(rich_commit(first)))
        await asyncio.sleep(0.2)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await store.commit(rich_commit(first))
    await assert_rich_commit_is_there_once(store)


async def test_a_closed_store_gives_every_connection_back(address):
    store = await open_store(address)
    await asyncio.gather(*(store.streams() for _ in range(20)))
    await store.close()
    async with connected(address) as connection:
        for _ in range(100):
            left = await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE application_name = 'interlock' AND datname = current_database()"
            )
            if left == 0:
                break
            await asyncio.sleep(0.02)
    assert left == 0
    with pytest.raises(StoreUnavailableError, match="not open"):
        await store.commit(Commit())
