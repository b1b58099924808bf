"""What the language has and the daemon cannot run yet.

Responsible for one clear sentence per part that is checked but not carried out, so that `run` can
refuse instead of ignoring it. Never reports a finding: such a rulebook is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.model import Rulebook


def unsupported_parts(model: Rulebook) -> tuple[str, ...]:
    """Return the sentences, in the order of the language's sections."""
    return tuple(dict.fromkeys(_parts(model)))


def _parts(model: Rulebook) -> Iterator[str]:
    if model.post_mortem is not None and model.post_mortem.template is not None:
        yield "`post_mortem.template`: documents are made by Interlock's own template only"
