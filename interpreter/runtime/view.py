"""What a decision sees: the store, and on top of it what is decided but not yet committed.

A later input of a stream is decided on the uncommitted result of the earlier, so that inputs that
arrive together share a commit. Rules of this file: reads the store, writes nothing. A view over the
layer of another (`below`) sees a batch whose commit is under way; should that commit fail, whatever
was decided through this view is decided again through a new one. What was read once is not read
again: that another node wrote meanwhile is found by the commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.core.canonical import GENESIS, DamagedBytesError, decode_record
from interlock.interpreter.core.control import CONTROL_STREAM, Control
from interlock.interpreter.core.folds import State, fold_of
from interlock.interpreter.core.holding import Holding
from interlock.interpreter.core.incident import Incident, incident_stream
from interlock.interpreter.core.suppressor import Suppressing
from interlock.interpreter.journal.lookup import Lookup
from interlock.interpreter.journal.store import StaleRevisionError, StoreDamagedError
from interlock.interpreter.runtime.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.interpreter.core.record import Record
    from interlock.interpreter.journal.lookup import IdOfOrigin
    from interlock.interpreter.journal.store import Append, Head, JournalStore


class Tip(Struct, frozen=True):
    """A stream's newest state, committed or not; `revision` 0 before its first record.

    `state` is what the stream's records fold to: an incident, what is held in a group, what a
    silence or an inhibition suppresses, what operators set for the whole daemon.
    """

    stream: str
    revision: int
    hash: bytes
    state: State | None

    @property
    def incident(self) -> Incident | None:
        """The incident, where it is an incident's stream and the incident exists."""
        return self.state if isinstance(self.state, Incident) else None


class Layer:
    """States decided but not yet committed, and the incidents among them that are new."""

    def __init__(self) -> None:
        self.changed: dict[str, Tip] = {}
        self.opened_by_id: dict[str, list[str]] = {}
        self.opened_by_group: dict[str, list[str]] = {}

    def put(self, tip: Tip, *, is_new: bool) -> None:
        """Keep a stream's new state."""
        incident = tip.incident
        if is_new and incident is not None:
            self.opened_by_id.setdefault(incident.base_id, []).append(tip.stream)
            self.opened_by_group.setdefault(incident.group_key, []).append(tip.stream)
        self.changed[tip.stream] = tip


class View:
    """Reads through the layers; see the module. `recent`: what need not be read, if anything."""

    def __init__(
        self, store: JournalStore, below: Layer | None = None, recent: Recent | None = None
    ) -> None:
        self.layer = Layer()
        self._store = store
        self._below = below
        self._recent = Recent() if recent is None else recent
        self._read: dict[str, Tip] = {}
        self._found_by_id: dict[IdOfOrigin, str | None] = {}
        self._found_by_group: dict[str, str | None] = {}

    async def prefetch(self, wanted: Sequence[Lookup]) -> None:
        """Read all of it at once; later questions for it are answered from memory."""
        ids: set[IdOfOrigin] = set()
        groups: set[str] = set()
        streams: set[str] = set()
        for want in wanted:
            lost_ids = [pair for pair in want.ids if not self._finds_id(pair)]
            lost_groups = [key for key in want.groups if not self._finds_group(key)]
            ids.update(lost_ids)
            groups.update(lost_groups)
            if lost_ids or lost_groups or not (want.ids or want.groups):
                # else it concerns an incident that is known, and hardly opens another
                streams.update(name for name in want.streams if self._known(name) is None)
        if not (ids or groups or streams):
            return
        found = await self._store.look_up(Lookup(streams, ids, groups))
        for stream in streams:
            head = found.heads.get(stream)
            self._read[stream] = _nothing(stream) if head is None else _tip(head)
        for pair in ids:
            self._found_by_id[pair] = self._note(found.by_id.get(pair))
        for key in groups:
            self._found_by_group[key] = self._note(found.by_group.get(key))

    async def tip(self, stream: str) -> Tip:
        """Return a stream's newest state."""
        known = self._known(stream)
        if known is None:
            await self.prefetch((Lookup(streams=(stream,)),))
            known = self._read[stream]
        return known

    async def incident(self, incident_id: str) -> Incident | None:
        """Return the incident of exactly this id."""
        return (await self.tip(incident_stream(incident_id))).incident

    async def holding(self, stream: str) -> Holding:
        """Return what is held in a group's stream."""
        state = (await self.tip(stream)).state
        return state if isinstance(state, Holding) else Holding()

    async def suppressing(self, stream: str) -> Suppressing:
        """Return what a suppressor's stream says."""
        state = (await self.tip(stream)).state
        return state if isinstance(state, Suppressing) else Suppressing()

    async def confirm(self, stream: str) -> None:
        """Make sure that nobody else has moved a stream on; raises StaleRevisionError.

        For decisions that write nothing to a stream, which no commit therefore checks.
        """
        if self._store.is_shared:
            head = (await self._store.heads((stream,))).get(stream)
            if head is not None and head.revision > (await self.tip(stream)).revision:
                raise StaleRevisionError(stream)

    async def records(self, stream: str) -> list[Record]:
        """Return the records of a stream that are committed, in order."""
        records: list[Record] = []
        while page := await self._store.read(stream, after=len(records)):
            records += [decode_record(stored.data) for stored in page]
        return records

    async def payload(self, digest: str) -> bytes | None:
        """Return a raw payload that was committed, by its SHA-256."""
        return await self._store.payload(digest)

    async def control(self) -> Control:
        """Return what operators set for the whole daemon."""
        state = (await self.tip(CONTROL_STREAM)).state
        return state if isinstance(state, Control) else Control()

    async def latest_by_id(self, base_id: str, origin: str | None = None) -> Incident | None:
        """Return the incident opened last with that base id (through that source, where given)."""
        for layer in self._layers():
            for stream in reversed(layer.opened_by_id.get(base_id, ())):
                incident = (await self.tip(stream)).incident
                if incident is not None and origin in (None, incident.origin):
                    return incident
        pair = (base_id, origin)
        if not self._finds_id(pair):
            await self.prefetch((Lookup(ids=(pair,)),))
        found = self._found_by_id[pair]
        return None if found is None else (await self.tip(found)).incident

    async def latest_by_group(self, group_key: str) -> Incident | None:
        """Return the incident opened last of a correlation key, open or not."""
        for layer in self._layers():
            if opened := layer.opened_by_group.get(group_key):
                return (await self.tip(opened[-1])).incident
        if not self._finds_group(group_key):
            await self.prefetch((Lookup(groups=(group_key,)),))
        found = self._found_by_group[group_key]
        return None if found is None else (await self.tip(found)).incident

    def put(self, tip: Tip) -> None:
        """Let later decisions see a stream's new state; its old one was read through this view."""
        known = self._known(tip.stream)
        self.layer.put(tip, is_new=known is None or known.revision == 0)

    def keep(self, appends: Sequence[Append]) -> None:
        """Remember what was decided through this view, now that it is committed."""
        for append in appends:
            self._recent.keep(self.layer.changed[append.stream], len(append.head.data))
        if (control := self._known(CONTROL_STREAM)) is not None:
            # every decision reads it, and hardly any changes it
            self._recent.keep(control, 0)
        below = Layer() if self._below is None else self._below
        for key, found in self._found_by_group.items():
            if found is not None and key not in below.opened_by_group:
                self._recent.keep_latest_by_group(key, found)
        for pair, found in self._found_by_id.items():
            if found is not None and pair[0] not in below.opened_by_id:
                self._recent.keep_latest_by_id(pair, found)
        for opened in self.layer.opened_by_group.values():
            for stream in opened:
                self._keep_opened(stream)

    def _keep_opened(self, stream: str) -> None:
        incident = self.layer.changed[stream].incident
        if incident is not None:
            self._recent.keep_latest_by_group(incident.group_key, stream)
            self._recent.keep_latest_by_id((incident.base_id, None), stream)
            self._recent.keep_latest_by_id((incident.base_id, incident.origin), stream)

    def _layers(self) -> tuple[Layer, ...]:
        return (self.layer,) if self._below is None else (self.layer, self._below)

    def _known(self, stream: str) -> Tip | None:
        for layer in self._layers():
            if (tip := layer.changed.get(stream)) is not None:
                return tip
        return self._read.get(stream) or self._recent.tip(stream)

    def _finds_id(self, pair: IdOfOrigin) -> bool:
        if pair not in self._found_by_id:
            known = self._recent.latest_by_id(pair)
            if known is None:
                return False
            self._found_by_id[pair] = known
        return True

    def _finds_group(self, key: str) -> bool:
        if any(key in layer.opened_by_group for layer in self._layers()):
            return True
        if key not in self._found_by_group:
            known = self._recent.latest_by_group(key)
            if known is None:
                return False
            self._found_by_group[key] = known
        return True

    def _note(self, head: Head | None) -> str | None:
        """Keep a found head, unless the stream is known already, and return its stream."""
        if head is None:
            return None
        if self._known(head.stream) is None:
            self._read[head.stream] = _tip(head)
        return head.stream


def _nothing(stream: str) -> Tip:
    return Tip(stream, 0, GENESIS, Control() if stream == CONTROL_STREAM else None)


def _tip(head: Head) -> Tip:
    try:
        state = fold_of(head.stream).read_head(head.data)
    except DamagedBytesError as error:
        raise StoreDamagedError(str(error), stream=head.stream, revision=head.revision) from error
    return Tip(head.stream, head.revision, head.hash, state)
