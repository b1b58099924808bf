"""What a gate must do, told a second time: small, and sharing nothing with the engine.

The gate lets one transition through with two approvals of leads, never the asker's, within its
time, each for what is asked for at that moment; a denial closes it; the role break-glass goes round
it, once, until that was reviewed. The guard of its rule stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

NEEDED = 2
EXPIRES = 100
LEADS = "leads"
BREAKERS = "break-glass"


@dataclass(frozen=True)
class Word:
    """What somebody says, about the version of the action that they looked at."""

    kind: str
    who: str
    version: int | None = None


@dataclass(frozen=True)
class World:
    """Everything that matters; `approvals` holds who approved, all of them for `shown`."""

    now: int = 0
    status: str = "none"
    approvals: frozenset[str] = frozenset()
    bypassed_by: str | None = None
    shown: int = 0
    version: int = 0
    deadline: int = 0
    asked_by: str | None = None
    holds_guard: bool = True
    is_moved: bool = False
    awaits_review: bool = False
    roles: tuple[tuple[str, str], ...] = field(
        default=(("ada", LEADS), ("grace", LEADS), ("lin", LEADS), ("lin", BREAKERS))
    )

    def holds(self, who: str, role: str) -> bool:
        return (who, role) in self.roles

    def toggled(self, who: str, role: str) -> World:
        """Give or take a role; the gate is not told."""
        pair = (who, role)
        kept = [one for one in self.roles if one != pair]
        return replace(self, roles=tuple(kept if len(kept) < len(self.roles) else (*kept, pair)))


def looked_at(world: World) -> World:
    """Bring the gate up to date, as whatever is decided must begin with."""
    if world.status != "open":
        return world
    if world.now >= world.deadline:
        return replace(world, status="expired")
    if world.shown != world.version:
        world = replace(world, shown=world.version, approvals=frozenset(), bypassed_by=None)
    standing = frozenset(who for who in world.approvals if world.holds(who, LEADS))
    breaker = world.bypassed_by
    if breaker is not None and not world.holds(breaker, BREAKERS):
        breaker = None
    return replace(world, approvals=standing, bypassed_by=breaker)


def settled(world: World) -> World:
    """Let the transition through, where nothing stands against it."""
    is_satisfied = world.bypassed_by is not None or len(world.approvals) >= NEEDED
    if world.status == "open" and world.holds_guard and is_satisfied:
        return replace(world, status="satisfied", is_moved=True)
    return world


def told(world: World, guard: bool) -> World:  # noqa: FBT001 - the alert says just that
    """An alert says whether the guard holds."""
    return settled(looked_at(replace(world, holds_guard=guard)))


def asked(world: World, who: str) -> World:
    """Somebody asks for the transition."""
    world = looked_at(world)
    if world.is_moved or world.status == "open" or not world.holds_guard:
        return settled(world)
    return replace(
        world,
        status="open",
        approvals=frozenset(),
        bypassed_by=None,
        shown=world.version,
        deadline=world.now + EXPIRES,
        asked_by=who,
    )


def heard(world: World, word: Word) -> tuple[World, bool]:
    """Return the world after a word, and whether the word did anything or was a repetition."""
    world = looked_at(world)
    if world.status != "open":
        return world, False
    said = _SAID[word.kind](world, word)
    return (world, False) if said is None else (settled(said), True)


def _approve(world: World, word: Word) -> World | None:
    may = world.holds(word.who, LEADS) and word.who != world.asked_by
    if not may or word.version != world.version:
        return None
    return replace(world, approvals=world.approvals | {word.who})


def _deny(world: World, _word: Word) -> World:
    return replace(world, status="denied")


def _revoke(world: World, word: Word) -> World | None:
    if word.who not in world.approvals and word.who != world.bypassed_by:
        return None
    breaker = None if world.bypassed_by == word.who else world.bypassed_by
    return replace(world, approvals=world.approvals - {word.who}, bypassed_by=breaker)


def _break(world: World, word: Word) -> World | None:
    if not world.holds(word.who, BREAKERS) or word.version != world.version:
        return None
    if world.awaits_review:
        return None
    return replace(world, bypassed_by=word.who, awaits_review=True)


_SAID = {"approve": _approve, "deny": _deny, "revoke": _revoke, "break": _break}
