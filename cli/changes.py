"""Which lines of a file changed since a commit, as git tells it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from interlock.cli.exits import ConfigurationError

_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_TIMEOUT_S = 60


class Changes(NamedTuple):
    """The changed lines of one file, as ranges; None: all of it is new."""

    ranges: tuple[tuple[int, int], ...] | None

    def touch(self, first: int, last: int) -> bool:
        """Tell whether any of these lines changed, or something was taken out between them."""
        if self.ranges is None:
            return True
        return any(begin <= last and first <= end for begin, end in self.ranges)


def changes_since(reference: str, path: str) -> Changes:
    """Return what changed in a file since a commit, committed or not.

    Raises:
        ConfigurationError: git is missing, or does not know the commit.
    """
    if reference.startswith("-"):
        raise ConfigurationError(f"`{reference}` is no commit")
    file = Path(path).absolute()
    if not _git(file.parent, "ls-files", "--", file.name):
        return Changes(None)
    shown = _git(
        file.parent, "diff", "--unified=0", "--no-color", "--no-ext-diff", reference, "--",
        file.name,
    )  # fmt: skip
    if "\nnew file mode" in shown:
        return Changes(None)
    ranges = []
    for match in _HUNK.finditer(shown):
        begin, count = int(match[1]), int(match[2] or 1)
        # Where lines were only taken out, git names the line before them.
        ranges.append((begin, begin + count - 1) if count else (begin, begin + 1))
    return Changes(tuple(ranges))


def _git(folder: Path, *arguments: str) -> str:
    import subprocess  # noqa: PLC0415 - slow to import, and only --changed-since runs git

    try:
        done = subprocess.run(  # noqa: S603 - no shell; the reference cannot be an option
            ["git", *arguments],  # noqa: S607 - the user's own git
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError:
        raise ConfigurationError("--changed-since needs git, which is not installed") from None
    except subprocess.TimeoutExpired:
        raise ConfigurationError("git does not answer") from None
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise ConfigurationError(f"git: {said[0] if said else 'failed'}")
    return done.stdout
