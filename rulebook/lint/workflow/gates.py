"""Gates that do not hold what they stand before."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Label, Level
from interlock.rulebook.elements import key, span
from interlock.rulebook.graph.analysis import reachable, shortest_path
from interlock.rulebook.graph.defaults import ENGINE_NAMESPACES, HUMAN_EVENTS
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.guard_facts import conjuncts, constant_value
from interlock.rulebook.lint.page import Page, Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.graph.state_graph import Rule
    from interlock.rulebook.model import WorkflowRule

_SECTIONS = frozenset({"lifecycle", "guards", "workflow_rules"})
_LABELS_MAX = 3

BYPASSED = Page(
    code="B604",
    name="bypassed-gate",
    level=Level.ERROR,
    summary="A gate that can be gone round whenever it stands open.",
    why=(
        "Another way leads to the same state, asks for no more than the gated rule does, and "
        "waits for nobody: as soon as the gate is denied or expires, and often before it opens, "
        "the incident goes that way."
    ),
    bad="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - id: mitigate
    transition: TRIAGE -> MITIGATING
    validator: incident.severity == "P1" && incident.title != ""
    gate: {approvals: 2, from: [sre], expires: 30m}
  - {transition: TRIAGE -> MITIGATING, validator: 'incident.severity == "P1"'}
""",
    good="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - id: mitigate
    transition: TRIAGE -> MITIGATING
    validator: incident.severity == "P1"
    gate: {approvals: 2, from: [sre], expires: 30m}
  - {transition: TRIAGE -> MITIGATING, validator: 'incident.severity != "P1"'}
""",
    limits=(
        "Guards are compared by their conjuncts, not by what they mean. Ways that people ask for, "
        "timers and gates with a `when` of their own are taken as meant."
    ),
)

OWN_APPROVAL = Page(
    code="B605",
    name="own-approval",
    level=Level.WARNING,
    summary="A gate with one approval, which whoever asked may give.",
    why="One person then asks and approves: nobody else looks, and the record shows an approval.",
    bad="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - transition: TRIAGE -> MITIGATING
    trigger: failover.requested
    gate: {from: [sre], expires: 30m}
""",
    good="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - transition: TRIAGE -> MITIGATING
    trigger: failover.requested
    gate: {from: [sre], exclude: [requester], expires: 30m}
""",
    limits=(
        "Rules that a person asks for by name, through `trigger`. Who holds a role is in the "
        "identity file, so an empty role is not seen; an empty `from` is Y005."
    ),
)

ENDLESS = Page(
    code="B606",
    name="gate-without-end",
    level=Level.WARNING,
    profile=Profile.STRICT,
    summary="A gate that never expires.",
    why="Nobody is told that the incident still waits, and what is approved in the end is old.",
    bad="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - {transition: TRIAGE -> MITIGATING, validator: always_true, gate: {approvals: 2}}
""",
    good="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - {transition: TRIAGE -> MITIGATING, validator: always_true, gate: {approvals: 2, expires: 30m}}
""",
)

SILENT_CONSENT = Page(
    code="B607",
    name="approved-by-time",
    level=Level.WARNING,
    strict_level=Level.ERROR,
    summary="A gate that time approves.",
    why=(
        "`on_expiry: approve` lets the transition through when nobody looked: the gate is then a "
        "delay, and the record shows no person."
    ),
    bad="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - transition: TRIAGE -> MITIGATING
    validator: always_true
    gate: {expires: 30m, on_expiry: approve}
""",
    good="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - transition: TRIAGE -> MITIGATING
    validator: always_true
    gate: {expires: 30m, on_expiry: escalate}
""",
)


def find_bypassed(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each gate with a way round it that asks for no more than the gated rule."""
    places = {rule.id: written for written, rule in context.written_rules()}
    start = context.graph.lifecycle.initial
    for written, rule in context.written_rules():
        if written.gate is None or rule.gate is None or constant_value(rule.gate.when) is not True:
            continue
        if rule.gate.on_expiry == "approve":
            continue
        weaker = [
            other
            for other in context.graph.rules
            if _is_weaker(other, rule) and rule.target != start
        ]
        edges: dict[str, list[str]] = {}
        for other in weaker:
            for source in other.sources:
                edges.setdefault(source, []).append(other.target)
        # From where the gated rule stands, or around its state altogether.
        entered = reachable(edges, [start])
        begin = next((state for state in rule.sources if state in edges), None)
        path = None if begin is None else shortest_path(edges, begin, rule.target)
        if path is None and rule.target in entered:
            path = shortest_path(edges, start, rule.target)
        if path is not None:
            yield _bypass(written, rule, path, weaker, places)


def _is_weaker(other: Rule, gated: Rule) -> bool:
    """Tell whether a rule waits for nobody and may be taken whenever the gated one may."""
    if other is gated or other.after_ns is not None or constant_value(other.guard) is False:
        return False
    if other.gate is not None:
        return False
    if other.is_default and not other.is_automatic:
        return False
    if other.trigger and not set(gated.trigger) & set(other.trigger):
        return False
    if other.trigger and set(other.trigger) <= HUMAN_EVENTS:
        return False
    return conjuncts(other.guard) <= conjuncts(gated.guard)


def _bypass(
    written: WorkflowRule,
    rule: Rule,
    path: tuple[str, ...],
    weaker: list[Rule],
    places: dict[str, WorkflowRule],
) -> Diagnostic:
    steps = set(pairwise(path))
    round_it = [
        places[other.id]
        for other in weaker
        if other.id in places and any((source, other.target) in steps for source in other.sources)
    ]
    return BYPASSED.finding(
        f"the gate of rule `{rule.id}` can be gone round: {' -> '.join(path)}",
        key(written, "gate"),
        help="give the other way a gate too, or a guard that the gated rule does not share",
        labels=tuple(
            Label(span(other, "transition"), "waits for nobody") for other in round_it[:_LABELS_MAX]
        ),
        subject=f"rule `{rule.id}`",
        trace=tuple(_way(path, weaker, places)),
    )


def _way(
    path: tuple[str, ...], rules: list[Rule], places: dict[str, WorkflowRule]
) -> Iterator[Label]:
    """Yield the steps of a path that are written in the file."""
    for source, target in pairwise(path):
        taken = (r for r in rules if source in r.sources and r.target == target and r.id in places)
        if (rule := next(taken, None)) is not None:
            yield Label(span(places[rule.id], "transition"), f"{source} -> {target}")


def find_own_approvals(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each gate that a person opens by name and may satisfy alone."""
    for written, rule in context.written_rules():
        gate = written.gate
        if gate is None or gate.approvals > 1 or "requester" in gate.exclude or not rule.trigger:
            continue
        if all(_is_sent_by_people(event_type) for event_type in rule.trigger):
            yield OWN_APPROVAL.finding(
                "whoever asks for this transition may approve it alone",
                key(written, "gate"),
                help="add `exclude: [requester]`, or ask for two approvals",
                subject=f"rule `{rule.id}`",
            )


def _is_sent_by_people(event_type: str) -> bool:
    namespace = event_type.partition(".")[0]
    return event_type in HUMAN_EVENTS or (
        namespace != "alert" and namespace not in ENGINE_NAMESPACES
    )


def find_endless(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each gate without `expires`."""
    for written, rule in context.written_rules():
        if written.gate is not None and written.gate.expires is None:
            yield ENDLESS.finding(
                "this gate never expires",
                key(written, "gate"),
                help="add `expires`, such as 30m, and `on_expiry: escalate`",
                subject=f"rule `{rule.id}`",
            )


def find_silent_consent(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each gate that approves itself."""
    for written, rule in context.written_rules():
        if written.gate is not None and written.gate.on_expiry == "approve":
            yield SILENT_CONSENT.finding(
                "when nobody decides, this gate approves",
                span(written, "gate", "on_expiry"),
                help="escalate or deny instead",
                subject=f"rule `{rule.id}`",
            )


RULES = (
    LintRule(BYPASSED, find_bypassed, _SECTIONS),
    LintRule(OWN_APPROVAL, find_own_approvals, frozenset({"workflow_rules"})),
    LintRule(ENDLESS, find_endless, frozenset({"workflow_rules"})),
    LintRule(SILENT_CONSENT, find_silent_consent, frozenset({"workflow_rules"})),
)
