"""Templates that cannot be filled, and strangers' text where it would be executed."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Level
from interlock.rulebook.document.nodes import scalar_span
from interlock.rulebook.document.respelling import respell
from interlock.rulebook.guard.suggest import listed, nearest
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.page import Page
from interlock.rulebook.lint.template_facts import facts_of, is_template
from interlock.schemas import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.lint.arguments import Text
    from interlock.rulebook.lint.template_facts import Read
    from interlock.rulebook.source import Span

_SECTIONS = frozenset({"runbooks", "workflow_rules"})
_STRANGERS = frozenset({"title", "labels", "annotations", "tags", "metadata", "alerts"})
_EXECUTED = re.compile(
    r"(?:^|[_.-])(?:command|cmd|script|shell|bash|exec|query|sql|expression|code)$", re.IGNORECASE
)
_QUOTING = frozenset({"tojson", "int", "float", "length"})

WRONG_TEMPLATE = Page(
    code="T709",
    name="wrong-template",
    level=Level.ERROR,
    summary="A template that cannot be filled: a name that does not exist, or no template at all.",
    why=(
        "An unknown name is an error when the template is filled, in the middle of an incident: "
        "the step fails, or the message is not sent."
    ),
    bad="""\
notification_channels: {ops: {type: log}}
workflow_rules:
  - transition: DETECTED -> TRIAGE
    validator: severity_defined
    action: {do: notify, with: {to: [ops], message: "{{ incident.titel }} is ours"}}
""",
    good="""\
notification_channels: {ops: {type: log}}
workflow_rules:
  - transition: DETECTED -> TRIAGE
    validator: severity_defined
    action: {do: notify, with: {to: [ops], message: "{{ incident.title }} is ours"}}
""",
    limits=(
        "What labels, metadata and a hook's answer hold is not known, nor is whether an optional "
        "field is set; the post-mortem's own template file is not read."
    ),
)

EXECUTED = Page(
    code="T710",
    name="executed-alert-text",
    level=Level.WARNING,
    summary="Text of an alert is put into an argument that is executed.",
    why=(
        "Titles, labels and annotations are written by whoever can send an alert. Inside a "
        "command or a query they can end it and begin another. Messages need no care: each "
        "channel escapes them its own way."
    ),
    bad="""\
runbooks:
  clean:
    match: incident.labels.alertname == "DiskFull"
    steps:
      - hook: run
        with: {command: "journalctl --vacuum-size=1G -u {{ incident.labels.unit }}"}
remediation_hooks:
  - {id: run, endpoint: "https://api.example.test/run", idempotency_key: key}
""",
    good="""\
runbooks:
  clean:
    match: incident.labels.alertname == "DiskFull"
    steps:
      - hook: run
        with: {command: journalctl --vacuum-size=1G, unit: "{{ incident.labels.unit }}"}
remediation_hooks:
  - {id: run, endpoint: "https://api.example.test/run", idempotency_key: key}
""",
    limits=(
        "What is executed is told by the argument's name (command, script, query, sql, ...). "
        "A value that goes through `tojson`, `int` or `float` is taken as escaped."
    ),
)


def find_wrong_templates(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each template that is none, and each name in one that does not exist."""
    steps = {step.id for runbook in context.graph.runbooks.values() for step in runbook.steps}
    for sent, text in context.sent_texts:
        if not is_template(text.value):
            continue
        facts = facts_of(text.value)
        if facts.problem is not None:
            at = _part(text, facts.at, facts.at + 2)
            message = f"this template cannot be filled: {facts.problem}"
            yield WRONG_TEMPLATE.finding(message, at, subject=sent.subject)
        for read in facts.reads:
            known = steps if sent.runbook is None else None
            yield from _unknown(read, text, sent.subject, known)


def _unknown(read: Read, text: Text, subject: str, steps: set[str] | None) -> Iterator[Diagnostic]:
    """Yield what of a read does not exist; steps of a runbook are another rule's affair."""
    name, *fields = read.path
    variables = _fields()
    if name not in variables:
        owner, word, known, start = "a template", name, sorted(variables), read.start
    elif name == "steps" and fields and steps is not None and fields[0] not in steps:
        owner, word, known = "`steps`", fields[0], sorted(steps)
        start = read.start + len("steps.")
    elif fields and name != "steps" and variables[name] and fields[0] not in variables[name]:
        owner, word, known = f"`{name}`", fields[0], list(variables[name])
        start = read.start + len(name) + 1
    else:
        return
    near = nearest(word, known)
    where = _part(text, start, start + len(word))
    yield WRONG_TEMPLATE.finding(
        f"`{read.dotted}`: {owner} has no `{word}`",
        where,
        help=f"did you mean `{near}`?" if near else None,
        notes=() if near else (f"{owner} has: {listed(known)}" if known else "there are none",),
        subject=subject,
        fix=respell(where, near) if near else None,
    )


@cache
def _fields() -> dict[str, tuple[str, ...]]:
    """Return the variables of templates with their fields; none where they are not known."""
    found = {}
    described = load("guard.v1.json")
    for name, schema in described["properties"].items():
        reference = schema.get("$ref", "")
        if reference.startswith("#/$defs/"):
            schema = described["$defs"][reference.removeprefix("#/$defs/")]  # noqa: PLW2901 - as below
        elif reference:
            schema = load(reference)  # noqa: PLW2901 - the same schema, behind its reference
        found[name] = tuple(schema.get("properties", ()))
    return found


def _part(text: Text, start: int, end: int) -> Span:
    return scalar_span(text.parent, text.step, start, end)


def find_executed(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each name of alert text in a template whose value is executed."""
    for sent, text in context.sent_texts:
        if not _EXECUTED.search(text.name) or not is_template(text.value):
            continue
        for read in facts_of(text.value).reads:
            if _is_strange(read) and not _QUOTING & set(read.filters):
                yield EXECUTED.finding(
                    f"`{read.dotted}` is a stranger's text, and `{text.name}` is executed",
                    _part(text, read.start, read.start + len(read.dotted)),
                    help="hand it over as an argument of its own, or through `| tojson`",
                    subject=sent.subject,
                )


def _is_strange(read: Read) -> bool:
    name, *fields = read.path
    if name == "alert":
        return True
    return name in ("incident", "event") and bool(fields) and fields[0] in _STRANGERS


RULES = (
    LintRule(WRONG_TEMPLATE, find_wrong_templates, _SECTIONS, frozenset("XGRATB")),
    LintRule(EXECUTED, find_executed, _SECTIONS, frozenset("XGRATB")),
)
