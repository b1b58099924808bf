"""Filling templates of `with:` values: sandboxed Jinja2 over plain data.

Rules of this file: templates come from the rulebook alone; event content is only ever a value,
never compiled. Undefined names are errors. The sandbox is the second wall; the first is that the
context holds plain data. Source: Jinja2 documentation, "Sandbox"; the limits follow its
advisories CVE-2024-56326 and CVE-2025-27516.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import StrictUndefined, TemplateError, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Template

OUTPUT_LENGTH_MAX = 262_144
_FILTERS = (
    "abs", "capitalize", "default", "first", "float", "int", "join", "last", "length", "lower",
    "replace", "round", "sort", "string", "title", "tojson", "trim", "truncate", "unique", "upper",
)  # fmt: skip


class TemplateProblemError(Exception):
    """A template that cannot be filled; the text says why, for people."""


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(("*", "**", "%"))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or (operator == "%" and isinstance(left, str)):
            raise SecurityError(f"`{operator}` is not allowed here")
        if operator == "*" and not (_is_number(left) and _is_number(right)):
            raise SecurityError("only numbers can be multiplied")
        return super().call_binop(context, operator, left, right)

    def is_safe_callable(self, obj: Any) -> bool:  # noqa: ARG002 - the base class's signature
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _environment() -> _Sandbox:
    environment = _Sandbox(undefined=StrictUndefined, autoescape=False, cache_size=0)
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    return environment


_ENVIRONMENT = _environment()
_REFUSED = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Macro, nodes.For)


class _Compiled(NamedTuple):
    template: Template
    names: tuple[str, ...]
    """The variables it reads, so that only these need be made."""


@lru_cache(maxsize=4096)
def _compile(text: str) -> _Compiled:
    tree = _ENVIRONMENT.parse(text)
    for node in tree.find_all(_REFUSED):
        raise TemplateProblemError(f"{type(node).__name__.lower()} is not allowed in a template")
    names = tuple(sorted(meta.find_undeclared_variables(tree)))
    return _Compiled(_ENVIRONMENT.from_string(text), names)


def check_template(text: str) -> str | None:
    """Return what is wrong with a template, or None; nothing is filled in."""
    try:
        _compile(text)
    except (TemplateError, TemplateProblemError) as error:
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
        filled = template.render({name: context[name] for name in names if name in context})
    except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError) as error:
        raise TemplateProblemError(f"`{text[:80]}` cannot be filled: {error}") from error
    if len(filled) > OUTPUT_LENGTH_MAX:
        raise TemplateProblemError(
            f"`{text[:80]}` fills to more than {OUTPUT_LENGTH_MAX} characters"
        )
    return filled
