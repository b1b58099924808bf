"""What an editor offers to do about findings, in the protocol's values.

Responsible for choosing the findings under the cursor and for the kinds of actions. Never makes an
edit of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lsprotocol import types as lsp

from interlock.cli.lsp.answers import offset_of
from interlock.cli.lsp.conversion import to_edits, to_range
from interlock.rulebook.editing.quick_fixes import Action, actions_for, fix_all

if TYPE_CHECKING:
    from interlock.cli.lsp.session import Session
    from interlock.cli.lsp.texts import OpenText
    from interlock.rulebook.diagnostics import Diagnostic

FIX_ALL: Final = "source.fixAll.interlock"
KINDS: Final = (lsp.CodeActionKind.QuickFix, FIX_ALL)


def answer_code_actions(
    session: Session, text: OpenText, params: lsp.CodeActionParams
) -> list[lsp.CodeAction]:
    """Return what may be done about the findings in a range."""
    start = offset_of(text, params.range.start)
    end = offset_of(text, params.range.end)
    findings = session.findings(text.uri)
    here = [item for item in findings if item.span.start <= end and start <= item.span.end]
    found: list[tuple[Action, lsp.CodeActionKind | str]] = []
    root = session.analysis(text).file.root
    if _is_wanted(lsp.CodeActionKind.QuickFix, params):
        found += [(one, KINDS[0]) for one in actions_for(text.source, root, here)]
    if _is_wanted(FIX_ALL, params) and (every := fix_all(text.source, findings)):
        found.append((every, FIX_ALL))
    shown = [_action(session, text, action, kind, params) for action, kind in found]
    return [action for action in shown if action is not None]


def _is_wanted(kind: str, params: lsp.CodeActionParams) -> bool:
    """Tell whether the editor asks for actions of a kind; `source` asks for `source.fixAll`."""
    only = params.context.only
    if only is None:
        return True
    return any(kind == one or kind.startswith(f"{one}.") for one in map(_text, only))


def _text(kind: lsp.CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, lsp.CodeActionKind) else kind


def _action(
    session: Session,
    text: OpenText,
    action: Action,
    kind: lsp.CodeActionKind | str,
    params: lsp.CodeActionParams,
) -> lsp.CodeAction | None:
    edit = to_edits(action.edits, session.group(text).uris, session.texts.encoding)
    if edit is None:
        return None
    return lsp.CodeAction(
        title=action.title,
        kind=kind,
        diagnostics=_shown(session, action.findings, params) or None,
        is_preferred=True if action.is_preferred else None,
        edit=edit,
    )


def _shown(
    session: Session, findings: tuple[Diagnostic, ...], params: lsp.CodeActionParams
) -> list[lsp.Diagnostic]:
    """Return the editor's own words for the findings, as the protocol wants them back."""
    encoding = session.texts.encoding
    places = [(item.code, to_range(item.span, encoding)) for item in findings]
    return [item for item in params.context.diagnostics if (item.code, item.range) in places]
