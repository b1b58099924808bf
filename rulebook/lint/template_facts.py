"""What can be told of a template without filling it: the names it reads and what is wrong with it.

Responsible for reading templates of `with:` values; the only module of the language that knows
Jinja2, which it imports only for a template that is more than a name between braces. Never fills
one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.template_rules import FILTERS, LENGTH_MAX, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2 import Environment, nodes

TESTS_THAT_ALLOW_ABSENCE = frozenset({"defined", "undefined"})
_PLAIN = re.compile(r"\{\{-?\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*(?:\|\s*(\w+)\s*)?-?\}\}")


class Read(NamedTuple):
    """A dotted name that a template reads, such as `incident.labels.service`.

    Attributes:
        path: Its parts.
        start: Offset of it in the text, that of the first place where it stands.
        filters: The names of the filters it goes through, innermost first.
        is_tested: Whether the template may do without it (`default`, `is defined`).
    """

    path: tuple[str, ...]
    start: int
    filters: tuple[str, ...] = ()
    is_tested: bool = False

    @property
    def dotted(self) -> str:
        """The name as it is written."""
        return ".".join(self.path)


class Facts(NamedTuple):
    """What a template reads, and why it is none (with the offset where that shows)."""

    reads: tuple[Read, ...] = ()
    problem: str | None = None
    at: int = 0


def is_template(text: str) -> bool:
    """Tell whether a text is more than itself."""
    return "{{" in text or "{%" in text or "{#" in text


@lru_cache(maxsize=4096)
def facts_of(text: str) -> Facts:
    """Return what can be told of a template."""
    plain = _plain_reads(text)
    return _parsed_facts(text) if plain is None else Facts(plain)


def _plain_reads(text: str) -> tuple[Read, ...] | None:
    """Return the reads of a template that only inserts names; None for any other."""
    found = []
    for match in _PLAIN.finditer(text):
        name, applied = match.groups()
        if applied is not None and applied not in FILTERS:
            return None
        filters = () if applied is None else (applied,)
        found.append(Read(tuple(name.split(".")), match.start(1), filters, applied == "default"))
    rest = _PLAIN.sub("", text)
    return None if "{{" in rest or "{%" in rest or "{#" in rest or "}}" in rest else tuple(found)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment  # noqa: PLC0415 - most rulebooks never pay for it

    environment = Environment(autoescape=False)  # noqa: S701 - nothing is filled here
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    environment.globals.clear()
    return environment


def _parsed_facts(text: str) -> Facts:
    from jinja2 import TemplateError, nodes  # noqa: PLC0415 - see above
    from jinja2.exceptions import TemplateSyntaxError  # noqa: PLC0415 - see above

    if len(text) > LENGTH_MAX:
        return Facts(problem=f"a template has at most {LENGTH_MAX:,} characters")
    try:
        tree = _environment().parse(text)
    except TemplateSyntaxError as error:
        return Facts(problem=error.message or "this is no template", at=_line(text, error.lineno))
    except (TemplateError, RecursionError) as error:
        return Facts(problem=str(error) or "this template is too deep")
    for applied in tree.find_all((nodes.Filter, nodes.Test)):
        is_filter = isinstance(applied, nodes.Filter)
        if applied.name not in (FILTERS if is_filter else _environment().tests):
            kind = "filter" if is_filter else "test"
            at = _find(text, applied.name, 0) or 0
            return Facts(problem=f"there is no {kind} `{applied.name}`", at=at)
    if (refusal := refuse(tree)) is not None:
        return Facts(problem=refusal.reason, at=_line(text, refusal.line))
    return Facts(tuple(_reads(tree, text)))


def _reads(tree: nodes.Template, text: str) -> Iterator[Read]:
    from jinja2.meta import find_undeclared_variables  # noqa: PLC0415 - see above

    names = find_undeclared_variables(tree)
    last: dict[str, int] = {}
    for path, filters, is_tested in _walk(tree, (), is_tested=False):
        if path[0] in names:
            dotted = ".".join(path)
            start = _find(text, dotted, last.get(dotted, 0))
            if start is None:
                start = _find(text, path[0], 0) or 0
            last[dotted] = start + 1
            yield Read(path, start, filters, is_tested)


def _walk(
    node: nodes.Node, filters: tuple[str, ...], *, is_tested: bool
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], bool]]:
    from jinja2 import nodes  # noqa: PLC0415 - see above

    path = _path(node)
    if path is not None:
        yield path, filters, is_tested
        return
    is_conditional = isinstance(node, nodes.Test) and node.name in TESTS_THAT_ALLOW_ABSENCE
    if isinstance(node, nodes.Filter):
        filters = (node.name, *filters)
        is_tested = is_tested or node.name == "default"
    for child in node.iter_child_nodes():
        yield from _walk(child, filters, is_tested=is_tested or is_conditional)


def _path(node: nodes.Node) -> tuple[str, ...] | None:
    from jinja2 import nodes  # noqa: PLC0415 - see above

    if isinstance(node, nodes.Name):
        return (node.name,) if node.ctx == "load" else None
    if isinstance(node, nodes.Getattr) and (inner := _path(node.node)) is not None:
        return (*inner, node.attr)
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        inner = _path(node.node)
        if inner is not None and isinstance(node.arg.value, str):
            return (*inner, node.arg.value)
    return None


def _find(text: str, words: str, after: int) -> int | None:
    match = re.compile(rf"(?<![\w.]){re.escape(words)}(?!\w)").search(text, after)
    return match.start() if match else None


def _line(text: str, number: int) -> int:
    start = 0
    for _ in range(number - 1):
        start = text.find("\n", start) + 1
    return max(text.find("{", start), start)
