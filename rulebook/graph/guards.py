"""Guards as written to guards of the graph.

Responsible for the one seam to the guard language: what each place may name, and named guards. A
named guard may be given by its name alone, or stand inside another expression like a variable;
there it is replaced by its definition, so that a compiled guard's text says everything. Never
evaluates a guard and knows no places in files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from interlock.rulebook.graph.definitions import order_definitions, show_circle
from interlock.rulebook.graph.inlining import Survey, inline, survey
from interlock.rulebook.graph.state_graph import GuardRef
from interlock.rulebook.guard.checker import check
from interlock.rulebook.guard.compiled import link
from interlock.rulebook.guard.parser import SOURCE_LENGTH_MAX, parse
from interlock.rulebook.guard.places import Place, Vocabulary, environments
from interlock.rulebook.guard.problems import Problem
from interlock.rulebook.guard.suggest import listed, nearest
from interlock.rulebook.guard.syntax import ParseProblem
from interlock.rulebook.guard.types import BOOL
from interlock.rulebook.guard.unparser import unparse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from interlock.rulebook.guard.environment import Environment
    from interlock.rulebook.guard.nodes import Expr, Ident

_BARE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
COMPARED_MAX = 100_000  # words; a file may have as many unknown names as known ones
WRITTEN_OUT_MAX = 4 * 1024 * 1024
WORDS = frozenset({"true", "false", "null"})


class Use(NamedTuple):
    """What a guard is for: where it stands, the steps it may read, whether it must be a bool."""

    place: Place
    steps: tuple[str, ...] | None = None
    is_bool: bool = True


class CompiledText(NamedTuple):
    """A compiled guard, unless one of its problems is an error."""

    guard: GuardRef | None
    problems: tuple[Problem, ...]


class GuardCompiler:
    """Compiles the guards of one rulebook.

    Args:
        built_in: Named guards that are always there, with their definitions.
        written: The rulebook's own; those that are wrong are known but give no guard.
        vocabulary: The closed sets of the rulebook.
        lost: Names of guards that were written but left out as wrong.
    """

    def __init__(
        self,
        built_in: Mapping[str, str],
        written: Mapping[str, str],
        vocabulary: Vocabulary,
        lost: frozenset[str] | None = frozenset(),
    ) -> None:
        self._definitions = {**written, **built_in}
        self._vocabulary = vocabulary
        self._lost = lost
        self._places = environments(vocabulary)
        self._step_places: dict[tuple[str, ...], Environment] = {}
        self._compiled: dict[tuple[str, Use], CompiledText] = {}
        self._surveyed: dict[str, Survey] = {}
        self._parsed: dict[str, Expr | ParseProblem] = {}
        self._canonical: dict[str, str] = {}
        self._written_out = 0
        self._compared = 0
        self._uses = self._find_uses()
        self._order = order_definitions(self._uses)

    def compile(self, text: str, use: Use) -> CompiledText:
        """Compile an expression or the name of a named guard; problems refer to `text`."""
        if (text, use) not in self._compiled:
            parsed = self._parse(text)
            if not isinstance(parsed, ParseProblem):
                names = self._survey(text, parsed).names
                self._prepare((name for name in names if name in self._definitions), use)
        return self._compile_once(text, use)

    def _compile_once(self, text: str, use: Use) -> CompiledText:
        known = self._compiled.get((text, use))
        if known is None:
            name = text.strip()
            is_name = use.is_bool and _BARE_NAME.fullmatch(name) and name not in WORDS
            known = self._named(text, name, use) if is_name else self._expression(text, use)
            self._compiled[text, use] = known
        return known

    def define(self, name: str) -> CompiledText:
        """Compile the definition of a named guard; problems refer to its text."""
        text = self._definitions[name]
        if not self._order.is_endless(name):
            return self.compile(text, Use(Place.RULE))
        circle = self._order.circles.get(name)
        if circle is None:
            return CompiledText(None, ())  # said at the first guard of the circle
        message = f"this guard refers to itself: {show_circle(circle)}"
        return CompiledText(None, (Problem("X202", message, 0, len(text)),))

    def canonical(self, text: str) -> str:
        """Return a guard's own canonical text, named guards by their names; bad text as it is."""
        known = self._canonical.get(text)
        if known is None:
            parsed = self._parse(text)
            known = text if isinstance(parsed, ParseProblem) else unparse(parsed)
            self._canonical[text] = known
        return known

    def _is_wrong(self, name: str) -> bool:
        """Tell whether a definition gives no guard anywhere; it says so itself, once."""
        if self._order.is_endless(name):
            return True
        return self._compile_once(self._definitions[name], Use(Place.RULE)).guard is None

    def _is_of_lost(self, problem: Problem, text: str) -> bool:
        """Tell whether a problem is about a guard that was written but left out as wrong."""
        if problem.code != "X202":
            return False
        return self._lost is None or text[problem.start : problem.end] in self._lost

    def _named(self, text: str, name: str, use: Use) -> CompiledText:
        start = text.index(name)
        if name not in self._definitions:
            if self._lost is None or name in self._lost:
                return CompiledText(None, ())
            names = list(self._definitions)
            self._compared += len(names)
            near = nearest(name, names) if self._compared <= COMPARED_MAX else None
            problem = Problem(
                "X202",
                f"`{name}` is not a named guard",
                start,
                start + len(name),
                f"did you mean `{near}`?" if near else None,
                () if near else (f"named guards: {listed(names)}",),
                near,
            )
            return CompiledText(None, (problem,))
        if self._is_wrong(name):
            return CompiledText(None, ())
        here = self._compile_once(self._definitions[name], use)
        if here.guard is None:
            return CompiledText(None, (_not_here(name, here, start, use.place),))
        return CompiledText(replace(here.guard, name=name, span=None), ())

    def _expression(self, text: str, use: Use) -> CompiledText:
        parsed = self._parse(text)
        if isinstance(parsed, ParseProblem):
            problem = Problem("X201", parsed.message, parsed.start, parsed.end, parsed.help)
            return CompiledText(None, (problem,))
        found = self._survey(text, parsed)
        named = {n: at for n, at in found.names.items() if n in self._definitions}
        environment = self._environment(use)
        if named:
            environment = environment.with_variables(dict.fromkeys(sorted(named), BOOL))
        checked = check(parsed, environment, source=text, expects=BOOL if use.is_bool else None)
        # Where any value will do, a missing field gives none: no owner, an empty correlation key.
        problems = [p for p in checked.problems if use.is_bool or p.code != "X208"]
        expansions, wrong = self._expansions(named, use)
        problems += wrong
        kept = [p for p in problems if not self._is_of_lost(p, text)]
        if len(kept) < len(problems):
            return CompiledText(None, tuple(kept))
        if len(expansions) < len(named) or any(not problem.is_warning for problem in problems):
            return CompiledText(None, tuple(problems))
        expr, reads = parsed, found.reads
        if named:
            if (too_large := self._write_out(text, named, use)) is not None:
                return CompiledText(None, (*problems, *too_large))
            expr = inline(parsed, expansions)
            reads = survey(expr).reads
        guard = _link(text, parsed, expr, reads)
        if isinstance(guard, ParseProblem):
            problems.append(_too_large(text, guard.message))
            return CompiledText(None, tuple(problems))
        if not named:
            self._canonical[text] = guard.text
        return CompiledText(guard, tuple(problems))

    def _write_out(
        self, text: str, named: Mapping[str, list[Ident]], use: Use
    ) -> tuple[Problem, ...] | None:
        """Count what a guard is with its named guards written out; not None when it is too much.

        Definitions that use others twice double at each step, and many guards may use a long one.
        That all together are too much is said once.
        """
        size = len(text)
        for name, places in named.items():
            here = self._compile_once(self._definitions[name], use._replace(is_bool=True))
            size += len(places) * len(here.guard.text if here.guard else "")
        if size > SOURCE_LENGTH_MAX:
            return (_too_large(text),)
        was_enough = self._written_out > WRITTEN_OUT_MAX
        self._written_out += size
        if was_enough:
            return ()
        if self._written_out > WRITTEN_OUT_MAX:
            return (_too_large(text, f"all guards are over {WRITTEN_OUT_MAX:,} characters"),)
        return None

    def _expansions(
        self, named: Mapping[str, list[Ident]], use: Use
    ) -> tuple[dict[str, Expr], list[Problem]]:
        """Return the definitions of the named guards used, and those this place does not have."""
        expansions, problems = {}, []
        for name, places in named.items():
            if self._is_wrong(name):
                continue
            here = self._compile_once(self._definitions[name], use._replace(is_bool=True))
            if here.guard is None:
                problems.append(_not_here(name, here, places[0].start, use.place))
                continue
            definition = self._parse(here.guard.text)
            assert not isinstance(definition, ParseProblem), here.guard.text
            expansions[name] = definition
        return expansions, problems

    def _environment(self, use: Use) -> Environment:
        if use.place not in self._places:  # a property's; most rulebooks have none
            self._places |= environments(self._vocabulary, (use.place,))
        if use.steps is None:
            return self._places[use.place]
        if use.steps not in self._step_places:
            words = replace(self._vocabulary, steps=use.steps)
            self._step_places[use.steps] = environments(words, (use.place,))[use.place]
        return self._step_places[use.steps]

    def _parse(self, text: str) -> Expr | ParseProblem:
        if text not in self._parsed:
            self._parsed[text] = parse(text)
        return self._parsed[text]

    def _survey(self, text: str, parsed: Expr) -> Survey:
        if text not in self._surveyed:
            self._surveyed[text] = survey(parsed)
        return self._surveyed[text]

    def _prepare(self, names: Iterable[str], use: Use) -> None:
        """Compile what these named guards stand on, from the bottom up: no recursion."""
        uses = (Use(Place.RULE), use._replace(is_bool=True))
        needed: set[str] = set()
        pending = list(names)
        while pending:
            name = pending.pop()
            is_done = all((self._definitions[name], one) in self._compiled for one in uses)
            if name not in needed and not is_done and not self._order.is_endless(name):
                needed.add(name)
                pending += self._uses[name]
        for name in sorted(needed, key=self._order.ranks.__getitem__):
            for one in uses:
                self._compile_once(self._definitions[name], one)

    def _find_uses(self) -> dict[str, list[str]]:
        """Return which named guards stand in the definition of each."""
        uses = {}
        for name, text in self._definitions.items():
            parsed = self._parse(text)
            names = () if isinstance(parsed, ParseProblem) else survey(parsed).names
            uses[name] = [part for part in names if part in self._definitions]
        return uses


def _link(text: str, parsed: Expr, expr: Expr, reads: Iterable[str]) -> GuardRef | ParseProblem:
    """Return the guard of an expression, or why it is too deep once named guards stand in it.

    It is compiled from its canonical text, so that places in recorded errors do not depend on how
    a guard happens to be laid out.
    """
    canonical = unparse(expr)
    if canonical != text or expr is not parsed:
        again = parse(canonical)
        if isinstance(again, ParseProblem):
            return again
        expr = again
    return GuardRef(
        text=canonical, name=None, evaluate=link(canonical, expr), reads=frozenset(reads)
    )


def _not_here(name: str, here: CompiledText, start: int, place: Place) -> Problem:
    reason = next(problem.message for problem in here.problems if not problem.is_warning)
    return Problem(
        "X207", f"`{name}` cannot be used in {place.value}: {reason}", start, start + len(name)
    )


def _too_large(text: str, reason: str = "this guard is too large") -> Problem:
    message = f"with the named guards in it written out, {reason}"
    return Problem("X201", message, 0, len(text))
