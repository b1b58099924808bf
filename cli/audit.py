"""`interlock audit`: is the journal what was written?

Rules of this file: reads a store beside its daemon and never writes to it; what is wrong with a
journal is a finding (exit 1), a store that cannot be read is not (exit 4).
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from interlock.cli.exits import ConfigurationError, ExitStatus, UnavailableError
from interlock.cli.record_text import clean
from interlock.cli.terminal import color_option, write_log, write_result
from interlock.interpreter.audit.checkpoints import CheckpointError, read_checkpoints
from interlock.interpreter.audit.verification import verify_store
from interlock.interpreter.core.canonical import encode
from interlock.interpreter.journal.postgres_address import without_password
from interlock.interpreter.journal.store import StoreAddressError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from interlock.interpreter.audit.checkpoints import Checkpoint, Verifier
    from interlock.interpreter.audit.verification import Audit
    from interlock.interpreter.journal.verify import Flaw

Result = TypeVar("Result")
Decorated = TypeVar("Decorated", bound="Callable[..., Any]")

SHOWN_FLAWS_MAX = 100
_PROCESSES_MAX = 8
_EXTRA = "signing needs a library: pip install 'interlock[audit]'"

existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)
store_option = click.option(
    "--store",
    default="sqlite:///interlock.db",
    show_default=True,
    metavar="URL",
    help="The journal; its daemon may go on writing it.",
)


@click.group("audit")
@color_option
def command() -> None:
    """Prove that the journal is what was written; take evidence out of it."""


def read_store(address: str, work: Coroutine[Any, Any, Result]) -> Result:
    """Run what reads a store; raises the errors that end a command."""
    try:
        return asyncio.run(work)
    except StoreAddressError as error:
        raise ConfigurationError(str(error)) from error
    except StoreError as error:
        raise UnavailableError(f"the store {without_password(address)}: {error}") from error


@command.command("verify")
@click.argument("archive", type=existing_file, metavar="[ARCHIVE]", required=False)
@store_option
@click.option(
    "--checkpoint",
    "checkpoint_file",
    type=existing_file,
    metavar="FILE",
    help="Checkpoints kept elsewhere; the journal must still hold what they say.",
)
@click.option(
    "--public-key",
    "public_keys",
    type=existing_file,
    multiple=True,
    metavar="FILE",
    help="The key that signed them; may be repeated, for keys that followed each other.",
)
@click.option(
    "--quick",
    is_flag=True,
    help="Chains, seals and heads only: no payload is looked for, no stream is folded.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
@color_option
def verify(
    *,
    archive: Path | None,
    store: str,
    checkpoint_file: Path | None,
    public_keys: tuple[Path, ...],
    quick: bool,
    format_: str,
) -> ExitStatus:
    """Check every record, seal, head and payload of a journal, or an evidence ARCHIVE by itself.

    Names the first bad record of each stream. Without a checkpoint the end of the journal, or all
    of it, may have been replaced by whoever can write the store; see docs/audit.md.
    """
    if archive is not None:
        from interlock.cli.evidence import verify_archive_file  # noqa: PLC0415 - it builds on this

        return verify_archive_file(archive, public_keys)
    if bool(checkpoint_file) != bool(public_keys):
        raise ConfigurationError("--checkpoint and --public-key go together")
    checkpoints = _read_checkpoint_file(checkpoint_file, public_keys) if checkpoint_file else []
    processes = min(os.cpu_count() or 1, _PROCESSES_MAX)
    audit = read_store(
        store, verify_store(store, checkpoints, folds=not quick, processes=processes)
    )
    write_audit(audit, format_)
    return ExitStatus.FINDINGS if audit.flaws else ExitStatus.OK


def _read_checkpoint_file(path: Path, public_keys: Sequence[Path]) -> list[Checkpoint]:
    keys = [read_key(key) for key in public_keys]
    try:
        return read_checkpoints(path.read_bytes(), keys)
    except CheckpointError as error:
        raise ConfigurationError(f"{path}: {error}") from error


def read_key(path: Path) -> Verifier:
    """Read a public key; raises ConfigurationError."""
    signing = load_signing()
    try:
        key: Verifier = signing.read_public_key(path)
    except signing.KeyFileError as error:
        raise ConfigurationError(str(error)) from error
    return key


def load_signing() -> Any:
    """Return the module that signs; raises ConfigurationError where its library is missing."""
    try:
        from interlock.interpreter.audit import signing  # noqa: PLC0415 - its library is an extra
    except ImportError as error:
        raise ConfigurationError(_EXTRA) from error
    return signing


def write_audit(audit: Audit, format_: str) -> None:
    """Write what was looked at and what was found."""
    if format_ == "json":
        write_result(encode(_as_json(audit)).decode() + "\n")
        return
    lines = [clean(describe_flaw(flaw)) for flaw in audit.flaws[:SHOWN_FLAWS_MAX]]
    if len(audit.flaws) > SHOWN_FLAWS_MAX:
        lines.append(f"... and {len(audit.flaws) - SHOWN_FLAWS_MAX} more")
    counts = [
        f"{audit.records} records",
        f"{audit.streams} streams",
        f"{audit.seals} seals",
        f"{audit.payloads} payloads",
        f"{audit.checkpoints} checkpoints",
    ]
    lines.append(", ".join(counts))
    if audit.erased:
        lines.append(f"{audit.erased} of the records were erased; their hashes are there")
    if audit.unsealed:
        lines.append(f"{audit.unsealed} of the records are not sealed yet")
    if not audit.flaws:
        root = "" if audit.seal is None else f"; Merkle root {audit.seal.root.hex()}"
        lines.append(f"sound{root}")
    write_result("".join(f"{line}\n" for line in lines))


def describe_flaw(flaw: Flaw) -> str:
    """Return a flaw as one line."""
    if flaw.stream is None:
        return flaw.reason
    if flaw.revision is None:
        return f"{flaw.stream}: {flaw.reason}"
    return f"{flaw.stream}, record {flaw.revision}: {flaw.reason}"


def _as_json(audit: Audit) -> dict[str, Any]:
    seal = audit.seal
    return {
        "sound": not audit.flaws,
        "records": audit.records,
        "streams": audit.streams,
        "erased": audit.erased,
        "unsealed": audit.unsealed,
        "seals": audit.seals,
        "payloads": audit.payloads,
        "checkpoints": audit.checkpoints,
        "seal": None if seal is None else {"size": seal.size, "root": seal.root.hex()},
        "flaws": [
            {"stream": flaw.stream, "revision": flaw.revision, "reason": flaw.reason}
            for flaw in audit.flaws
        ],
    }


@command.command("keygen")
@click.argument("key", type=click.Path(dir_okay=False, path_type=Path), metavar="KEY")
@color_option
def keygen(*, key: Path) -> ExitStatus:
    """Make a key that signs checkpoints: KEY, and KEY.pub for those who verify."""
    signing = load_signing()
    public = key.with_name(key.name + ".pub")
    try:
        made = signing.make_key(key, public)
    except signing.KeyFileError as error:
        raise ConfigurationError(str(error)) from error
    write_result(f"key {made.id}: {key} signs, {public} verifies\n")
    return ExitStatus.OK


@command.command("checkpoint")
@store_option
@click.option(
    "--key", "key_file", type=existing_file, required=True, metavar="FILE", help="What signs."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Append to this file; the journal must still hold what its last line says.",
)
@color_option
def checkpoint(*, store: str, key_file: Path, out: Path | None) -> ExitStatus:
    """Sign how far the journal has come; keep the line where the daemon's host cannot change it."""
    signing = load_signing()
    from interlock.interpreter.audit.exporting import (  # noqa: PLC0415 - needs what signing needs
        CheckpointWriter,
    )

    try:
        writer = CheckpointWriter(signing.read_signing_key(key_file), out)
        line = read_store(store, writer.export(store, time.time_ns()))
    except signing.KeyFileError as error:
        raise ConfigurationError(str(error)) from error
    except CheckpointError as error:
        write_log(f"{out}: {error}")
        return ExitStatus.FINDINGS
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror}") from error
    if line is None:
        write_log("nothing to sign: the journal has no records, or none since the last checkpoint")
    elif out is None:
        write_result(line.decode())
    return ExitStatus.OK
