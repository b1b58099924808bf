"""The outbox in memory: effects that wait, are claimed, or have ended.

Rows keep the order they were written in. Never carries an effect out.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.interpreter.journal.claiming import Candidate, Gatekeeper
from interlock.interpreter.journal.outbox import (
    ENDED_ONLY_FROM,
    RELEASED_FROM,
    EffectStatus,
    OutboxRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.journal.outbox import Claim


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
        if row is None or row.status not in ENDED_ONLY_FROM.get(status, (row.status,)):
            return
        if status == EffectStatus.CANCELLED and row.in_doubt:
            self._rows[key] = replace(row, status=EffectStatus.CLAIMED, claimed_until=1)
            return
        self._rows[key] = replace(row, status=status, detail=detail, claimed_until=0)
        if status != EffectStatus.HELD:
            self._unfinished.pop(key, None)

    def send_on(self, key: str) -> None:
        """Let a person's effect go at once; see `Commit.effects_released`."""
        row = self._rows.get(key)
        if row is None or row.status not in RELEASED_FROM:
            return
        self._rows[key] = replace(
            row, status=EffectStatus.PENDING, not_before=0, claimed_until=0, released=True
        )
        self._unfinished[key] = list(self._rows).index(key)

    def claim(self, claim: Claim, control: bytes | None) -> list[OutboxRow]:
        """Take what is pending, due and let through; hold what is over a limit."""
        gatekeeper = Gatekeeper(claim, control, self)
        gatekeeper.choose(
            Candidate(
                row.key,
                row.kind,
                row.hook,
                row.target,
                row.team,
                row.automation,
                row.approved,
                row.started_at,
                row.released,
            )
            for row in self._unfinished_rows()
            if row.status == EffectStatus.PENDING
            and (row.not_before <= claim.now or row.claimed_until > claim.until)
        )
        for key in gatekeeper.choice.taken:
            row = self._rows[key]
            self._rows[key] = replace(
                row,
                status=EffectStatus.CLAIMED,
                attempt=row.attempt + 1,
                claimed_until=claim.until,
                started_at=row.started_at or claim.now,
            )
        for key, reason in gatekeeper.choice.held:
            self._rows[key] = replace(
                self._rows[key],
                status=EffectStatus.HELD,
                claimed_until=claim.until,
                detail=reason,
            )
        changed = {*gatekeeper.choice.taken, *(key for key, _ in gatekeeper.choice.held)}
        return [row for row in self._unfinished_rows() if row.key in changed]

    def started(self, hook: str, target: str, since: Instant) -> int:
        """See `claiming.Usage`."""
        return sum(
            row.hook == hook and row.target == target and row.started_at > since
            for row in self._rows.values()
        )

    def running(self, hook: str, target: str) -> int:
        """See `claiming.Usage`."""
        return sum(
            row.hook == hook and row.target == target and row.status == EffectStatus.CLAIMED
            for row in self._unfinished_rows()
        )

    def unasked(self, since: Instant) -> int:
        """See `claiming.Usage`."""
        return sum(
            row.kind == "hook" and row.started_at > since and not row.approved and not row.released
            for row in self._rows.values()
        )

    def expired(self, now: Instant) -> list[OutboxRow]:
        """Return claimed and held rows whose time to be settled or told ended before `now`."""
        return [
            row
            for row in self._unfinished_rows()
            if (row.status == EffectStatus.CLAIMED and row.claimed_until < now)
            or (row.status == EffectStatus.HELD and 0 < row.claimed_until < now)
        ]

    def renew(self, held: Mapping[str, int], until: Instant) -> None:
        """Hold claimed rows longer; see `JournalStore.renew_claims`."""
        for key, attempt in held.items():
            row = self._rows.get(key)
            if row is None or row.status != EffectStatus.CLAIMED or row.attempt != attempt:
                continue
            self._rows[key] = replace(row, claimed_until=max(row.claimed_until, until))

    def release(
        self,
        key: str,
        *,
        not_before: Instant,
        detail: str | None,
        attempt: int | None,
        now: Instant,
        in_doubt: bool,
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
            claimed_until=now,
            in_doubt=row.in_doubt or in_doubt,
        )

    def row(self, key: str) -> OutboxRow | None:
        """Return the row of a key."""
        return self._rows.get(key)

    def remove(self, stream: str) -> None:
        """Forget every effect of a stream."""
        for key in [key for key, row in self._rows.items() if row.stream == stream]:
            del self._rows[key]
            self._unfinished.pop(key, None)

    def rows(self, status: str | None) -> Sequence[OutboxRow]:
        """Return rows of a status (None: of any), oldest first."""
        return [row for row in self._rows.values() if status is None or row.status == status]

    def _unfinished_rows(self) -> list[OutboxRow]:
        return [self._rows[key] for key, _ in sorted(self._unfinished.items(), key=itemgetter(1))]
