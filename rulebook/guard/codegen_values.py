"""Literals, lists and maps, as Python terms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from interlock.rulebook.guard.codegen_writer import Term
from interlock.rulebook.guard.comparison import MISSING
from interlock.rulebook.guard.maps import build_map

if TYPE_CHECKING:
    from interlock.rulebook.guard.codegen_translator import Translator
    from interlock.rulebook.guard.nodes import ListExpr, Literal, MapExpr


def translate_literal(translator: Translator, node: Literal) -> Term:
    """Return a constant; never anything but a number, or text as `ascii` writes it."""
    value = node.value
    kind = type(value)
    if kind in {bool, int, str, bytes, type(None)} or (kind is float and math.isfinite(value)):
        text = ascii(value) if kind is not int or value >= 0 else f"({value})"
        return Term(text, kind, text, value)
    name = translator.writer.constant(kind.__name__, value)
    return Term(name, kind, name, value)


def translate_list(translator: Translator, node: ListExpr) -> Term:
    """Return a list of its elements."""
    optional = frozenset(node.optional_indices)
    terms = translator.values(node.elements, optional)
    items = [
        _if_present(translator, term) if position in optional else term.text
        for position, term in enumerate(terms)
    ]
    return Term(f"[{', '.join(items)}]", list)


def translate_map(translator: Translator, node: MapExpr) -> Term:
    """Return a map of its entries; which keys may stand together is decided where maps are made."""
    nodes = [part for entry in node.entries for part in (entry.key, entry.value)]
    optional = [2 * at + 1 for at, entry in enumerate(node.entries) if entry.is_optional]
    terms = translator.values(nodes, optional)
    pairs = []
    for entry, key, value in zip(node.entries, terms[::2], terms[1::2], strict=True):
        if entry.is_optional:
            # the key is evaluated before the value, and in any case
            held = translator.writer.hold(key, "key")
            if not held.is_held:
                pairs.append(f"*({held.argument},)[1:]")
            pairs.append(_if_present(translator, value, held.again()))
        else:
            pairs.append(f"({key.text}, {value.text})")
    build = translator.writer.constant("build_map", build_map)
    return Term(f"{build}([{', '.join(pairs)}])")


def _if_present(translator: Translator, found: Term, key: Term | None = None) -> str:
    """Return an unpacked tuple: of the value, with its key where it has one, or of nothing."""
    held = translator.writer.hold(found, "found")
    missing = translator.writer.constant("missing", MISSING)
    item = f"({key.text}, {held.name})" if key is not None else held.name
    return f"*(({item},) if {held.text} is not {missing} else ())"
