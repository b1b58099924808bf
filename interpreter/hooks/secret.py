"""Secrets, by reference: where their values are read, and how they are kept out of sight.

Responsible for `${env:NAME}` and `${file:NAME}`, for the `Secret` type whose text is `***`, and for
concealing values in what targets send back. Never puts a value into an error, and never reads
a file outside the operator's secrets folder, because rulebook authors write the names.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_REFERENCE = re.compile(r"\$\{(env|file):([^{}\s]+)\}")
_BYTES_MAX: Final = 65_536
_CONCEALED_LENGTH_MIN: Final = 4  # shorter values would blot out ordinary words
_SHOWN: Final = "***"


class SecretError(Exception):
    """A secret cannot be read; the text names the reference, never a value."""


class Secret:
    """A secret value; every way of printing it gives `***`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({_SHOWN})"

    def __str__(self) -> str:
        return _SHOWN

    def __format__(self, format_spec: str) -> str:
        return _SHOWN


class SecretReader:
    """Reads what references name, anew each time, so that a rotated secret is used at once."""

    def __init__(self, environ: Mapping[str, str], folder: Path | None = None) -> None:
        """Take the environment, and the folder that `${file:NAME}` is looked up in."""
        self._environ = environ
        self._folder = folder

    def read(self, text: str) -> Secret:
        """Return `text` with its references replaced by what they name.

        Raises:
            SecretError: there is no reference in it, or one that cannot be read.
        """
        if not _REFERENCE.search(text):
            raise SecretError("a secret is written ${env:NAME} or ${file:NAME}, never as itself")
        return Secret(_REFERENCE.sub(lambda match: self._look_up(match[1], match[2]), text))

    def _look_up(self, kind: str, name: str) -> str:
        value = self._environ.get(name) if kind == "env" else self._read_file(name)
        if not value:
            raise SecretError(f"${{{kind}:{name}}} is not set, or empty")
        if not value.isprintable():
            raise SecretError(f"${{{kind}:{name}}} holds a line break or another control character")
        return value

    def _read_file(self, name: str) -> str:
        if self._folder is None:
            raise SecretError(f"${{file:{name}}} needs a secrets folder: name one with --secrets")
        folder = self._folder.resolve()
        try:
            path = (folder / name).resolve()
            if not path.is_relative_to(folder):
                raise SecretError(f"${{file:{name}}} lies outside the secrets folder {folder}")
            with path.open("rb") as file:
                data = file.read(_BYTES_MAX + 1)
            text = data.decode() if len(data) <= _BYTES_MAX else None
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise SecretError(f"${{file:{name}}} cannot be read: {why}") from None
        if text is None:
            raise SecretError(f"${{file:{name}}} is longer than {_BYTES_MAX} bytes")
        return text.rstrip("\r\n")


def concealed_forms(secrets: Iterable[Secret]) -> tuple[str, ...]:
    """Return the forms in which the values may come back: plain, base64, hex, percent-encoded."""
    forms: set[str] = set()
    for secret in secrets:
        value = secret.reveal()
        data = value.encode()
        if len(value) >= _CONCEALED_LENGTH_MIN:
            forms |= {
                value,
                data.hex(),
                data.hex().upper(),
                quote(value, safe=""),
                quote_plus(value),
            }
            forms |= {base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def conceal(text: str, forms: Iterable[str]) -> str:
    """Return the text with `***` for each of the forms."""
    for form in forms:
        if form in text:
            text = text.replace(form, _SHOWN)
    return text
