"""Literals and lists, as Python terms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from interlock.rulebook.guard.codegen_writer import Term, TooHard

if TYPE_CHECKING:
    from interlock.rulebook.guard.codegen_translator import Translator
    from interlock.rulebook.guard.nodes import ListExpr, Literal


def translate_literal(translator: Translator, node: Literal) -> Term:
    """Return a constant; never anything but a number, or text as `ascii` writes it."""
    value = node.value
    kind = type(value)
    if kind in {bool, int, str, bytes, type(None)} or (kind is float and math.isfinite(value)):
        text = ascii(value) if kind is not int or value >= 0 else f"({value})"
        return Term(text, kind, text)
    name = translator.writer.constant(kind.__name__, value)
    return Term(name, kind, name)


def translate_list(translator: Translator, node: ListExpr) -> Term:
    """Return a list of its elements."""
    if node.optional_indices:
        raise TooHard
    terms = translator.values(node.elements)
    return Term(f"[{', '.join(term.text for term in terms)}]", list)
