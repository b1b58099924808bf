"""What is known of a name, in words.

Responsible for one line and a paragraph of Markdown per name: which rules lead into a state and out
of it, what a hook calls, what a guard says. Never finds names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.editing.roles import Kind
from interlock.rulebook.graph import defaults
from interlock.rulebook.literals import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from interlock.rulebook.editing.names import Names
    from interlock.rulebook.graph.state_graph import Rule, StateGraph

_RULES_MAX = 8
_ACTIONS = {
    "assign_on_call": "Assigns the incident to whoever is on call.",
    "create_postmortem_ticket": "Opens the post-mortem, where the severity asks for one.",
    "escalate": "Tells the channels in `to`, as an escalation.",
    "execute_remediation_steps": "Runs the first runbook that matches, or asks first.",
    "notify": "Tells the channels in `to`.",
    "set_field": "Sets `metadata.*` fields of the incident.",
}


def describe_name(kind: Kind, name: str, names: Names) -> tuple[str, str]:
    """Return what a name is, in a few words and in Markdown; the latter may be empty."""
    for found in names.kinds_of(kind, name):
        if found is Kind.ACTION and name in _ACTIONS:
            return "built-in action", _ACTIONS[name]
        describe = _DESCRIPTIONS.get(found)
        doc = "" if describe is None or names.graph is None else describe(names.graph, name)
        return _detail(found, name, names), doc
    return kind.value, ""


def _detail(kind: Kind, name: str, names: Names) -> str:
    if kind is Kind.STATE and names.graph is not None:
        return f"{_state_kind(names.graph, name)} state"
    if kind is Kind.GUARD and name in defaults.GUARDS:
        return "built-in guard"
    return kind.value


def _state_kind(graph: StateGraph, state: str) -> str:
    lifecycle = graph.lifecycle
    if state == lifecycle.initial:
        return "initial"
    if state in lifecycle.final:
        return "final"
    return "resolved" if state in lifecycle.resolved else "open"


def _state(graph: StateGraph, state: str) -> str:
    incoming = [rule for rule in graph.rules if rule.target == state]
    outgoing = [rule for rule in graph.rules if state in rule.sources]
    parts = [f"{_state_kind(graph, state).capitalize()} state."]
    asks = sorted(name for name, target in graph.events.items() if target == state)
    if asks:
        parts.append("Asked for by " + ", ".join(f"`{name}`" for name in asks) + ".")
    parts.append(_list("In", incoming, lambda rule: f"from {', '.join(rule.sources)}"))
    parts.append(_list("Out", outgoing, lambda rule: f"to {rule.target}"))
    return "\n\n".join(parts)


def _list(title: str, rules: list[Rule], where: Callable[[Rule], str]) -> str:
    if not rules:
        return f"**{title}:** no rule."
    lines = [f"- `{rule.id}` {where(rule)}{_conditions(rule)}" for rule in rules[:_RULES_MAX]]
    if len(rules) > _RULES_MAX:
        lines.append(f"- … ({len(rules) - _RULES_MAX} more)")
    return f"**{title}:**\n\n" + "\n".join(lines)


def _conditions(rule: Rule) -> str:
    found = [f"after {format_duration(rule.after_ns)}"] if rule.after_ns is not None else []
    if rule.trigger:
        found.append("on " + ", ".join(rule.trigger))
    if rule.guard is not None:
        found.append(f"if `{rule.guard.name or _short(rule.guard.text)}`")
    if rule.gate is not None and not rule.gate.is_implicit:
        found.append(f"gate of {rule.gate.approvals}")
    if rule.is_default:
        found.append("built in")
    return f" ({'; '.join(found)})" if found else ""


def _short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"


def _guard(graph: StateGraph, name: str) -> str:
    guard = graph.guards.get(name)
    return "" if guard is None else f"```cel\n{guard.text}\n```"


def _hook(graph: StateGraph, name: str) -> str:
    hook = graph.hooks.get(name)
    if hook is None:
        return ""
    target = f"{hook.method} {hook.endpoint}" if hook.endpoint else "a registered Python function"
    facts = [f"`{target}`", f"timeout {format_duration(hook.timeout_ns)}"]
    if hook.automation is not None:
        facts.append(f"automation `{hook.automation}`")
    limits = hook.limits
    facts.append(f"at most {limits.max} in {format_duration(limits.per_ns)}")
    if hook.idempotency_key is None:
        facts.append("no idempotency key: a call in doubt asks a person")
    return "\n".join(f"- {fact}" for fact in facts)


def _runbook(graph: StateGraph, name: str) -> str:
    runbook = graph.runbooks.get(name)
    if runbook is None:
        return ""
    steps = "\n".join(
        f"{number}. `{step.id}` calls `{step.hook}`" for number, step in enumerate(runbook.steps, 1)
    )
    match = "Only where it is named." if runbook.match is None else _cel(runbook.match.text)
    return f"{match}\n\n{steps}"


def _cel(text: str) -> str:
    return f"For incidents with\n\n```cel\n{text}\n```"


def _channel(graph: StateGraph, name: str) -> str:
    channel = graph.channels.get(name)
    if channel is None:
        return ""
    if not channel.is_declared:
        return "Not declared: what it should hear goes to the log."
    heard = [row.name for row in graph.severities.values() if name in row.channels]
    return f"`{channel.type}`" + (f"; hears {_words(heard)}" if heard else "")


def _schedule(graph: StateGraph, name: str) -> str:
    schedule = graph.schedules.get(name)
    if schedule is None:
        return ""
    turn = format_duration(schedule.rotation_ns)
    return f"{_words(schedule.people)}; turns of {turn}, {schedule.timezone}"


def _severity(graph: StateGraph, name: str) -> str:
    row = graph.row(name)
    if not row.is_declared:
        return "No row in the matrix: no SLA, no automation, no approval need."
    facts = [
        "no SLA" if row.sla_ns is None else f"SLA {format_duration(row.sla_ns)}",
        f"automation `{row.automation}`",
        "approval required" if row.approval_required else "no approval required",
        f"tells {_words(row.channels)}" if row.channels else "tells nobody",
    ]
    return "\n".join(f"- {fact}" for fact in facts)


def _event(graph: StateGraph, name: str) -> str:
    facts = []
    if name in defaults.ENGINE_EVENTS:
        facts.append("The engine says it.")
    if name in graph.opens:
        facts.append("Opens an incident.")
    if name in graph.events:
        facts.append(f"Asks for `{graph.events[name]}`.")
    tried = [rule.id for rule in graph.rules if name in rule.trigger]
    if tried:
        facts.append(f"Tries {_words(f'`{rule}`' for rule in tried)}.")
    return " ".join(facts)


def _words(words: Iterable[str]) -> str:
    return ", ".join(words)


_DESCRIPTIONS: dict[Kind, Callable[[StateGraph, str], str]] = {
    Kind.STATE: _state,
    Kind.SEVERITY: _severity,
    Kind.GUARD: _guard,
    Kind.HOOK: _hook,
    Kind.RUNBOOK: _runbook,
    Kind.CHANNEL: _channel,
    Kind.SCHEDULE: _schedule,
    Kind.EVENT: _event,
}
