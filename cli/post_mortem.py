"""`interlock incidents post-mortem` and `complete`: read a post-mortem, and say it was reviewed."""

from __future__ import annotations

import json
from typing import Any

import click

from interlock.cli.client import ApiClient, path_of
from interlock.cli.exits import ExitStatus
from interlock.cli.terminal import write_result

_MEMBERS = {"md": "document", "ics": "calendar"}


@click.command("post-mortem")
@click.argument("incident", metavar="ID")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["md", "ics", "json"]),
    default="md",
    show_default=True,
    help="The document, the review meeting, or both with the ticket's state.",
)
def post_mortem(*, incident: str, format_: str) -> ExitStatus:
    """Write an incident's post-mortem as its records give it: what, who decided, what was done."""
    answer = ApiClient().get(path_of("incidents", incident, "post-mortem"))
    if format_ == "json":
        write_result(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
    else:
        write_result(answer[_MEMBERS[format_]].rstrip("\n") + "\n")
    return ExitStatus.OK


def completion(items: tuple[str, ...], summary: str | None) -> dict[str, Any]:
    """Return the payload of `postmortem.completed`; an item reads `TITLE`, or `TITLE; OWNER`."""
    given: dict[str, Any] = {"action_items": [_item(item) for item in items]}
    return given if summary is None else {**given, "summary": summary}


def _item(text: str) -> dict[str, str]:
    title, _, owner = (part.strip() for part in text.partition(";"))
    return {"title": title, "owner": owner} if owner else {"title": title}
