"""The part of a store's role that seals what it holds and finds what is too old to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.seals import Seal


class Sealable(Protocol):
    """What can be sealed; see the promises of `store.py`."""

    async def seal(self) -> Seal | None:
        """Seal what no commit has sealed, and return the last seal; None: there are no records."""
        ...

    async def old_payloads(self, before: Instant, limit: int) -> Sequence[str]:
        """Return payloads that came first before an instant and still have their bytes."""
        ...
