"""What actions and hooks accept in their `with:`.

Responsible for checking arguments, at their places, against the JSON Schema of whatever takes them:
built-in actions have theirs in `schemas/actions.v1.json`, hooks theirs in `accepts:` or, for a
Python function, from its model. A template gives some text that is not known yet: of it only that
it is text is checked, and not even that where texts are converted. Never fills a template.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from interlock.rulebook.document.accepting import is_template, surely_accepts, surely_schema
from interlock.rulebook.document.nodes import MapNode, key_span
from interlock.rulebook.document.respelling import respell
from interlock.rulebook.elements import span
from interlock.rulebook.guard.suggest import listed, nearest
from interlock.schemas import load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from interlock.rulebook import model as m
    from interlock.rulebook.document.nodes import Step
    from interlock.rulebook.graph.compilation import Compilation
    from interlock.rulebook.source import Span

_SCHEMA = "actions.v1.json"
_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "null": "nothing",
}
_OF_KEYS = frozenset(
    {
        "type", "required", "additionalProperties", "propertyNames", "minProperties",
        "maxProperties", "minItems", "maxItems", "dependentRequired",
    }
)  # fmt: skip
"""Keywords whose verdict on a mapping or list does not depend on the texts in it."""
_DEPENDING = frozenset({"if", "then", "else", "dependentSchemas"})


class Accepted(NamedTuple):
    """What an action or hook accepts.

    Attributes:
        schema: The JSON Schema of its `with:`.
        is_converting: Whether texts are made numbers where these are wanted.
    """

    schema: Mapping[str, Any]
    is_converting: bool = False


def accepted_by_action(name: str) -> Accepted:
    """Return what a built-in action accepts."""
    return Accepted(load(_SCHEMA)["$defs"][name])


def accepted_by_hook(work: Compilation, hook: m.Hook) -> Accepted | None:
    """Return what a hook says it accepts; None where it says nothing, or no JSON Schema."""
    if hook.accepts is None:
        return work.accepted.get(hook.id)
    if not surely_schema(hook.accepts):
        # Imported here: most schemas are plain, and do not pay for a validator.
        from interlock.rulebook.document.conformance import (  # noqa: PLC0415
            UnusableSchemaError,
            check_schema,
        )

        try:
            check_schema(hook.accepts)
        except UnusableSchemaError as error:
            where = span(hook, "accepts", *error.path)
            work.report("Y005", f"this is no JSON Schema: {error}", where)
            return None
    return Accepted(hook.accepts)


def check_arguments(
    work: Compilation, call: m.ActionCall | m.RunbookStep | m.Undo, name: str, accepted: Accepted
) -> None:
    """Report the arguments that whatever `name` names does not accept."""
    if not surely_accepts(accepted.schema, call.arguments):
        _Check(work, call, name, accepted).run()


class _Check:
    """The arguments of one call that may be wrong."""

    def __init__(
        self,
        work: Compilation,
        call: m.ActionCall | m.RunbookStep | m.Undo,
        name: str,
        accepted: Accepted,
    ) -> None:
        self._work = work
        self._call = call
        self._name = name
        self._accepted = accepted
        self._written = call.node.get("with", {})

    def run(self) -> None:
        """Report each violation that does not hang on what a template will give."""
        from interlock.rulebook.document.conformance import (  # noqa: PLC0415 - see above
            UnusableSchemaError,
            violations,
        )

        try:
            errors = violations(self._accepted.schema, self._written)
        except UnusableSchemaError as problem:
            if not self._accepted.is_converting:  # a function's schema is not the author's
                message = f"what `{self._name}` accepts cannot be checked: {problem}"
                self._work.report("Y005", message, self._at_name())
            return
        for error in errors:
            if not self._is_open(error):
                self._report(error)

    def _is_open(self, error: Any) -> bool:
        """Tell whether the violation may be none once templates are filled or texts converted."""
        value = error.instance
        if isinstance(value, str):
            if error.validator != "type":
                return is_template(value)
            return self._accepted.is_converting
        holds_templates = _holds_template(value)
        if not _DEPENDING.isdisjoint(error.absolute_schema_path):
            return holds_templates or _holds_template(self._written)
        return holds_templates and error.validator not in _OF_KEYS

    def _report(self, error: Any) -> None:
        path: tuple[Step, ...] = tuple(error.absolute_path)
        match error.validator:
            case "required":
                self._report_missing(error, path)
            case "additionalProperties" if error.schema.get("additionalProperties") is False:
                self._report_unknown(error, path)
            case _ if "propertyNames" in error.absolute_schema_path:
                self._report_name(error, path)
            case "type":
                self._report_type(error, path)
            case "enum" | "const":
                self._report_word(error, path)
            case _:
                self._report_other(error, path)

    def _report_missing(self, error: Any, path: tuple[Step, ...]) -> None:
        known = error.schema.get("properties", {})
        is_closed = error.schema.get("additionalProperties") is False
        strangers = [written for written in error.instance if written not in known]
        for missing in error.validator_value:
            if f"'{missing}'" != error.message.partition(" is a ")[0]:
                continue  # the validator gives one error per missing key, each with the whole list
            if is_closed and any(nearest(written, [missing]) for written in strangers):
                continue  # a misspelt key is one mistake
            described = known.get(missing, {})
            doc = described.get("description") if isinstance(described, dict) else None
            self._work.report(
                "A502",
                f"`{'.'.join((*self._names(path), missing))}` is missing: `{self._name}` needs it",
                self._at_key(path),
                help=f"`{missing}`: {doc}".rstrip(".") if doc else None,
            )

    def _report_unknown(self, error: Any, path: tuple[Step, ...]) -> None:
        known = error.schema.get("properties", {})
        owner = f"`{'.'.join(self._names(path))}` of `{self._name}`" if path else f"`{self._name}`"
        free = [name for name in known if name not in error.instance]
        for written in error.instance:
            if written not in known:
                kind = f"{'field' if path else 'argument'} of {owner}"
                where = key_span(error.instance, written)
                self._work.report_unknown("A502", kind, written, free or list(known), where)

    def _report_name(self, error: Any, path: tuple[Step, ...]) -> None:
        written = error.instance
        where = self._at_key((*path, written))
        if self._name == "set_field":
            message = f"`set_field` sets `metadata.*` only, not `{written}`"
            fix = respell(where, f"metadata.{written}")
            remedy = f"did you mean `metadata.{written}`?"
            self._work.report("A502", message, where, help=remedy, fix=fix)
            return
        self._work.report("A502", f"`{written}` is no name that `{self._name}` accepts", where)

    def _report_type(self, error: Any, path: tuple[Step, ...]) -> None:
        kinds = error.validator_value
        kinds = [kinds] if isinstance(kinds, str) else kinds
        title = error.schema.get("title") if len(kinds) > 1 else None
        wanted = title or " or ".join(_TYPES[kind] for kind in kinds)
        remedy = None
        if is_template(error.instance):
            remedy = "a template always gives text"
        elif kinds == ["string"] and isinstance(error.instance, int | float):
            remedy = "write it in quotes"
        self._work.report("A502", f"{self._what(path)} takes {wanted}", self._at(path), help=remedy)

    def _report_word(self, error: Any, path: tuple[Step, ...]) -> None:
        allowed = error.validator_value if error.validator == "enum" else [error.validator_value]
        words = [_shown(word) for word in allowed]
        texts = [word for word in allowed if isinstance(word, str)]
        value = error.instance
        near = nearest(value, texts) if isinstance(value, str) else None
        where = self._at(path)
        self._work.report(
            "A502",
            f"{self._what(path)} cannot be {_shown(value)}",
            where,
            help=f"did you mean `{near}`?" if near else None,
            notes=() if near else (f"possible: {listed(words)}",),
            fix=respell(where, near) if near else None,
        )

    def _report_other(self, error: Any, path: tuple[Step, ...]) -> None:
        if error.validator == "minProperties" and self._name == "set_field":
            message, remedy = "`set_field` sets nothing", "such as `with: {metadata.phase: triage}`"
            self._work.report("A502", message, self._at_name(), help=remedy)
            return
        what = self._what(path) if path else f"`with` of `{self._name}`"
        if error.validator in ("anyOf", "oneOf", "not"):
            message = f"{what} has none of the forms that are accepted"
        else:
            message = f"{what}: `{error.validator}` is {_shown(error.validator_value)}"
        self._work.report("A502", message, self._at(path) if path else self._at_key(path))

    def _what(self, path: tuple[Step, ...]) -> str:
        return f"`{'.'.join(self._names(path))}` of `{self._name}`"

    def _names(self, path: tuple[Step, ...]) -> Iterator[str]:
        return (str(step) for step in path)

    def _at(self, path: tuple[Step, ...]) -> Span:
        return span(self._call, "with", *path)

    def _at_key(self, path: tuple[Step, ...]) -> Span:
        """Return the place of the key that a path ends with; of the name where `with` is not."""
        if "with" not in self._call.node:
            return self._at_name()
        node: Any = self._call.node
        *above, last = ("with", *path)
        for step in above:
            node = node[step]
        return key_span(node, str(last)) if isinstance(node, MapNode) else self._at(path)

    def _at_name(self) -> Span:
        return span(self._call, "do" if "do" in self._call.node else "hook")


def _holds_template(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_template(item) for item in value.values())
    if isinstance(value, list):
        return any(_holds_template(item) for item in value)
    return is_template(value)


def _shown(value: Any) -> str:
    import json  # noqa: PLC0415 - only a mistake pays for it

    return f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"
