"""Which values may be typed at a place outside guards.

Responsible for names, states of a transition, members of closed sets and examples. Never looks at
the text around the place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from interlock.rulebook.editing.cursor import word_before
from interlock.rulebook.editing.descriptions import describe_name
from interlock.rulebook.editing.items import Item, ItemKind, escape
from interlock.rulebook.editing.key_completion import describe_parts
from interlock.rulebook.editing.occurrences import ANY_STATE
from interlock.rulebook.editing.roles import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.document.nodes import Step
    from interlock.rulebook.editing.names import Names
    from interlock.rulebook.editing.roles import Role
    from interlock.rulebook.editing.schema import Part

_DURATIONS: Final = ("30s", "1m", "5m", "15m", "30m", "1h", "1d")
_SECRET: Final = "secret"  # noqa: S105 - the name of a definition of the schema
_NAME_RANK, _VALUE_RANK, _EXAMPLE_RANK = 0, 10, 30


class ValueSlot:
    """The place of a value that is completed.

    Args:
        path: Where it is.
        parts: What the schema says about it.
        beginning: What is typed of it before the cursor.
        offset: The cursor in the text of the file.
        end: Where the word around the cursor ends there.
        style: How it is written: a quote, `|`, `>`, or nothing.
    """

    def __init__(
        self,
        path: tuple[Step, ...],
        parts: tuple[Part, ...],
        beginning: str,
        offset: int,
        end: int,
        style: str,
    ) -> None:
        self.path = path
        self.parts = parts
        self.beginning = beginning
        self.offset = offset
        self.end = end
        self.style = style

    def start(self, more: str = ".-") -> int:
        """Return where the word before the cursor begins in the file; `more` is part of words."""
        return self.offset - len(word_before(self.beginning, more))


def complete_value(slot: ValueSlot, role: Role | None, names: Names) -> Iterator[Item]:
    """Yield the values that may stand at a place."""
    if role is not None and role.is_transition:
        yield from _states(slot, names)
        return
    if role is not None and role.kind is not None:
        for rank, name in enumerate(names.of(role.kind)):
            detail, doc = describe_name(role.kind, name, names)
            kind = ItemKind.STATE if role.kind is Kind.STATE else ItemKind.NAME
            yield Item(name, kind, name, slot.start(), slot.end, detail, doc, _NAME_RANK + rank)
        return
    yield from _of_schema(slot)


def _states(slot: ValueSlot, names: Names) -> Iterator[Item]:
    """Yield states on either side of an arrow; before it `any` as well, and the arrow itself."""
    before, arrow, after = slot.beginning.partition("->")
    start = slot.start("")
    written = {word.strip() for word in before.split(",")[: None if arrow else -1]}
    if arrow and "," in after:
        return
    for rank, state in enumerate(names.of(Kind.STATE)):
        if state not in written or arrow:
            detail, doc = describe_name(Kind.STATE, state, names)
            yield Item(state, ItemKind.STATE, state, start, slot.end, detail, doc, rank)
    if not arrow and not before.rpartition(",")[1]:
        doc = "Every state that is not final, but the target itself."
        yield Item(ANY_STATE, ItemKind.KEYWORD, ANY_STATE, start, slot.end, "any state", doc, 90)
    if not arrow and before.endswith(" ") and before.strip():
        yield Item("->", ItemKind.KEYWORD, "-> ", slot.offset, slot.offset, "to the state", rank=0)


def _of_schema(slot: ValueSlot) -> Iterator[Item]:
    start = slot.start()
    is_quoted = slot.style in ("'", '"')
    seen: set[str] = set()
    for part in slot.parts:
        doc = describe_parts(part.doc, (part,))
        values = [_yaml(value) for value in part.values]
        if part.kind == "boolean":
            values = ["true", "false"]
        examples = [_yaml(value) for value in part.examples if isinstance(value, str | int)]
        if "duration" in part.names:
            examples = list(_DURATIONS)
        if _SECRET in part.names:
            if not slot.beginning:
                yield _secret(slot)
            continue
        for rank, texts in ((_VALUE_RANK, values), (_EXAMPLE_RANK, examples)):
            for index, text in enumerate(texts):
                if text not in seen and part.kind not in ("object", "array"):
                    seen.add(text)
                    insert = text.strip('"') if is_quoted else text
                    detail = "" if rank == _VALUE_RANK else "example"
                    yield Item(
                        text, ItemKind.VALUE, insert, start, slot.end, detail, doc, rank + index
                    )


def _secret(slot: ValueSlot) -> Item:
    quote = "" if slot.style in ("'", '"') else '"'
    return Item(
        "${env:NAME}",
        ItemKind.VALUE,
        f"{quote}{escape('${env:')}${{1:NAME}}{escape('}')}{quote}",
        slot.offset,
        slot.end,
        "secret",
        "A secret is never written out: it is in an environment variable or a file.",
        is_snippet=True,
    )


def _yaml(value: object) -> str:
    """Return a value as YAML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    is_plain = re.fullmatch(r"[\w./:+-][\w ./:+-]*", text) is not None
    if isinstance(value, str) and not is_plain:
        return f'"{text}"'
    return text
