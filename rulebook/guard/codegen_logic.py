"""`&&`, `||` and `?:`, as Python terms.

Python's own operators stop where the language's may: an operand that decides makes the others
irrelevant, errors included. An error before the one that decides leaves the function, and the tree
evaluator finds that it is absorbed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.guard.codegen_writer import Term

if TYPE_CHECKING:
    from interlock.rulebook.guard.codegen_translator import Translator
    from interlock.rulebook.guard.nodes import Conditional, Logical


def translate_logical(translator: Translator, node: Logical) -> Term:
    """Return a chain; operands that need lines of their own stand in an `if`."""
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
