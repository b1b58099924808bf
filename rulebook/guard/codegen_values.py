"""Literals, lists and maps, as Python terms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from interlock.rulebook.guard.codegen_writer import Term, TooHard
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
    if node.optional_indices:
        raise TooHard
    terms = translator.values(node.elements)
    return Term(f"[{', '.join(term.text for term in terms)}]", list)


def translate_map(translator: Translator, node: MapExpr) -> Term:
    """Return a map of its entries; which keys may stand together is decided where maps are made."""
    if any(entry.is_optional for entry in node.entries):
        raise TooHard
    terms = translator.values([part for entry in node.entries for part in (entry.key, entry.value)])
    pairs = zip(terms[::2], terms[1::2], strict=True)
    row = ", ".join(f"({key.text}, {value.text})" for key, value in pairs)
    return Term(f"{translator.writer.constant('build_map', build_map)}([{row}])")
