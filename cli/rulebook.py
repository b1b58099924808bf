"""`interlock rulebook`: which rulebook a running daemon decides by, and its reload."""

from __future__ import annotations

from typing import Any

import click

from interlock.cli.client import ApiClient
from interlock.cli.exits import ExitStatus
from interlock.cli.record_text import clean, short_time
from interlock.cli.terminal import color_option, write_result


@click.group("rulebook")
@color_option
def command() -> None:
    """Show or reload the rulebook of a running daemon."""


@command.command("show")
def show() -> ExitStatus:
    """Show which rulebook is live, and who brought it when and why."""
    write_result(_describe(ApiClient().get("/rulebook")))
    return ExitStatus.OK


@command.command("reload")
@click.option("--reason", metavar="TEXT", help="Why; kept in the journal.")
@click.option("--commit", metavar="ID", help="The commit of the files, where git cannot say.")
@click.option("--author", metavar="PRINCIPAL", help="Who wrote the change; gates may exclude them.")
def reload(*, reason: str | None, commit: str | None, author: str | None) -> ExitStatus:
    """Make the daemon read its rulebook's files again.

    All of it becomes live, or nothing. Running incidents stay on the rulebook they were opened
    under; `incidents repin` moves them.
    """
    given = {"reason": reason, "commit": commit, "author": author}
    body = {name: value for name, value in given.items() if value is not None}
    answer = ApiClient().post("/rulebook/reload", body)
    write_result(("" if answer["changed"] else "nothing has changed\n") + _describe(answer))
    return ExitStatus.OK


def _describe(shown: dict[str, Any]) -> str:
    lines = [f"{shown['name']}  {shown['digest']}"]
    if "since" in shown:
        commit = f" at commit {shown['commit']}" if shown["commit"] else ""
        lines.append(f"live since {short_time(shown['since'])}{commit}")
        lines.append(f"brought by {shown['by']}: {shown['reason']}")
    return "".join(f"{clean(line)}\n" for line in lines)
