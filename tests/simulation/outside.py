"""The world that effects reach: targets of hooks, channels of people. It keeps its own ledger.

A target may answer, fail, be down, take the work and cut the line, or take its time. What has
reached it is in the history the moment it arrives, with the bytes that arrived.
"""

from __future__ import annotations

import asyncio

import msgspec

from interlock.interpreter.hooks.outcome import failed, in_doubt, succeeded

_IS_HOOK = "hook"


class Outside:
    """An `EffectExecutor` for any number of nodes; `moods` are weights of how a hook call ends."""

    def __init__(self, rng, weather, history):
        self._rng = rng
        self._weather = weather
        self._history = history
        self.is_kind = False
        self.is_hook_down = False
        self.is_channel_down = False

    def of(self, node):
        """Return the executor of one process."""
        return _Reach(self, node)

    def choose(self, kind):
        """How this attempt ends: ok, refused, busy, cut, unreachable, slow."""
        if self._weather.is_calm or self.is_kind:
            return "ok"
        down = self.is_hook_down if kind == _IS_HOOK else self.is_channel_down
        if down:
            return self._rng.choice(("unreachable", "busy", "cut"))
        if kind != _IS_HOOK:
            return self._rng.choices(("ok", "busy", "cut"), (92, 5, 3))[0]
        names = ("ok", "refused", "busy", "cut", "unreachable", "slow")
        return self._rng.choices(names, (70, 5, 8, 7, 4, 6))[0]

    async def carry_out(self, node, effect, incident, attempt):
        sent = msgspec.to_builtins(effect)
        kind = sent["kind"]
        mood = self.choose(kind)
        await self._weather.before(node, "send")
        await asyncio.sleep(self._rng.random() * 0.05)
        if node.is_dead:
            raise asyncio.CancelledError
        if mood == "unreachable":
            return failed("connection refused", is_retryable=True)
        arrived = self._history.add(
            "request",
            node=node.name,
            what=kind,
            key=sent["key"],
            attempt=attempt,
            incident=incident,
            sent=sent,
            did=mood in ("ok", "cut", "slow"),
            answered=None,
        )
        await asyncio.sleep(self._rng.random() * (20.0 if mood == "slow" else 0.2))
        if node.is_dead:
            raise asyncio.CancelledError
        await self._weather.after(node, "send")
        if mood == "cut":
            return in_doubt("the line was cut")
        arrived["answered"] = "ok" if mood in ("ok", "slow") else "failed"
        if mood == "refused":
            return failed("422: no", is_retryable=False)
        if mood == "busy":
            return failed("503: busy", is_retryable=True, retry_after_s=1)
        return succeeded({"done": True})


class _Reach:
    def __init__(self, outside, node):
        self._outside = outside
        self._node = node

    async def carry_out(self, effect, incident, attempt):
        return await self._outside.carry_out(self._node, effect, incident, attempt)
