"""Names that must come out the same wherever and whenever they are derived.

Nothing here is random: an incident's id, its effects' idempotency keys and the digest an approval
is bound to are hashes of recorded facts, so a dry run gives the daemon's names.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from interlock.interpreter.core.canonical import encode

if TYPE_CHECKING:
    from interlock.interpreter.core.event import Instant


def digest_of(*parts: Any) -> str:
    """Return the SHA-256 (hex) of parts in their canonical form."""
    return hashlib.sha256(encode(parts)).hexdigest()


def incident_id(source: str, fingerprint: str, arrived_at: Instant, index: int) -> str:
    """Name an incident whose sender gave it no id (`inc-` and 12 hex digits)."""
    return "inc-" + digest_of("incident", source, fingerprint, arrived_at, index)[:12]


def effect_key(incident: str, generation: int, revision: int, path: str, epoch: int = 0) -> str:
    """Return an effect's idempotency key: 32 hex digits, the same at every attempt.

    `revision` is that of the record that asks for the effect, `path` the step within it. `epoch`
    counts restores: after one, revisions come again that targets have seen with other contents.
    """
    restored = (epoch,) if epoch else ()
    return digest_of("effect", incident, generation, revision, path, *restored)[:32]


def shown_digest(shown: Any) -> str:
    """Return the digest of what an approver is shown (`sha256:` and 64 hex digits)."""
    return "sha256:" + digest_of("shown", shown)
