"""Steps that read other steps: of which order, and what if those failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.diagnostics import Diagnostic, Label, Level
from interlock.rulebook.document.nodes import scalar_span
from interlock.rulebook.document.respelling import respell
from interlock.rulebook.elements import part_span, span
from interlock.rulebook.guard.nodes import walk
from interlock.rulebook.guard.parser import parse
from interlock.rulebook.guard.presence import path_of
from interlock.rulebook.guard.suggest import listed, nearest
from interlock.rulebook.guard.syntax import ParseProblem
from interlock.rulebook.lint.arguments import Sent, texts
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.page import Page
from interlock.rulebook.lint.template_facts import facts_of, is_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.model import Runbook, RunbookStep
    from interlock.rulebook.source import Span

_SECTIONS = frozenset({"runbooks", "remediation_hooks"})

ORDER = Page(
    code="B601",
    name="step-order",
    level=Level.ERROR,
    summary="A step reads a step that does not exist, or that has not run by then.",
    why=(
        "Steps run in the order in which they stand. What a later one will answer is not known "
        "yet: the condition never holds, or the template cannot be filled and the step fails."
    ),
    bad="""\
runbooks:
  drain:
    match: incident.labels.alertname == "NodeSick"
    steps:
      - {id: drain, hook: call, when: 'steps.check.status == "succeeded"'}
      - {id: check, hook: call}
remediation_hooks:
  - {id: call, endpoint: "https://api.example.test/call", idempotency_key: key}
""",
    good="""\
runbooks:
  drain:
    match: incident.labels.alertname == "NodeSick"
    steps:
      - {id: check, hook: call}
      - {id: drain, hook: call, when: 'steps.check.status == "succeeded"'}
remediation_hooks:
  - {id: call, endpoint: "https://api.example.test/call", idempotency_key: key}
""",
    limits="Steps side by side under `parallel` do not see one another either.",
)

UNCERTAIN = Page(
    code="A508",
    name="uncertain-result",
    level=Level.WARNING,
    summary="A step uses the result of a step that may have failed.",
    why=(
        "With `on_failure: continue` the runbook goes on without a result: what reads it is then "
        "an error, and the second step fails for a reason that is hard to see."
    ),
    bad="""\
runbooks:
  drain:
    match: incident.labels.alertname == "NodeSick"
    steps:
      - {id: pick, hook: call, on_failure: continue}
      - {id: drain, hook: call, with: {node: "{{ steps.pick.result.node }}"}}
remediation_hooks:
  - {id: call, endpoint: "https://api.example.test/call", idempotency_key: key}
""",
    good="""\
runbooks:
  drain:
    match: incident.labels.alertname == "NodeSick"
    steps:
      - {id: pick, hook: call, on_failure: continue}
      - id: drain
        hook: call
        when: steps.pick.status == "succeeded"
        with: {node: "{{ steps.pick.result.node }}"}
remediation_hooks:
  - {id: call, endpoint: "https://api.example.test/call", idempotency_key: key}
""",
)


class _Use(NamedTuple):
    """One place where a step reads another."""

    id: str
    field: str
    span: Span
    is_guard: bool = False


def find_disorder(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each read of a step that is unknown or not over by then."""
    for name, runbook in (context.model.runbooks or {}).items():
        compiled = context.graph.runbooks.get(name)
        if compiled is None:
            continue
        every = {step.id for step in compiled.steps}
        for step, step_id, before in _in_order(runbook):
            subject = f"runbook `{name}`, step `{step_id}`"
            for use in (*_guard_uses(step), *_template_uses(step)):
                # The type checker knows every step of the runbook, but not their order.
                if use.id in before or (use.is_guard and use.id not in every):
                    continue
                yield _disorder(use, step_id, every, before, subject)


def _disorder(
    use: _Use, step_id: str, every: set[str], before: frozenset[str], subject: str
) -> Diagnostic:
    if use.id not in every:
        near = nearest(use.id, sorted(every))
        return ORDER.finding(
            f"this runbook has no step `{use.id}`",
            use.span,
            help=f"did you mean `{near}`?" if near else None,
            notes=() if near else (f"steps: {listed(sorted(every))}",),
            subject=subject,
            fix=respell(use.span, near) if near in before else None,
        )
    if use.id == step_id:
        message = f"step `{use.id}` reads itself, before it has run"
    else:
        message = f"step `{use.id}` has not run when step `{step_id}` reads it"
    return ORDER.finding(
        message, use.span, help="read earlier steps only, or move this one", subject=subject
    )


def find_uncertain(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each read of a result that `on_failure: continue` may have left out."""
    for name, runbook in (context.model.runbooks or {}).items():
        unsure = {
            step_id: step
            for step, step_id, _ in _in_order(runbook)
            if step.on_failure == "continue"
        }
        for step, step_id, before in _in_order(runbook):
            uses = [*_guard_uses(step), *_template_uses(step)] if unsure else []
            asked = {use.id for use in uses if use.field == "status"}
            for use in uses:
                if use.field != "result" or use.id in asked or use.id not in before & set(unsure):
                    continue
                yield UNCERTAIN.finding(
                    f"step `{use.id}` may have failed, and then has no result",
                    use.span,
                    help=f'say `when: steps.{use.id}.status == "succeeded"`',
                    labels=(Label(span(unsure[use.id], "on_failure"), "goes on all the same"),),
                    subject=f"runbook `{name}`, step `{step_id}`",
                )


def _in_order(runbook: Runbook) -> Iterator[tuple[RunbookStep, str, frozenset[str]]]:
    """Yield each step with its id and the ids of those that are over by then."""
    taken: set[str] = set()
    before: frozenset[str] = frozenset()
    for step in runbook.steps:
        group = list(_flat(step))
        ids = []
        for member in group:
            number, member_id = 1, member.id or member.hook or "step"
            while member.id is None and member_id in taken:
                number += 1
                member_id = f"{member.hook}#{number}"
            taken.add(member_id)
            ids.append(member_id)
        for member, member_id in zip(group, ids, strict=True):
            yield member, member_id, before
        before |= set(ids)


def _flat(step: RunbookStep) -> Iterator[RunbookStep]:
    if step.parallel is None:
        yield step
    else:
        for inner in step.parallel:
            yield from _flat(inner)


def _guard_uses(step: RunbookStep) -> Iterator[_Use]:
    # `verify` is asked when the step itself has run, so it may read its own result.
    if step.when is None or "steps" not in step.when:
        return
    parsed = parse(step.when)
    if isinstance(parsed, ParseProblem):
        return
    found: dict[int, tuple[str, ...]] = {}
    for node in walk(parsed):
        path = path_of(node)
        if path is not None and path[0] == "steps" and len(path) > 1:
            found.setdefault(node.start, path)  # the whole path comes before its parts
    for start, (_, step_id, *fields) in found.items():
        at = step.when.find(step_id, start + len("steps"))
        where = part_span(step, ("when",), at, at + len(step_id))
        yield _Use(step_id, fields[0] if fields else "", where, is_guard=True)


def _template_uses(step: RunbookStep) -> Iterator[_Use]:
    for text in texts(Sent(step.node, "")):
        if not is_template(text.value) or "steps" not in text.value:
            continue
        for read in facts_of(text.value).reads:
            if read.path[0] != "steps" or len(read.path) == 1:
                continue
            start = read.start + len("steps.")
            where = scalar_span(text.parent, text.step, start, start + len(read.path[1]))
            field = "" if read.is_tested or len(read.path) == 2 else read.path[2]  # noqa: PLR2004 - steps.ID.FIELD
            yield _Use(read.path[1], field, where)


RULES = (
    LintRule(ORDER, find_disorder, _SECTIONS, frozenset("XGRAT")),
    LintRule(UNCERTAIN, find_uncertain, _SECTIONS, frozenset("XGRAT")),
)
