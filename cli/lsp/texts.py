"""The texts that an editor has open, and the rulebooks they belong to.

Responsible for applying changes, and for the other files of a folder: the editor's text where it
has one open, else the file's. Never asks the editor for anything.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from pygls.uris import from_fs_path, to_fs_path

from interlock.cli.inputs import display_name, group_rulebooks
from interlock.rulebook.diagnostics import RulebookError
from interlock.rulebook.editing.lines import UTF16, Lines
from interlock.rulebook.loader import read_sources
from interlock.rulebook.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsprotocol import types as lsp


class OpenText(Struct, frozen=True):
    """One open text.

    Attributes:
        uri: What the editor calls it.
        path: Its file, or None for a text that is in no file.
        source: The text by the name that findings show.
        version: The editor's number of this state.
        lines: Its lines in the editor's units.
    """

    uri: str
    path: str | None
    source: SourceFile
    version: int
    lines: Lines


class Group(Struct, frozen=True):
    """A rulebook with an open text.

    Attributes:
        asked: The text.
        others: The other readable files, in order of their names.
        uris: What the editor calls each, by the name that findings show.
    """

    asked: OpenText
    others: tuple[SourceFile, ...]
    uris: dict[str, str]

    @property
    def sources(self) -> list[SourceFile]:
        """Every file, in order of their names."""
        return sorted((self.asked.source, *self.others), key=lambda source: source.name)


class OpenTexts:
    """All open texts, by what the editor calls them."""

    def __init__(self) -> None:
        self.encoding = UTF16
        self._texts: dict[str, OpenText] = {}

    def __iter__(self) -> Iterator[OpenText]:
        return iter(tuple(self._texts.values()))

    def get(self, uri: str) -> OpenText | None:
        """Return an open text."""
        return self._texts.get(uri)

    def put(self, uri: str, text: str, version: int) -> OpenText:
        """Take a text as it is now."""
        path = to_fs_path(uri)
        name = uri if path is None else display_name(path)
        lines = Lines(text, self.encoding)
        found = OpenText(uri, path, SourceFile(name, text), version, lines)
        self._texts[uri] = found
        return found

    def change(
        self, uri: str, changes: Sequence[lsp.TextDocumentContentChangeEvent], version: int
    ) -> OpenText | None:
        """Apply an editor's changes, each to what the ones before it made."""
        known = self._texts.get(uri)
        if known is None:
            return None
        for change in changes:
            where = getattr(change, "range", None)
            text = change.text
            if where is not None:
                before, lines = known.source.text, known.lines
                start = lines.offset(where.start.line, where.start.character)
                end = lines.offset(where.end.line, where.end.character)
                text = before[:start] + text + before[max(start, end) :]
            known = self.put(uri, text, version)
        return known

    def close(self, uri: str) -> None:
        """Forget a text."""
        self._texts.pop(uri, None)

    def group(self, text: OpenText) -> Group:
        """Return the rulebook that a text belongs to; files that cannot be read are left out."""
        if text.path is None:
            return Group(text, (), {text.source.name: text.uri})
        by_path = {one.path: one for one in self._texts.values() if one.path is not None}
        others: list[SourceFile] = []
        uris = {text.source.name: text.uri}
        [files] = group_rulebooks([text.path])
        for path in files:
            opened = by_path.get(path)
            source = None if Path(path) == Path(text.path) else _read(path, opened)
            if source is not None:
                others.append(source)
                uris[source.name] = opened.uri if opened else from_fs_path(path) or path
        return Group(text, tuple(others), uris)


def _read(path: str, opened: OpenText | None) -> SourceFile | None:
    if opened is not None:
        return opened.source
    try:
        [source] = read_sources(path)
    except (RulebookError, OSError):
        return None  # the command line says so; here it is about the open file
    return SourceFile(display_name(path), source.text)
