"""Rulebook files to a compiled graph.

Responsible for reading files (the only I/O of the language) and for the two entry points that
raise. Never decides what a rulebook means.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from interlock.rulebook.catalogue import finding
from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.diagnostics import RulebookError
from interlock.rulebook.document.reader import TEXT_MAX
from interlock.rulebook.source import SourceFile, Span, stem

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from interlock.rulebook.graph.state_graph import StateGraph

_ENDINGS = (".yaml", ".yml")


def load_rulebook(path: str | os.PathLike[str]) -> StateGraph:
    """Compile the rulebook at `path`, one YAML file or a folder of them.

    Raises:
        RulebookError: The rulebook is wrong; holds every finding, warnings too.
        OSError: The file cannot be read.
    """
    return compile_rulebook(read_sources(path), name=stem(str(Path(path).absolute())))


def compile_rulebook(
    text_or_sources: str | Sequence[SourceFile], *, name: str = "rulebook"
) -> StateGraph:
    """Compile a rulebook from its text, or from the texts of its files.

    Args:
        text_or_sources: YAML text, or the sources of one rulebook.
        name: The rulebook's name where it does not say one.

    Raises:
        RulebookError: The rulebook is wrong; holds every finding, warnings too.
    """
    if isinstance(text_or_sources, str):
        text_or_sources = [SourceFile(f"{name}.yaml", text_or_sources.removeprefix("\ufeff"))]
    checked = check_rulebook(text_or_sources, name=name)
    if checked.graph is None:
        raise RulebookError(checked.diagnostics)
    return checked.graph


def read_sources(path: str | os.PathLike[str]) -> list[SourceFile]:
    """Read a rulebook's file, or every YAML file of its folder in order of their names.

    Raises:
        RulebookError: A file is no UTF-8 text or too large, or the folder holds no YAML file.
        OSError: A file cannot be read.
    """
    where = Path(path)
    if not where.is_dir():
        return [_read(where, str(path))]
    files = sorted(file for file in where.iterdir() if file.suffix in _ENDINGS)
    if not files:
        empty = SourceFile(str(path), "")
        raise RulebookError([finding("Y001", "the folder holds no YAML file", Span(empty, 0, 0))])
    return [_read(file, str(file)) for file in files]


def decode_source(raw: bytes, name: str) -> SourceFile:
    """Turn a file's bytes into a source; `name` is what findings call it.

    Raises:
        RulebookError: The bytes are no UTF-8 text, or too many.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        problem = "the file is UTF-16; save it as UTF-8"
    elif len(raw) > TEXT_MAX:
        problem = f"the file is larger than {TEXT_MAX // 1024**2} MiB"
    else:
        try:
            return SourceFile(name, raw.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            problem = f"byte {error.start} (line {line}) is not UTF-8; save the file as UTF-8"
    raise RulebookError([finding("Y001", problem, Span(SourceFile(name, ""), 0, 0))])


def _read(file: Path, name: str) -> SourceFile:
    # Read once and bounded: what was measured is what is compiled, even when the file is swapped.
    with file.open("rb") as stream:
        return decode_source(stream.read(TEXT_MAX + 1), name)
