"""Steps that may call a target twice without telling it so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Label, Level
from interlock.rulebook.elements import span
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

_IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})  # RFC 9110, 9.2.2

RETRY = Page(
    code="A503",
    name="retry-without-key",
    level=Level.ERROR,
    summary="A step retries a hook that declares no idempotency key.",
    why=(
        "An attempt that times out may have been carried out. Without a key the target cannot "
        "tell the second attempt from a new request, and scales, restarts or pays twice."
    ),
    bad="""\
runbooks:
  slow:
    match: incident.labels.alertname == "Slow"
    steps:
      - {id: scale, hook: scale_up, retry: {attempts: 3}}
remediation_hooks:
  - {id: scale_up, endpoint: "https://api.example.test/scale"}
""",
    good="""\
runbooks:
  slow:
    match: incident.labels.alertname == "Slow"
    steps:
      - {id: scale, hook: scale_up, retry: {attempts: 3}}
remediation_hooks:
  - {id: scale_up, endpoint: "https://api.example.test/scale", idempotency_key: request_id}
""",
    limits=(
        "GET, PUT and DELETE are idempotent by RFC 9110 and not reported. Whether a target "
        "honours the key it is sent is its own affair."
    ),
)


def find_retries(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each step with more than one attempt whose HTTP hook carries no key."""
    for runbook, step in context.written_steps():
        hook = context.graph.hooks.get(step.hook or "")
        if hook is None or hook.endpoint is None or step.retry is None or step.retry.attempts == 1:
            continue
        if hook.idempotency_key is not None or hook.method in _IDEMPOTENT:
            continue
        yield RETRY.finding(
            f"hook `{hook.id}` is tried {step.retry.attempts} times and has no idempotency key",
            span(step, "retry"),
            help=f"give hook `{hook.id}` an `idempotency_key`, the body field for our key",
            labels=(Label(hook.span, "this hook"),) if hook.span else (),
            subject=f"runbook `{runbook}`, step `{step.id or hook.id}`",
        )


RULES = (
    LintRule(RETRY, find_retries, frozenset({"runbooks", "remediation_hooks"}), frozenset("X")),
)
