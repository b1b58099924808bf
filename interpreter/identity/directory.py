"""The identity file in force, behind one object that can be swapped.

Rules of this file: readers ask `current` anew for each request and each decision, so that a reload
counts at once; swapping is one assignment, so that nobody sees half of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interlock.interpreter.identity.principal import Identity


class Directory:
    """Holds the identity in force."""

    def __init__(self, identity: Identity) -> None:
        self.current = identity

    def swap(self, identity: Identity) -> None:
        """Put another identity in force."""
        self.current = identity

    def roles_of(self, principal: str) -> tuple[str, ...] | None:
        """Return the roles a principal holds now; None where there is no such principal."""
        return self.current.roles_of(principal)
