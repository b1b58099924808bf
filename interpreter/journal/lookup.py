"""What a batch of decisions needs to see of a store, asked for and answered in one call.

Rules of this file: values only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from interlock.interpreter.journal.store import Head

IdOfOrigin = tuple[str, str | None]
"""A base id, and the source through which the incident was opened; None: whichever."""


class Lookup(Struct, frozen=True):
    """What is wanted: heads of streams, latest incidents by id, and by correlation key."""

    streams: Collection[str] = ()
    ids: Collection[IdOfOrigin] = ()
    groups: Collection[str] = ()

    def __bool__(self) -> bool:
        return bool(self.streams or self.ids or self.groups)


class Found(Struct, frozen=True):
    """What there is of it; what does not exist is absent."""

    heads: Mapping[str, Head] = {}
    by_id: Mapping[IdOfOrigin, Head] = {}
    by_group: Mapping[str, Head] = {}
