"""`interlock effects`: what the daemon was asked to do, and how far it is."""

from __future__ import annotations

import json

import click

from interlock.cli.client import ApiClient
from interlock.cli.exits import ExitStatus
from interlock.cli.record_text import describe_effect, short_time
from interlock.cli.tables import render_table
from interlock.cli.terminal import color_option, write_result

_STATUSES = ("pending", "claimed", "done", "dead", "cancelled")


@click.group("effects")
@color_option
def command() -> None:
    """See what the daemon was asked to do."""


@command.command("list")
@click.option("--status", type=click.Choice(_STATUSES), help="Only those that stand like this.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or the API's JSON.",
)
def list_(*, status: str | None, format_: str) -> ExitStatus:
    """List effects, oldest first."""
    effects = ApiClient().get("/effects", {"status": status})["effects"]
    if format_ == "json":
        write_result(json.dumps({"effects": effects}, indent=2, ensure_ascii=False) + "\n")
        return ExitStatus.OK
    rows = [
        (
            item["key"],
            item["status"],
            item["attempt"],
            short_time(item["created_at"]),
            item["stream"].removeprefix("incident/"),
            describe_effect(item["effect"]),
            item["detail"] or "",
        )
        for item in effects
    ]
    head = ("KEY", "STATUS", "ATTEMPTS", "ASKED", "INCIDENT", "EFFECT", "DETAIL")
    write_result(render_table(head, rows))
    return ExitStatus.OK
