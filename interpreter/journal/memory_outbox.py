"""The outbox in memory: effects that wait, are claimed, or have ended.

Rows keep the order they were written in. Never carries an effect out.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.interpreter.journal.store import EffectStatus, OutboxRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.claiming import Gatekeeper
    from interlock.interpreter.journal.store import Claim


class MemoryOutbox:
    """Rows by key; the unfinished ones are found without looking at the finished."""

    def __init__(self) -> None:
        self._rows: dict[str, OutboxRow] = {}
        self._unfinished: dict[str, int] = {}
        self._written = 0

    def has_any(self, keys: Iterable[str]) -> bool:
        """Tell whether one of the keys is known."""
        return not self._rows.keys().isdisjoint(keys)

    def add(self, row: OutboxRow) -> None:
        """Keep a new effect."""
        self._rows[row.key] = row
        self._unfinished[row.key] = self._written
        self._written += 1

    def end(self, key: str, status: str, detail: str | None) -> None:
        """Give an effect its final status; see `Commit.effects_ended`."""
        row = self._rows.get(key)
        if row is None or (status == EffectStatus.CANCELLED and row.status != EffectStatus.PENDING):
            return
        self._rows[key] = replace(row, status=status, detail=detail, claimed_until=0)
        self._unfinished.pop(key, None)

    def claim(self, claim: Claim, gatekeeper: Gatekeeper) -> list[OutboxRow]:
        """Take what is pending, due and let through."""
        taken: list[OutboxRow] = []
        for row in self._unfinished_rows():
            if len(taken) >= claim.limit:
                break
            if row.status != EffectStatus.PENDING or row.not_before > claim.now:
                continue
            if gatekeeper.lets(row.kind, row.hook, approved=row.approved):
                taken.append(
                    replace(
                        row,
                        status=EffectStatus.CLAIMED,
                        attempt=row.attempt + 1,
                        claimed_until=claim.until,
                    )
                )
        self._rows.update((row.key, row) for row in taken)
        return taken

    def expired(self, now: Instant) -> list[OutboxRow]:
        """Return claimed rows whose claim ended before `now`."""
        return [
            row
            for row in self._unfinished_rows()
            if row.status == EffectStatus.CLAIMED and row.claimed_until < now
        ]

    def renew(self, held: Mapping[str, int], until: Instant) -> None:
        """Hold claimed rows longer; see `JournalStore.renew_claims`."""
        for key, attempt in held.items():
            row = self._rows.get(key)
            if row is None or row.status != EffectStatus.CLAIMED or row.attempt != attempt:
                continue
            self._rows[key] = replace(row, claimed_until=max(row.claimed_until, until))

    def release(
        self, key: str, *, not_before: Instant, detail: str | None, attempt: int | None
    ) -> None:
        """Put a claimed row back; see `JournalStore.release_effect`."""
        row = self._rows.get(key)
        if row is None or row.status != EffectStatus.CLAIMED or attempt not in (None, row.attempt):
            return
        self._rows[key] = replace(
            row,
            status=EffectStatus.PENDING,
            not_before=not_before,
            detail=detail,
            claimed_until=0,
        )

    def rows(self, status: str | None) -> Sequence[OutboxRow]:
        """Return rows of a status (None: of any), oldest first."""
        return [row for row in self._rows.values() if status is None or row.status == status]

    def _unfinished_rows(self) -> list[OutboxRow]:
        return [self._rows[key] for key, _ in sorted(self._unfinished.items(), key=itemgetter(1))]
