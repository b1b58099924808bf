"""`&&`, `||` and `?:`, as Python terms.

Python's own operators stop where the language's may: an operand that decides makes the others
irrelevant, errors included. An error before the one that decides leaves the function; in the second
form of a guard, each operand stands in a `try` of its own, and a later one may still decide.

A `LookupError` is the one exception that surely is an error of the language, and one that costs no
more than was charged: an operand raises it for a missing field, name or element, and for a part of
its own that failed so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interlock.rulebook.guard.codegen_writer import Term

RAISE: Final = "raise LookupError"

if TYPE_CHECKING:
    from interlock.rulebook.guard.codegen_translator import Translator
    from interlock.rulebook.guard.nodes import Conditional, Logical


def translate_logical(translator: Translator, node: Logical) -> Term:
    """Return a chain; operands that need lines of their own stand in an `if`."""
    if translator.absorbs:
        return _absorbing(translator, node)
    writer = translator.writer
    word, goes_on = ("and", "{}") if node.operator == "&&" else ("or", "not {}")
    first, *rest = node.operands
    texts = [translator.condition(first)]
    known = dict(writer.known)
    for operand in rest:
        with writer.aside() as lines:
            text = translator.condition(operand)
            learned = writer.known
        if lines:
            so_far = writer.store(Term(_chain(word, texts), bool), "so_far").text
            writer.block(f"if {goes_on.format(so_far)}", [*lines, f"{so_far} = {text}"])
            texts = [so_far]
        else:
            texts.append(text)
        # a later operand runs only after this one did
        writer.known = learned
    writer.known = known
    return Term(
        _chain(word, texts), bool, texts[0] if texts[0].isidentifier() and len(texts) == 1 else None
    )


def _absorbing(translator: Translator, node: Logical) -> Term:
    """Return a chain in which an operand that has no value is passed over, to be judged at last."""
    writer = translator.writer
    neutral = node.operator == "&&"
    so_far, failed = writer.name("so_far"), writer.name("failed")
    writer.line(f"{so_far} = {neutral}")
    writer.line(f"{failed} = False")
    goes_on = so_far if neutral else f"not {so_far}"
    for position, operand in enumerate(node.operands):
        with writer.aside() as lines:
            text = translator.condition(operand)
        attempt = attempt_of([*lines, f"{so_far} = {text}"], f"{failed} = True")
        if position:
            writer.block(f"if {goes_on}", attempt)
        else:
            writer.lines.extend(attempt)
    writer.block(f"if {failed} and {goes_on}", [RAISE])
    return Term(so_far, bool, so_far)


def attempt_of(lines: list[str], on_error: str) -> list[str]:
    """Return lines that go on with `on_error` when a field is missing."""
    inner = [f"    {line}" for line in lines]
    return ["try:", *inner, "except LookupError:", f"    {on_error}"]


def _chain(word: str, texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"({f' {word} '.join(texts)})"


def translate_conditional(translator: Translator, node: Conditional) -> Term:
    """Return one of two values."""
    writer = translator.writer
    condition = translator.condition(node.condition)
    with writer.aside() as then_lines:
        then = translator.value(node.then)
    with writer.aside() as else_lines:
        otherwise = translator.value(node.otherwise)
    kind = then.kind if then.kind is otherwise.kind else None
    if not then_lines and not else_lines:
        return Term(f"({then.text} if {condition} else {otherwise.text})", kind)
    chosen = writer.name("chosen")
    writer.block(f"if {condition}", [*then_lines, f"{chosen} = {then.text}"])
    writer.block("else", [*else_lines, f"{chosen} = {otherwise.text}"])
    return Term(chosen, kind, chosen)
