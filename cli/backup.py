"""`interlock backup` and `interlock restore`: a copy of the journal, and the way back from it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock.cli.exits import ConfigurationError, ExitStatus, UnavailableError
from interlock.cli.terminal import color_option, write_result
from interlock.interpreter.core.canonical import DamagedBytesError
from interlock.interpreter.journal.backup import back_up, brought_back
from interlock.interpreter.journal.store import StoreAddressError, StoreDamagedError, StoreError
from interlock.interpreter.journal.verify import verify_journal
from interlock.interpreter.runtime.clock import SystemClock
from interlock.interpreter.runtime.restore import begin_epoch
from interlock.interpreter.runtime.rulebooks import LostRulebookError

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from interlock.interpreter.runtime.restore import Restored

_STORE = click.option(
    "--store",
    default="sqlite:///interlock.db",
    show_default=True,
    metavar="URL",
    help="The journal's address, as `run` takes it.",
)


@click.command("backup")
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@_STORE
@color_option
def backup(*, target: Path, store: str) -> ExitStatus:
    """Copy the journal to a new file, also while its daemon runs.

    The copy is one snapshot of everything: records, heads, effects, timers, payloads, rulebooks.
    SQLite gives a database that is read like the journal; of PostgreSQL it is a zip of its tables.
    """
    _run(back_up(store, target))
    write_result(f"{target}: {target.stat().st_size:,} bytes\n")
    return ExitStatus.OK


@click.command("restore")
@click.argument("source", metavar="FILE", type=click.Path(exists=True, path_type=Path))
@_STORE
@click.option("--reason", metavar="TEXT", required=True, help="Why; kept in the journal.")
@click.option("--by", metavar="NAME", default="operator", show_default=True, help="Who restores.")
@color_option
def restore(*, source: Path, store: str, reason: str, by: str) -> ExitStatus:
    """Make a journal from a backup, where there is none yet.

    What happened after the backup is not in it. So a new epoch begins: idempotency keys are new
    ones, remediation stays at `observe` until `automation set` says otherwise, calls that were
    still to be made are in doubt, and messages are sent again.
    """
    restored = _run(_restore(source, store, reason=f"{reason} (from {source.name})", by=by))
    write_result(
        f"epoch {restored.epoch} begins at `observe`; {restored.doubtful} calls are in doubt, "
        f"{restored.repeated} messages are sent again\n"
        "look at `interlock effects list`, then set the automation\n"
    )
    return ExitStatus.OK


async def _restore(source: Path, address: str, *, reason: str, by: str) -> Restored:
    async with brought_back(source, address) as store:
        report = await verify_journal(store)
        if report.flaws:
            flaw = report.flaws[0]
            raise StoreDamagedError(f"{source} is damaged: {flaw.stream or ''} {flaw.reason}")
        return await begin_epoch(store, SystemClock(), actor=by, reason=reason)


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        return asyncio.run(work)
    except StoreAddressError as error:
        raise ConfigurationError(str(error)) from error
    except (StoreError, LostRulebookError, DamagedBytesError) as error:
        raise UnavailableError(str(error)) from error
