"""The files of the rulebook that the daemon runs: loaded at start, and again at each reload.

Rules of this file: what was read is what is compiled; which commit it is, git says, or the operator
where there is no repository. A file that cannot be read is the caller's to report.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from interlock.cli.exits import ConfigurationError
from interlock.cli.inputs import read_one_rulebook
from interlock.interpreter.runtime.reload import Loaded
from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.diagnostics import RulebookError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interlock.rulebook.graph.arguments import Accepted
    from interlock.rulebook.source import SourceFile

GIT_TIMEOUT_S: Final = 5.0


class OnDisk:
    """A rulebook in a file or folder."""

    def __init__(
        self,
        path: str,
        commit: str | None = None,
        accepted: Mapping[str, Accepted] | None = None,
    ) -> None:
        """Take the path, the commit where the operator names it, and what Python hooks accept."""
        self._accepted = accepted
        self._path = path
        self._commit = commit

    def load(self) -> Loaded:
        """Read and compile; raises RulebookError or OSError."""
        sources = self._read()
        checked = check_rulebook(sources, accepted=self._accepted)
        if checked.graph is None:
            raise RulebookError(checked.diagnostics)
        return Loaded(checked.graph, sources, self._commit or find_commit(self._path))

    def fingerprint(self) -> object:
        """Return the texts, or why they cannot be read."""
        try:
            return tuple((source.name, source.text) for source in self._read())
        except (OSError, RulebookError) as error:
            return str(error)

    def _read(self) -> Sequence[SourceFile]:
        try:
            return read_one_rulebook(self._path)
        except ConfigurationError as error:
            raise OSError(str(error)) from error


def find_commit(path: str) -> str | None:
    """Return the commit of a rulebook's files, with `-dirty` where they differ from it.

    None where git is missing or does not know the place.
    """
    where = Path(path)
    folder = where if where.is_dir() else where.parent
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    if commit is None:
        return None
    changed = _git(folder, "status", "--porcelain", "--", str(where.absolute()))
    return f"{commit}-dirty" if changed else commit


def _git(folder: Path, *arguments: str) -> str | None:
    import subprocess  # noqa: PLC0415 - slow to import, and only a daemon asks git

    try:
        done = subprocess.run(  # noqa: S603 - no shell, and a fixed program
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - found on PATH
            capture_output=True,
            timeout=GIT_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None
