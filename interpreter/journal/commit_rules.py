"""The rules every commit obeys, whatever store it goes to.

Pure checks shared by the stores, so that a defect of a caller is refused before anything is
written and never becomes a damaged stream. Never reads or writes a store.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from interlock.interpreter.core.canonical import chain
from interlock.interpreter.journal.outbox import EffectStatus
from interlock.interpreter.journal.store import MalformedCommitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interlock.interpreter.journal.store import Append, Commit, Head

ENDS = frozenset(
    {
        EffectStatus.DONE,
        EffectStatus.DEAD,
        EffectStatus.CANCELLED,
        EffectStatus.DROPPED,
        EffectStatus.HELD,
    }
)
"""The statuses `Commit.effects_ended` may give; `held` says that somebody was told."""


def check_commit(commit: Commit) -> None:
    """Refuse a commit that contradicts itself; raises MalformedCommitError."""
    seen: set[str] = set()
    for append in commit.appends:
        if append.stream in seen:
            raise MalformedCommitError(f"{append.stream} is appended to twice in one commit")
        seen.add(append.stream)
        _check_append(append)
    if lost := set(commit.erased) - seen:
        raise MalformedCommitError(f"{min(lost)} is erased without a record that says so")
    if len({row.key for row in commit.outbox}) < len(commit.outbox):
        raise MalformedCommitError("two effects of one commit have the same key")
    for key, (status, _) in commit.effects_ended.items():
        if status not in ENDS:
            raise MalformedCommitError(f"effect {key} cannot end as {status!r}")
    for digest, data in commit.payloads.items():
        if hashlib.sha256(data).hexdigest() != digest:
            raise MalformedCommitError(f"payload {digest} is not the SHA-256 of its bytes")


def _check_append(append: Append) -> None:
    if not append.records:
        raise MalformedCommitError(f"{append.stream} is appended to without a record")
    revision = append.expected_revision
    for record in append.records:
        revision += 1
        if record.revision != revision or record.stream != append.stream:
            raise MalformedCommitError(
                f"{append.stream}: record {record.revision} of {record.stream} stands where"
                f" record {revision} belongs"
            )
    head = append.head
    if (head.stream, head.revision, head.hash) != (append.stream, revision, record.hash):
        raise MalformedCommitError(
            f"{append.stream}: its head is not that of its last record, {revision}"
        )


Identity = tuple[str | None, str | None, str | None, str | None]


def identity(head: Head) -> Identity:
    """Return what a head keeps from its stream's first commit to its last."""
    return head.incident, head.base_id, head.origin, head.group_key


def check_continues(append: Append, previous: bytes, known: Identity | None) -> None:
    """Refuse records that do not follow what is stored; raises MalformedCommitError.

    `previous` is the hash before the first record, `known` the identity of the present head. A
    hash that `StoredRecord.link` computed is not computed a second time.
    """
    for record in append.records:
        linked = record.previous
        if previous != linked and (
            linked is not None or chain(previous, record.data) != record.hash
        ):
            raise MalformedCommitError(
                f"{append.stream}: record {record.revision} does not chain to the one before"
            )
        previous = record.hash
    if known is not None and identity(append.head) != known:
        raise MalformedCommitError(f"{append.stream}: its head names another incident or group")


def find_group_clash(appends: Sequence[Append], holders: Mapping[str, str]) -> str | None:
    """Return the first stream that would be a second open incident of its group key.

    `holders` names, by group key, the stream that is open under it before the commit.
    """
    heads = {append.stream: append.head for append in appends}
    taken: set[str] = set()
    for stream, head in heads.items():
        key = head.group_key
        if not head.is_open or key is None:
            continue
        if key in taken:
            return stream
        taken.add(key)
        holder = holders.get(key)
        if holder is None or holder == stream:
            continue
        moved = heads.get(holder)
        if moved is None or moved.is_open:
            return stream
    return None
