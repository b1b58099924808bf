"""What an editor offers to do about findings.

Responsible for edits: a finding's own fix, all safe ones together, and a comment that silences it.
Never decides what is wrong, and never offers a comment that would not silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.rulebook.diagnostics import Diagnostic, Edit
from interlock.rulebook.document.nodes import MapNode, key_span, span_of
from interlock.rulebook.document.pointers import path_at
from interlock.rulebook.document.reader import read_document
from interlock.rulebook.lint.comments import find_comments
from interlock.rulebook.lint.fixes import apply_fixes
from interlock.rulebook.lint.settings import is_language_error
from interlock.rulebook.lint.suppression import USELESS
from interlock.rulebook.source import SourceFile, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from interlock.rulebook.document.nodes import Step

REASON = "say why here"


class Action(Struct, frozen=True):
    """Something to do about findings.

    Attributes:
        title: What it does, for people.
        edits: They do not overlap.
        findings: What it is about.
        is_fix: Whether it repairs; otherwise it silences.
        is_preferred: Whether it is what the author certainly meant.
    """

    title: str
    edits: tuple[Edit, ...]
    findings: tuple[Diagnostic, ...]
    is_fix: bool = True
    is_preferred: bool = False


def actions_for(
    source: SourceFile, root: MapNode | None, findings: Iterable[Diagnostic]
) -> Iterator[Action]:
    """Yield what may be done about findings of a text.

    Args:
        source: The text; findings about an older one are left out.
        root: What it holds; None when it is not readable.
        findings: The findings under the cursor.
    """
    for item in findings:
        if item.span.source.text != source.text:
            continue
        if item.fix is not None and _is_here(item, source):
            title = f"{_describe(item)} ({item.code})"
            yield Action(title, item.fix.edits, (item,), is_preferred=item.fix.is_safe)
        comment = None if root is None else _silence(source, root, item)
        if comment is not None:
            title = f"Ignore {item.code} here, with a reason"
            yield Action(title, (comment,), (item,), is_fix=False)


def fix_all(source: SourceFile, findings: Sequence[Diagnostic]) -> Action | None:
    """Return all safe fixes of a text as one; None when there are fewer than two."""
    fixable = [
        item
        for item in findings
        if item.fix is not None
        and item.fix.is_safe
        and item.span.source.text == source.text
        and _is_here(item, source)
    ]
    applied = apply_fixes(source, fixable).applied
    if len(applied) < 2:  # noqa: PLR2004 - one is offered by itself
        return None
    edits = tuple(edit for item in applied if item.fix is not None for edit in item.fix.edits)
    return Action(f"Fix all {len(applied)} that can be fixed safely", edits, applied)


def _is_here(item: Diagnostic, source: SourceFile) -> bool:
    return item.fix is not None and all(e.span.source.name == source.name for e in item.fix.edits)


def _describe(item: Diagnostic) -> str:
    assert item.fix is not None
    if len(item.fix.edits) == 1:
        edit = item.fix.edits[0]
        before, after = edit.span.text.strip(), edit.text.strip()
        if before and after and "\n" not in before + after:
            return f"Replace `{before}` by `{after}`"
        if not after:
            return "Remove it"
    return item.help or f"Repair {item.name}"


def _silence(source: SourceFile, root: MapNode, item: Diagnostic) -> Edit | None:
    """Return the comment above the value that a finding is about, when it silences it."""
    if is_language_error(item) or item.code == USELESS.code:
        return None
    at = _line_of(source, root, item.span)
    line = source.line_text(source.position(at)[0])
    indent = line[: len(line) - len(line.lstrip())]
    ending = "\r\n" if source.text[at : at + len(line) + 2].endswith("\r\n") else "\n"
    edit = Edit(Span(source, at, at), f"{indent}# interlock: ignore[{item.code}] {REASON}{ending}")
    return edit if _silences(source, edit, item) else None


def _line_of(source: SourceFile, root: MapNode, where: Span) -> int:
    """Return where the line begins on which the value that holds a place begins, with its key."""
    path = path_at(root, where)
    start = where.start if not path else _begin(root, path)
    return source.offset(source.position(start)[0], 1)


def _begin(root: MapNode, path: tuple[Step, ...]) -> int:
    parent: object = root
    for step in path[:-1]:
        parent = parent[step]  # type: ignore[index]  # the path leads through collections
    if isinstance(parent, MapNode):
        return key_span(parent, str(path[-1])).start
    return span_of(parent, path[-1]).start  # type: ignore[arg-type]  # the other collection


def _silences(source: SourceFile, edit: Edit, item: Diagnostic) -> bool:
    """Tell whether a text with the comment is still read, and the comment covers the finding."""
    text = source.text[: edit.span.start] + edit.text + source.text[edit.span.end :]
    after = SourceFile(source.name, text)
    root = read_document(after).root
    if root is None:
        return False
    line = item.span.line + 1
    return any(
        item.code in comment.codes
        and comment.span.start >= edit.span.start
        and comment.first_line <= line <= comment.last_line
        for comment in find_comments(after, root)
    )
