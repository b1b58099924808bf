"""`interlock audit`: from the journal to evidence and back."""

from __future__ import annotations

import asyncio
import csv
import io
import json

import pytest

from interlock.interpreter.journal.sqlite import SqliteJournalStore
from support.runtime import Runtime
from support.tampering import edit


async def write(path):
    async with Runtime(SqliteJournalStore(path)) as runtime:
        await runtime.alert("test-1", title="=1+1")
        await runtime.alert("test-2")
        await runtime.say("engineer.ack", "test-1")
        await runtime.settle()


@pytest.fixture
def journal(tmp_path):
    """The address of a journal with two incidents; one was acknowledged."""
    asyncio.run(write(tmp_path / "journal.db"))
    return f"sqlite:///{tmp_path / 'journal.db'}"


@pytest.fixture
def keys(tmp_path, interlock):
    assert interlock("audit", "keygen", str(tmp_path / "key")).status == 0
    return tmp_path / "key", tmp_path / "key.pub"


def test_the_commands_work_together(journal, keys, tmp_path, interlock):
    out = interlock("audit", "verify", "--store", journal)
    assert (out.status, out.out.splitlines()[-1][:5]) == (0, "sound")
    assert json.loads(interlock("audit", "verify", "--store", journal, "--format", "json").out)[
        "sound"
    ]
    file = str(tmp_path / "checkpoints")
    given = ("--store", journal)
    assert (
        interlock("audit", "checkpoint", *given, "--key", str(keys[0]), "--out", file).status == 0
    )
    known = ("--checkpoint", file, "--public-key", str(keys[1]))
    assert interlock("audit", "verify", *given, *known).status == 0
    archive = str(tmp_path / "test-1.zip")
    made = interlock("audit", "archive", "test-1", *given, "--checkpoint", file, "--out", archive)
    assert made.status == 0, made.err
    checked = interlock("audit", "verify", archive, "--public-key", str(keys[1]))
    assert (checked.status, "signed by key" in checked.out) == (0, True)
    assert interlock("audit", "replay", *given).status == 0
    assert interlock("audit", "replay", *given, "--redecide").status == 0
    rows = list(
        csv.reader(io.StringIO(interlock("audit", "export", *given, "--format", "csv").out))
    )
    assert rows[0][:2] == ["number", "stream"]
    lines = interlock("audit", "export", *given, "--incident", "test-1").out.splitlines()
    assert {json.loads(line)["stream"] for line in lines} == {"incident/test-1"}
    assert interlock("audit", "export", *given, "--to", "1980-01-01T00:00:00Z").status == 2
    edit(
        tmp_path / "journal.db",
        ("UPDATE records SET data = zeroblob(9) WHERE seq = 2",),
    )
    found = interlock("audit", "verify", *given)
    assert found.status == 1
    assert "record 1: it is not what was written" in found.out
    assert interlock("audit", "verify", "--store", "sqlite:///none.db").status == 4
