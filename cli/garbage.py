"""Pausing the garbage collector.

Rules of this file: a pause ends as it began, whatever happens in it; only for work whose memory is
bounded and which leaves next to no cycles behind.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the collector from walking again and again what grows, and stays as long as it grows."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
