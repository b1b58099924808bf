"""The digest of a rulebook.

Responsible for one hash over what a rulebook says (`content`). It is taken from what is written and
not from the graph, so that a later version with other defaults still knows a pinned rulebook.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from interlock.rulebook.graph.content import content_of

if TYPE_CHECKING:
    from interlock.rulebook.graph.guards import GuardCompiler
    from interlock.rulebook.model import Rulebook

_DOMAIN = b"interlock rulebook 1\n"  # a change of what is hashed, or how, takes another number


def digest_of(model: Rulebook, guards: GuardCompiler) -> str:
    """Return `sha256:` and 64 hex digits.

    Layout, comments, descriptions, the order of keys and the spacing of guards do not change it;
    whatever has meaning does. The name of the file has none.
    """
    content = content_of(model, guards.canonical)
    encoded = msgspec.json.encode(content, order="deterministic")
    return "sha256:" + hashlib.sha256(_DOMAIN + encoded).hexdigest()
