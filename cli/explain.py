"""`interlock explain`: the page of a diagnostic code, offline, or why an event took its rules."""

from __future__ import annotations

from difflib import get_close_matches

import click

from interlock.cli.exits import ConfigurationError, ExitStatus
from interlock.cli.terminal import color_option, write_result
from interlock.rulebook.lint.reference import render_index, render_page
from interlock.rulebook.lint.registry import PAGES, find_page


@click.command("explain")
@click.argument("code", required=False)
@click.option("--event", metavar="FILE", help="Explain the last event of a recording.")
@click.option("--rulebook", metavar="RULEBOOK", help="The rulebook that decides about the event.")
@click.option("--rule", metavar="RULE", help="Only this rule of the rulebook.")
@click.option("--incident", metavar="ID", help="Explain an incident of a running daemon.")
@click.option("--revision", type=int, metavar="N", help="That record of the incident's timeline.")
@click.option("--source", metavar="NAME", help="The source of lines that are a sender's raw body.")
@color_option
def command(
    code: str | None,
    *,
    event: str | None,
    rulebook: str | None,
    rule: str | None,
    source: str | None,
    incident: str | None,
    revision: int | None,
) -> int:
    """Show what a diagnostic code means, or why an event did what it did.

    CODE is a code such as X203 or its name, such as unknown-field; without one, all codes are
    listed. With --event and --rulebook, the rules that the last event of FILE tries are shown, each
    with its guard, what became of its parts, and the nearest change that makes it true; earlier
    lines of FILE are what happened before. With --incident the same is shown for what really
    happened: the last event of an incident, or its record N.
    """
    if incident is not None:
        if code or event or rulebook or source:
            raise ConfigurationError("--incident ID goes with --revision and --rule only")
        from interlock.cli.explain_incident import (  # noqa: PLC0415 - as above
            explain_incident,
        )

        return explain_incident(incident, revision, rule)
    if event is not None and rulebook is not None and code is None:
        from interlock.cli.explain_event import (  # noqa: PLC0415 - the core is slow to import
            explain_event,
        )

        return explain_event(event, rulebook, source, rule)
    if event is not None or rulebook is not None or rule is not None or source is not None:
        raise ConfigurationError("--event FILE and --rulebook RULEBOOK go together, without a CODE")
    if code is None:
        write_result(render_index(PAGES))
        return ExitStatus.OK
    page = find_page(code)
    if page is None:
        known = [word for page in PAGES for word in (page.code, page.name)]
        near = get_close_matches(code.upper(), known, n=1) or get_close_matches(code, known, n=1)
        remedy = f"did you mean `{near[0]}`?" if near else "`interlock explain` lists all codes"
        raise ConfigurationError(f"no such diagnostic code: {code}; {remedy}")
    write_result(render_page(page))
    return ExitStatus.OK
