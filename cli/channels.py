"""`interlock channels`: where notifications go, and whether they arrive."""

from __future__ import annotations

import time
from typing import Any, Final

import click

from interlock.cli.client import ApiClient, path_of
from interlock.cli.exits import ExitStatus
from interlock.cli.record_text import clean
from interlock.cli.tables import render_table
from interlock.cli.terminal import color_option, write_result

_LOOK_S: Final = 0.2
_UNDER_WAY: Final = frozenset({"pending", "claimed"})


@click.group("channels")
@color_option
def command() -> None:
    """See where notifications go; send a test."""


@command.command("list")
def list_() -> ExitStatus:
    """List the channels of the rulebook that runs."""
    channels = ApiClient().get("/channels")["channels"]
    rows = [
        (one["name"], one["type"], "" if one["declared"] else "not declared") for one in channels
    ]
    write_result(render_table(("NAME", "TYPE", ""), rows))
    return ExitStatus.OK


@command.command("test")
@click.argument("name", metavar="NAME")
@click.option("--reason", metavar="TEXT", help="Why; kept in the journal.")
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the outcome.",
)
def test(*, name: str, reason: str | None, wait_s: float) -> ExitStatus:
    """Send a test message to a channel, as an alert's would be; it is kept in the journal."""
    api = ApiClient()
    body = {} if reason is None else {"reason": reason}
    shown = api.post(path_of("channels", name, "test"), body)
    deadline = time.monotonic() + wait_s
    while shown["status"] in _UNDER_WAY and not shown["detail"] and time.monotonic() < deadline:
        time.sleep(_LOOK_S)
        shown = api.get(path_of("effects", shown["key"]))
    write_result(f"{clean(name)}: {_how(shown)}\n")
    return ExitStatus.OK if shown["status"] == "done" else ExitStatus.FINDINGS


def _how(shown: dict[str, Any]) -> str:
    detail = clean(shown["detail"] or "")
    if shown["status"] == "done":
        return f"sent; {detail}" if detail else "sent"
    if shown["status"] in _UNDER_WAY:
        return f"not yet; it is tried again: {detail}" if detail else "not yet; no answer so far"
    return f"failed: {detail}"
