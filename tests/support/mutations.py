"""Mistakes made in a right rulebook, one at a time, each with where it must be found.

A mutation is made from the places of the document, as an author's slip would be: a letter swapped,
a key left out, a value of another kind.
"""

from __future__ import annotations

import random
import re
from typing import NamedTuple

from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.document.nodes import key_span, span_of
from interlock.rulebook.elements import Element, part_span
from interlock.rulebook.graph import defaults
from interlock.rulebook.literals import parse_transition
from interlock.rulebook.model import ActionCall
from interlock.rulebook.source import SourceFile

GUARD_FIELD = re.compile(r"\b(?:incident|severity|event)\.([a-z_]{4,})\b(?!\()")


class Mutation(NamedTuple):
    """A text with one mistake, the code it must be found by, and the offset where."""

    kind: str
    text: str
    code: str
    offset: int

    def __str__(self):
        return f"{self.kind}-{self.code}-{self.offset}"


def misspell(word):
    """Swap two neighbouring letters."""
    for at in range(1, len(word) - 1):
        if word[at] != word[at + 1] and word[at : at + 2].isalpha():
            return f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}"
    return f"{word}x"


def mutations(text):
    """Yield every mutation of a rulebook without findings."""
    model = check_rulebook([SourceFile("x.yaml", text)]).model
    yield from _keys(text, model)
    yield from _transitions(text, model)
    yield from _guards(text, model)
    yield from _names(text, model)
    yield from _values(text, model)
    yield from _arguments(text, model)
    yield from _claims(text)


def noise(text, count, seed):
    """Yield texts with a few characters taken out, doubled or replaced at random."""
    chance = random.Random(seed)
    for _ in range(count):
        mutated = text
        for _ in range(chance.randint(1, 3)):
            start = chance.randrange(len(mutated))
            end = min(len(mutated), start + chance.randint(0, 12))
            piece = chance.choice(
                ["", mutated[start:end] * 2, " ", "\n", ":", "- ", "{", "]", '"', "'", "#", "*a",
                 "&a ", "|", "\t", "é", "{{ x", "1", "null", "? "]
            )  # fmt: skip
            mutated = mutated[:start] + piece + mutated[end:]
        yield mutated


def _replaced(kind, text, where, new, code, at=None):
    changed = text[: where.start] + new + text[where.end :]
    return Mutation(kind, changed, code, where.start if at is None else at)


def _elements(value):
    if isinstance(value, Element):
        yield value
        for name in value.__struct_fields__:
            if name != "node":
                yield from _elements(getattr(value, name))
    elif isinstance(value, dict):
        for item in value.values():
            yield from _elements(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _elements(item)


def _keys(text, model):
    for element in _elements(model):
        for key in element.node:
            where = key_span(element.node, key)
            if len(key) > 3:
                yield _replaced("key", text, where, misspell(key), "Y003")
            line = text[text.rfind("\n", 0, where.start) + 1 : where.start]
            value = span_of(element.node, key)
            is_one_line = value.text and value.line == where.line and "\n" not in value.text
            if not line.strip() and is_one_line:
                copy = f"{key}: {value.text}\n{line}"
                changed = text[: where.start] + copy + text[where.start :]
                yield Mutation("twice", changed, "Y002", where.start + len(copy))


def _transitions(text, model):
    for rule in model.workflow_rules or ():
        parsed = parse_transition(rule.transition)
        for name in (*parsed.sources, parsed.target):
            if name.text != "any":
                where = part_span(rule, ("transition",), name.start, name.end)
                yield _replaced("state", text, where, misspell(name.text), "G301")


def _guards(text, model):
    for element in _elements(model):
        for key in ("validator", "match", "when"):
            guard = element.node.get(key)
            if not isinstance(guard, str):
                continue
            where = span_of(element.node, key)
            if guard.isidentifier():
                yield _replaced("guard", text, where, misspell(guard), "X202")
            else:
                yield from _expression(text, element, (key,), guard)
    for name, guard in (model.guards or {}).items():
        yield from _expression(text, model, ("guards", name), guard)


def _expression(text, element, path, guard):
    for match in GUARD_FIELD.finditer(guard):
        if not guard[: match.start()].endswith((".", '"')):
            where = part_span(element, path, *match.span(1))
            yield _replaced("field", text, where, misspell(match[1]), "X203")
    for match in re.finditer(r" == ", guard):
        where = part_span(element, path, match.start() + 1, match.end() - 1)
        yield _replaced("operator", text, where, "=", "X201")


def _names(text, model):
    for rule in model.workflow_rules or ():
        if isinstance(rule.action, str):
            where = span_of(rule.node, "action")
            yield _replaced("action", text, where, misspell(rule.action), "A501")
    for element in _elements(model):
        if isinstance(element.node.get("hook"), str):
            where = span_of(element.node, "hook")
            yield _replaced("hook", text, where, misspell(element.node["hook"]), "A501")
        channels = element.node.get("notification_channels")
        if isinstance(channels, list) and model.notification_channels is not None:
            for index, channel in enumerate(channels):
                where = span_of(element.node, "notification_channels", index)
                yield _replaced("channel", text, where, misspell(channel), "T707")


def _values(text, model):
    for element in _elements(model):
        for key, value in element.node.items():
            where = span_of(element.node, key)
            if isinstance(value, bool):
                yield _replaced("yes", text, where, "yes" if value else "no", "Y006")
            elif isinstance(value, int) and key != "version":
                yield _replaced("word", text, where, "soon", "Y005")
                yield _replaced("quoted", text, where, f'"{value}"', "Y006")
            elif key in ("timeout", "after", "expires", "window", "reopen_within", "due"):
                yield _replaced("duration", text, where, f"{value} or so", "Y005")
            elif key == "method":
                yield _replaced("method", text, where, "FETCH", "Y005")


def _arguments(text, model):
    """Arguments of built-in actions: a name misspelt, a value of another kind."""
    for element in _elements(model):
        if not isinstance(element, ActionCall) or element.do not in defaults.ACTIONS:
            continue
        written = element.node.get("with", {})
        for name in written:
            where = key_span(written, name)
            yield _replaced("argument", text, where, f"{name}x", "A502")
            value = span_of(written, name)
            yield _replaced("number", text, value, "7", "A502")


def _claims(text):
    """Claims about states that the rulebook does not have."""
    lead = f"{text.rstrip()}\nproperties:\n  - {{id: mutated, "
    for claim, code in (
        ("never: state == 'RESOLVDE'}\n", "X209"),
        ("never: visited('RESOLVDE')}\n", "X209"),
        ("never: incident.severty == 'P1'}\n", "X203"),
        ("eventually: RESOLVDE}\n", "G301"),
    ):
        at = claim.index("severty" if code == "X203" else "RESOLVDE") - (code == "X209")
        yield Mutation("claim", lead + claim, code, len(lead) + at)
