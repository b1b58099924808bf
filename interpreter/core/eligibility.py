"""Whose word counts at a gate.

Rules of this file: pure, from the gate's recorded state and the facts of the decision alone; the
same question is asked when a person approves and again when the transition commits, so that a role
that was taken away in between does not count. What cannot be told is no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from interlock.interpreter.core.event import Facts
    from interlock.interpreter.core.incident import GateState

APPROVER: Final = "approver"
"""The role that a gate without roles of its own asks for, where people authenticate."""
BREAK_GLASS: Final = "break-glass"
"""The role that may let a transition through without its approvals."""
REQUESTER: Final = "requester"
AUTHOR: Final = "author"
PRINCIPAL_PREFIX: Final = "principal:"
"""What `exclude` holds: the requester, the rulebook's author, `principal:ID`."""


def roles_of(facts: Facts, principal: str) -> tuple[str, ...]:
    """Return the roles that a principal holds now; none for who is not known."""
    return () if facts.roles is None else tuple(facts.roles.get(principal, ()))


def approval_obstacle(gate: GateState, facts: Facts, principal: str) -> str | None:
    """Return why a principal's approval does not count at a gate, or None."""
    return _exclusion(gate, facts, principal) or _lacking_role(gate, facts, principal)


def _exclusion(gate: GateState, facts: Facts, principal: str) -> str | None:
    if f"{PRINCIPAL_PREFIX}{principal}" in gate.exclude:
        return f"gate {gate.name} excludes {principal}"
    if REQUESTER in gate.exclude and principal == gate.requester:
        return f"{principal} asked for {gate.target} and may not approve it"
    if AUTHOR not in gate.exclude:
        return None
    if gate.author is None and facts.roles is not None:
        return f"gate {gate.name} excludes the rulebook's author, and nobody said who that is"
    if principal == gate.author:
        return f"{principal} wrote the rulebook's change and may not approve what it asks for"
    return None


def _lacking_role(gate: GateState, facts: Facts, principal: str) -> str | None:
    wanted = gate.roles or (() if facts.roles is None else (APPROVER,))
    if not wanted or not set(wanted).isdisjoint(roles_of(facts, principal)):
        return None
    return f"gate {gate.name} takes approvals of {', '.join(wanted)} only, and {principal} is none"


def breaking_obstacle(facts: Facts, principal: str) -> str | None:
    """Return why a principal may not break the glass, or None."""
    if BREAK_GLASS in roles_of(facts, principal):
        return None
    return f"breaking the glass takes the role {BREAK_GLASS}, and {principal} does not hold it"
