"""What a rulebook says, in one form.

Responsible for the content behind the digest: what is written and has meaning, with one spelling
for each meaning. Left out are places, descriptions, values that are the default, and claims about
the rest (`properties`, `accepts`), which change nothing in it; durations,
guards and transitions take their canonical text; order stays only where it matters. Never fills in
what another version of the language might.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import NODEFAULT

from interlock.rulebook import model as m
from interlock.rulebook.elements import NODE_KEY, Element
from interlock.rulebook.literals import (
    Problem,
    format_duration,
    parse_duration,
    parse_transition,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Canonical = Callable[[str], str]

_NO_MEANING = frozenset({NODE_KEY, "description", "properties", "accepts"})
_UNORDERED = frozenset(
    {
        ("Lifecycle", "resolved"),
        ("Lifecycle", "final"),
        ("Lifecycle", "sla_paused"),
        ("Gate", "from"),
        ("Gate", "exclude"),
        ("Inhibition", "equal"),
        ("Team", "approvers"),
        ("WorkflowRule", "trigger"),
        ("Rulebook", "events"),
    }
)
_NOTATIONS = {
    "Guard": "guard",
    "Duration": "duration",
    "Turn": "duration",
    "Transition": "transition",
}
_WORD = re.compile(r"\w+")
_LISTED = frozenset({("WorkflowRule", "trigger"), ("WorkflowRule", "action")})


class _Field(NamedTuple):
    name: str
    key: str
    default: Any
    notation: str | None
    is_listed: bool
    is_unordered: bool


def content_of(model: m.Rulebook, canonical_guard: Canonical) -> Any:
    """Return the content as values that JSON has.

    Args:
        model: The rulebook as written.
        canonical_guard: Returns the canonical text of a guard.
    """
    content = _element(model, canonical_guard)
    if model.runbooks:  # the first that matches is taken
        content["runbooks"] = list(content["runbooks"].items())
    if model.on_call and model.on_call.default is None:
        content["on_call"]["default"] = next(iter(model.on_call.schedules))
    return content


@cache
def _fields(kind: type[Element]) -> tuple[_Field, ...]:
    names, keys = kind.__struct_fields__, kind.__struct_encode_fields__
    written = kind.__struct_defaults__
    defaults = (NODEFAULT,) * (len(names) - len(written)) + written
    return tuple(
        _Field(
            name,
            key,
            getattr(default, "factory", lambda value=default: value)(),
            _notation(kind, name),
            (kind.__name__, key) in _LISTED,
            (kind.__name__, key) in _UNORDERED,
        )
        for name, key, default in zip(names, keys, defaults, strict=True)
        if key not in _NO_MEANING
    )


def _notation(kind: type[Element], name: str) -> str | None:
    """Return how the texts of a field are written: `guard`, `duration`, `transition` or freely.

    Read off the annotation's words: evaluating every annotation takes longer than a small rulebook.
    """
    words = _WORD.findall(kind.__annotations__[name])
    return next((_NOTATIONS[word] for word in words if word in _NOTATIONS), None)


def _element(element: Element, canonical_guard: Canonical) -> dict[str, Any]:
    kind = type(element)
    content: dict[str, Any] = {}
    if tag := kind.__struct_config__.tag:
        content["type"] = tag
    for field in _fields(kind):
        value = getattr(element, field.name)
        if value is field.default or value == field.default:
            continue
        notation = field.notation
        if field.is_listed and type(value) is not tuple:
            value = (value,)
        written = _value(value, notation, canonical_guard)
        if notation is not None and written == _value(field.default, notation, canonical_guard):
            continue  # the default in another spelling
        content[field.key] = _sorted(written) if field.is_unordered else written
    return content


def _value(value: Any, notation: str | None, canonical_guard: Canonical) -> Any:
    # Ordered by how often each is met: a large rulebook has hundreds of thousands of values.
    if isinstance(value, str):
        return value if notation is None else _text(value, notation, canonical_guard)
    if isinstance(value, tuple | list):
        return [_value(item, notation, canonical_guard) for item in value]
    if isinstance(value, Element):
        if isinstance(value, m.ActionCall) and not value.arguments:
            return value.do
        return _element(value, canonical_guard)
    if isinstance(value, dict):
        return {key: _value(item, notation, canonical_guard) for key, item in value.items()}
    return value


def _text(text: str, notation: str, canonical_guard: Canonical) -> str:
    if notation == "guard":
        return canonical_guard(text)
    if notation == "duration":
        length = parse_duration({"daily": "1d", "weekly": "7d"}.get(text, text))
        return text if isinstance(length, Problem) else format_duration(length)
    transition = parse_transition(text)
    if isinstance(transition, Problem):
        return text
    return f"{', '.join(name.text for name in transition.sources)} -> {transition.target.text}"


def _sorted(written: Any) -> Any:
    if isinstance(written, list):
        return sorted(written)
    if isinstance(written, dict):
        return {key: _sorted(value) for key, value in written.items()}
    return written
