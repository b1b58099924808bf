"""`interlock approve` and `interlock deny`: a person's word on an open gate.

Rules of this file: nothing is approved that was not shown, in full, just before; the approval is
bound to the digest of exactly that. Alert text is a stranger's: nothing of it drives the terminal.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from interlock.cli.client import ApiClient, RejectedError, path_of
from interlock.cli.exits import ConfigurationError, ExitStatus
from interlock.cli.gate_text import describe_gate
from interlock.cli.incidents import describe_answer
from interlock.cli.terminal import color_option, write_log, write_result

_ID = click.argument("incident", metavar="ID")
_GATE = click.option("--gate", metavar="NAME", help="Which gate, where several are open.")
_REASON = click.option("--reason", metavar="TEXT", help="Why; kept in the timeline.")
_BY = click.option(
    "--by",
    metavar="NAME",
    envvar="INTERLOCK_BY",
    help="Who you say you are, while the daemon has no authentication; kept as claimed.",
)
_DIGEST = click.option(
    "--digest",
    metavar="SHA256",
    help="The digest of what you were shown, instead of being asked; refused when it has changed.",
)
_YES = click.option("--yes", is_flag=True, help="Do not ask: what is shown now is meant.")


@click.command("approve")
@_ID
@_GATE
@_DIGEST
@_YES
@click.option("--revoke", is_flag=True, help="Take your own approval back.")
@click.option(
    "--break-glass",
    is_flag=True,
    help="Let it through without its approvals: takes the role break-glass and a --reason, is told "
    "to everyone, and stays open until somebody else has reviewed it.",
)
@click.option(
    "--override",
    is_flag=True,
    help="Ask again at a gate that was denied or has expired; takes a --reason, approves nothing.",
)
@_REASON
@_BY
@color_option
def approve(
    *,
    incident: str,
    gate: str | None,
    digest: str | None,
    yes: bool,
    reason: str | None,
    by: str | None,
    **words: bool,
) -> ExitStatus:
    """Approve what waits at a gate of an incident."""
    decision = _decision(words)
    if decision in ("break-glass", "override") and not reason:
        raise ConfigurationError(f"--{decision} takes a --reason")
    said = {"reason": reason, "by": by}
    if decision in ("revoke", "override"):
        return _send(incident, decision, {**said, "gate": gate})
    shown = _show(incident, gate)
    _confirm(shown["digest"], digest, yes=yes)
    return _send(
        incident, decision, {**said, "gate": shown["name"], "digest": digest or shown["digest"]}
    )


def _decision(words: dict[str, bool]) -> str:
    """Return what is said instead of an approval, where an option says so."""
    asked = [word.replace("_", "-") for word, is_asked in words.items() if is_asked]
    if len(asked) > 1:
        raise ConfigurationError(f"--{asked[0]} and --{asked[1]} contradict each other")
    return asked[0] if asked else "approve"


@click.command("deny")
@_ID
@_GATE
@_DIGEST
@_YES
@_REASON
@_BY
@color_option
def deny(
    *,
    incident: str,
    gate: str | None,
    digest: str | None,
    yes: bool,
    reason: str | None,
    by: str | None,
) -> ExitStatus:
    """Deny what waits at a gate of an incident."""
    shown = _show(incident, gate)
    _confirm(shown["digest"], digest, yes=yes)
    return _send(incident, "deny", {"gate": shown["name"], "reason": reason, "by": by})


def _show(incident: str, gate: str | None) -> dict[str, Any]:
    """Write what waits at the gate that is meant, in full, and return it."""
    found = ApiClient().get(path_of("incidents", incident))
    gates: list[dict[str, Any]] = list(found["gates"].values())
    meant = [one for one in gates if one["status"] == "open" and gate in (None, one["name"])]
    if len(meant) > 1:
        raise ConfigurationError(f"several gates are open, name one: {_names(meant)}")
    if not meant:
        past = ", ".join(f"gate {one['name']} is {one['status']}" for one in gates)
        raise RejectedError(f"no gate is open: {past}" if past else "no gate is open")
    write_log("\n".join(describe_gate(meant[0])))
    return meant[0]


def _names(gates: list[dict[str, Any]]) -> str:
    return ", ".join(str(gate["name"]) for gate in gates)


def _confirm(shown: str, given: str | None, *, yes: bool) -> None:
    """Ask for a `yes` on a terminal; a script says by digest, or by --yes, what it means."""
    if given is not None:
        if given != shown:
            raise RejectedError("what you were shown is not what the gate now asks for; look again")
        return
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigurationError("there is no terminal to ask on: give --digest, or --yes")
    if click.prompt("Type yes to go on", err=True, default="no", show_default=False) != "yes":
        raise RejectedError("nothing was sent")


def _send(incident: str, decision: str, said: dict[str, str | None]) -> ExitStatus:
    given = {key: value for key, value in said.items() if value is not None}
    answer = ApiClient().post(path_of("approvals", incident), {"decision": decision, **given})
    write_result(describe_answer(answer))
    return ExitStatus.OK
