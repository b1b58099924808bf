"""`interlock incidents`: read and steer incidents of a running daemon.

Rules of this file: every command is one request; what it means is the daemon's to decide.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from interlock.cli.client import ApiClient, path_of
from interlock.cli.exits import ConfigurationError, ExitStatus
from interlock.cli.gate_text import describe_gate
from interlock.cli.post_mortem import completion, post_mortem
from interlock.cli.record_text import clean, describe_record, short_time
from interlock.cli.repin import repin
from interlock.cli.step_text import describe_steps
from interlock.cli.tables import render_table
from interlock.cli.terminal import color_option, write_result

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., ExitStatus]

_FORMAT = click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or the API's JSON.",
)
_REASON = click.option("--reason", metavar="TEXT", help="Why; kept in the timeline.")
_BY = click.option(
    "--by",
    metavar="NAME",
    envvar="INTERLOCK_BY",
    help="Who you say you are, while the daemon has no authentication; kept as claimed.",
)
_ID = click.argument("incident", metavar="ID")


@click.group("incidents")
@color_option
def command() -> None:
    """Read and steer the incidents of a running daemon."""


command.add_command(repin)
command.add_command(post_mortem)


@command.command("list")
@click.option("--state", metavar="STATE", help="Only those in this state.")
@click.option("--severity", metavar="NAME", help="Only those of this severity.")
@click.option("--open/--closed", "is_open", default=None, help="Only open, or only closed ones.")
@click.option("--attention", is_flag=True, help="Only those that wait for a person.")
@_FORMAT
def list_(
    *, state: str | None, severity: str | None, is_open: bool | None, attention: bool, format_: str
) -> ExitStatus:
    """List incidents, latest opened first."""
    query = {
        "state": state,
        "severity": severity,
        "open": None if is_open is None else str(is_open).lower(),
        "needs_attention": "true" if attention else None,
    }
    incidents = list(ApiClient().pages("/incidents", "incidents", query))
    if format_ == "json":
        _write_json({"incidents": incidents})
        return ExitStatus.OK
    rows = [
        (
            item["id"],
            item["severity"],
            item["state"],
            short_time(item["opened_at"]),
            "!" if _waits(item) else "",
            item["title"],
        )
        for item in incidents
    ]
    write_result(render_table(("ID", "SEVERITY", "STATE", "OPENED", "", "TITLE"), rows))
    return ExitStatus.OK


@command.command("waiting")
@_FORMAT
def waiting(*, format_: str) -> ExitStatus:
    """List all that waits for a person: gates, steps, doubts, calls over a limit, the rest."""
    items = ApiClient().get("/waiting")["waiting"]
    if format_ == "json":
        _write_json({"waiting": items})
        return ExitStatus.OK
    for item in items:
        write_result(
            clean(f"{item['incident']}  {item['severity']}  {item['kind']} {item['name']}: ")
            + clean(item["reason"])
            + "\n"
        )
        about = describe_gate(item["gate"])[1:] if "gate" in item else []
        if item.get("effect"):
            about.append(clean(f"  effect {item['effect']}"))
        write_result("".join(f"  {line}\n" for line in about))
    return ExitStatus.OK


@command.command("show")
@_ID
@click.option(
    "--at", metavar="REVISION|TIME", help="As it was after that record, or at that time (RFC 3339)."
)
@_FORMAT
def show(*, incident: str, at: str | None, format_: str) -> ExitStatus:
    """Show one incident."""
    shown = ApiClient().get(path_of("incidents", incident), {"at": at})
    if format_ == "json":
        _write_json(shown)
    else:
        write_result("".join(f"{line}\n" for line in _describe(shown)))
    return ExitStatus.OK


@command.command("timeline")
@_ID
@_FORMAT
def timeline(*, incident: str, format_: str) -> ExitStatus:
    """Show who did what to an incident, when and why."""
    path = path_of("incidents", incident, "timeline")
    records = list(ApiClient().pages(path, "records", {}))
    if format_ == "json":
        _write_json({"records": records})
        return ExitStatus.OK
    write_result("".join(f"{line}\n" for record in records for line in describe_record(record)))
    return ExitStatus.OK


def _signal_command(name: str, type_: str, help_: str) -> None:
    @command.command(name, help=help_)
    @_ID
    @_REASON
    @_BY
    def _(*, incident: str, reason: str | None, by: str | None) -> ExitStatus:
        return _signal(incident, type_, {"reason": reason, "by": by})


_signal_command("ack", "engineer.ack", "Acknowledge an incident: escalation stops.")
_signal_command("unack", "engineer.unack", "Give an incident back: escalation starts again.")
_signal_command("resolve", "incident.resolved", "Say that an incident is resolved.")
_signal_command("start", "runbook.start", "Let waiting or doubtful remediation steps run.")


@command.command("undo")
@_ID
@click.argument("runbook", required=False)
@_REASON
@_BY
def undo(*, incident: str, runbook: str | None, reason: str | None, by: str | None) -> ExitStatus:
    """Take back what a runbook has carried out, the last step first."""
    return _signal(incident, "runbook.undo", {"runbook": runbook, "reason": reason, "by": by})


@command.command("assign")
@_ID
@click.argument("engineer")
@_REASON
@_BY
def assign(*, incident: str, engineer: str, reason: str | None, by: str | None) -> ExitStatus:
    """Assign an incident to an engineer."""
    payload = {"assignee": engineer, "reason": reason, "by": by}
    return _signal(incident, "incident.assigned", payload)


@command.command("review")
@_ID
@click.option("--gate", metavar="NAME", help="Which gate's, where several wait.")
@click.option("--reason", metavar="TEXT", required=True, help="What was found.")
@_BY
def review(*, incident: str, gate: str | None, reason: str, by: str | None) -> ExitStatus:
    """Close the review of a broken glass; never by who broke it."""
    return _signal(incident, "gate.reviewed", {"gate": gate, "reason": reason, "by": by})


@command.command("complete")
@_ID
@click.option("--summary", metavar="TEXT", help="What was found.")
@click.option(
    "--action-item",
    "items",
    multiple=True,
    metavar="TITLE[; OWNER]",
    help="What is to be done; may be repeated.",
)
@_REASON
@_BY
def complete(
    *,
    incident: str,
    summary: str | None,
    items: tuple[str, ...],
    reason: str | None,
    by: str | None,
) -> ExitStatus:
    """Say that an incident's post-mortem was reviewed, and what came of it."""
    payload = {**completion(items, summary), "reason": reason, "by": by}
    return _signal(incident, "postmortem.completed", payload)


@command.command("note")
@_ID
@click.argument("text")
@_BY
def note(*, incident: str, text: str, by: str | None) -> ExitStatus:
    """Write a note into an incident's timeline."""
    return _signal(incident, "incident.noted", {"note": text, "by": by})


@command.command("severity")
@_ID
@click.argument("severity")
@click.option("--reason", metavar="TEXT", required=True, help="Why; kept in the timeline.")
@_BY
def severity_(*, incident: str, severity: str, reason: str, by: str | None) -> ExitStatus:
    """Set an incident's severity, up or down."""
    payload = {"severity": severity, "reason": reason, "by": by}
    return _signal(incident, "severity.set", payload)


@command.command("signal")
@_ID
@click.argument("type_", metavar="TYPE")
@click.option("--payload", metavar="JSON", default="{}", help="What else the signal says.")
@_REASON
@_BY
def signal(
    *, incident: str, type_: str, payload: str, reason: str | None, by: str | None
) -> ExitStatus:
    """Send any signal that the rulebook's rules listen to."""
    try:
        given = json.loads(payload)
    except ValueError as error:
        raise ConfigurationError(f"--payload is no JSON: {error}") from None
    if not isinstance(given, dict):
        raise ConfigurationError("--payload must be a JSON object")
    return _signal(incident, type_, {"reason": reason, "by": by, **given})


def _signal(incident: str, type_: str, payload: dict[str, Any]) -> ExitStatus:
    said = {name: value for name, value in payload.items() if value is not None}
    path = path_of("incidents", incident, "events")
    answer = ApiClient().post(path, {"type": type_, "payload": said})
    write_result(describe_answer(answer))
    return ExitStatus.OK


def describe_answer(answer: dict[str, Any]) -> str:
    """Return what became of a person's word, as a line."""
    moves = "".join(f", {move['from']} -> {move['to']}" for move in answer["transitions"])
    reason = f": {clean(answer['reason'])}" if answer.get("reason") else ""
    return f"{clean(answer['incident'])}: {answer['disposition']}{moves}{reason}\n"


def _waits(shown: dict[str, Any]) -> bool:
    """Tell whether an incident waits for a person."""
    return (
        bool(shown["needs_attention"])
        or any(gate["status"] == "open" for gate in shown["gates"].values())
        or any(step["status"] in ("waiting", "in_doubt") for step in shown["steps"].values())
    )


def _describe(shown: dict[str, Any]) -> list[str]:
    opened, since = short_time(shown["opened_at"]), short_time(shown["state_since"])
    lines = [
        f"{shown['id']}  {shown['severity']}  {shown['state']}  {shown['title']}",
        f"opened {opened}, in this state since {since}",
    ]
    for name, word in (
        ("acknowledged_by", "acknowledged by"),
        ("assigned_engineer", "assigned to"),
        ("owner", "owned by"),
        ("previous", "follows"),
    ):
        if shown[name]:
            lines.append(f"{word} {shown[name]}")
    lines += [f"needs attention: {reason}" for reason in shown["needs_attention"]]
    lines += [
        f"alert {key}: {member['status']}, {member['title']}"
        for key, member in shown["alerts"].items()
    ]
    for gate in shown["gates"].values():
        is_open = gate["status"] == "open"
        lines += describe_gate(gate) if is_open else [describe_gate(gate)[0]]
    lines += describe_steps(shown["steps"])
    lines += [
        f"timer {name}: due {short_time(timer['due'])}" for name, timer in shown["timers"].items()
    ]
    return [clean(line) for line in lines]


def _write_json(value: Any) -> None:
    write_result(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
