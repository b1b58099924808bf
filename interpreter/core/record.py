"""One durable fact: what arrived, what was read, what changed and what is asked of the shell.

Rules of this file: a record is complete and self-describing; its canonical bytes are made once
(`canonical.py`), hashed as stored and never made again. The layout is version `RECORD_VERSION`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from interlock.interpreter.core.change import Change
from interlock.interpreter.core.event import Facts, Input, Instant

RECORD_VERSION = 1


class DoubtQuery(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A GET that tells what became of a call whose answer never came.

    Attributes:
        url: Its key is filled in.
        field: Dotted path of the answer's field that tells.
        done: Values of it that say that the call was carried out.
        not_done: Values that say it was not; 404 says so too.
    """

    url: str
    field: str
    done: tuple[str, ...]
    not_done: tuple[str, ...] = ()


class CallHook(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="hook"):
    """Call a remediation hook; everything but credentials is fixed here, before the first byte.

    Attributes:
        key: Idempotency key, the same at every attempt.
        path: The step within the incident's generation.
        url: None for a registered Python hook.
        headers: Non-secret headers; credentials are added per attempt, by reference.
        body: The exact request body (JSON text).
        approved: A human approved or asked for this; mode `ask` then lets it through.
        is_idempotent: An attempt in doubt is repeated, because the target honours the key.
        query: How the target is asked what became of an attempt in doubt.
        target: What the hook's limits count apart by.
        team: The incident's owner when this was asked for.
        automation: The level that severity and rule gave when this was asked for.
    """

    key: str
    path: str
    hook: str
    method: str = "POST"
    url: str | None = None
    headers: Mapping[str, str] = {}
    body: str = "{}"
    timeout_ns: int = 30_000_000_000
    attempts_max: int = 1
    retry_initial_ns: int = 1_000_000_000
    retry_factor: float = 2.0
    retry_max_ns: int = 60_000_000_000
    approved: bool = False
    is_idempotent: bool = False
    query: DoubtQuery | None = None
    target: str = ""
    team: str | None = None
    automation: str = "auto"


class Notify(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="notify"):
    """Tell a channel something; `about` is why (`opened`, `approval_needed`, `resolved`, ...)."""

    key: str
    path: str
    channel: str
    about: str
    text: str
    details: Mapping[str, Any] = {}


class OpenTicket(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="ticket"
):
    """Open (or update) the post-mortem ticket of an incident.

    `body` is what its target gets: the hook `hook`, at `url`; without one, the daemon's folder.
    """

    key: str
    path: str
    ticket: str
    title: str
    due: Instant
    details: Mapping[str, Any] = {}
    hook: str | None = None
    method: str = "POST"
    url: str | None = None
    headers: Mapping[str, str] = {}
    body: str = "{}"


Effect = CallHook | Notify | OpenTicket


class Truth(StrEnum):
    """What a guard said."""

    TRUE = "true"
    FALSE = "false"
    ERROR = "error"


class Tried(Struct, frozen=True, omit_defaults=True):
    """One rule that was considered: its guard's answer, and where it failed.

    `outcome` is `taken`, `gated`, `not_taken`, `shadowed` (an open gate leads where it would),
    `refused` (its gate was denied or has expired) or `error`; `start` and `end` are the offsets of
    the failing sub-expression in the guard's text.
    """

    rule: str
    guard: Truth
    outcome: str
    error: str | None = None
    start: int | None = None
    end: int | None = None


class Record(Struct, frozen=True, kw_only=True):
    """One row of one stream.

    Attributes:
        v: Layout version.
        stream: `incident/<id>`, `group/<key>` or `control`.
        revision: Place in the stream, from 1, without gaps.
        at: When it was decided.
        actor: Principal or component: `anonymous`, `source:alertmanager`, `engine`, ...
        input: What was decided on.
        disposition: `applied`, `suppressed`, `rejected`, `unmatched`, ...
    """

    v: int = RECORD_VERSION
    stream: str
    revision: int
    at: Instant
    actor: str
    input: Input
    facts: Facts
    disposition: str
    changes: tuple[Change, ...] = ()
    effects: tuple[Effect, ...] = ()
    trace: tuple[Tried, ...] = ()


class Decision(Struct, frozen=True):
    """What the core made of one input: a record for each stream touched, effects and trace.

    `incident` is the state after its record, None where the input concerns no incident.
    """

    records: tuple[Record, ...]
    effects: tuple[Effect, ...]
    trace: tuple[Tried, ...]
    disposition: str
    incident: Any = None
