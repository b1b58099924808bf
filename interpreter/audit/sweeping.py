"""Sweeps a journal in parts, by several processes where there is enough to do.

Each process has its own view of a journal that a daemon may go on writing; each part is sound or
not by itself. Says only whether all are: a walk names what is wrong.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from enum import Enum
from multiprocessing import get_context
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.audit.stream_sweep import UnsoundError, require, sweep_streams
from interlock.interpreter.audit.sweep import SweptLog, sweep_log, sweep_payloads
from interlock.interpreter.core.apply import BrokenStreamError
from interlock.interpreter.core.canonical import DamagedBytesError
from interlock.interpreter.core.folds import FOLDS
from interlock.interpreter.journal.locate import open_log
from interlock.interpreter.journal.sealed import SweepableLog
from interlock.interpreter.journal.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from interlock.interpreter.journal.sealed import Extent

WORTH_A_PROCESS = 20_000
"""How many records make it worth while to start other processes."""

_PARTS_A_PROCESS = 6
"""Small parts at the end keep all processes busy to the end."""

_END = (1 << 62) - 1

_FAILED = (
    UnsoundError,
    StoreError,
    BrokenStreamError,
    DamagedBytesError,
    LookupError,
    TypeError,
    ValueError,
)
"""What bytes that nobody wrote may raise: none of it says that the journal is sound."""


class Swept(Struct, frozen=True):
    """What a sound journal holds."""

    log: SweptLog
    streams: int
    payloads: int


class _Look(Enum):
    FILES = "files"
    LOG = "log"
    STREAMS = "streams"
    PAYLOADS = "payloads"


class _Part(Struct, frozen=True):
    """A part of the work: all of a look, or the streams that opened from `first` to `last`."""

    look: _Look
    first: int = 0
    last: int = 0
    folds: bool = False
    sizes: tuple[int, ...] = ()


async def sweep_store(
    address: str, sizes: Collection[int] = (), *, folds: bool = True, processes: int = 1
) -> Swept | None:
    """Sweep the journal at an address; None: it is not sound, or not one that can be swept."""
    log = await open_log(address)
    try:
        if not isinstance(log, SweepableLog):
            return None
        extent = await log.extent()
        if processes == 1 or extent.records < WORTH_A_PROCESS:
            return await sweep_view(log, sizes, folds=folds)
    except StoreError:
        return None
    finally:
        await log.close()
    return await _sweep_apart(address, _divide(extent, processes, sizes, folds=folds), processes)


async def sweep_view(
    log: SweepableLog, sizes: Collection[int] = (), *, folds: bool = True
) -> Swept | None:
    """Sweep one view of a journal; None: it is not sound."""
    try:
        parts = _divide(await log.extent(), 1, sizes, folds=folds)
        return _sum_up([await _sweep(log, part) for part in parts])
    except _FAILED:
        return None


def _divide(extent: Extent, processes: int, sizes: Collection[int], *, folds: bool) -> list[_Part]:
    """Divide the work; what cannot be divided goes first."""
    width = max(1, -(-extent.places // (processes * _PARTS_A_PROCESS)))
    starts = range(1, extent.places + 1, width) or (1,)
    ends = [*(start - 1 for start in starts[1:]), _END]
    streams = [
        _Part(_Look.STREAMS, first, last, folds) for first, last in zip(starts, ends, strict=True)
    ]
    return [
        _Part(_Look.FILES),
        _Part(_Look.LOG, sizes=tuple(sizes)),
        *streams,
        _Part(_Look.PAYLOADS),
    ]


async def _sweep(log: SweepableLog, part: _Part) -> SweptLog | tuple[_Look, int]:
    """Sweep a part; raises one of `_FAILED` where it is not sound."""
    if part.look is _Look.LOG:
        return await sweep_log(log, part.sizes)
    if part.look is _Look.STREAMS:
        folds = FOLDS if part.folds else None
        return part.look, await sweep_streams(log, part.first, part.last, folds)
    if part.look is _Look.PAYLOADS:
        return part.look, await sweep_payloads(log)
    require(not await log.check_files())
    return part.look, 0


def _sum_up(outcomes: Sequence[SweptLog | tuple[_Look, int]]) -> Swept:
    counts = Counter[_Look]()
    for outcome in outcomes:
        if isinstance(outcome, SweptLog):
            log = outcome
        else:
            counts[outcome[0]] += outcome[1]
    return Swept(log, counts[_Look.STREAMS], counts[_Look.PAYLOADS])


async def _sweep_apart(address: str, parts: Sequence[_Part], processes: int) -> Swept | None:
    """Sweep parts in processes of their own."""
    # a forked process has all modules; beside other threads only a fresh one is safe
    method = "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"
    loop = asyncio.get_running_loop()
    # what is read makes no cycles, and stays as long as its page
    with ProcessPoolExecutor(processes, get_context(method), initializer=gc.disable) as pool:
        work = [loop.run_in_executor(pool, _open_and_sweep, address, part) for part in parts]
        outcomes = await asyncio.gather(*work)
    found = [outcome for outcome in outcomes if outcome is not None]
    return _sum_up(found) if len(found) == len(parts) else None


def _open_and_sweep(address: str, part: _Part) -> SweptLog | tuple[_Look, int] | None:
    async def work() -> SweptLog | tuple[_Look, int] | None:
        log = await open_log(address)
        try:
            assert isinstance(log, SweepableLog), "the first view was one"
            return await _sweep(log, part)
        except _FAILED:
            return None
        finally:
            await log.close()

    return asyncio.run(work())
