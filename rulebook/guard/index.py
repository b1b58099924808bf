"""Many guards against one set of bindings.

Responsible for finding the few guards that may be true, and for asking only those: the answer is
always that of asking every guard in order. Each guard is filed under one test that it cannot be
true without (`index_atoms.py`); one look-up per field then gives the candidates. A guard without
such a test is always asked.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from interlock.rulebook.guard.errors import ErrorKind, GuardError
from interlock.rulebook.guard.index_atoms import Atom, atoms_of
from interlock.rulebook.guard.index_ranges import Ranges
from interlock.rulebook.guard.values import Uint, type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from interlock.rulebook.guard.codegen_writer import Path
    from interlock.rulebook.guard.compiled import Guard
    from interlock.rulebook.guard.nodes import Expr

_NUMBERS = frozenset({int, float, Uint})
_UNREADABLE = (LookupError, TypeError, AttributeError)


class Outcome(NamedTuple):
    """A guard that is not false.

    Attributes:
        number: Its position among the guards.
        error: Why it has no value, or None when it is true.
    """

    number: int
    error: GuardError | None


class ExpressionIndex:
    """Expressions filed by what they test.

    Args:
        expressions: In the order in which they are asked; None is one that may always be true.
    """

    def __init__(self, expressions: Iterable[Expr | None]) -> None:
        atoms = _choose([[] if one is None else atoms_of(one) for one in expressions])
        filed: dict[Path, list[tuple[int, Atom]]] = defaultdict(list)
        self._always = [number for number, atom in enumerate(atoms) if atom is None]
        for number, atom in enumerate(atoms):
            if atom is not None:
                filed[atom.path].append((number, atom))
        self._fields = tuple(_Field(path, entries) for path, entries in filed.items())
        self._is_ordered = len(self._fields) + bool(self._always) <= 1

    def candidates(self, bindings: Mapping[str, Any], *, with_errors: bool = True) -> list[int]:
        """Return the positions of the guards that may be true, in order; the others are false.

        Args:
            bindings: What the guards are asked about.
            with_errors: Whether those that may be an error are among them.
        """
        found = [*self._always]
        for field in self._fields:
            found += field.candidates(bindings, field.members if with_errors else ())
        if with_errors or not self._is_ordered:
            found.sort()
        return found


class GuardIndex(ExpressionIndex):
    """Guards filed by what they test.

    Args:
        guards: In the order in which they are asked.
    """

    def __init__(self, guards: Iterable[Guard]) -> None:
        self._guards = tuple(guards)
        super().__init__(guard.expr for guard in self._guards)

    def matching(self, bindings: Mapping[str, Any]) -> list[int]:
        """Return the positions of the guards that are true, in order."""
        guards = self._guards
        matching = []
        for number in self.candidates(bindings, with_errors=False):
            try:
                if guards[number](bindings) is True:
                    matching.append(number)
            except GuardError:
                continue
        return matching

    def outcomes(self, bindings: Mapping[str, Any]) -> Iterator[Outcome]:
        """Yield the guards that are true or an error, in order; each is asked when it is due."""
        for number in self.candidates(bindings):
            outcome = _ask(self._guards[number], number, bindings)
            if outcome is not None:
                yield outcome


def _ask(guard: Guard, number: int, bindings: Mapping[str, Any]) -> Outcome | None:
    try:
        value = guard(bindings)
        if value is False:
            return None
        if value is True:
            return Outcome(number, None)
        message = f"a guard must be a bool, this is {type_name(value)}"
    except GuardError as error:
        return Outcome(number, error)
    kind = ErrorKind.NO_SUCH_OVERLOAD
    return Outcome(number, GuardError(message, kind, guard.expr.start, guard.expr.end))


def _choose(atoms: Sequence[list[Atom]]) -> list[Atom | None]:
    """Choose for each guard the test that the fewest values pass, judged by what guards name."""
    values: dict[Path, set[Any]] = defaultdict(set)
    prefixes: dict[Path, set[str]] = defaultdict(set)
    for atom in (atom for several in atoms for atom in several):
        if atom.values is not None:
            values[atom.path].update(atom.values)
        elif atom.prefix is not None:
            prefixes[atom.path].add(atom.prefix)

    def share(atom: Atom) -> float:
        if atom.values is not None:
            return len(atom.values) / (1 + len(values[atom.path]))
        if atom.prefix is not None:
            return 1 / (1 + len(prefixes[atom.path]))
        return 0.25 if max(-atom.low, atom.high) < float("inf") else 0.75

    return [min(several, key=share, default=None) for several in atoms]


class _Field:
    """The guards filed under one path."""

    def __init__(self, path: Path, entries: list[tuple[int, Atom]]) -> None:
        self.members = [number for number, _ in entries]
        self._path = path
        self._by_value: dict[Any, list[int]] = defaultdict(list)
        self._by_prefix: dict[str, list[int]] = defaultdict(list)
        ranges = []
        for number, atom in entries:
            if atom.values is not None:
                for value in dict.fromkeys(atom.values):
                    self._by_value[value].append(number)
            elif atom.prefix is not None:
                self._by_prefix[atom.prefix].append(number)
            else:
                ranges.append((atom.low, atom.high, number))
        self._by_value.default_factory = self._by_prefix.default_factory = None
        self._prefix_lengths = sorted({len(prefix) for prefix in self._by_prefix})
        self._ranges = Ranges(ranges)
        self._texts = [number for found in self._by_prefix.values() for number in found]
        self._numbers = [number for _, _, number in ranges]
        self._has_values_only = not self._texts and not self._numbers

    def _starting(self, text: str) -> list[int]:
        """Return the guards filed under a prefix of the text."""
        found: list[int] = []
        for length in self._prefix_lengths:
            if length > len(text):
                break
            found += self._by_prefix.get(text[:length], ())
        return found

    def candidates(self, bindings: Mapping[str, Any], unreadable: Sequence[int]) -> Sequence[int]:
        """Return the guards whose test may be true, those whose test has no value as told."""
        value: Any = bindings
        try:
            for name in self._path:
                value = value[name]
        except _UNREADABLE:
            return unreadable
        try:
            found = self._by_value.get(value, ())
        except TypeError:
            # a list or map equals no value that guards are filed under
            found = ()
        if self._has_values_only:
            return found
        found = [*found]
        if self._texts:
            found += self._starting(value) if isinstance(value, str) else self._texts
        if self._numbers:
            is_number = type(value) in _NUMBERS
            found += self._ranges.holding(value) if is_number else self._numbers
        return found
