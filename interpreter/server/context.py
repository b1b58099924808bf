"""What request handlers share: the running daemon's parts, and its sources ready to read.

Rules of this file: built once for an application; a request changes nothing in it. The sources
follow the live rulebook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from interlock.interpreter.identity import TokenAuthenticator
from interlock.interpreter.journal.store import StoreError
from interlock.interpreter.runtime.delivery import RefusedError
from interlock.interpreter.runtime.intake import Intake
from interlock.interpreter.server.authentication import SourceAuthentication
from interlock.interpreter.server.errors import cannot_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.interpreter.identity import Authenticator
    from interlock.interpreter.runtime.delivery import Answer, Arrival, PutAside
    from interlock.interpreter.runtime.services import Services


class Context:
    """The daemon's services and the sources of its live rulebook."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.authenticators = _authenticators(services)
        self.senders = SourceAuthentication(
            services.secrets, services.settings.egress, services.clock.now
        )
        self._intake = (services.rulebooks.live, Intake(services.rulebooks.live))

    @property
    def intake(self) -> Intake:
        """The sources of the live rulebook, ready to read what they send."""
        live = self.services.rulebooks.live
        if self._intake[0] is not live:
            self._intake = (live, Intake(live))
        return self._intake[1]

    async def record(self, items: Sequence[Arrival | PutAside]) -> list[Answer]:
        """Record a delivery; raises RequestError 503 when it cannot be."""
        try:
            return await self.services.engine.submit(items)
        except (RefusedError, StoreError) as error:
            raise cannot_record(str(error)) from error


def _authenticators(services: Services) -> tuple[Authenticator, ...]:
    """Return the ways to recognise a caller, in the order they are tried; none: off."""
    directory = services.directory
    return () if directory is None else (TokenAuthenticator(directory, services.clock.now),)


CONTEXT: Final = web.AppKey("context", Context)
