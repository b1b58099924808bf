"""The digest of a rulebook.

Responsible for one hash over what is written and has meaning: layout, comments, descriptions, the
order of keys and the spacing of guards do not change it. Taken from the written rulebook and not
from the graph, so that a later version with other defaults still knows a pinned rulebook.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from interlock.rulebook.graph.guards import GuardCompiler
    from interlock.rulebook.model import Rulebook


def digest_of(model: Rulebook, guards: GuardCompiler) -> str:
    """Return `sha256:` and 64 hex digits."""
    del guards
    content: Any = msgspec.to_builtins(model)
    encoded = msgspec.json.encode(content, order="deterministic")
    return "sha256:" + hashlib.sha256(encoded).hexdigest()
