"""The pages of the diagnostic codes, as files that an editor can open.

Responsible for writing a page when a finding of its code is shown, into a folder that is gone when
the server ends: an editor can follow the link offline. The text is that of `interlock explain`.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from interlock.rulebook.lint.reference import render_page
from interlock.rulebook.lint.registry import find_page


class Pages:
    """The folder of pages; use it as a context, which removes it at the end."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="interlock-pages-", ignore_cleanup_errors=True)
        self._uris: dict[str, str | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def uri(self, code: str) -> str | None:
        """Return the address of a code's page; None where there is none or it cannot be written."""
        if code not in self._uris:
            self._uris[code] = self._write(code)
        return self._uris[code]

    def _write(self, code: str) -> str | None:
        page = find_page(code)
        if page is None:
            return None
        file = Path(self._folder.name) / f"{code}.md"
        try:
            file.write_text(render_page(page), "utf-8")
        except OSError:
            return None
        return file.as_uri()
