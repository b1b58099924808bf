"""The post-mortem as Markdown.

Written by our own template, over plain data, in a sandbox; whatever a stranger may have written is
escaped, so that it is text and never markup (https://spec.commonmark.org/0.31.2/#backslash-escapes).
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from interlock.rulebook.guard.times import format_timestamp
from interlock.rulebook.guard.values import Timestamp
from interlock.rulebook.literals import format_duration

if TYPE_CHECKING:
    from jinja2 import Template

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.postmortem.summary import Summary

SECOND_NS = 1_000_000_000
_LINE_MAX = 500
_MARKUP = re.compile(r"([\\`*_\[\]<|~$&])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def render_document(
    summary: Summary, *, ticket: str, owner: str | None, due: Instant, review: Instant
) -> str:
    """Return the document of an incident; the same summary always gives the same text."""
    incident = summary.incident
    text: str = _template().render(
        summary=summary,
        incident=incident,
        ticket=ticket,
        owner=owner,
        due=due,
        review=review,
        took=_took(incident.opened_at, incident.resolved_at),
        written=incident.post_mortem or {},
        acknowledged_after=_took(incident.opened_at, incident.acknowledged_at),
    )
    return text


def escape(value: Any) -> str:
    """Return a value as one line of text that Markdown shows as it is."""
    line = _CONTROL.sub(" ", str(value)).strip()
    if len(line) > _LINE_MAX:
        line = line[: _LINE_MAX - 1] + "…"
    return _MARKUP.sub(r"\\\1", line)


def _instant(value: Instant | None) -> str:
    if value is None:
        return "-"
    return format_timestamp(Timestamp(value // SECOND_NS * SECOND_NS))


def _took(since: Instant, until: Instant | None) -> str | None:
    if until is None:
        return None
    return format_duration(max(until - since, 0) // SECOND_NS * SECOND_NS)


def _template() -> Template:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.clear()
    environment.filters = {"text": escape, "instant": _instant, "join": _join}
    return environment.from_string(
        files("interlock.interpreter.postmortem").joinpath("document.md.j2").read_text("utf-8")
    )


def _join(values: Any) -> str:
    return ", ".join(escape(value) for value in values)
