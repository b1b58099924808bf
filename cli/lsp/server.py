"""The server: which of the protocol's requests it takes, and who answers each.

Responsible for registration alone. What goes wrong in one answer is that request's error; the
server goes on.
"""

from __future__ import annotations

import logging
import os
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from interlock.cli.configuration import forget_configurations
from interlock.cli.lsp import answers
from interlock.cli.lsp.code_actions import KINDS, answer_code_actions
from interlock.cli.lsp.pages import Pages
from interlock.cli.lsp.session import Session
from interlock.rulebook.document.decoder import learn_types
from interlock.rulebook.editing.rename import Refusal

if TYPE_CHECKING:
    from interlock.cli.lsp.texts import OpenText

_T = TypeVar("_T")
_TRIGGERS = [".", " ", '"', "'", "[", "{", ">", ":", ","]
_WATCHED = ("**/*.yaml", "**/*.yml", "**/interlock.toml", "**/pyproject.toml")


class RefusedError(JsonRpcException):
    """A request that is understood but cannot be done; the editor shows the sentence."""

    CODE = lsp.LSPErrorCodes.RequestFailed
    MESSAGE = "Request failed"


class _Refusals(logging.Filter):
    """Keeps refused requests out of the log: they are answers, not defects."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], RefusedError))


def serve() -> bool:
    """Talk to one editor over standard input and output; tell whether it said goodbye first.

    The stream is a copy of standard output, which the library closes at the end.
    """
    logging.getLogger("pygls.protocol.json_rpc").addFilter(_Refusals())
    learn_types()  # before a document is examined in one thread and asked about in another
    with Pages() as pages, os.fdopen(os.dup(sys.stdout.fileno()), "wb") as output:
        session, server = make_server(pages)
        server.start_io(sys.stdin.buffer, output)
    return session.is_over


def make_server(pages: Pages) -> tuple[Session, LanguageServer]:
    """Return a conversation and its server, which has not begun to talk."""
    server = LanguageServer("interlock", version("interlock"))
    session = Session(server, pages)
    _register_frame(server, session)
    _register_texts(server, session)
    _register_questions(server, session)
    _register_overviews(server, session)
    _register_edits(server, session)
    return session, server


def _register_frame(server: LanguageServer, session: Session) -> None:
    @server.feature(lsp.INITIALIZED)
    def _initialized(_: lsp.InitializedParams) -> None:
        encoding = server.server_capabilities.position_encoding
        if encoding is not None:
            session.texts.encoding = str(getattr(encoding, "value", encoding))
        _watch(server)

    @server.feature(lsp.SHUTDOWN)
    def _shut_down(*_: object) -> None:
        session.is_over = True

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def _files_changed(_: lsp.DidChangeWatchedFilesParams) -> None:
        forget_configurations()
        session.look_at_all()


def _register_texts(server: LanguageServer, session: Session) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def _opened(params: lsp.DidOpenTextDocumentParams) -> None:
        one = params.text_document
        session.look_at(session.texts.put(one.uri, one.text, one.version), after_s=0)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def _changed(params: lsp.DidChangeTextDocumentParams) -> None:
        one = params.text_document
        text = session.texts.change(one.uri, params.content_changes, one.version)
        if text is not None:
            session.look_at(text)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def _saved(params: lsp.DidSaveTextDocumentParams) -> None:
        text = session.texts.get(params.text_document.uri)
        if text is not None:
            session.look_at(text)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def _closed(params: lsp.DidCloseTextDocumentParams) -> None:
        session.close(params.text_document.uri)


def _watch(server: LanguageServer) -> None:
    """Ask to be told of files that change outside the editor, where it can."""
    workspace = server.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace else None
    if watching is None or not watching.dynamic_registration:
        return
    options = lsp.DidChangeWatchedFilesRegistrationOptions(
        [lsp.FileSystemWatcher(pattern) for pattern in _WATCHED]
    )
    method = lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES
    server.client_register_capability(
        lsp.RegistrationParams([lsp.Registration("watched-files", method, options)])
    )


def _register_questions(server: LanguageServer, session: Session) -> None:
    def asked(params: Any) -> OpenText | None:
        return session.texts.get(params.text_document.uri)

    @server.feature(
        lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=_TRIGGERS)
    )
    def _completion(params: lsp.CompletionParams) -> list[lsp.CompletionItem] | None:
        text = asked(params)
        if text is None:
            return None
        return answers.answer_completion(session, text, params, has_snippets=_has_snippets(server))

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def _hover(params: lsp.HoverParams) -> lsp.Hover | None:
        text = asked(params)
        return None if text is None else answers.answer_hover(session, text, params.position)

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def _definition(params: lsp.DefinitionParams) -> list[lsp.Location] | None:
        text = asked(params)
        return None if text is None else answers.answer_definition(session, text, params.position)

    @server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
    def _references(params: lsp.ReferenceParams) -> list[lsp.Location] | None:
        text = asked(params)
        return None if text is None else answers.answer_references(session, text, params)

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    def _highlights(params: lsp.DocumentHighlightParams) -> list[lsp.DocumentHighlight] | None:
        text = asked(params)
        return None if text is None else answers.answer_highlights(session, text, params.position)

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def _symbols(params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol] | None:
        text = asked(params)
        return None if text is None else answers.answer_symbols(session, text)


def _register_overviews(server: LanguageServer, session: Session) -> None:
    def asked(params: Any) -> OpenText | None:
        return session.texts.get(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_SIGNATURE_HELP, lsp.SignatureHelpOptions(["(", ","], [")"]))
    def _signature(params: lsp.SignatureHelpParams) -> lsp.SignatureHelp | None:
        text = asked(params)
        return None if text is None else answers.answer_signature(session, text, params.position)

    @server.feature(lsp.TEXT_DOCUMENT_FOLDING_RANGE)
    def _folds(params: lsp.FoldingRangeParams) -> list[lsp.FoldingRange] | None:
        text = asked(params)
        return None if text is None else answers.answer_folds(session, text)

    @server.feature(lsp.WORKSPACE_SYMBOL)
    def _workspace_symbols(params: lsp.WorkspaceSymbolParams) -> list[lsp.WorkspaceSymbol]:
        return answers.answer_workspace_symbols(session, params.query)


def _register_edits(server: LanguageServer, session: Session) -> None:
    def asked(params: Any) -> OpenText | None:
        return session.texts.get(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
    def _prepare(params: lsp.PrepareRenameParams) -> lsp.PrepareRenamePlaceholder | None:
        text = asked(params)
        if text is None:
            return None
        return _granted(answers.answer_prepare_rename(session, text, params.position))

    @server.feature(lsp.TEXT_DOCUMENT_RENAME)
    def _rename(params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
        text = asked(params)
        return None if text is None else _granted(answers.answer_rename(session, text, params))

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(code_action_kinds=list(KINDS))
    )
    def _code_actions(params: lsp.CodeActionParams) -> list[lsp.CodeAction] | None:
        text = asked(params)
        return None if text is None else answer_code_actions(session, text, params)

    @server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
    def _formatting(params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit] | None:
        text = asked(params)
        return None if text is None else _granted(answers.answer_formatting(text))


def _granted(answer: _T | Refusal) -> _T:
    if isinstance(answer, Refusal):
        raise RefusedError(answer.reason)
    return answer


def _has_snippets(server: LanguageServer) -> bool:
    known = server.client_capabilities.text_document
    item = known.completion.completion_item if known and known.completion else None
    return bool(item and item.snippet_support)
