"""`interlock identity`: the identity file and its tokens.

Rules of this file: a token is printed once, to whoever asked for it, and kept nowhere; nothing is
written to the identity file, which is the operator's to review.
"""

from __future__ import annotations

import secrets
import time
from pathlib import Path

import click

from interlock.cli.exits import ConfigurationError, ExitStatus
from interlock.cli.terminal import color_option, is_styled, write_log, write_result
from interlock.interpreter.identity import Identity, Permission
from interlock.interpreter.identity.document import IdentityFileError, read_identity
from interlock.interpreter.identity.tokens import ENTROPY_BYTES, make_token
from interlock.rulebook.diagnostics import RulebookError
from interlock.rulebook.guard.times import format_timestamp
from interlock.rulebook.guard.values import Timestamp
from interlock.rulebook.literals import Problem, parse_duration
from interlock.rulebook.loader import decode_source
from interlock.rulebook.report import render_text


def load_identity(path: str) -> Identity:
    """Read an identity file.

    Raises:
        IdentityFileError: it is wrong.
        OSError: it cannot be read.
    """
    try:
        source = decode_source(Path(path).read_bytes(), path)
    except RulebookError as error:
        raise IdentityFileError(error.diagnostics) from None
    read = read_identity(source)
    if read.identity is None:
        raise IdentityFileError(read.diagnostics)
    return read.identity


def load_identity_or_report(path: str) -> Identity | None:
    """Read an identity file and write what is wrong to standard error; None where something is."""
    try:
        return load_identity(path)
    except IdentityFileError as error:
        write_log(render_text(error.diagnostics, is_styled=is_styled()).rstrip("\n"))
        return None
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from None


@click.group("identity")
@color_option
def command() -> None:
    """Check the identity file; make API tokens."""


@command.command("check")
@click.argument("file", metavar="FILE")
def check(*, file: str) -> ExitStatus:
    """Check an identity file and list who holds which roles."""
    identity = load_identity_or_report(file)
    if identity is None:
        return ExitStatus.FINDINGS
    for principal in identity.principals.values():
        write_result(f"{principal.id}: {', '.join(principal.roles) or 'no roles'}\n")
    return ExitStatus.OK


@command.group("token")
def token() -> None:
    """Make API tokens."""


@token.command("new")
@click.option("--principal", required=True, metavar="ID", help="Whose token it is.")
@click.option(
    "--expires", default="90d", show_default=True, metavar="DURATION", help="For how long."
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([permission.value for permission in Permission]),
    help="What it may be used for, at most; may be repeated.",
)
def new(*, principal: str, expires: str, scopes: tuple[str, ...]) -> ExitStatus:
    """Print a new token, once, and the line for the identity file that recognises it."""
    length = parse_duration(expires)
    if isinstance(length, Problem):
        raise ConfigurationError(f"--expires: {length.message}")
    until = (time.time_ns() + length) // 1_000_000_000 * 1_000_000_000
    text, kept = make_token(
        principal,
        until,
        frozenset(map(Permission, scopes)) or None,
        entropy=secrets.token_bytes(ENTROPY_BYTES),
    )
    shown = format_timestamp(Timestamp(until))
    limited = f", scopes: [{', '.join(sorted(scopes))}]" if scopes else ""
    write_log("This is shown once; give it to its owner, who sets INTERLOCK_TOKEN to it:")
    write_result(f"{text}\n")
    write_log("Add to `tokens:` of the identity file:")
    write_result(
        f'  - {{id: "{kept.id}", principal: {principal}, sha256: "{kept.sha256}", '
        f'expires: "{shown}"{limited}}}\n'
    )
    return ExitStatus.OK
