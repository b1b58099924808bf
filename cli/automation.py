"""`interlock automation`: how far remediation may go on its own, for everyone at once."""

from __future__ import annotations

from typing import Any

import click

from interlock.cli.client import ApiClient
from interlock.cli.exits import ExitStatus
from interlock.cli.record_text import clean, short_time
from interlock.cli.terminal import color_option, write_result
from interlock.rulebook.graph.state_graph import Automation


@click.group("automation")
@color_option
def command() -> None:
    """Show or set how far remediation may go on its own."""


@command.command("show")
def show() -> ExitStatus:
    """Show the level in force and what operators set."""
    write_result(_describe(ApiClient().get("/automation")))
    return ExitStatus.OK


@command.command("set")
@click.argument("mode", type=click.Choice([mode.value for mode in Automation]))
@click.option("--hook", metavar="ID", help="For this hook only.")
@click.option("--for", "duration", metavar="DURATION", help="For a time, as 2h; else until set.")
@click.option("--reason", metavar="TEXT", required=True, help="Why; kept in the journal.")
def set_(*, mode: str, hook: str | None, duration: str | None, reason: str) -> ExitStatus:
    """Set the level; every running incident obeys at once."""
    given = {"mode": mode, "hook": hook, "for": duration, "reason": reason}
    body = {name: value for name, value in given.items() if value is not None}
    write_result(_describe(ApiClient().put("/automation", body)))
    return ExitStatus.OK


def _describe(shown: dict[str, Any]) -> str:
    lines = [f"in force: {shown['mode']} (the daemon was started with {shown['daemon']})"]
    for override in shown["overrides"]:
        whom = f"hook {override['hook']}" if override["hook"] else "all hooks"
        until = f" until {short_time(override['until'])}" if override["until"] else ""
        by, reason = clean(override["by"]), clean(override["reason"])
        lines.append(f"{whom}: {override['mode']}{until}, set by {by}: {reason}")
    return "".join(f"{line}\n" for line in lines)
