"""What every part of the compiler works with: the model, the names and the findings.

Responsible for collecting diagnostics, for literals and guards at their places, and for words about
names that do not exist. Never builds a part of the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.rulebook.catalogue import finding
from interlock.rulebook.diagnostics import Diagnostic, Label, Level
from interlock.rulebook.elements import key, part_span, span
from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.guards import (
    BARE_NAME,
    LITERAL_WORDS,
    CompiledText,
    Scope,
    Use,
    compile_text,
)
from interlock.rulebook.guard.suggest import listed, nearest
from interlock.rulebook.literals import Problem, parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.document.nodes import Step
    from interlock.rulebook.elements import Element
    from interlock.rulebook.graph.state_graph import GuardRef
    from interlock.rulebook.model import Rulebook
    from interlock.rulebook.source import Span


class Compilation:
    """One run of the compiler over one model.

    Attributes:
        model: What is compiled.
        broken: Sections something was left out of; names missing there are not reported.
        diagnostics: Every finding so far.
        guards: The named guards, built-in ones and the rulebook's own.
    """

    def __init__(self, model: Rulebook, broken: frozenset[str]) -> None:
        self.model = model
        self.broken = broken
        self.diagnostics: list[Diagnostic] = []
        self.guards: dict[str, GuardRef] = {}
        self._failed_guards: set[str] = set()
        self._compiled: dict[tuple[str, Use], CompiledText] = {}

    def report(
        self,
        code: str,
        message: str,
        where: Span,
        *,
        help: str | None = None,  # noqa: A002 - the attribute's name
        notes: tuple[str, ...] = (),
        labels: tuple[Label, ...] = (),
        subject: str | None = None,
        level: Level | None = None,
    ) -> None:
        """Add a finding."""
        self.diagnostics.append(
            finding(
                code,
                message,
                where,
                help=help,
                notes=notes,
                labels=labels,
                subject=subject,
                level=level,
            )
        )

    def report_unknown(
        self,
        code: str,
        kind: str,
        name: str,
        known: Iterable[str],
        where: Span,
        *,
        section: str | None = None,
        subject: str | None = None,
    ) -> None:
        """Add that `name` is no `kind`, with the nearest spelling; silent in a broken section."""
        if section in self.broken:
            return
        names = list(known)
        near = nearest(name, names)
        self.report(
            code,
            f"`{name}` is no {kind}",
            where,
            help=f"did you mean `{near}`?" if near else None,
            notes=(f"{kind}s: {listed(names)}",) if names and not near else (),
            subject=subject,
        )

    def problem(
        self, code: str, problem: Problem, element: Element, *path: Step, subject: str | None = None
    ) -> None:
        """Add a literal's problem at its characters."""
        where = part_span(element, path, problem.start, problem.end)
        self.report(code, problem.message, where, help=problem.help, subject=subject)

    def duration(self, element: Element, *path: Step) -> int | None:
        """Return the duration written at `path` in nanoseconds; None where none is, or it is wrong."""
        text = element.node
        for step in path:
            if step not in text:
                return None
            text = text[step]
        result = parse_duration(text)
        if isinstance(result, Problem):
            self.problem("Y005", result, element, *path)
            return None
        return result

    def guard(
        self,
        text: str | None,
        element: Element,
        *path: Step,
        scope: Scope = Scope.INCIDENT,
        subject: str | None = None,
    ) -> GuardRef | None:
        """Compile the guard `text` that is written at `path`; None without text or with errors."""
        if text is None:
            return None
        name = text.strip()
        if BARE_NAME.fullmatch(name) and name not in LITERAL_WORDS:
            return self._named_guard(name, element, *path, subject=subject)
        return self._expression(text, element, *path, use=Use(scope), subject=subject)

    def value_guard(
        self,
        text: str | None,
        element: Element,
        *path: Step,
        scope: Scope = Scope.INCIDENT,
        subject: str | None = None,
    ) -> GuardRef | None:
        """Compile an expression that may have any value, such as `owner:` or `group_by:`."""
        if text is None:
            return None
        return self._expression(
            text, element, *path, use=Use(scope, is_bool=False), subject=subject
        )

    def _expression(
        self, text: str, element: Element, *path: Step, use: Use, subject: str | None
    ) -> GuardRef | None:
        compiled = self._compiled.get((text, use))
        if compiled is None:
            compiled = self._compiled[text, use] = compile_text(text, use)
        for problem in compiled.problems:
            self.report(
                problem.code,
                problem.message,
                part_span(element, path, problem.start, problem.end),
                help=problem.help,
                notes=problem.notes,
                subject=subject,
                level=Level.WARNING if problem.is_warning else None,
            )
        if compiled.guard is None:
            return None
        return replace(compiled.guard, span=span(element, *path))

    def _named_guard(
        self, name: str, element: Element, *path: Step, subject: str | None
    ) -> GuardRef | None:
        if (known := self.guards.get(name)) is not None:
            return known
        if name not in self._failed_guards:
            self.report_unknown(
                "X202",
                "named guard",
                name,
                [*self.guards, *self._failed_guards],
                span(element, *path),
                section="guards",
                subject=subject,
            )
        return None

    def compile_named_guards(self) -> None:
        """Compile the built-in named guards and those of `guards:`."""
        for name, text in defaults.GUARDS.items():
            built_in = compile_text(text, Use(Scope.INCIDENT)).guard
            assert built_in is not None, name
            self.guards[name] = replace(built_in, name=name)
        for name, text in (self.model.guards or {}).items():
            if name in defaults.GUARDS or name in LITERAL_WORDS:
                self.report(
                    "Y007",
                    f"`{name}` is built in and cannot be redefined",
                    key(self.model, "guards", name),
                    help="choose another name",
                )
                continue
            compiled = self.guard(text, self.model, "guards", name, subject=f"guard `{name}`")
            if compiled is None:
                self._failed_guards.add(name)
            else:
                self.guards[name] = replace(compiled, name=name)
