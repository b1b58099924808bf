"""`interlock silence`: keep alerts, or one incident, from telling anybody for a time."""

from __future__ import annotations

from typing import Any

import click

from interlock.cli.client import ApiClient, path_of
from interlock.cli.exits import ConfigurationError, ExitStatus
from interlock.cli.record_text import clean, short_time
from interlock.cli.terminal import color_option, write_result


@click.group("silence")
@color_option
def command() -> None:
    """Silence alerts or an incident for a time, list silences, or end one."""


@command.command("list")
def list_() -> ExitStatus:
    """List operators' silences, then the rulebook's."""
    write_result(_describe(ApiClient().get("/silences")))
    return ExitStatus.OK


@command.command("add")
@click.argument("match", required=False)
@click.option("--incident", metavar="ID", help="Silence this incident instead of what matches.")
@click.option("--for", "duration", metavar="DURATION", required=True, help="How long, as 2h.")
@click.option("--reason", metavar="TEXT", required=True, help="Why; kept in the journal.")
def add(*, match: str | None, incident: str | None, duration: str, reason: str) -> ExitStatus:
    """Silence the alerts that MATCH (a guard on `event`), or one incident.

    Such as: interlock silence add 'event.labels.env == "staging"' --for 2h --reason maintenance
    """
    if (match is None) == (incident is None):
        raise ConfigurationError("give MATCH or --incident ID, and not both")
    given = {"match": match, "incident": incident, "for": duration, "reason": reason}
    body = {name: value for name, value in given.items() if value is not None}
    write_result(_describe(ApiClient().post("/silences", body)))
    return ExitStatus.OK


@command.command("end")
@click.argument("name", metavar="ID")
@click.option("--reason", metavar="TEXT", help="Why; kept in the journal.")
def end(*, name: str, reason: str | None) -> ExitStatus:
    """End a silence before its time; what still fires is routed again."""
    shown = ApiClient().delete(path_of("silences", name), {"reason": reason})
    write_result(_describe(shown) or "no silence is left\n")
    return ExitStatus.OK


def _describe(shown: dict[str, Any]) -> str:
    lines = []
    for one in shown["silences"]:
        what = f"incident {one['incident']}" if one["incident"] else one["match"]
        lines.append(
            f"{one['id']}: {what} until {short_time(one['until'])}, "
            f"added by {one['by']}: {one['reason']}"
        )
    for one in shown["rulebook"]:
        state = "active" if one["is_active"] else "not active"
        until = f" until {short_time(one['until'])}" if one["until"] else ""
        reason = f": {one['reason']}" if one["reason"] else ""
        lines.append(f"{one['name']} of the rulebook, {state}{until}: {one['match']}{reason}")
    return "".join(f"{clean(line)}\n" for line in lines)
