"""The identity file in force, behind one object that can be swapped.

Rules of this file: readers ask `current` anew for each request and each decision, so that a reload
counts at once; swapping is one assignment, so that nobody sees half of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from interlock.interpreter.identity.document import IdentityFileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from interlock.interpreter.identity.principal import Identity


_log = structlog.get_logger("interlock.identity")


class Directory:
    """Holds the identity in force; `load` reads the file anew, where there is one."""

    def __init__(self, identity: Identity, load: Callable[[], Identity] | None = None) -> None:
        self.current = identity
        self._load = load

    def reload(self) -> bool:
        """Put in force what the file says now; tell whether it could be read and is right."""
        if self._load is None:
            return False
        try:
            self.swap(self._load())
        except (IdentityFileError, OSError) as error:
            _log.error("identity file refused; the old one stays", reason=str(error))
            return False
        _log.info("identity file is in force", principals=len(self.current.principals))
        return True

    def swap(self, identity: Identity) -> None:
        """Put another identity in force."""
        self.current = identity

    def roles_of(self, principal: str) -> tuple[str, ...] | None:
        """Return the roles a principal holds now; None where there is no such principal."""
        return self.current.roles_of(principal)
