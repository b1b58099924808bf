"""The sandbox that templates are filled in: Jinja2 over plain data, with every operand bounded.

Rules of this file: values are text, numbers, booleans, null, lists and mappings, and nothing of
them but their items can be reached: no attribute, no method, no call. A mapping's item is its
label, also where that is called `items`. What an operation could make large is measured before it
is made. Source: Jinja2 documentation, "Sandbox"; the limits follow its advisories CVE-2024-56326,
CVE-2024-56201 and CVE-2025-27516.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from jinja2 import StrictUndefined, Undefined, nodes, pass_environment
from jinja2.exceptions import SecurityError
from jinja2.filters import make_attrgetter
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import htmlsafe_json_dumps
from jinja2.visitor import NodeTransformer

from interlock.rulebook.template_rules import FILTERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment

TEXT_MAX: Final = 262_144
ITEMS_MAX: Final = 1_000
_INTEGER_MAX: Final = 2**63 - 1
_PRECISION_MAX: Final = 15
_JOINED = "~"


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment; it has no loader and no globals."""

    intercepted_binops = frozenset(("+", "-", "*", "%"))

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, cache_size=0)
        self.globals.clear()
        self.filters = {name: _bounded(self.filters[name]) for name in FILTERS}
        self.filters |= {name: _bounded(own) for name, own in _OWN.items()}

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Apply an operator to operands that it cannot make large; raises SecurityError."""
        if _is_number(left) and _is_number(right):
            return _finite(super().call_binop(context, operator, left, right))
        if operator != "+":
            raise SecurityError(f"`{operator}` takes numbers only")
        if isinstance(left, str) and isinstance(right, str):
            _check_length(len(left) + len(right))
            return left + right
        if isinstance(left, list) and isinstance(right, list):
            return _sized([*_sized(left), *_sized(right)])
        raise SecurityError("`+` takes two numbers, two texts or two lists")

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a mapping's item; nothing else has attributes."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an item of a mapping, a list or a text."""
        if isinstance(obj, Undefined):
            str(obj)  # raises, and names what is undefined
        is_place = isinstance(argument, int | slice)
        if isinstance(obj, Mapping) or (isinstance(obj, list | tuple | str) and is_place):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                pass
        return self.undefined(obj=obj, name=argument)

    def is_safe_callable(self, obj: Any) -> bool:  # noqa: ARG002 - the base class's signature
        """Nothing can be called."""
        return False


class JoinsByFilter(NodeTransformer):
    """Puts a filter of ours, which measures, in the place of each `~`."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - Jinja2's naming
        """Return the filter that joins the parts."""
        self.generic_visit(node)
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(parts, _JOINED, [], [], None, None, lineno=node.lineno)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _finite(value: Any) -> Any:
    is_huge = isinstance(value, int) and abs(value) > _INTEGER_MAX
    if is_huge or (isinstance(value, float) and not math.isfinite(value)):
        raise SecurityError("a number is too large")
    return value


def _sized(value: Any) -> Any:
    """Return a value that is not too large to work on; raises SecurityError."""
    if isinstance(value, str):
        _check_length(len(value))
    elif isinstance(value, list | tuple | Mapping) and len(value) > ITEMS_MAX:
        raise SecurityError(f"a list is longer than {ITEMS_MAX:,} items")
    return value


def _check_length(length: int) -> None:
    if length > TEXT_MAX:
        raise SecurityError(f"a text is longer than {TEXT_MAX:,} characters")


def _bounded(filter_: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that neither takes nor gives anything too large, and no generator."""

    @wraps(filter_)
    def call(*arguments: Any, **options: Any) -> Any:
        for argument in (*arguments, *options.values()):
            _sized(argument)
        result = filter_(*arguments, **options)
        return _sized(list(result) if isinstance(result, Iterator) else result)

    return call


@pass_environment
def _join(
    environment: Environment, value: Any, d: str = "", attribute: str | int | None = None
) -> str:
    if attribute is not None:
        value = map(make_attrgetter(environment, attribute), value)
    parts = [str(part) for part in value]
    _check_length(sum(map(len, parts)) + len(d) * max(len(parts) - 1, 0))
    return d.join(parts)


def _concatenate(parts: list[Any]) -> str:
    texts = [str(part) for part in parts]
    _check_length(sum(map(len, texts)))
    return "".join(texts)


def _replace(s: Any, old: Any, new: Any, count: int = -1) -> str:
    text, before, after = str(s), str(old), str(new)
    found = text.count(before) if count < 0 else min(text.count(before), count)
    _check_length(len(text) + found * max(len(after) - len(before), 0))
    return text.replace(before, after, count)


def _round(value: float, precision: int = 0, method: str = "common") -> float:
    if not 0 <= precision <= _PRECISION_MAX:
        raise SecurityError(f"`round` takes a precision from 0 to {_PRECISION_MAX}")
    if method == "common":
        return float(round(_finite(value), precision))
    towards = {"ceil": math.ceil, "floor": math.floor}[method]
    return float(towards(value * 10**precision) / 10**precision)


def _tojson(value: Any) -> str:
    # Jinja2's own gives a Markup, which would escape what is joined to it.
    return str(htmlsafe_json_dumps(value, sort_keys=True))


_OWN: Final[Mapping[str, Callable[..., Any]]] = {
    "join": _join,
    "replace": _replace,
    "round": _round,
    "tojson": _tojson,
    _JOINED: _concatenate,
}
