"""Rows of the outbox, and what a claimer says when it asks for some.

Values only. Whether a row may leave is `claiming.py`'s to say, and what it does the effect's own.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from interlock.interpreter.core.event import Instant
from interlock.rulebook.graph.state_graph import Automation, Limits


class EffectStatus:
    """Where an outbox row stands (plain strings: they are column values).

    `held` waits for a person because it is over a limit; `dead` failed or is in doubt; `dropped`
    was given up by a person.
    """

    PENDING = "pending"
    CLAIMED = "claimed"
    HELD = "held"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"
    DROPPED = "dropped"


EFFECT_STATUSES = (
    EffectStatus.PENDING,
    EffectStatus.CLAIMED,
    EffectStatus.HELD,
    EffectStatus.DONE,
    EffectStatus.DEAD,
    EffectStatus.CANCELLED,
    EffectStatus.DROPPED,
)

ENDED_ONLY_FROM: Mapping[str, tuple[str, ...]] = {
    EffectStatus.CANCELLED: (EffectStatus.PENDING, EffectStatus.HELD),
    EffectStatus.DROPPED: (EffectStatus.PENDING, EffectStatus.HELD, EffectStatus.DEAD),
    EffectStatus.HELD: (EffectStatus.HELD,),
}
"""Ends that leave a row alone unless it stands like this; any other end is always taken."""

RELEASED_FROM = (EffectStatus.PENDING, EffectStatus.HELD, EffectStatus.DEAD)
"""Rows that a person may send on their way."""


class OutboxRow(Struct, frozen=True, kw_only=True, gc=False):
    """An effect that waits to be carried out, or was.

    Attributes:
        data: Canonical bytes of the effect.
        kind: `hook`, `notify` or `ticket`: what a claimer may ask for.
        hook: The hook's id for kind `hook`: the ladder and the limits may be set for one hook.
        target: What the hook's limits count apart by; empty: nothing.
        team: The incident's owner: a team may have a level of the ladder.
        automation: The level that severity and rule gave when it was asked for.
        approved: A human stands behind it: mode `ask` lets it through.
        not_before: Earliest next attempt.
        claimed_until: While claimed: after this the claimer is taken for dead. While held: until
            this somebody is about to be told; 0: was told. While pending: when it was put back,
            by which a clock that was set back since then is told; 0: never was.
        started_at: When it was first claimed; 0: never.
        released: A person sent it on its way although it was over a limit, had failed or waited.
        in_doubt: An attempt may have been carried out by the target; it stays so.
    """

    key: str
    stream: str
    revision: int
    path: str
    kind: str
    data: bytes
    hook: str | None = None
    target: str = ""
    team: str | None = None
    automation: str = Automation.AUTO.value
    approved: bool = False
    status: str = EffectStatus.PENDING
    attempt: int = 0
    not_before: Instant = 0
    claimed_until: Instant = 0
    started_at: Instant = 0
    released: bool = False
    in_doubt: bool = False
    created_at: Instant = 0
    detail: str | None = None


class Rate(Struct, frozen=True):
    """At most so many in a sliding window."""

    max: int
    per_ns: int


class HookTerms(Struct, frozen=True):
    """What the present rulebook says of a hook: its level of the ladder and its limits."""

    automation: Automation | None = None
    limits: Limits = Limits()


class Claim(Struct, frozen=True, kw_only=True):
    """A request for effects: taken at `now`, held until `until`, at most `limit` of them.

    Attributes:
        automation: The lower of the daemon's own level and the present rulebook's; the store
            combines it with the control head's and with those of hook, team and effect.
        hooks: The present rulebook's hooks; one that is not named has no limits.
        teams: The levels of teams, where they have one.
        rate: Bounds the calls of all hooks that nobody approved; None: nothing does.
    """

    now: Instant
    until: Instant
    automation: Automation = Automation.AUTO
    hooks: Mapping[str, HookTerms] = {}
    teams: Mapping[str, Automation] = {}
    rate: Rate | None = None
    limit: int = 32
