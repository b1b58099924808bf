"""Statements for many rows at once."""

from __future__ import annotations

import pytest

from interlock.interpreter.journal.statements import load_statements, repeat_row


@pytest.mark.parametrize(
    ("statement", "times", "repeated"),
    [
        ("INSERT INTO t (a) VALUES (?)", 1, "INSERT INTO t (a) VALUES (?)"),
        ("INSERT INTO t (a, b) VALUES (?, ?)", 2, "INSERT INTO t (a, b) VALUES (?, ?), (?, ?)"),
        ("SELECT 1 WHERE a IN (VALUES (?))", 3, "SELECT 1 WHERE a IN (VALUES (?), (?), (?))"),
    ],
)
def test_the_row_of_values_is_repeated(statement, times, repeated):
    assert repeat_row(statement, times) == repeated


def test_a_statement_without_values_cannot_be_repeated():
    with pytest.raises(AssertionError, match="one row of values"):
        repeat_row(load_statements("sqlite", "write")["clear_timer"], 2)
