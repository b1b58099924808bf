"""Guard expression to the text of a Python function.

Responsible for text that is fast where data is as the author meant it, and never wrong: the
function returns a value only where that value provably is the language's. On any doubt (a missing
key, a type that Python and the language treat differently, an error, a cost that might matter) it
raises one of `DOUBTS`, and what comes next decides. Guards are pure, so doing that again is safe.
Nothing here evaluates, compiles or caches.

There are two forms. The first is as fast as Python can be where no field is missing. Where one is,
a guard with `&&`, `||`, `all` or `exists` may still have a value, because these absorb errors; the
second form finds it, at the price of a `try` for each operand. After it comes the tree evaluator,
which is exact.

What is proved, and not checked, rests on one assumption: bindings hold values of the language (see
`values.py`), their maps without `__missing__`.

Why there are no static types in it: they say what data should be, and the proof must hold for what
it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from interlock.rulebook.guard.codegen_translator import Translator
from interlock.rulebook.guard.codegen_writer import TooHard, Writer
from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.functions_operators import COST_LIMIT
from interlock.rulebook.guard.nodes import Comprehension, Logical, walk

if TYPE_CHECKING:
    from interlock.rulebook.guard.nodes import Expr

DOUBTS: Final = (LookupError, TypeError, AttributeError, GuardError)
PARENTHESES_MAX: Final = 90  # CPython refuses 200, and its parser's stack ends earlier
BLOCKS_MAX: Final = 15  # CPython refuses 20 blocks of `for` and `try` in each other
TEXT_MAX: Final = 200_000  # characters


class Program(msgspec.Struct, frozen=True):
    """A generated function.

    Attributes:
        text: Python source that defines `guard(bindings)`, ending in a newline.
        namespace: The globals that its constants need; those of the last lines are the linker's.
    """

    text: str
    namespace: dict[str, Any]


def generate(
    expression: Expr, *, absorbs: bool = False, cost_limit: int = COST_LIMIT
) -> Program | None:
    """Return the function for an expression, or None when only the tree evaluator computes it.

    Args:
        expression: The guard.
        absorbs: Whether to generate the second form.
        cost_limit: How many cost units one evaluation may spend.
    """
    translator = Translator(expression, Writer(cost_limit), absorbs=absorbs)
    try:
        result = translator.value(expression)
    except TooHard:
        return None
    writer = translator.writer
    lines = [*writer.lines, f"return {result.text}"]
    if translator.has_loops:
        lines.insert(0, f"spent = {writer.price}")
    if any(_nesting(line) > PARENTHESES_MAX or _depth(line) > BLOCKS_MAX for line in lines):
        return None
    body = "\n".join(f"        {line}" for line in lines)
    text = (
        "def guard(bindings):\n"
        "    try:\n"
        f"{body}\n"
        "    except _DOUBTS:\n"
        "        pass\n"
        "    return _otherwise(bindings)\n"
    )
    return Program(text, writer.namespace) if len(text) <= TEXT_MAX else None


def _nesting(line: str) -> int:
    """Return at least how deep brackets nest in a line; those in text constants count too."""
    depth = deepest = 0
    for character in line:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return deepest + _depth(line)


def _depth(line: str) -> int:
    return (len(line) - len(line.lstrip())) // 4


def can_absorb(expression: Expr) -> bool:
    """Tell whether an error in a part of the expression may leave the whole a value."""
    return any(
        isinstance(node, Logical)
        or (isinstance(node, Comprehension) and node.macro in {"all", "exists"})
        for node in walk(expression)
    )
