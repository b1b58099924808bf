"""What `graph --highlight` is compared with: recordings, traces and older rulebooks.

Responsible for reading them. A recording is played through the dry run; nothing is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.cli.exits import ConfigurationError
from interlock.cli.inputs import STDIN
from interlock.rulebook.picture import Trace, trace_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from interlock.rulebook.graph.state_graph import StateGraph


def read_trace(paths: Sequence[str]) -> Trace:
    """Read traces: a dry run's JSON or JSON lines, or an incident's timeline.

    Raises:
        ConfigurationError: a file cannot be read, or holds no record.
    """
    found = trace_of(record for path in paths for record in _records(path))
    if found.is_empty:
        raise ConfigurationError(
            f"{', '.join(paths)}: no incident is opened or moved there; a trace is what "
            "`interlock dry-run --format json` or a timeline gives"
        )
    return found


def play_recordings(graph: StateGraph, paths: Sequence[str], source: str | None) -> Trace:
    """Play recordings through a dry run, each by itself, and return what was taken.

    Raises:
        ConfigurationError: a file cannot be read, or holds no event.
    """
    # Imported here: most pictures need no daemon's parts.
    import asyncio  # noqa: PLC0415

    from interlock.interpreter.runtime.dry_run import Options, dry_run  # noqa: PLC0415
    from interlock.interpreter.server.views import view_record  # noqa: PLC0415
    from interlock.interpreter.sources import read_recording  # noqa: PLC0415

    records: list[Any] = []
    for path in paths:
        lines = read_recording(iter(_read(path).splitlines(keepends=True)), source=source)
        report = asyncio.run(dry_run(graph, lines, Options()))
        if report.summary.events == 0:
            raise ConfigurationError(f"{path}: holds no event")
        records += [view_record(record) for record in report.records]
    return trace_of(records)


def _read(path: str) -> bytes:
    # Imported here, like the above: a picture of a rulebook alone reads nothing else.
    import sys  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    if path == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from None


def _records(path: str) -> Iterator[Any]:
    import msgspec  # noqa: PLC0415 - as above

    raw = _read(path)
    try:
        documents: Iterable[Any] = (msgspec.json.decode(raw),)
    except msgspec.DecodeError:
        try:
            documents = [msgspec.json.decode(line) for line in raw.splitlines() if line.strip()]
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path} is no trace: {error}") from None
    for document in documents:
        if isinstance(document, dict):
            yield from document.get("records") or [document.get("record", document)]
