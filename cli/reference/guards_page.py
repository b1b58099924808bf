"""The page about guards: prose from a template, every fact from the code.

Rules of this file: a line `<!-- name -->` of `guards.template.md` is replaced by what the function
of that name gives; nothing else of the template is touched.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from interlock.cli.reference.functions_page import render_functions, render_operators
from interlock.rulebook.guard.explain import explain
from interlock.rulebook.guard.explain_text import render
from interlock.rulebook.guard.functions import FUNCTIONS
from interlock.rulebook.guard.functions_operators import COST_LIMIT
from interlock.rulebook.guard.functions_strings import PATTERN_LENGTH_MAX
from interlock.rulebook.guard.nodes import Expr
from interlock.rulebook.guard.parser import DEPTH_MAX, NESTING_MAX, SOURCE_LENGTH_MAX, parse
from interlock.rulebook.guard.places import Place, Vocabulary, environments
from interlock.rulebook.guard.type_text import describe
from interlock.rulebook.guard.types import EnumType, ListType, ObjectType, Type
from interlock.rulebook.guard.values import LIST_LENGTH_MAX, TEXT_LENGTH_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from interlock.rulebook.guard.environment import Environment

_TEMPLATE: Final = Path(__file__).with_name("guards.template.md")
_MARK: Final = re.compile(r"^<!-- (\w+) -->\n", re.MULTILINE)


def render_guards() -> str:
    """Return the whole page."""
    return _MARK.sub(lambda mark: _PARTS[mark[1]](), _TEMPLATE.read_text("utf-8"))


def _places() -> str:
    found = environments(Vocabulary(steps=("STEP",)), tuple(Place))
    rows: dict[tuple[str, ...], list[str]] = {}
    for place in Place:
        names = tuple(_names(found[place]))
        rows.setdefault(names, []).append(place.value)
    lines = ["| in | a guard sees |\n|---|---|\n"]
    for names, places in rows.items():
        lines.append(f"| {', '.join(places)} | {', '.join(f'`{name}`' for name in names)} |\n")
    return "".join(lines)


def _names(environment: Environment) -> Iterator[str]:
    yield from environment.variables
    for name, function in environment.functions.items():
        if name not in FUNCTIONS:
            yield f"{name}({function.overloads[0].params[0]})"


def _variables() -> str:
    environment = environments(Vocabulary(steps=("STEP",)), (Place.STEP,))[Place.STEP]
    lines: list[str] = []
    pending: list[tuple[str, Type]] = []
    for name, variable in environment.variables.items():
        if isinstance(variable.type, ObjectType):
            pending.append((name, variable.type))
        lines.append(f"| `{name}` | {_type(variable.type)} | {variable.doc} |\n")
    parts = ["| variable | type | is |\n|---|---|---|\n", *lines]
    for name, kind in pending:
        parts += _record(name, kind)
    return "".join(parts)


def _record(path: str, kind: Type) -> Iterator[str]:
    if not isinstance(kind, ObjectType):
        return
    yield f"\n### `{path}`\n\n| field | type | is |\n|---|---|---|\n"
    nested = []
    for field in kind.fields:
        doc = field.doc if field.is_required else f"*may be missing* {field.doc}"
        yield f"| `{path}.{field.name}` | {_type(field.type)} | {doc} |\n"
        if isinstance(field.type, ListType):
            nested.append((f"{path}.{field.name}[0]", field.type.element))
        elif isinstance(field.type, ObjectType):
            nested.append((f"{path}.{field.name}", field.type))
    for below, inner in nested:
        yield from _record(below, inner)


def _type(kind: Type) -> str:
    match kind:
        case EnumType(values=values):
            return " or ".join(f'`"{value}"`' for value in values)
        case ListType(element=ObjectType()):
            return "list of records"
        case ObjectType():
            return "record"
        case _:
            return {"dyn": "anything"}.get(str(kind), describe(kind))


def _limits() -> str:
    rows = (
        (f"{SOURCE_LENGTH_MAX:,} characters", "a guard, named guards written out"),
        (f"{DEPTH_MAX} levels", "brackets and operators within each other"),
        (f"{NESTING_MAX} levels", "loops (`all`, `exists`, `map`, ...) within each other"),
        (f"{COST_LIMIT:,} units", "one evaluation; a unit is about 50 ns"),
        (f"{TEXT_LENGTH_MAX:,} characters", "a text that an operation makes"),
        (f"{LIST_LENGTH_MAX:,} elements", "a list that an operation makes, or a loop goes over"),
        (f"{PATTERN_LENGTH_MAX:,} characters", "a pattern of `matches`"),
    )
    return "| at most | for |\n|---|---|\n" + "".join(f"| {a} | {b} |\n" for a, b in rows)


def _explanation() -> str:
    guard = 'incident.severity in ["P1", "P2"] && incident.metrics.error_rate > 0.5'
    seen = {"incident": {"severity": "P2", "metrics": {"error_rate": 0.31}}}
    expr = parse(guard)
    assert isinstance(expr, Expr)
    return "\n".join(("```text", *render(explain(expr, seen)), "```", ""))


_PARTS: Final[dict[str, Callable[[], str]]] = {
    "places": _places,
    "variables": _variables,
    "limits": _limits,
    "explanation": _explanation,
    "operators": lambda: render_operators(FUNCTIONS.values()),
    "functions": lambda: render_functions(FUNCTIONS.values()),
}
