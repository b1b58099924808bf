"""Runbooks, compiled: steps in order or side by side, and what follows from how they go.

Responsible for the values alone; immutable, as all of the graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from interlock.rulebook.source import Span

if TYPE_CHECKING:
    from interlock.rulebook.graph.state_graph import (  # noqa: TC004 - it imports this module
        GuardRef,
        Nanoseconds,
    )


class Retry(Struct, frozen=True):
    """How often and how far apart a step's hook is called; `attempts` counts the first."""

    attempts: int = 1
    initial_ns: Nanoseconds = 1_000_000_000
    factor: float = 2.0
    max_ns: Nanoseconds = 60_000_000_000


class Undo(Struct, frozen=True):
    """What takes a succeeded step back."""

    hook: str
    arguments: Mapping[str, Any] = {}


class Verification(Struct, frozen=True):
    """What must hold once a step's hook has answered, else the step has failed.

    Asked `after_ns` after the answer; where `within_ns` is given, again and again until that long
    after the answer.
    """

    guard: GuardRef
    after_ns: Nanoseconds = 0
    every_ns: Nanoseconds = 10_000_000_000
    within_ns: Nanoseconds | None = None


class Step(Struct, frozen=True):
    """One step of a runbook: a hook called with templated arguments.

    Steps of the same `group` stand side by side under one `parallel`; groups follow one another.
    """

    id: str
    hook: str
    arguments: Mapping[str, Any] = {}
    when: GuardRef | None = None
    timeout_ns: Nanoseconds | None = None
    retry: Retry = Retry()
    undo: Undo | None = None
    on_failure: str = "stop"
    verify: Verification | None = None
    group: int = 0
    span: Span | None = None


class Runbook(Struct, frozen=True):
    """An ordered list of steps; `match` says for which incidents (None: only when named)."""

    id: str
    steps: tuple[Step, ...]
    match: GuardRef | None = None
    span: Span | None = None
