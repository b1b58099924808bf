"""`interlock effects`: what the daemon was asked to do, how far it is, what people say to it."""

from __future__ import annotations

import json
from typing import Any

import click

from interlock.cli.client import ApiClient, path_of
from interlock.cli.exits import ExitStatus
from interlock.cli.record_text import clean, describe_effect, short_time
from interlock.cli.tables import render_table
from interlock.cli.terminal import color_option, write_result
from interlock.interpreter.journal.outbox import EFFECT_STATUSES

_FORMAT = click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or the API's JSON.",
)
_KEY = click.argument("key", metavar="KEY")
_REASON = click.option("--reason", metavar="TEXT", required=True, help="Why; kept in the journal.")
_BY = click.option(
    "--by",
    metavar="NAME",
    envvar="INTERLOCK_BY",
    help="Who you say you are, while the daemon has no authentication; kept as claimed.",
)


@click.group("effects")
@color_option
def command() -> None:
    """See what the daemon was asked to do; retry or drop what failed or waits."""


@command.command("list")
@click.option("--status", type=click.Choice(EFFECT_STATUSES), help="Only those that stand so.")
@_FORMAT
def list_(*, status: str | None, format_: str) -> ExitStatus:
    """List effects, oldest first."""
    effects = ApiClient().get("/effects", {"status": status})["effects"]
    if format_ == "json":
        _write_json({"effects": effects})
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


@command.command("show")
@_KEY
@_FORMAT
def show(*, key: str, format_: str) -> ExitStatus:
    """Show one effect: what is sent, and how far it is."""
    shown = ApiClient().get(path_of("effects", key))
    if format_ == "json":
        _write_json(shown)
    else:
        write_result("".join(f"{clean(line)}\n" for line in _describe(shown)))
    return ExitStatus.OK


@command.command("retry")
@_KEY
@_REASON
@_BY
def retry(*, key: str, reason: str, by: str | None) -> ExitStatus:
    """Send an effect that failed, is in doubt or waits: the same key, the same bytes."""
    return _say("retry", key, reason, by)


@command.command("drop")
@_KEY
@_REASON
@_BY
def drop(*, key: str, reason: str, by: str | None) -> ExitStatus:
    """Give up an effect that failed, is in doubt or waits; its channels are told."""
    return _say("drop", key, reason, by)


def _say(verb: str, key: str, reason: str, by: str | None) -> ExitStatus:
    body = {"reason": reason} if by is None else {"reason": reason, "by": by}
    after = ApiClient().post(path_of("effects", key, verb), body)
    write_result(f"{clean(after['key'])}: {after['status']}\n")
    return ExitStatus.OK


def _describe(shown: dict[str, Any]) -> list[str]:
    effect = shown["effect"]
    lines = [
        f"{shown['key']}  {shown['status']}  {describe_effect(effect)}",
        f"of {shown['stream']} at revision {shown['revision']}, {shown['path']}",
        f"asked {short_time(shown['created_at'])}, attempts {shown['attempt']}",
    ]
    if shown["detail"]:
        lines.append(f"last: {shown['detail']}")
    if shown["target"]:
        lines.append(f"its limits count {shown['target']} apart")
    if effect["kind"] == "hook":
        where = f"{effect['method']} {effect['url']}" if effect["url"] else "a Python function"
        lines += [f"sends {where}", f"body {effect['body']}"]
    elif effect["kind"] == "notify":
        lines.append(f"text {effect['text']}")
    return lines


def _write_json(value: Any) -> None:
    write_result(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
