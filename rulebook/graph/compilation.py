"""What every part of the compiler works with: the model, the names and the findings.

Responsible for collecting diagnostics, for literals and guards at their places, and for words about
names that do not exist. Never builds a part of the graph.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.rulebook.catalogue import finding
from interlock.rulebook.diagnostics import Diagnostic, Fix, Label, Level
from interlock.rulebook.document.respelling import replace_part, respell
from interlock.rulebook.elements import is_cut_short, part_span, span
from interlock.rulebook.graph.guards import COMPARED_MAX, GuardCompiler, Use
from interlock.rulebook.guard.places import Place
from interlock.rulebook.guard.suggest import listed, nearest
from interlock.rulebook.literals import Problem, parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from interlock.rulebook.document.nodes import Step
    from interlock.rulebook.elements import Element
    from interlock.rulebook.graph.arguments import Accepted
    from interlock.rulebook.graph.state_graph import GuardRef
    from interlock.rulebook.guard.problems import Problem as GuardProblem
    from interlock.rulebook.model import Rulebook
    from interlock.rulebook.source import Span


class Compilation:
    """One run of the compiler over one model.

    Attributes:
        model: What is compiled.
        lost: Names that were written but left out as wrong, per section; None: any name may be.
        accepted: What hooks accept, by their ids; those that say nothing accept anything.
        diagnostics: Every finding so far.
        subject: What findings are about at the moment, such as ``rule `mitigate` ``.
        guards: Compiles guards; it must be given before the first guard is.
    """

    guards: GuardCompiler

    def __init__(
        self,
        model: Rulebook,
        lost: Mapping[str, frozenset[str] | None],
        accepted: Mapping[str, Accepted] | None = None,
    ) -> None:
        self.model = model
        self.lost = lost
        self.accepted = dict(accepted or {})
        self.diagnostics: list[Diagnostic] = []
        self.subject: str | None = None
        self._compared = 0

    @contextmanager
    def about(self, subject: str) -> Iterator[None]:
        """Let findings within be about `subject`."""
        before, self.subject = self.subject, subject
        yield
        self.subject = before

    def report(
        self,
        code: str,
        message: str,
        where: Span,
        *,
        help: str | None = None,  # noqa: A002 - the attribute's name
        notes: tuple[str, ...] = (),
        labels: tuple[Label, ...] = (),
        level: Level | None = None,
        fix: Fix | None = None,
    ) -> None:
        """Add a finding about the present subject."""
        self.diagnostics.append(
            finding(
                code,
                message,
                where,
                help=help,
                notes=notes,
                labels=labels,
                subject=self.subject,
                level=level,
                fix=fix,
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
        sections: tuple[str, ...] = (),
    ) -> None:
        """Add that `name` is no `kind`, with the nearest spelling.

        Silent where one of the sections that would declare it had it, but lost it as wrong.
        """
        if any(self.is_lost(name, section) for section in sections):
            return
        names = list(known)
        near = self._nearest(name, names)
        article = "an" if kind[0] in "aeiou" else "a"
        self.report(
            code,
            f"`{name}` is not {article} {kind}" if names else f"there is no {kind} `{name}`",
            where,
            help=f"did you mean `{near}`?" if near else None,
            notes=(f"{kind}s: {listed(names)}",) if names and not near else (),
            fix=respell(where, near) if near else None,
        )

    def _nearest(self, name: str, names: list[str]) -> str | None:
        """Return the nearest spelling, as long as this run has not compared too much."""
        self._compared += len(names)
        return nearest(name, names) if self._compared <= COMPARED_MAX else None

    def is_lost(self, name: str, section: str) -> bool:
        """Tell whether the section declared the name in a part that was left out as wrong."""
        if section not in self.lost:
            return False
        names = self.lost[section]
        return names is None or name in names

    def problem(self, code: str, problem: Problem, element: Element, *path: Step) -> None:
        """Add a literal's problem at its characters."""
        where = part_span(element, path, problem.start, problem.end)
        self.report(code, problem.message, where, help=problem.help)

    def duration(self, element: Element, *path: Step) -> int | None:
        """Return the duration at `path` in nanoseconds; None where none is, or a wrong one."""
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
        place: Place = Place.RULE,
        steps: tuple[str, ...] | None = None,
    ) -> GuardRef | None:
        """Compile the guard `text` written at `path`; None without text or with errors.

        Args:
            text: The guard, or a named guard's name.
            element: The mapping it is in.
            path: Where in it.
            place: What it may name.
            steps: In a runbook, the ids of its steps.
        """
        return self._compile(text, element, path, Use(place, steps))

    def expression(
        self, text: str | None, element: Element, *path: Step, place: Place
    ) -> GuardRef | None:
        """Compile an expression that may have any value, such as `owner:` or `group_by:`."""
        return self._compile(text, element, path, Use(place, is_bool=False))

    def _compile(
        self, text: str | None, element: Element, path: tuple[Step, ...], use: Use
    ) -> GuardRef | None:
        if text is None:
            return None
        compiled = self.guards.compile(text, use)
        self.report_problems(compiled.problems, element, *path)
        if compiled.guard is None or compiled.guard.name is not None:
            return compiled.guard
        return replace(compiled.guard, span=span(element, *path))

    def report_problems(
        self, problems: Iterable[GuardProblem], element: Element, *path: Step
    ) -> None:
        """Add the problems of a guard at their characters in the file."""
        for problem in problems:
            remedy = problem.help
            if problem.code == "X201" and is_cut_short(element, *path):
                remedy = "` #` begins a comment in YAML: quote the guard"
            self.report(
                problem.code,
                problem.message,
                part_span(element, path, problem.start, problem.end),
                help=remedy,
                notes=problem.notes,
                level=Level.WARNING if problem.is_warning else None,
                fix=_fix(problem, element, path),
            )


def _fix(problem: GuardProblem, element: Element, path: tuple[Step, ...]) -> Fix | None:
    """Return a guard problem's replacement as a fix of the file."""
    if problem.replacement is None:
        return None
    where = part_span(element, path, problem.start, problem.end)
    return replace_part(where, span(element, *path), problem.replacement, problem.is_warning)
