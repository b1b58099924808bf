"""`interlock lsp`: the language server on standard input and output."""

from __future__ import annotations

import click

from interlock.cli.exits import ConfigurationError, ExitStatus

_LIBRARIES = ("pygls", "lsprotocol")


@click.command("lsp")
@click.option("--stdio", is_flag=True, help="Talk over standard input and output (always so).")
def command(stdio: bool) -> int:  # noqa: FBT001 - click's signature
    """Run the language server for editors.

    An editor starts it: findings while typing, completion, hover, definitions, references,
    renaming, fixes and formatting. docs/editors.md shows the settings for VS Code and Neovim.
    """
    del stdio
    try:
        from interlock.cli.lsp.server import serve  # noqa: PLC0415 - a slow import, and an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _LIBRARIES:
            raise
        raise ConfigurationError(
            "the language server needs pygls: pip install 'interlock[lsp]'"
        ) from None
    # The protocol asks for 1 where an editor ends the process without shutting it down.
    return ExitStatus.OK if serve() else ExitStatus.FINDINGS
