from __future__ import annotations

from pathlib import Path

import pytest

from interlock.interpreter.journal.locate import locate_store, open_store
from interlock.interpreter.journal.memory import MemoryJournalStore
from interlock.interpreter.journal.sqlite import SqliteJournalStore
from interlock.interpreter.journal.store import StoreAddressError, StoreUnavailableError


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("sqlite:///x.db", "here/x.db"),
        ("sqlite:///sub/x.db", "here/sub/x.db"),
        ("sqlite:///../x.db", "x.db"),
        ("SQLite:///x.db", "here/x.db"),
        ("sqlite:///a b%20.db", "here/a b%20.db"),
    ],
)
def test_three_slashes_stand_before_a_path_from_the_working_directory(
    tmp_path, monkeypatch, address, path
):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    store = locate_store(address)
    assert isinstance(store, SqliteJournalStore)
    assert store.location == str(tmp_path / path)


def test_four_slashes_stand_before_an_absolute_path(tmp_path):
    assert locate_store(f"sqlite:///{tmp_path}/x.db").location == str(tmp_path / "x.db")


@pytest.mark.parametrize("address", ["memory:", "memory://", "MEMORY:"])
def test_memory_is_a_store_too(address):
    assert isinstance(locate_store(address), MemoryJournalStore)


def test_locating_a_store_makes_no_file(tmp_path):
    locate_store(f"sqlite:///{tmp_path}/x.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "is no store address"),
        ("interlock.db", "did you mean sqlite:///interlock.db?"),
        ("/var/lib/x.db", "did you mean sqlite:////var/lib/x.db?"),
        ("C:\\x.db", "is no store address"),
        ("sqlite://x.db", "did you mean sqlite:///x.db?"),
        ("sqlite:x.db", "did you mean sqlite:///x.db?"),
        ("sqlite:/x.db", "three slashes stand before a relative path"),
        ("sqlite:", "three slashes"),
        ("sqlite:///", "names no file"),
        ("sqlite:///:memory:", "memory: to keep nothing"),
        ("sqlite:///x.db?mode=ro", "takes no options"),
        ("sqlite:///x\0.db", "a path only"),
        ("memory:x", "has no name"),
        ("postgresql:db", "reads postgresql://user@host/database"),
        ("postgresql:/host/db", "reads postgresql://user@host/database"),
        ("sqllite:///x.db", "did you mean sqlite:?"),
        ("memry:", "did you mean memory:?"),
        ("mysql://host/db", "Known: sqlite:///interlock.db"),
    ],
)
def test_an_address_that_names_no_store_is_explained(address, words):
    with pytest.raises(StoreAddressError) as caught:
        locate_store(address)
    assert words in str(caught.value)


async def test_open_store_opens_it(tmp_path):
    store = await open_store(f"sqlite:///{tmp_path}/x.db")
    assert await store.streams() == []
    await store.close()
    with pytest.raises(StoreUnavailableError, match="not open"):
        await store.streams()


def test_the_location_of_memory_warns_of_its_nature():
    assert locate_store("memory:").location == "memory (lost at exit)"
    assert Path(locate_store("sqlite:///x").location).is_absolute()
