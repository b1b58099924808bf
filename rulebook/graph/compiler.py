"""A model to a state graph.

Responsible for the order in which the sections are compiled: what is named before what names it.
Never reads text, and never stops at the first finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.rulebook.diagnostics import Diagnostic
from interlock.rulebook.graph.actions import Names
from interlock.rulebook.graph.compilation import Compilation
from interlock.rulebook.graph.guard_names import compile_guards
from interlock.rulebook.graph.lifecycle import compile_events, compile_lifecycle
from interlock.rulebook.graph.people import compile_on_call, compile_post_mortem, compile_teams
from interlock.rulebook.graph.properties import compile_properties
from interlock.rulebook.graph.remediation import compile_hooks, compile_runbooks
from interlock.rulebook.graph.routing import compile_correlation, compile_sources
from interlock.rulebook.graph.rules import compile_rules
from interlock.rulebook.graph.severity import (
    Channels,
    compile_default_channel,
    compile_severities,
)
from interlock.rulebook.graph.state_graph import Automation, Rule, StateGraph
from interlock.rulebook.graph.suppression import compile_inhibitions, compile_silences
from interlock.rulebook.graph.unsupported import unsupported_parts
from interlock.rulebook.guard.places import Place
from interlock.rulebook.source import stem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.rulebook.graph.arguments import Accepted
    from interlock.rulebook.graph.guards import GuardCompiler
    from interlock.rulebook.model import Rulebook


class Compiled(Struct, frozen=True):
    """What compiling gave; the graph is to be used only where no finding is an error."""

    graph: StateGraph
    diagnostics: tuple[Diagnostic, ...]


def compile_model(
    model: Rulebook,
    *,
    name: str,
    lost: Mapping[str, frozenset[str] | None] | None = None,
    is_digested: bool = True,
    accepted: Mapping[str, Accepted] | None = None,
) -> Compiled:
    """Compile a rulebook.

    Args:
        model: The rulebook as written.
        name: Its name where it does not say one.
        lost: Names that were written but left out, per section; they are not reported again.
        is_digested: Whether the graph gets its digest; one that is only looked at needs none.
        accepted: What hooks accept that do not say so in the rulebook: Python functions.
    """
    work = Compilation(model, lost or {}, accepted)
    lifecycle = compile_lifecycle(work)
    schedules, on_call_schedule = compile_on_call(work)
    guards = compile_guards(work, lifecycle, schedules)
    events, opens = compile_events(work, lifecycle)
    channels = Channels(work)
    severities = compile_severities(work, channels)
    teams = compile_teams(work, channels, schedules)
    hooks = compile_hooks(work)
    runbooks = compile_runbooks(work, hooks)
    rules = compile_rules(work, lifecycle, Names(hooks, runbooks, schedules, channels))
    silences, inhibitions = compile_silences(work), compile_inhibitions(work)
    scope = work.guard(model.scope, model, "scope", place=Place.SCOPE)
    graph = StateGraph(
        name=model.name or name,
        digest=_digest(model, work.guards) if is_digested else "",
        lifecycle=lifecycle,
        events=events,
        opens=opens,
        rules=rules,
        rules_from=_by_source(rules, lifecycle.states),
        severities=severities,
        guards=guards,
        runbooks=runbooks,
        hooks=hooks,
        channels=channels.by_name,
        default_channel=compile_default_channel(work, channels),
        sources=compile_sources(work),
        correlation=compile_correlation(work),
        silences=silences,
        inhibitions=inhibitions,
        teams=teams,
        schedules=schedules,
        on_call_schedule=on_call_schedule,
        owner=work.expression(model.owner, model, "owner", place=Place.OWNER),
        automation=None if model.automation is None else Automation(model.automation),
        post_mortem=compile_post_mortem(work, hooks),
        properties=compile_properties(work, lifecycle),
        file=stem(model.node.source.name),
        scope=scope,
        unsupported=unsupported_parts(model),
    )
    return Compiled(graph, tuple(work.diagnostics))


def _digest(model: Rulebook, guards: GuardCompiler) -> str:
    # Imported here: linting takes no digest, and does not pay for it.
    from interlock.rulebook.graph.digest import digest_of  # noqa: PLC0415

    return digest_of(model, guards)


def _by_source(rules: tuple[Rule, ...], states: tuple[str, ...]) -> dict[str, tuple[Rule, ...]]:
    leaving: dict[str, list[Rule]] = {state: [] for state in states}
    for rule in rules:
        for source in rule.sources:
            leaving[source].append(rule)
    return {state: tuple(found) for state, found in leaving.items()}
