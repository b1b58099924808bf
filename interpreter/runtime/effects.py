"""How effects are carried out and when they are tried again.

Rules of this file: values and pure functions, and the role that executors play. An executor sends;
whether to send, and what an answer means for the incident, is decided elsewhere.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from interlock.interpreter.core.event import OutcomeStatus
from interlock.interpreter.core.record import CallHook, Effect, Notify, OpenTicket
from interlock.interpreter.journal.store import StoreDamagedError
from interlock.interpreter.runtime.clock import SECOND_NS

if TYPE_CHECKING:
    from interlock.interpreter.hooks import AttemptOutcome

NOTIFY_ATTEMPTS_MAX: Final = 6
_NOTIFY_INITIAL_NS: Final = SECOND_NS
_NOTIFY_FACTOR: Final = 4.0
_NOTIFY_MAX_NS: Final = 300 * SECOND_NS
DOUBT_RETRIES_MAX: Final = 5
"""How often more than `attempts_max` an attempt in doubt is repeated where the target honours the
key: the doubt is ours (a crash, a cut line), not a failure of the hook."""


class EffectExecutor(Protocol):
    """Carries effects out, one attempt a call.

    The same effect is given again, with the same key and bytes, for each attempt. Waiting is
    bounded by the effect's own timeout; a cancelled call counts as in doubt.
    """

    async def carry_out(self, effect: Effect, incident: str, attempt: int) -> AttemptOutcome:
        """Make attempt number `attempt` (from 1) for an incident.

        Raises:
            NotSentError: it was cancelled before anything was sent.
        """
        ...

    async def query(self, effect: CallHook) -> AttemptOutcome:
        """Ask the target what became of a call in doubt: done, not done (retryable), or unknown."""
        ...


_decoder: msgspec.json.Decoder[CallHook | Notify | OpenTicket] = msgspec.json.Decoder(
    CallHook | Notify | OpenTicket
)


def decode_effect(data: bytes) -> Effect:
    """Read an outbox row's bytes; raises StoreDamagedError."""
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreDamagedError(f"an effect cannot be read: {error}") from error


def is_repeatable(effect: Effect) -> bool:
    """Tell whether an attempt in doubt may be repeated without asking a person.

    A hook must honour the key. A notification is repeated in any case: two are better than none.
    """
    return effect.is_idempotent if isinstance(effect, CallHook) else True


def retry_delay_ns(effect: Effect, attempt: int, outcome: AttemptOutcome) -> int | None:
    """Return how long to wait after attempt number `attempt`; None: this was the last.

    The wait grows by the effect's own back-off and is spread over its upper half, so that many
    effects that failed together do not come back together; what the target asked for is the least.
    """
    attempts_max = _attempts_max(effect, outcome)
    attempt = max(attempt - outcome.uncounted, 0)
    if attempts_max is None or attempt >= attempts_max:
        return None
    asked_ns = (outcome.retry_after_s or 0) * SECOND_NS
    if isinstance(effect, CallHook):
        initial_ns, factor, max_ns = (
            effect.retry_initial_ns,
            effect.retry_factor,
            effect.retry_max_ns,
        )
    else:
        initial_ns, factor, max_ns = _NOTIFY_INITIAL_NS, _NOTIFY_FACTOR, _NOTIFY_MAX_NS
    grown_ns = _grown(initial_ns, factor, attempt, max_ns)
    return max(_spread(grown_ns, effect.key, attempt), asked_ns)


def _attempts_max(effect: Effect, outcome: AttemptOutcome) -> int | None:
    """Return how many attempts there may be in all; None: another is of no use, or not allowed."""
    if outcome.status is OutcomeStatus.SUCCEEDED:
        return None
    allowed = effect.attempts_max if isinstance(effect, CallHook) else NOTIFY_ATTEMPTS_MAX
    if outcome.status is OutcomeStatus.FAILED:
        return allowed if outcome.is_retryable else None
    is_safe = is_repeatable(effect) or outcome.is_retryable
    return allowed + DOUBT_RETRIES_MAX if is_safe else None


def _grown(initial_ns: int, factor: float, attempt: int, max_ns: int) -> int:
    # Step by step: factor ** 1000 is no number any more.
    delay: float = initial_ns
    for _ in range(attempt - 1):
        if delay >= max_ns:
            break
        delay *= factor
    return int(min(delay, max_ns))


def _spread(delay_ns: int, key: str, attempt: int) -> int:
    """Return a wait from half of `delay_ns` to all of it, the same for the same key and attempt."""
    seed = hashlib.sha256(f"retry/{key}/{attempt}".encode()).digest()
    half = delay_ns // 2
    return delay_ns - half * int.from_bytes(seed[:4], "big") // 2**32
