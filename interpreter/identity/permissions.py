"""What each built-in role may do.

Rules of this file: one table, no logic beside it. Roles of the operator's own bring built-in roles
along; beyond that they only count at gates that name them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Permission(StrEnum):
    """What a request may need."""

    INGEST = "ingest"
    READ = "read"
    RESPOND = "respond"
    APPROVE = "approve"
    BREAK_GLASS = "break-glass"
    OPERATE = "operate"


_P = Permission
BUILT_IN_ROLES: Final[Mapping[str, frozenset[Permission]]] = {
    "viewer": frozenset({_P.READ}),
    "responder": frozenset({_P.READ, _P.RESPOND, _P.INGEST}),
    "approver": frozenset({_P.READ, _P.APPROVE}),
    "operator": frozenset({_P.READ, _P.RESPOND, _P.INGEST, _P.OPERATE}),
    "admin": frozenset({_P.READ, _P.RESPOND, _P.INGEST, _P.APPROVE, _P.OPERATE}),
    "break-glass": frozenset({_P.READ, _P.BREAK_GLASS}),
}
"""The permissions of each built-in role; `break-glass` is in no other."""


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """Return what the roles permit together; a role of the operator's own adds nothing here."""
    return frozenset().union(*(BUILT_IN_ROLES.get(role, frozenset()) for role in roles))
