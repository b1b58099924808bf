"""`interlock approve` and `interlock deny`: a person's word on an open gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from interlock.cli.client import ApiClient, path_of
from interlock.cli.exits import ExitStatus
from interlock.cli.incidents import describe_answer
from interlock.cli.terminal import color_option, write_result

if TYPE_CHECKING:
    from collections.abc import Callable


def _decision_command(name: str, help_: str) -> Callable[..., ExitStatus]:
    @click.command(name, help=help_)
    @click.argument("incident", metavar="ID")
    @click.option("--gate", metavar="NAME", help="Which gate, where several are open.")
    @click.option(
        "--digest",
        metavar="SHA256",
        help="The digest of what you were shown; refused when it has changed since.",
    )
    @click.option("--reason", metavar="TEXT", help="Why; kept in the timeline.")
    @click.option(
        "--by",
        metavar="NAME",
        envvar="INTERLOCK_BY",
        help="Who you say you are, while the daemon has no authentication; kept as claimed.",
    )
    @color_option
    def decide(
        *,
        incident: str,
        gate: str | None,
        digest: str | None,
        reason: str | None,
        by: str | None,
    ) -> ExitStatus:
        given = {"gate": gate, "digest": digest, "reason": reason, "by": by}
        said = {key: value for key, value in given.items() if value is not None}
        answer = ApiClient().post(path_of("approvals", incident), {"decision": name, **said})
        write_result(describe_answer(answer))
        return ExitStatus.OK

    return decide


approve = _decision_command("approve", "Approve what waits at a gate of an incident.")
deny = _decision_command("deny", "Deny what waits at a gate of an incident.")
