"""`interlock store`: what has to be done to a store by hand."""

from __future__ import annotations

import asyncio

import click

from interlock.cli.exits import ConfigurationError, ExitStatus, UnavailableError
from interlock.cli.terminal import color_option, write_result
from interlock.interpreter.journal.locate import locate_store
from interlock.interpreter.journal.postgres_address import is_postgres_address
from interlock.interpreter.journal.store import StoreAddressError, StoreError


@click.group("store")
@color_option
def command() -> None:
    """Prepare a PostgreSQL store, or lead it to a new version."""


@command.command("migrate")
@click.argument("address", metavar="ADDRESS")
@click.option(
    "--pre",
    "phase",
    flag_value="pre",
    help="Only what the version before can live with; run first.",
)
@click.option(
    "--post", "phase", flag_value="post", help="Only the rest: when no older daemon is left."
)
@color_option
def migrate(*, address: str, phase: str | None) -> ExitStatus:
    """Make the tables of a PostgreSQL store, or bring them up to date.

    ADDRESS is postgresql://user@host/database. A new database needs one run without options. To go
    to a new version while daemons run, say --pre, replace the daemons one after the other, then say
    --post. There is no way back but a backup.
    """
    if not is_postgres_address(address):
        raise ConfigurationError(
            f"{address!r}: only a postgresql:// store is migrated by hand; others see to it"
            " themselves when they are opened"
        )
    try:
        names = asyncio.run(_migrate(address, ("pre", "post") if phase is None else (phase,)))
    except StoreAddressError as error:
        raise ConfigurationError(str(error)) from error
    except StoreError as error:
        raise UnavailableError(str(error)) from error
    write_result("".join(f"ran {name}\n" for name in names) or "nothing to do\n")
    return ExitStatus.OK


async def _migrate(address: str, phases: tuple[str, ...]) -> list[str]:
    locate_store(address)  # says what is missing before anything else is imported
    from interlock.interpreter.journal.postgres_schema import (  # noqa: PLC0415 - needs the driver
        migrate,
    )

    return [step.name for step in await migrate(address, phases)]
