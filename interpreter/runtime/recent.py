"""The streams that this process committed last, so that an alert's repetition is not looked up.

Only for stores that nobody else writes to. Rules of this file: what is kept here was committed
before, and is forgotten whole when a commit does not go as decided; the journal's revision check
has the last word in any case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from interlock.interpreter.journal.lookup import IdOfOrigin
    from interlock.interpreter.runtime.view import Tip

BYTES_MAX: Final = 8 * 1024 * 1024
"""How much of canonical bytes may be kept, decoded: several times as much in memory."""


class _Kept(NamedTuple):
    tip: Tip
    size: int


class Recent:
    """Tips by stream, and which stream is the latest of an id or a correlation key."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._kept: dict[str, _Kept] = {}
        self._by_id: dict[IdOfOrigin, str] = {}
        self._by_group: dict[str, str] = {}

    def tip(self, stream: str) -> Tip | None:
        """Return a stream's state, if it is kept."""
        kept = self._kept.get(stream)
        return None if kept is None else kept.tip

    def latest_by_id(self, pair: IdOfOrigin) -> str | None:
        """Return the stream of the incident opened last with an id, if it is kept."""
        return self._by_id.get(pair)

    def latest_by_group(self, key: str) -> str | None:
        """Return the stream of the incident opened last of a correlation key, if it is kept."""
        return self._by_group.get(key)

    def keep(self, tip: Tip, size: int) -> None:
        """Keep a stream's newest state, of `size` bytes; what was committed longest ago goes."""
        self._drop(tip.stream, is_replaced=True)
        self._kept[tip.stream] = _Kept(tip, size)
        self._bytes += size
        while self._bytes > self._bytes_max:
            self._drop(next(iter(self._kept)), is_replaced=False)

    def keep_latest_by_id(self, pair: IdOfOrigin, stream: str) -> None:
        """Keep which incident is the latest of an id; nothing, where that one is not kept."""
        if stream in self._kept:
            self._by_id[pair] = stream
        else:
            self._by_id.pop(pair, None)

    def keep_latest_by_group(self, key: str, stream: str) -> None:
        """Keep which incident is the latest of a key; nothing, where that one is not kept."""
        if stream in self._kept:
            self._by_group[key] = stream
        else:
            self._by_group.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._by_id.clear()
        self._by_group.clear()
        self._bytes = 0

    def _drop(self, stream: str, *, is_replaced: bool) -> None:
        kept = self._kept.pop(stream, None)
        if kept is None:
            return
        self._bytes -= kept.size
        incident = kept.tip.incident
        if is_replaced or incident is None:
            return
        for pair in ((incident.base_id, None), (incident.base_id, incident.origin)):
            if self._by_id.get(pair) == stream:
                del self._by_id[pair]
        if self._by_group.get(incident.group_key) == stream:
            del self._by_group[incident.group_key]
