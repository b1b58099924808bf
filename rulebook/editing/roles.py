"""What the texts of a rulebook are, by where they stand.

Responsible for one table: which keys and values declare a name or refer to one, and which are
guards of which place. Never looks at a document's contents and never resolves a name.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from interlock.rulebook.guard.places import Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interlock.rulebook.document.nodes import Step


class Kind(StrEnum):
    """What a name names; the value is the word for people."""

    STATE = "state"
    SEVERITY = "severity"
    GUARD = "named guard"
    HOOK = "hook"
    RUNBOOK = "runbook"
    CHANNEL = "channel"
    SCHEDULE = "on-call schedule"
    EVENT = "event type"
    ACTION = "action"  # a hook, a runbook or a built-in action
    ROLE = "role"


class Role(NamedTuple):
    """What stands at a place.

    Attributes:
        kind: The kind of name, or None.
        is_declaration: Whether the name is declared here.
        place: Where a guard stands, or None when this is none.
        is_transition: Whether it is `A -> B`, whose names are states.
    """

    kind: Kind | None = None
    is_declaration: bool = False
    place: Place | None = None
    is_transition: bool = False


def _refers(kind: Kind) -> Role:
    return Role(kind)


def _declares(kind: Kind) -> Role:
    return Role(kind, is_declaration=True)


def _guard(place: Place) -> Role:
    return Role(place=place)


_STEP: Final = "runbooks/*/steps/*"
_VALUES: Final[Mapping[str, Role]] = {
    "scope": _guard(Place.SCOPE),
    "owner": _guard(Place.OWNER),
    "default_channel": _refers(Kind.CHANNEL),
    "lifecycle/initial": _refers(Kind.STATE),
    "lifecycle/states/*": _declares(Kind.STATE),
    "lifecycle/resolved/*": _refers(Kind.STATE),
    "lifecycle/final/*": _refers(Kind.STATE),
    "events/*": _refers(Kind.STATE),
    "events/opens/*": _refers(Kind.EVENT),
    "severity_matrix/*/notification_channels/*": _refers(Kind.CHANNEL),
    "severity_matrix/*/escalation/*/notify/*": _refers(Kind.CHANNEL),
    "sources/*/severity/*": _refers(Kind.SEVERITY),
    "sources/*/map/*": _guard(Place.SOURCE),
    "sources/*/labels/*": _guard(Place.SOURCE),
    "sources/*/links/*": _guard(Place.SOURCE),
    "sources/*/members": _guard(Place.SOURCE),
    "correlation/*/match": _guard(Place.CORRELATION),
    "correlation/*/group_by/*": _guard(Place.CORRELATION),
    "silences/*/match": _guard(Place.SILENCE),
    "inhibitions/*/source": _guard(Place.INHIBITION),
    "inhibitions/*/target": _guard(Place.INHIBITION),
    "teams/*/on_call": _refers(Kind.SCHEDULE),
    "teams/*/channels/*": _refers(Kind.CHANNEL),
    "teams/*/approvers/*": _refers(Kind.ROLE),
    "guards/*": _guard(Place.RULE),
    "workflow_rules/*/transition": Role(Kind.STATE, is_transition=True),
    "workflow_rules/*/trigger": _refers(Kind.EVENT),
    "workflow_rules/*/trigger/*": _refers(Kind.EVENT),
    "workflow_rules/*/validator": _guard(Place.RULE),
    "workflow_rules/*/gate/when": _guard(Place.GATE),
    "workflow_rules/*/gate/from/*": _refers(Kind.ROLE),
    "workflow_rules/*/action": _refers(Kind.ACTION),
    "workflow_rules/*/action/*": _refers(Kind.ACTION),
    **{
        f"workflow_rules/*/action{item}/{name}": role
        for item in ("", "/*")
        for name, role in {
            "do": _refers(Kind.ACTION),
            "with/to": _refers(Kind.CHANNEL),
            "with/to/*": _refers(Kind.CHANNEL),
            "with/schedule": _refers(Kind.SCHEDULE),
            "with/runbook": _refers(Kind.RUNBOOK),
        }.items()
    },
    "runbooks/*/match": _guard(Place.RUNBOOK),
    f"{_STEP}/hook": _refers(Kind.HOOK),
    f"{_STEP}/undo/hook": _refers(Kind.HOOK),
    f"{_STEP}/when": _guard(Place.STEP),
    f"{_STEP}/verify": _guard(Place.STEP),
    f"{_STEP}/verify/guard": _guard(Place.STEP),
    "remediation_hooks/*/id": _declares(Kind.HOOK),
    "on_call/default": _refers(Kind.SCHEDULE),
    "post_mortem/owner": _guard(Place.POST_MORTEM),
    "properties/*/never": _guard(Place.PROPERTY),
    "properties/*/from": _guard(Place.PROPERTY),
    "properties/*/eventually": _refers(Kind.STATE),
}
_KEYS: Final[Mapping[str, Role]] = {
    "events": _refers(Kind.EVENT),
    "severity_matrix": _declares(Kind.SEVERITY),
    "correlation/*/threshold": _refers(Kind.SEVERITY),
    "teams/*/channels": _refers(Kind.CHANNEL),
    "guards": _declares(Kind.GUARD),
    "runbooks": _declares(Kind.RUNBOOK),
    "notification_channels": _declares(Kind.CHANNEL),
    "on_call/schedules": _declares(Kind.SCHEDULE),
}
FREE_KEYS: Final = {("events", "opens")}
"""Keys among names that are no names."""


class Branch:
    """The part of the table below a place: follow it with `below` beside a document."""

    def __init__(self) -> None:
        self.value: Role | None = None
        self.keys: Role | None = None
        self._below: dict[Any, Branch] = {}

    def below(self, step: Step) -> Branch | None:
        """Return the part below a key or an index; None where nothing is known."""
        return self._below.get(step) or self._below.get("*")

    def grow(self, steps: Sequence[str]) -> Branch:
        """Return the branch at some steps below, made where it is not there."""
        branch = self
        for step in steps:
            branch = branch._below.setdefault(step, Branch())
        return branch


def _table() -> Branch:
    root = Branch()
    for pattern, role in _VALUES.items():
        root.grow(pattern.split("/")).value = role
    for pattern, role in _KEYS.items():
        root.grow(pattern.split("/")).keys = role
    steps = root.grow(f"{_STEP}".split("/"))
    side_by_side = steps.grow(["parallel"])
    side_by_side._below["*"] = steps  # noqa: SLF001 - steps within steps, to any depth
    return root


ROLES: Final = _table()


def branch_at(path: Sequence[Step]) -> Branch | None:
    """Return the part of the table at a path; None where nothing is known."""
    branch: Branch | None = ROLES
    for step in path:
        if branch is None:
            return None
        branch = branch.below(step)
    return branch


def value_role(path: Sequence[Step]) -> Role | None:
    """Return what a value at a path is."""
    branch = branch_at(path)
    return None if branch is None else branch.value


def key_role(path: Sequence[Step]) -> Role | None:
    """Return what the keys of the mapping at a path are."""
    branch = branch_at(path)
    return None if branch is None else branch.keys
