"""Which services look after the journal while the daemon runs: sealing, checkpoints, retention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from interlock.interpreter.audit.exporting import CheckpointWriter
from interlock.interpreter.runtime.erasure import Eraser, RetentionService
from interlock.interpreter.runtime.sealing import CheckpointService, SealingService
from interlock.interpreter.runtime.settings import SettingsError

if TYPE_CHECKING:
    from interlock.interpreter.journal.store import JournalStore
    from interlock.interpreter.runtime.clock import Clock
    from interlock.interpreter.runtime.settings import CheckpointSettings, Settings


class Service(Protocol):
    """What runs beside the engine."""

    async def run(self) -> None:
        """Run until cancelled."""
        ...


def make_upkeep(settings: Settings, store: JournalStore, clock: Clock) -> list[Service]:
    """Return the services that the settings ask for; raises SettingsError."""
    services: list[Service] = []
    if store.is_shared:
        services.append(SealingService(store, clock))
    if settings.retain_ns is not None:
        eraser = Eraser(store, clock)
        services.append(RetentionService(eraser, store, clock, settings.retain_ns))
    if settings.checkpoints is not None:
        writer = _make_writer(settings.checkpoints)
        every = settings.checkpoints.every_ns
        services.append(CheckpointService(writer, settings.store, every, clock))
    return services


def _make_writer(settings: CheckpointSettings) -> CheckpointWriter:
    try:
        from interlock.interpreter.audit.signing import (  # noqa: PLC0415 - its library is an extra
            KeyFileError,
            read_signing_key,
        )
    except ImportError as error:
        raise SettingsError("signing needs a library: pip install 'interlock[audit]'") from error
    try:
        return CheckpointWriter(read_signing_key(settings.key), settings.file)
    except KeyFileError as error:
        raise SettingsError(f"--checkpoint-key: {error}") from error
