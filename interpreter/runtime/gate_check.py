"""Can the gates of a rulebook be opened by the people there are?

Rules of this file: pure; a gate that nobody could ever open is refused before the daemon runs the
rulebook, with a sentence that says what would be right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.interpreter.core.eligibility import APPROVER, AUTHOR, PRINCIPAL_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.interpreter.identity import Identity
    from interlock.rulebook.graph.state_graph import Gate, StateGraph


def gate_obstacle(graph: StateGraph, identity: Identity | None, author: str | None) -> str | None:
    """Return why a rulebook's gates cannot be run with these people, or None."""
    for gate in _gates_as_asked(graph):
        obstacle = (
            _without_people(gate) if identity is None else _with_people(gate, identity, author)
        )
        if obstacle is not None:
            return f"gate {gate.name} {obstacle}"
    return None


def _gates_as_asked(graph: StateGraph) -> Iterator[Gate]:
    """Yield every gate, and again for each team whose approvers it would ask."""
    of_teams = [team.approvers for team in graph.teams.values() if team.approvers]
    for rule in (rule for file in graph.whole_files for rule in file.rules):
        if rule.gate is not None:
            yield rule.gate
            if not rule.gate.roles:
                yield from (replace(rule.gate, roles=approvers) for approvers in of_teams)


def _without_people(gate: Gate) -> str | None:
    if not (gate.roles or gate.exclude or gate.approvals > 1):
        return None
    return (
        "asks who approves (`approvals`, `from`, `exclude` or a team's `approvers`), and without "
        "--identity everyone is anonymous; one approval of anybody is all a gate can ask for"
    )


def _with_people(gate: Gate, identity: Identity, author: str | None) -> str | None:
    if AUTHOR in gate.exclude and author is None:
        return "excludes the rulebook's author, and nobody said who that is: give --rulebook-author"
    named = [n.removeprefix(PRINCIPAL_PREFIX) for n in gate.exclude if PRINCIPAL_PREFIX in n]
    for name in named:
        if name not in identity.principals:
            return f"excludes {name}, and the identity file has no such principal"
    wanted = set(gate.roles or (APPROVER,))
    kept_out = {*named, *((author,) if AUTHOR in gate.exclude else ())}
    eligible = [
        principal.id
        for principal in identity.principals.values()
        if principal.id not in kept_out and not wanted.isdisjoint(principal.roles)
    ]
    if len(eligible) >= gate.approvals:
        return None
    return (
        f"needs {gate.approvals} approvals from {' or '.join(sorted(wanted))}, and the identity "
        f"file has {len(eligible)} such principals: {', '.join(eligible) or 'none'}"
    )
