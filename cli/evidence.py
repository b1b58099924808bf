"""`interlock audit export|archive|replay|erase`: what is taken out of a journal.

Rules of this file: all but `erase` read a store beside its daemon; `erase` asks the daemon.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock.cli.audit import command, existing_file, read_key, read_store, store_option
from interlock.cli.client import ApiClient
from interlock.cli.exits import ConfigurationError, ExitStatus
from interlock.cli.record_text import clean
from interlock.cli.terminal import color_option, write_log, write_result
from interlock.interpreter.audit.archive import ArchiveError, make_archive, verify_archive
from interlock.interpreter.audit.checkpoints import CheckpointError
from interlock.interpreter.audit.exports import COLUMNS, as_csv, as_json_line, csv_cells
from interlock.interpreter.audit.replay import redecide
from interlock.interpreter.audit.verification import verify_store
from interlock.interpreter.core.incident import incident_stream
from interlock.interpreter.journal.locate import open_log
from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.times import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from interlock.interpreter.audit.replay import Replayed
    from interlock.interpreter.journal.sealed import LogRow

_incident_option = click.option("--incident", metavar="ID", help="Only this incident.")


def verify_archive_file(path: Path, public_keys: Sequence[Path]) -> ExitStatus:
    """Check an archive by itself and write what was found."""
    try:
        evidence = verify_archive(path.read_bytes(), [read_key(key) for key in public_keys])
    except ArchiveError as error:
        raise ConfigurationError(f"{path}: {error}") from error
    lines = [
        flaw.reason if flaw.stream is None else f"record {flaw.revision}: {flaw.reason}"
        for flaw in evidence.flaws
    ]
    lines.append(f"{evidence.stream}: {evidence.records} records, {evidence.payloads} payloads")
    if not evidence.flaws:
        signed = f", signed by key {evidence.signed}" if evidence.signed else ", not signed"
        lines.append(f"sound{signed}")
    write_result("".join(f"{clean(line)}\n" for line in lines))
    return ExitStatus.FINDINGS if evidence.flaws else ExitStatus.OK


@command.command("export")
@store_option
@_incident_option
@click.option("--from", "since", metavar="TIME", help="Not before this time (RFC 3339).")
@click.option("--to", "until", metavar="TIME", help="Before this time (RFC 3339).")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["jsonl", "csv"]),
    default="jsonl",
    show_default=True,
    help="The stored bytes, or a table for people.",
)
@color_option
def export(
    *, store: str, incident: str | None, since: str | None, until: str | None, format_: str
) -> ExitStatus:
    """Write records for those who must keep or read them elsewhere.

    Erased records leave their place and hash. Nothing in a CSV is a formula.
    """
    first, last = _read_time("--from", since), _read_time("--to", until)
    found = 0

    def write(row: LogRow) -> None:
        nonlocal found
        at = row.at
        if at is not None and not ((first is None or at >= first) and (last is None or at < last)):
            return
        found += 1
        if format_ == "jsonl":
            write_result(as_json_line(row).decode())
        else:
            write_result(as_csv(csv_cells(row)))

    if format_ == "csv":
        write_result(as_csv(COLUMNS))
    read_store(store, _walk(store, incident, write))
    if found == 0:
        write_log("no record is in that range")
        return ExitStatus.USAGE
    return ExitStatus.OK


async def _walk(store: str, incident: str | None, write: Callable[[LogRow], None]) -> None:
    log = await open_log(store)
    try:
        pages = log.rows() if incident is None else log.stream(incident_stream(incident))
        async for page in pages:
            for row in page:
                write(row)
    finally:
        await log.close()


def _read_time(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_timestamp(text).nanoseconds
    except GuardError as error:
        raise ConfigurationError(f"{option}: {error}") from error


@command.command("archive")
@click.argument("incident", metavar="ID")
@store_option
@click.option(
    "--checkpoint",
    "checkpoint_file",
    type=existing_file,
    metavar="FILE",
    help="Checkpoints of the journal; one is put in, so that the proof ends in a signature.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="The zip file to write; `interlock audit verify FILE` checks it without a store.",
)
@color_option
def archive(*, incident: str, store: str, checkpoint_file: Path | None, out: Path) -> ExitStatus:
    """Write the evidence of one incident: records, payloads, rulebooks, proofs."""
    checkpoints = checkpoint_file.read_bytes() if checkpoint_file else b""

    async def make() -> bytes:
        log = await open_log(store)
        try:
            return await make_archive(log, incident_stream(incident), checkpoints)
        finally:
            await log.close()

    try:
        data = read_store(store, make())
        out.write_bytes(data)
    except (ArchiveError, CheckpointError) as error:
        raise ConfigurationError(str(error)) from error
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror}") from error
    write_result(f"{out}: {len(data)} bytes\n")
    return ExitStatus.OK


@command.command("replay")
@store_option
@click.option(
    "--redecide",
    is_flag=True,
    help="Decide every record again by its rulebook, and show where this version differs.",
)
@color_option
def replay(*, store: str, redecide: bool) -> ExitStatus:
    """Fold every stream from its first record and compare the heads with what comes of it.

    A difference under --redecide is one between versions of Interlock, never damage.
    """
    if redecide:
        return _write_replayed(read_store(store, _redecide(store)))
    audit = read_store(store, verify_store(store))
    lines = [f"{flaw.stream}, record {flaw.revision}: {flaw.reason}" for flaw in audit.flaws]
    lines.append(f"{audit.records} records folded, {audit.streams} heads compared")
    write_result("".join(f"{clean(line)}\n" for line in lines))
    return ExitStatus.FINDINGS if audit.flaws else ExitStatus.OK


async def _redecide(store: str) -> Replayed:
    log = await open_log(store)
    try:
        return await redecide(log)
    finally:
        await log.close()


def _write_replayed(replayed: Replayed) -> ExitStatus:
    lines = []
    for found in replayed.differences:
        lines.append(f"{found.stream}, record {found.revision}: other {found.part}")
        lines += [f"  recorded: {found.recorded}", f"  now:      {found.now}"]
    lines.append(
        f"{replayed.decided} records decided again, {len(replayed.differences)} differences,"
        f" {replayed.skipped} not decided by a rulebook or without theirs"
    )
    write_result("".join(f"{clean(line)}\n" for line in lines))
    return ExitStatus.FINDINGS if replayed.differences else ExitStatus.OK


@command.command("erase")
@_incident_option
@click.option("--payload", metavar="DIGEST", help="Only this raw payload, by its SHA-256.")
@click.option("--reason", metavar="TEXT", required=True, help="Why; kept in the journal.")
@click.option("--by", metavar="NAME", envvar="INTERLOCK_BY", help="Who you say you are.")
@color_option
def erase(*, incident: str | None, payload: str | None, reason: str, by: str | None) -> ExitStatus:
    """Ask the daemon to erase a closed incident, or a raw payload, for good.

    Hashes stay, so that the journal goes on verifying; so does who asked and why.
    """
    if (incident is None) == (payload is None):
        raise ConfigurationError("say --incident or --payload, one of them")
    given = {"incident": incident, "payload": payload, "reason": reason, "by": by}
    body = {name: value for name, value in given.items() if value is not None}
    erased = ApiClient().post("/erasures", body)
    write_result(f"erased {erased['records']} records, {erased['payloads']} payloads\n")
    return ExitStatus.OK
