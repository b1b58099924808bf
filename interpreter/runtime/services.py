"""What the server needs of the running daemon, and the role it plays for the daemon.

Rules of this file: the daemon knows a server only as `Server`: HTTP stays above the runtime.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from interlock.interpreter.hooks import HttpHooks, SecretReader
    from interlock.interpreter.identity import Directory
    from interlock.interpreter.journal.store import JournalStore
    from interlock.interpreter.runtime.clock import Clock
    from interlock.interpreter.runtime.engine import Engine
    from interlock.interpreter.runtime.reload import Reloader
    from interlock.interpreter.runtime.repinning import Repinner
    from interlock.interpreter.runtime.rulebooks import Rulebooks
    from interlock.interpreter.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of a running daemon that requests are answered from.

    `is_ready` tells whether deliveries are taken: not while starting, draining or after a failure.
    `directory` holds who may speak; None: authentication is off, and everyone is anonymous.
    `http` answers those who wait elsewhere; None: nobody is answered there.
    """

    store: JournalStore
    engine: Engine
    rulebooks: Rulebooks
    reloader: Reloader
    repinner: Repinner
    clock: Clock
    settings: Settings
    secrets: SecretReader
    is_ready: Callable[[], bool]
    directory: Directory | None = None
    http: HttpHooks | None = None


class Server(Protocol):
    """Answers requests."""

    async def start(self) -> str:
        """Listen; return the URL, with the real port. Raises OSError."""
        ...

    async def stop(self) -> None:
        """Take no more connections, let requests under way be answered, and close."""
        ...


ServerFactory = Callable[[Services], Server]
