"""Is this journal what was written? All looks at it, and one report.

A journal that can be read in bulk is swept (sweeping.py), which is fast and says only that it is
sound. Any other is walked: chains, Merkle tree and seals in one pass without decoding records; then
payloads are hashed and streams folded, by several processes where there is enough to do.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.audit.chains import ChainWalk
from interlock.interpreter.audit.checkpoints import compare_checkpoints
from interlock.interpreter.audit.folds import WHOLE, Part, read_erased_payloads, verify_folds
from interlock.interpreter.audit.sweeping import sweep_store
from interlock.interpreter.core.folds import FOLDS
from interlock.interpreter.journal.locate import open_log
from interlock.interpreter.journal.seals import Seal
from interlock.interpreter.journal.store import StoreDamagedError
from interlock.interpreter.journal.stored import check_payload
from interlock.interpreter.journal.verify import Flaw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interlock.interpreter.audit.checkpoints import Checkpoint
    from interlock.interpreter.audit.sweeping import Swept
    from interlock.interpreter.core.folds import Fold
    from interlock.interpreter.journal.sealed import JournalLog

WORTH_A_PROCESS = 50_000
"""How many records make it worth while to start another process."""


class Audit(Struct, frozen=True, kw_only=True):
    """What was looked at and what was found; no flaw: the journal is what was written.

    Attributes:
        records: Those of all streams, erased ones included.
        erased: Of these, how many were erased.
        unsealed: Of these, how many no seal holds yet.
        seal: The last seal, None where there is none that fits.
        checkpoints: How many checkpoints were compared.
    """

    records: int
    streams: int
    erased: int
    unsealed: int
    seals: int
    payloads: int
    checkpoints: int
    seal: Seal | None
    flaws: tuple[Flaw, ...]


async def verify_store(
    address: str, checkpoints: Sequence[Checkpoint] = (), *, folds: bool = True, processes: int = 1
) -> Audit:
    """Verify the journal at an address, read-only; raises StoreError where it cannot be read."""
    sizes = [checkpoint.size for checkpoint in checkpoints]
    swept = await sweep_store(address, sizes, folds=folds, processes=processes)
    if swept is not None:
        return _report(swept, checkpoints)
    log = await open_log(address)
    try:
        audit = await verify_log(
            log, checkpoints, folds=FOLDS if folds and not processes > 1 else None
        )
        if folds and processes > 1:
            parts = min(processes, 1 + audit.records // WORTH_A_PROCESS)
            found = await _verify_parts(log, address, parts)
            audit = _with_flaws(audit, found)
    finally:
        await log.close()
    return audit


def _report(swept: Swept, checkpoints: Sequence[Checkpoint]) -> Audit:
    """Return the report of a journal that is sound, unless a checkpoint says otherwise."""
    log = swept.log
    return Audit(
        records=log.records,
        streams=swept.streams,
        erased=log.erased,
        unsealed=0,
        seals=log.seals,
        payloads=swept.payloads,
        checkpoints=len(checkpoints),
        seal=log.last_seal,
        flaws=tuple(compare_checkpoints(log.found, log.records, checkpoints)),
    )


async def verify_log(
    log: JournalLog,
    checkpoints: Sequence[Checkpoint] = (),
    *,
    folds: Mapping[str, Fold] | None = FOLDS,
) -> Audit:
    """Verify a journal; `folds` None: without decoding records and folding streams."""
    walk = ChainWalk(log, [checkpoint.size for checkpoint in checkpoints])
    files = asyncio.ensure_future(log.check_files())
    try:
        await walk.walk()
        streams = await _verify_heads(log, walk)
        payloads = await _verify_payloads(log, walk.flaws)
    except StoreDamagedError as error:
        walk.flaws.append(Flaw(error.stream, error.revision, str(error)))
        streams = payloads = 0
        folds = None
    flaws = [Flaw(None, None, reason) for reason in await files]
    audit = Audit(
        records=walk.records,
        streams=streams,
        erased=walk.erased,
        unsealed=walk.unsealed,
        seals=walk.seals,
        payloads=payloads,
        checkpoints=len(checkpoints),
        seal=walk.last_seal,
        flaws=(*flaws, *walk.flaws, *compare_checkpoints(walk.found, walk.records, checkpoints)),
    )
    return audit if folds is None else _with_flaws(audit, await _fold(log, WHOLE, folds))


async def _fold(log: JournalLog, part: Part, folds: Mapping[str, Fold]) -> list[Flaw]:
    try:
        return await verify_folds(log, part, folds)
    except StoreDamagedError as error:
        return [Flaw(error.stream, error.revision, str(error))]


def _with_flaws(audit: Audit, found: Sequence[Flaw]) -> Audit:
    """Add what the second look found in streams of which the first had nothing to say."""
    known = {flaw.stream for flaw in audit.flaws if flaw.stream is not None}
    fresh = [flaw for flaw in found if flaw.stream not in known]
    return Audit(
        **{
            **{name: getattr(audit, name) for name in audit.__struct_fields__},
            "flaws": (*audit.flaws, *fresh),
        }
    )


async def _verify_heads(log: JournalLog, walk: ChainWalk) -> int:
    """Compare where the heads say that their streams end; return how many there are."""
    ends = dict(walk.tips)
    known = {flaw.stream for flaw in walk.flaws}
    count = 0
    async for page in log.heads():
        for head in page:
            count += 1
            end = ends.pop(head.stream, None)
            if head.stream in known or end == (head.revision, head.hash):
                continue
            revision = 0 if end is None else end[0]
            if revision < head.revision:
                flaw = Flaw(head.stream, revision + 1, "it is missing: the head is of a later one")
            else:
                flaw = Flaw(head.stream, revision, "the head is not that of this, its last record")
            walk.flaws.append(flaw)
    walk.flaws += [
        Flaw(stream, end[0], "there is no head")
        for stream, end in ends.items()
        if stream not in known
    ]
    return count


async def _verify_payloads(log: JournalLog, flaws: list[Flaw]) -> int:
    """Hash every payload; one that was erased must be named by a record. Return how many."""
    erased: frozenset[str] | None = None
    count = 0
    async for page in log.payloads():
        for digest, data in page:
            count += 1
            if data is None:
                erased = await read_erased_payloads(log) if erased is None else erased
                if digest not in erased:
                    reason = f"the payload {digest} is gone, and no record says that it was erased"
                    flaws.append(Flaw(None, None, reason))
                continue
            try:
                check_payload(digest, data)
            except StoreDamagedError as error:
                flaws.append(Flaw(None, None, str(error)))
    return count


async def _verify_parts(log: JournalLog, address: str, parts: int) -> list[Flaw]:
    """Fold all streams, here or in processes of their own, each with its own view."""
    if parts == 1:
        return await _fold(log, WHOLE, FOLDS)
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(parts, mp_context=get_context("spawn")) as pool:
        work = [
            loop.run_in_executor(pool, _verify_part, address, Part(index, parts))
            for index in range(parts)
        ]
        return [flaw for found in await asyncio.gather(*work) for flaw in found]


def _verify_part(address: str, part: Part) -> list[Flaw]:
    return asyncio.run(_open_and_fold(address, part))


async def _open_and_fold(address: str, part: Part) -> list[Flaw]:
    log = await open_log(address)
    try:
        return await _fold(log, part, FOLDS)
    finally:
        await log.close()
