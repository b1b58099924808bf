"""What the garbage collector need not walk.

Rules of this file: a pause ends as it began, whatever happens in it; only for work whose memory is
bounded and which leaves next to no cycles behind.
"""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


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


def import_for_good(name: str) -> ModuleType:
    """Import a module, which stays as long as the process: it is never walked, not at exit either.

    Raises:
        ImportError: There is no such module.
    """
    if name in sys.modules:
        return sys.modules[name]
    with uncollected():
        module = import_module(name)
        gc.freeze()
    return module
