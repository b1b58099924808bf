"""Guards of the rulebook to compiled guards of the graph.

Responsible for the one seam to the guard language: which variables each place has, named guards, and
the problems of an expression placed in the YAML text. Never evaluates a guard.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Any, NamedTuple

from interlock.rulebook.graph.state_graph import GuardRef
from interlock.rulebook.guard.parser import ParseProblem, parse
from interlock.rulebook.guard.problems import Problem

BARE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LITERAL_WORDS = frozenset({"true", "false", "null"})


class Scope(Enum):
    """Where a guard stands; it decides which variables it sees."""

    INCIDENT = "an incident's rules"
    STEP = "a runbook's steps"
    ALERT = "routing"


class Use(NamedTuple):
    """What a guard is for: what it sees, and whether it must be a bool."""

    scope: Scope
    is_bool: bool = True


class CompiledText(NamedTuple):
    """A compiled guard, unless one of its problems is an error."""

    guard: GuardRef | None
    problems: tuple[Problem, ...]


def compile_text(text: str, use: Use) -> CompiledText:
    """Compile an expression for its use."""
    parsed = parse(text)
    if isinstance(parsed, ParseProblem):
        problem = Problem("X201", parsed.message, parsed.start, parsed.end, parsed.help)
        return CompiledText(None, (problem,))

    def evaluate(bindings: Any) -> Any:
        raise NotImplementedError

    return CompiledText(GuardRef(text=text, name=None, evaluate=evaluate, reads=frozenset()), ())
