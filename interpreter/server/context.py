"""What request handlers share: the running daemon's parts, and its sources ready to read.

Rules of this file: built once for an application, never changed by a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import web

from interlock.interpreter.journal.store import StoreError
from interlock.interpreter.runtime.delivery import RefusedError
from interlock.interpreter.server.errors import cannot_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.interpreter.runtime.delivery import Answer, Arrival, PutAside
    from interlock.interpreter.runtime.intake import Intake
    from interlock.interpreter.runtime.services import Services


@dataclass(frozen=True, slots=True)
class Context:
    """The daemon's services and the sources of its live rulebook."""

    services: Services
    intake: Intake

    async def record(self, items: Sequence[Arrival | PutAside]) -> list[Answer]:
        """Record a delivery; raises RequestError 503 when it cannot be."""
        try:
            return await self.services.engine.submit(items)
        except (RefusedError, StoreError) as error:
            raise cannot_record(str(error)) from error


CONTEXT: Final = web.AppKey("context", Context)
