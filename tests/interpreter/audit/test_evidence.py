"""Checkpoints, archives, exports and replays of a journal that a real engine wrote."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest

from interlock.interpreter.audit.archive import ArchiveError, make_archive, verify_archive
from interlock.interpreter.audit.checkpoints import (
    CheckpointError,
    read_checkpoints,
    sign_checkpoint,
)
from interlock.interpreter.audit.exporting import CheckpointWriter
from interlock.interpreter.audit.exports import as_csv, guard_cell
from interlock.interpreter.audit.replay import ReplayError, redecide, state_at
from interlock.interpreter.audit.signing import (
    KeyFileError,
    make_key,
    read_public_key,
    read_signing_key,
)
from interlock.interpreter.audit.verification import verify_store
from interlock.interpreter.core.canonical import encode
from interlock.interpreter.journal.locate import open_log
from interlock.interpreter.journal.sqlite import SqliteJournalStore
from interlock.interpreter.journal.sqlite_log import SqliteLog
from interlock.interpreter.runtime.reload import Loaded, Reloader
from interlock.rulebook import compile_rulebook
from interlock.rulebook.source import SourceFile
from support.runtime import Runtime
from support.tampering import edit


@pytest.fixture
async def journal(tmp_path):
    """The address of a journal with two incidents; one was acknowledged."""
    async with Runtime(SqliteJournalStore(tmp_path / "journal.db")) as runtime:
        await runtime.alert("test-1", title="=cmd|' /C calc'!A0")
        await runtime.alert("test-2")
        await runtime.say("engineer.ack", "test-1")
        await runtime.settle()
    return f"sqlite:///{tmp_path / 'journal.db'}"


@pytest.fixture
async def log(journal):
    opened = await open_log(journal)
    yield opened
    await opened.close()


@pytest.fixture
def keys(tmp_path):
    private, public = tmp_path / "key", tmp_path / "key.pub"
    make_key(private, public)
    return private, public


async def checkpointed(journal, keys, tmp_path):
    writer = CheckpointWriter(read_signing_key(keys[0]), tmp_path / "checkpoints")
    assert await writer.export(journal, 1) is not None
    return tmp_path / "checkpoints"


async def test_a_checkpoint_is_compared_with_the_journal(journal, keys, tmp_path):
    path = await checkpointed(journal, keys, tmp_path)
    checkpoints = read_checkpoints(path.read_bytes(), [read_public_key(keys[1])])
    audit = await verify_store(journal, checkpoints)
    assert (audit.flaws, audit.checkpoints) == ((), 1)


async def test_nothing_new_gives_no_checkpoint(journal, keys, tmp_path):
    path = await checkpointed(journal, keys, tmp_path)
    writer = CheckpointWriter(read_signing_key(keys[0]), path)
    assert await writer.export(journal, 2) is None
    assert len(path.read_bytes().splitlines()) == 1


async def test_a_journal_that_contradicts_its_last_checkpoint_is_not_signed(
    journal, keys, tmp_path
):
    path = await checkpointed(journal, keys, tmp_path)
    edit(tmp_path / "journal.db", ("UPDATE seals SET root = zeroblob(32)",))
    writer = CheckpointWriter(read_signing_key(keys[0]), path)
    with pytest.raises(CheckpointError, match="nothing was signed"):
        await writer.export(journal, 2)


async def test_every_changed_byte_of_a_checkpoint_is_refused(journal, keys, tmp_path):
    path = await checkpointed(journal, keys, tmp_path)
    public = read_public_key(keys[1])
    line = path.read_bytes().rstrip()
    refused = 0
    for place in range(len(line)):
        changed = line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]
        try:
            assert read_checkpoints(changed, [public]) == read_checkpoints(line, [public])
        except CheckpointError:
            refused += 1
    assert refused >= len(line) - 2  # but for bits that Base64 does not use


async def test_checkpoints_that_do_not_follow_each_other_are_refused(journal, keys, tmp_path):
    await checkpointed(journal, keys, tmp_path)
    key = read_signing_key(keys[0])
    seal = (await verify_store(journal)).seal
    first = sign_checkpoint(seal, 1, key.public.id, key)
    second = sign_checkpoint(seal, 2, key.public.id, key, first)
    third = sign_checkpoint(seal, 3, key.public.id, key, second)
    assert len(read_checkpoints(first + second + third, [key.public])) == 3
    with pytest.raises(CheckpointError, match="before it"):
        read_checkpoints(first + third, [key.public])


def test_keys_are_never_replaced_and_never_read_by_others(keys):
    with pytest.raises(KeyFileError, match="not replaced"):
        make_key(*keys)
    keys[0].chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        read_signing_key(keys[0])
    with pytest.raises(KeyFileError, match="no public key"):
        read_public_key(keys[0])


async def test_an_archive_verifies_alone(journal, log, keys, tmp_path):
    path = await checkpointed(journal, keys, tmp_path)
    public = read_public_key(keys[1])
    data = await make_archive(log, "incident/test-1", path.read_bytes())
    evidence = verify_archive(data, [public])
    assert (evidence.flaws, evidence.signed) == ((), public.id)
    assert evidence.payloads > 0
    assert data == await make_archive(log, "incident/test-1", path.read_bytes())
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert {"README.txt", "records.jsonl", "proof.json", "checkpoint.jsonl"} < set(names)
    assert any(name.startswith("rulebooks/") for name in names)


async def test_every_part_of_an_archive_is_guarded(journal, log, keys, tmp_path):
    path = await checkpointed(journal, keys, tmp_path)
    data = await make_archive(log, "incident/test-1", path.read_bytes())
    public = read_public_key(keys[1])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    guarded = [name for name in members if not name.startswith(("README", "rulebooks"))]
    for name in guarded:
        for place in range(0, len(members[name]), 1 + len(members[name]) // 40):
            part = members[name]
            changed = part[:place] + bytes([part[place] ^ 1]) + part[place + 1 :]
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w") as archive:
                for each, content in members.items():
                    archive.writestr(each, changed if each == name else content)
            try:
                assert verify_archive(buffer.getvalue(), [public]).flaws, (name, place)
            except ArchiveError:
                continue
            except AssertionError:
                # white space of the JSON means nothing
                assert part[place : place + 1].isspace()


async def test_there_is_no_archive_of_what_is_not_there(log):
    with pytest.raises(ArchiveError, match="there is no"):
        await make_archive(log, "incident/none")
    with pytest.raises(ArchiveError, match="no zip"):
        verify_archive(b"nothing")


async def test_deciding_again_gives_the_same(log):
    replayed = await redecide(log)
    assert replayed.differences == ()
    assert replayed.decided > 0


async def test_an_incident_is_seen_as_it_was(log):
    first = await state_at(log, "incident/test-1", revision=1)
    assert (first.revision, first.acknowledged_by) == (1, None)
    last = await state_at(log, "incident/test-1")
    assert last.acknowledged_by == "ada"
    assert (
        encode(await state_at(log, "incident/test-1", at=first.updated_at))
        == encode(await state_at(log, "incident/test-1", revision=first.revision))
        or last.updated_at == first.updated_at
    )
    with pytest.raises(ReplayError):
        await state_at(log, "incident/none")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "|cmd", "%0A=1"]
)
def test_nothing_in_a_csv_is_a_formula(text):
    (row,) = csv.reader(io.StringIO(as_csv((text, 7))))
    assert row == ["'" + text, "7"]
    assert guard_cell("plain = text") == "plain = text"


TEAM = """\
version: 1
name: paging
severity_matrix: {P1: {sla_minutes: 15, notification_channels: [page]}}
owner: event.labels.team
teams: {db: {channels: {page: first}}}
notification_channels: {page: {type: log}, first: {type: log}, second: {type: log}}
"""


class Files:
    """A rulebook in which the team is told elsewhere; channels are not pinned."""

    def load(self):
        sources = [SourceFile("reference.yaml", TEAM.replace("page: first", "page: second"))]
        return Loaded(compile_rulebook(sources), sources)

    def fingerprint(self):
        return None


async def test_what_a_reload_changed_for_pinned_incidents_is_no_difference(tmp_path):
    path = tmp_path / "journal.db"
    async with Runtime(SqliteJournalStore(path), TEAM) as runtime:
        reloader = Reloader(
            runtime.rulebooks, runtime.engine, runtime.store, runtime.clock, files=Files()
        )
        await reloader.begin(runtime.loaded)
        runtime.clock.advance_to(runtime.clock.now() + 1)
        await runtime.alert("test-1", "P1", labels={"team": "db"})
        runtime.clock.advance_to(runtime.clock.now() + 1)
        await reloader.reload(actor="ada", reason="another channel")
        runtime.clock.advance_to(runtime.clock.now() + 1)
        await runtime.say("incident.resolved", "test-1")
        first, *_, last = await runtime.records()
        assert {effect.channel for effect in first.effects} == {"first"}
        assert {effect.channel for effect in last.effects} == {"second"}
        assert (await runtime.incident()).rulebook == runtime.loaded.graph.digest
    log = SqliteLog(path)
    replayed = await redecide(log)
    await log.close()
    assert replayed.differences == ()
    assert replayed.decided > 0
