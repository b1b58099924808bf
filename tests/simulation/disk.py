"""The store as one process has it open: every call goes through the weather and dies with it.

What lies underneath is a real store. Every commit that it took is written into the history at the
moment at which it is durable, by whoever watches the disk and not by the engine.
"""

from __future__ import annotations

import asyncio
import contextvars

from interlock.interpreter.journal.store import MalformedCommitError, StaleRevisionError

_CALLS = (
    "commit", "heads", "look_up", "list_incidents", "read", "streams", "due_timers", "next_timer",
    "claim_effects", "expired_claims", "renew_claims", "release_effect", "list_effects", "payload",
    "save_rulebook", "rulebook", "quarantined", "check_integrity",
)  # fmt: skip


class NodeDiedError(Exception):
    """The process that was asked is no more."""


class OpenDisk:
    """One process's view of the store; `kill` ends it between any two turns of the loop."""

    def __init__(self, store, node, weather, history, *, is_shared, loop, is_real=False):
        self.store = store
        self.location = "simulated"
        self.is_shared = is_shared
        self._node = node
        self._weather = weather
        self._history = history
        self._loop = loop
        self._is_real = is_real
        for name in _CALLS:
            setattr(self, name, self._through(name, getattr(store, name)))

    def _through(self, name, method):
        async def call(*args, **options):
            self._check_alive()
            await self._weather.before(self._node, name)
            self._check_alive()
            result = await self._do(name, method, args, options)
            await self._weather.after(self._node, name)
            self._check_alive()
            return result

        return call

    async def _do(self, name, method, args, options):
        if not self._is_real:
            return await self._noted(name, method, args, options)
        # What a disk was told to do it does, whoever is killed meanwhile; nobody owns this task.
        apart = contextvars.Context()
        work = self._loop.create_task(self._really(name, method, args, options), context=apart)
        return await asyncio.shield(work)

    async def _really(self, name, method, args, options):
        with self._loop.real_call():
            return await self._noted(name, method, args, options)

    async def _noted(self, name, method, args, options):
        if name != "commit":
            result = await method(*args, **options)
            if name == "claim_effects" and result:
                claimed = [(row.key, row.attempt) for row in result]
                self._history.add("claim", node=self._node.name, claimed=claimed)
            elif name == "release_effect":
                attempt = options.get("attempt")
                self._history.add("release", node=self._node.name, key=args[0], attempt=attempt)
            return result
        try:
            await method(*args, **options)
        except (StaleRevisionError, MalformedCommitError) as error:
            self._history.add("refused_commit", node=self._node.name, why=type(error).__name__)
            raise
        self._note(args[0])
        return None

    def _note(self, commit):
        self._history.add(
            "commit",
            node=self._node.name,
            clock=self._node.clock.highest,
            records=[
                (record.stream, record.revision, record.data, record.hash)
                for append in commit.appends
                for record in append.records
            ],
            outbox=[row.key for row in commit.outbox],
            ended=sorted((key, status) for key, (status, _) in commit.effects_ended.items()),
            quarantined=[item.id for item in commit.quarantined],
        )

    def _check_alive(self):
        if self._node.is_dead:
            raise asyncio.CancelledError
