"""Which rulebooks a command was asked to read, and their texts.

Rules of this file: an argument that names nothing is an error, never an empty result; the order is
that of the names, so that the same arguments always give the same report.
"""

from __future__ import annotations

import os
import sys
from glob import glob, has_magic
from pathlib import Path

from interlock.cli.exits import ConfigurationError
from interlock.rulebook.document.merging import SHARED
from interlock.rulebook.loader import decode_source, read_sources
from interlock.rulebook.source import SourceFile, stem

STDIN = "-"
_ENDINGS = (".yaml", ".yml")
_OTHERS = ("tests.yaml", "tests.yml", "identity.yaml", "identity.yml")


def find_rulebooks(arguments: tuple[str, ...]) -> list[str]:
    """Return the files that files, folders, patterns and `-` stand for, each once, in order.

    Folders are searched to the bottom for YAML files; hidden folders, `tests.yaml` and the identity
    file are not.

    Raises:
        ConfigurationError: An argument names nothing.
    """
    found: dict[str, None] = {}
    for argument in arguments:
        for path in _expand(argument):
            found[path] = None
    return sorted(found)


def _expand(argument: str) -> list[str]:
    if argument == STDIN:
        return [STDIN]
    path = Path(argument)
    if path.is_dir():
        return _search(path)
    if path.exists():
        return [argument]
    if not has_magic(argument):
        raise ConfigurationError(f"no such file or folder: {argument}")
    everything = glob(argument, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
    matches = [match for match in everything if Path(match).is_file()]
    if not matches:
        raise ConfigurationError(f"no input files matched: {argument}")
    return matches


def _search(folder: Path) -> list[str]:
    found = []
    for where, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            str(Path(where, name))
            for name in files
            if name.endswith(_ENDINGS) and name not in _OTHERS
        ]
    if not found:
        raise ConfigurationError(f"no input files matched: no YAML file in {folder}")
    return found


def group_rulebooks(paths: list[str]) -> list[tuple[str, ...]]:
    """Return the rulebooks that files belong to, each as all of its files in order of their names.

    A folder that holds `_shared.yaml` is one rulebook, and so is one whose file has a `scope:`;
    any other file is one by itself.
    """
    found: dict[tuple[str, ...], None] = {}
    for path in paths:
        found[_rulebook_of(path)] = None
    return list(found)


def _rulebook_of(path: str) -> tuple[str, ...]:
    if path == STDIN:
        return (path,)
    folder = Path(path).parent
    is_shared = any((folder / f"{SHARED}{ending}").is_file() for ending in _ENDINGS)
    if not is_shared and not _has_scope(Path(path)):
        return (path,)
    files = [
        str(file)
        for file in sorted(folder.iterdir())
        if file.suffix in _ENDINGS and file.name not in _OTHERS and not file.name.startswith(".")
    ]
    # A file that is named in another way than its folder's listing stays what it was called.
    return tuple(path if Path(file) == Path(path) else file for file in files)


def _has_scope(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return any(line.startswith(b"scope:") for line in stream)
    except OSError:
        return False  # whoever reads it next says so


def read_one_rulebook(path: str) -> list[SourceFile]:
    """Read the one rulebook of a file, of a folder, or of standard input.

    A file of a folder is read with what is shared there: without it, it would be another rulebook.

    Raises:
        RulebookError: A file is no UTF-8 text, or too large.
        ConfigurationError: A file cannot be read, or there is more than one rulebook.
    """
    found = group_rulebooks(find_rulebooks((path,)))
    if len(found) > 1:
        raise ConfigurationError(f"{path} holds {len(found)} rulebooks; name one")
    files = found[0]
    if not Path(path).is_dir():
        files = tuple(file for file in files if file == path or stem(file) == SHARED)
    return [source for file in files for source in read_rulebook(file)]


def read_rulebook(path: str, *, stdin_name: str = "<stdin>") -> list[SourceFile]:
    """Read one rulebook; `-` is standard input.

    Raises:
        RulebookError: The file is no UTF-8 text, or too large.
        ConfigurationError: The file cannot be read.
    """
    if path == STDIN:
        return [decode_source(sys.stdin.buffer.read(), stdin_name)]
    try:
        sources = read_sources(path)
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from None
    return [SourceFile(display_name(source.name), source.text) for source in sources]


def display_name(path: str) -> str:
    """Return a path as people read it: relative where it lies below here, with `/` between."""
    where = Path(path)
    if where.is_absolute() and where.is_relative_to(Path.cwd()):
        where = where.relative_to(Path.cwd())
    return where.as_posix()
