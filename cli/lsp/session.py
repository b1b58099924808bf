"""One conversation with an editor: what is open, what is known of it, and when it is looked at.

Responsible for waiting until typing pauses, for running one examination at a time away from the
conversation, and for publishing only what is about the present text. Never answers a question.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from lsprotocol import types as lsp

from interlock.cli.lsp.conversion import to_diagnostic
from interlock.cli.lsp.examination import examine
from interlock.cli.lsp.texts import OpenTexts
from interlock.rulebook.editing.analysis import Analysis, analyse, follow

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

    from interlock.cli.lsp.examination import Examined
    from interlock.cli.lsp.pages import Pages
    from interlock.cli.lsp.texts import Group, OpenText
    from interlock.rulebook.diagnostics import Diagnostic

PAUSE_S: Final = 0.15
"""How long nothing must be typed before a text is looked at."""
SHOWN_MAX: Final = 1_000
"""How many findings of a text are shown at once; the first ones, as no editor shows more."""


class Session:
    """The state of one conversation; `is_over` once the editor has said goodbye.

    Args:
        server: Who talks to the editor.
        pages: The pages that findings link to.
    """

    def __init__(self, server: LanguageServer, pages: Pages) -> None:
        self.texts = OpenTexts()
        self.is_over = False
        self._server = server
        self._pages = pages
        self._analyses: dict[str, Analysis] = {}
        self._findings: dict[str, tuple[Diagnostic, ...]] = {}
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # the loop itself keeps no task alive
        self._one_at_a_time = asyncio.Lock()
        self._complaint: str | None = None

    def findings(self, uri: str) -> tuple[Diagnostic, ...]:
        """Return what was last found in a text."""
        return self._findings.get(uri, ())

    def names_of(self, text: OpenText) -> Analysis:
        """Return the last analysis of a text; for its names, which may be a moment old."""
        known = self._analyses.get(text.uri)
        return known if known is not None else self._analyse(text)

    def analysis(self, text: OpenText) -> Analysis:
        """Return an analysis of the present text."""
        known = self.names_of(text)
        found = follow(known, text.source)
        self._analyses[text.uri] = found
        return found

    def whole_analysis(self, text: OpenText) -> Analysis:
        """Return an analysis in which the other files of the rulebook are the present ones, too."""
        group = self.texts.group(text)
        found = analyse(text.source, group.others, self._analyses.get(text.uri))
        self._analyses[text.uri] = found
        return found

    def group(self, text: OpenText) -> Group:
        """Return the rulebook that a text belongs to."""
        return self.texts.group(text)

    def look_at(self, text: OpenText, *, after_s: float = PAUSE_S) -> None:
        """Look at a text, and at what else of its rulebook is open, once typing pauses."""
        self._plan(text.uri, after_s)
        for other in self.texts:
            known = self._analyses.get(other.uri)
            if known is not None and other is not text and known.has_file(text.source.name):
                self._plan(other.uri, after_s)

    def look_at_all(self) -> None:
        """Look at every open text again."""
        for text in self.texts:
            self._plan(text.uri, PAUSE_S)

    def close(self, uri: str) -> None:
        """Forget a text, and take its findings off the screen."""
        self.texts.close(uri)
        self._analyses.pop(uri, None)
        self._findings.pop(uri, None)
        if (task := self._waiting.pop(uri, None)) is not None:
            task.cancel()
        self._server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))

    def _analyse(self, text: OpenText) -> Analysis:
        found = analyse(text.source, self.texts.group(text).others)
        self._analyses[text.uri] = found
        return found

    def _plan(self, uri: str, after_s: float) -> None:
        if (task := self._waiting.get(uri)) is not None:
            task.cancel()
        task = asyncio.get_running_loop().create_task(self._examine(uri, after_s))
        self._waiting[uri] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _examine(self, uri: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        async with self._one_at_a_time:
            # A thread cannot be cancelled, so from here on the task is not: otherwise the next
            # would run beside it. What is found about an older text is thrown away below.
            self._waiting.pop(uri, None)
            text = self.texts.get(uri)
            if text is None:
                return
            group = self.texts.group(text)
            examined = await asyncio.to_thread(examine, group)
            if self.texts.get(uri) is not text:
                return
            self._publish(group, examined)
            before = self._analyses.get(uri)
            found = await asyncio.to_thread(analyse, text.source, group.others, before)
        if self.texts.get(uri) is text:
            self._analyses[uri] = found

    def _publish(self, group: Group, examined: Examined) -> None:
        uri = group.asked.uri
        self._findings[uri] = examined.diagnostics
        if examined.complaint is not None and examined.complaint != self._complaint:
            message = f"interlock: {examined.complaint}"
            self._server.window_show_message(
                lsp.ShowMessageParams(lsp.MessageType.Warning, message)
            )
        self._complaint = examined.complaint
        shown = [
            to_diagnostic(item, group.uris, self.texts.encoding, self._pages.uri)
            for item in examined.diagnostics[:SHOWN_MAX]
        ]
        self._server.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(uri, shown, group.asked.version)
        )
