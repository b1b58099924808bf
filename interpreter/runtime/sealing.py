"""Seals the journal where commits cannot seal themselves, and exports checkpoints of it.

Rules of this file: neither is ever in the way of a commit; what fails is said and tried again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from interlock.interpreter.audit.checkpoints import CheckpointError
from interlock.interpreter.journal.store import StoreDamagedError, StoreError
from interlock.interpreter.runtime.clock import SECOND_NS, wait_until

if TYPE_CHECKING:
    from interlock.interpreter.audit.exporting import CheckpointWriter
    from interlock.interpreter.journal.store import JournalStore
    from interlock.interpreter.runtime.clock import Clock

_SEAL_EVERY_NS: Final = SECOND_NS

_log = structlog.get_logger("interlock.sealing")


class SealingService:
    """Seals a store that several nodes write to, about once a second."""

    def __init__(self, store: JournalStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def run(self) -> None:
        """Seal until cancelled; one of several nodes does, the others look on."""
        while True:
            try:
                await self._store.seal()
            except StoreDamagedError:
                raise
            except StoreError as error:
                _log.warning("sealing waits for the store", error=str(error))
            await wait_until(self._clock, self._clock.now() + _SEAL_EVERY_NS)


class CheckpointService:
    """Appends a checkpoint to a file every so often."""

    def __init__(self, writer: CheckpointWriter, address: str, every_ns: int, clock: Clock) -> None:
        self._writer = writer
        self._address = address
        self._every_ns = every_ns
        self._clock = clock

    async def run(self) -> None:
        """Export until cancelled."""
        while True:
            await wait_until(self._clock, self._clock.now() + self._every_ns)
            try:
                line = await self._writer.export(self._address, self._clock.now())
            except (StoreError, CheckpointError, OSError) as error:
                _log.error("no checkpoint was exported", error=str(error))
            else:
                if line is not None:
                    _log.info("checkpoint exported")
