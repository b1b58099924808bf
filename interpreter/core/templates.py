"""Filling templates of `with:` values: sandboxed Jinja2 over plain data.

Rules of this file: templates come from the rulebook alone; event content is only ever a value,
never compiled. Undefined names are errors. The sandbox is the second wall; the first is that the
context holds plain data. The work of one template is bounded by its parts and by the operands that
the sandbox lets through, so it needs no deadline, and no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import Template, TemplateError, meta

from interlock.interpreter.core.sandbox import TEXT_MAX, JoinsByFilter, Sandbox
from interlock.rulebook.template_rules import LENGTH_MAX, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

OUTPUT_BYTES_MAX = TEXT_MAX
_SANDBOX = Sandbox()


class TemplateProblemError(Exception):
    """A template that cannot be filled; the text says why, for people."""


class _Compiled(NamedTuple):
    template: Template
    names: tuple[str, ...]
    """The variables it reads, so that only these need be made."""


@lru_cache(maxsize=4096)
def _compile(text: str) -> _Compiled:
    if len(text) > LENGTH_MAX:
        raise TemplateProblemError(f"a template has at most {LENGTH_MAX:,} characters")
    try:
        tree = _SANDBOX.parse(text)
        if (refusal := refuse(tree)) is not None:
            raise TemplateProblemError(refusal.reason)
        names = tuple(sorted(meta.find_undeclared_variables(tree)))
        code = _SANDBOX.compile(JoinsByFilter().visit(tree))
    except (TemplateError, RecursionError, SyntaxError, MemoryError) as error:
        raise TemplateProblemError(str(error) or "this template is too deep") from error
    return _Compiled(Template.from_code(_SANDBOX, code, {}), names)


def check_template(text: str) -> str | None:
    """Return what is wrong with a template, or None; nothing is filled in."""
    try:
        _compile(text)
    except TemplateProblemError as error:
        return str(error)
    return None


def is_template(value: Any) -> bool:
    """Tell whether any string of a value may need filling."""
    if isinstance(value, str):
        return "{" in value
    if isinstance(value, Mapping):
        return any(is_template(inner) for inner in value.values())
    return isinstance(value, list | tuple) and any(is_template(inner) for inner in value)


def render(value: Any, context: Mapping[str, Any]) -> Any:
    """Fill every string of a value (nested lists and mappings too); other leaves stay.

    Raises:
        TemplateProblemError: undefined name, refused operation, or more than 256 KiB of text.
    """
    return _walk(value, lambda text: _fill(text, context))


def _walk(value: Any, fill: Callable[[str], Any]) -> Any:
    if isinstance(value, str):
        return fill(value) if "{" in value else value
    if isinstance(value, Mapping):
        return {key: _walk(inner, fill) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(inner, fill) for inner in value]
    return value


def _fill(text: str, context: Mapping[str, Any]) -> str:
    try:
        template, names = _compile(text)
        values = {name: context[name] for name in names if name in context}
        return "".join(_bounded(template.generate(values)))
    except _PROBLEMS as error:
        raise TemplateProblemError(f"`{text[:80]}` cannot be filled: {error}") from error


# What an operation or a filter of Jinja2 raises on operands that it does not take.
_PROBLEMS = (
    TemplateProblemError, TemplateError, ArithmeticError, AssertionError, AttributeError,
    LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip


def _bounded(pieces: Iterable[str]) -> Iterator[str]:
    length = 0
    for piece in pieces:
        length += len(piece.encode())
        if length > OUTPUT_BYTES_MAX:
            raise TemplateProblemError(f"it gives more than {OUTPUT_BYTES_MAX:,} bytes")
        yield piece
