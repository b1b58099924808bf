"""Why an incident is where it is: what a recorded input did to its rules, from the journal."""

from __future__ import annotations

from interlock.cli.client import ApiClient, path_of
from interlock.cli.exits import ExitStatus
from interlock.cli.record_text import clean, short_time
from interlock.cli.terminal import write_result


def explain_incident(incident: str, revision: int | None, rule: str | None) -> ExitStatus:
    """Write what the daemon says of one record of an incident."""
    query = {"revision": revision, "rule": rule}
    said = ApiClient().get(path_of("incidents", incident, "explanation"), query)
    head = (
        f"{said['incident']} revision {said['revision']}, {short_time(said['at'])}: "
        f"{said['input']} by {said['actor']} was {said['disposition']}"
    )
    lines = said["lines"] or ["no rule was tried"]
    write_result("".join(f"{clean(line)}\n" for line in (head, *lines)))
    return ExitStatus.OK
