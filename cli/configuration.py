"""`interlock.toml`, or `[tool.interlock]` in `pyproject.toml`: finding and reading it.

Rules of this file: the nearest file from where one looks upward holds; `root = true` ends the
search, whatever else it says. A wrong configuration is an error, never ignored.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from interlock.cli.exits import ConfigurationError
from interlock.rulebook.lint.page import Profile
from interlock.rulebook.lint.registry import PAGE_BY_CODE
from interlock.rulebook.lint.settings import Settings, SettingsError, parse_settings

_OWN = "interlock.toml"
_SHARED = "pyproject.toml"
_MARK = "[tool.interlock"
_TABLES = ("lint", "root")


class Configuration(NamedTuple):
    """Settings, and the folder that their paths are relative to."""

    settings: Settings
    folder: Path

    def for_file(self, path: str | Path) -> Settings:
        """Return the settings of one file."""
        where = Path(path).absolute()
        if where.is_relative_to(self.folder):
            return self.settings.for_path(where.relative_to(self.folder).as_posix())
        return self.settings

    def with_profile(self, profile: str | None) -> Configuration:
        """Return it with another profile for every file; None: as it is."""
        if profile is None:
            return self
        return self._replace(settings=self.settings.with_profile(Profile(profile)))


def find_configuration(start: Path) -> Configuration:
    """Return the nearest configuration at or above a folder; without one the defaults.

    Raises:
        ConfigurationError: It cannot be read, or says what does not exist.
    """
    return _find(start.absolute())


def forget_configurations() -> None:
    """Let the next search read the files again; for a process that outlives their changes."""
    _find.cache_clear()


@cache
def _find(folder: Path) -> Configuration:
    for file, is_own in ((folder / _OWN, True), (folder / _SHARED, False)):
        table = _read(file, is_own=is_own)
        if table is not None and ("lint" in table or table.get("root") is True):
            return _configuration(table, file, is_own=is_own)
    if folder.parent == folder:
        return Configuration(Settings(), folder)
    return _find(folder.parent)


def read_configuration(path: str) -> Configuration:
    """Return the configuration of a named file.

    Raises:
        ConfigurationError: It cannot be read, or says what does not exist.
    """
    file = Path(path)
    is_own = file.name != _SHARED
    table = _read(file, is_own=is_own)
    if table is None:
        raise ConfigurationError(f"no configuration in {path}")
    return _configuration(table, file.absolute(), is_own=is_own)


def _read(file: Path, *, is_own: bool) -> dict[str, Any] | None:
    try:
        text = file.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {file}: {error}") from None
    if not is_own and _MARK not in text:
        return None
    import tomllib  # noqa: PLC0415 - most projects have no configuration, and pay nothing

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: {error}") from None
    table = document if is_own else document.get("tool", {}).get("interlock", {})
    return table if isinstance(table, dict) else {}


def _configuration(table: dict[str, Any], file: Path, *, is_own: bool) -> Configuration:
    prefix = "" if is_own else "tool.interlock."
    for key in table:
        if key not in _TABLES:
            known = " and ".join(f"`{prefix}{name}`" for name in _TABLES)
            raise ConfigurationError(f"{file}: there is no `{prefix}{key}`; it takes {known}")
    if not isinstance(table.get("root", False), bool):
        raise ConfigurationError(f"{file}: `{prefix}root` must be true or false")
    try:
        settings = parse_settings(table.get("lint", {}), PAGE_BY_CODE, name=f"{prefix}lint")
    except SettingsError as error:
        raise ConfigurationError(f"{file}: {error}") from None
    return Configuration(settings, file.parent.absolute())
