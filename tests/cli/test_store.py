"""`interlock store migrate`, and what `interlock run` says of a database without tables."""

from __future__ import annotations

import asyncio

import pytest

from support.postgres import make_database


@pytest.fixture
def address():
    return asyncio.run(make_database())


def test_a_store_is_migrated_once(interlock, address):
    assert interlock("store", "migrate", address).out == "ran 0001_pre_journal.sql\n"
    outcome = interlock("store", "migrate", address)
    assert (outcome.status, outcome.out, outcome.err) == (0, "nothing to do\n", "")


def test_pre_and_post_are_asked_for_apart(interlock, address):
    assert interlock("store", "migrate", "--post", address).out == "nothing to do\n"
    assert interlock("store", "migrate", "--pre", address).out == "ran 0001_pre_journal.sql\n"
    assert interlock("store", "migrate", "--post", address).out == "nothing to do\n"


@pytest.mark.parametrize("address", ["sqlite:///x.db", "memory:", "x.db"])
def test_other_stores_see_to_it_themselves(interlock, address):
    outcome = interlock("store", "migrate", address)
    assert (outcome.status, outcome.out) == (2, "")
    assert "only a postgresql:// store is migrated by hand" in outcome.err


def test_a_server_that_does_not_answer_is_said_without_the_password(interlock):
    outcome = interlock("store", "migrate", "postgresql://ada:hush@127.0.0.1:1/db")
    assert (outcome.status, outcome.out) == (4, "")
    assert "postgresql://ada@127.0.0.1:1/db: the server cannot be reached" in outcome.err
    assert "hush" not in outcome.err


def test_an_address_that_cannot_be_read_is_a_mistake(interlock):
    assert interlock("store", "migrate", "postgresql://ada@h:x/db").status == 2


def test_the_daemon_says_which_command_makes_the_tables(interlock, address, tmp_path):
    rulebook = tmp_path / "rulebook.yaml"
    rulebook.write_text("version: 1\n", "utf-8")
    outcome = interlock("run", str(rulebook), "--store", address)
    assert outcome.status == 4
    assert "holds no journal yet; run: interlock store migrate 'postgresql://" in outcome.err
