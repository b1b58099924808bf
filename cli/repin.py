"""`interlock incidents repin`: move running incidents to another rulebook."""

from __future__ import annotations

from typing import Any

import click

from interlock.cli.client import ApiClient
from interlock.cli.exits import ConfigurationError, ExitStatus
from interlock.cli.record_text import clean
from interlock.cli.tables import render_table
from interlock.cli.terminal import write_result

_DIGEST = "sha256:"


@click.command("repin")
@click.argument("incidents", metavar="[ID]...", nargs=-1)
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="OLD=NEW",
    help="A state of theirs to a state of the new rulebook; or a rulebook's digest (sha256:..., "
    "or its beginning) to another's, or to `live`. May be repeated.",
)
@click.option("--reason", metavar="TEXT", required=True, help="Why; kept in each timeline.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
def repin(
    *, incidents: tuple[str, ...], pairs: tuple[str, ...], reason: str, dry_run: bool
) -> ExitStatus:
    """Move running incidents to the live rulebook, or to another one that was live before.

    Without an ID, every incident that is not closed and runs on another rulebook moves. Open gates
    close: their approvals were given to the old rulebook. An incident with steps under way, or in
    a state that the new rulebook lacks, stays, and the exit status is 1.
    """
    body: dict[str, Any] = {"reason": reason, "dry_run": dry_run, **_read_pairs(pairs)}
    if incidents:
        body["incidents"] = list(incidents)
    answer = ApiClient().post("/incidents/repin", body)
    if not answer["moved"]:
        write_result(f"nothing to move: no incident runs on another rulebook than {answer['to']}\n")
        return ExitStatus.OK
    write_result(render_table(("ID", "FROM", "STATE", ""), [_row(one) for one in answer["moved"]]))
    is_refused = any(one["refused"] for one in answer["moved"])
    return ExitStatus.FINDINGS if is_refused else ExitStatus.OK


def _read_pairs(pairs: tuple[str, ...]) -> dict[str, Any]:
    body: dict[str, Any] = {"states": {}}
    for pair in pairs:
        old, equals, new = pair.partition("=")
        if not (old and equals and new):
            raise ConfigurationError(f"--map takes OLD=NEW, not {pair!r}")
        if not old.startswith(_DIGEST):
            body["states"][old] = new
        elif "from" in body:
            raise ConfigurationError("--map takes one rulebook at a time")
        else:
            body["from"] = old
            if new != "live":
                body["to"] = new
    return body


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    states = one["state_from"]
    if one["state_to"] != states:
        states += f" -> {one['state_to']}"
    stays = f"stays: {one['refused']}" if one["refused"] else "moves"
    return one["incident"], one["from"][: len(_DIGEST) + 12], states, clean(stays)
