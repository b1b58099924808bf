"""A rulebook as an editor has it open: the texts, what they hold, and what was last readable.

Responsible for the values that questions are asked of. A text that is no valid YAML at the moment
keeps the document of its last readable state for names, and has none for places. Never reads files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.document.merging import SHARED
from interlock.rulebook.document.nodes import MapNode
from interlock.rulebook.document.reader import read_document
from interlock.rulebook.editing.names import Names, collect_names
from interlock.rulebook.source import SourceFile, stem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.rulebook.graph.state_graph import StateGraph


class OpenFile(Struct, frozen=True):
    """One file of a rulebook.

    Attributes:
        source: Its present text.
        root: What that text holds; None when it is no valid YAML.
        last_root: What it held when it was last readable; None: never.
    """

    source: SourceFile
    root: MapNode | None = None
    last_root: MapNode | None = None


class Analysis(Struct, frozen=True):
    """One file with the rulebook it belongs to.

    Attributes:
        file: The file that is asked about.
        files: Every file of the rulebook, this one first.
        names: What the rulebook names.
    """

    file: OpenFile
    files: tuple[OpenFile, ...]
    names: Names

    @property
    def documents(self) -> tuple[MapNode, ...]:
        """What the files hold, or last held."""
        return tuple(file.last_root for file in self.files if file.last_root is not None)

    def has_file(self, name: str) -> bool:
        """Tell whether a file is part of the rulebook."""
        return any(file.source.name == name for file in self.files)

    @property
    def is_readable(self) -> bool:
        """Whether every file is valid YAML at the moment."""
        return all(file.root is not None for file in self.files)


def analyse(
    source: SourceFile, others: Sequence[SourceFile] = (), before: Analysis | None = None
) -> Analysis:
    """Read a file and the others of its rulebook.

    Args:
        source: The file that is asked about.
        others: The other files of its rulebook.
        before: The last analysis of this file, for what is not readable now.
    """
    known = {file.source.name: file for file in before.files} if before is not None else {}
    file = _open(source, known)
    files = (file, *(_open(other, known) for other in others))
    documents = [one.last_root for one in files if one.last_root is not None]
    graph = before.names.graph if before is not None else None
    readable = [one.source for one in files if one.root is not None]
    if file.root is not None:
        graph = _compile(source, readable) or graph
    return Analysis(file, files, collect_names(documents, graph))


def follow(before: Analysis, source: SourceFile) -> Analysis:
    """Return an analysis for the present text of its file; names stay those of before."""
    if before.file.source.text == source.text:
        return before
    file = _open(source, {before.file.source.name: before.file})
    return Analysis(file, (file, *before.files[1:]), before.names)


def _open(source: SourceFile, known: dict[str, OpenFile]) -> OpenFile:
    before = known.get(source.name)
    if before is not None and before.source.text == source.text:
        return before
    root = read_document(source).root
    last = root if root is not None else before.last_root if before is not None else None
    return OpenFile(source, root, last)


def _compile(source: SourceFile, readable: Sequence[SourceFile]) -> StateGraph | None:
    """Return the graph of a file with what its folder shares, as far as it compiles."""
    shared = [one for one in readable if stem(one.name) == SHARED and one.name != source.name]
    return check_rulebook([*shared, source], is_digested=False).draft
