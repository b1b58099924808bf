"""What a project wants reported, and how severely.

Responsible for the model of `[lint]` in `interlock.toml` and for what it makes of a finding. Pure:
files are found and read elsewhere. Errors of the language keep their level whatever is set.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from interlock.rulebook.catalogue import CATALOGUE
from interlock.rulebook.diagnostics import Level
from interlock.rulebook.lint.page import Profile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.diagnostics import Diagnostic
    from interlock.rulebook.lint.page import Page

OFF = "off"
_LEVELS: dict[str, Level | None] = {OFF: None, **{level.value: level for level in Level}}
_KEYS = ("profile", "levels", "paths", "overrides")
_OVERRIDE_KEYS = ("paths", "profile", "levels")


class SettingsError(Exception):
    """The configuration is wrong; the text says what and where, for people."""


class Override(Struct, frozen=True):
    """Other settings for the files that one of the patterns matches; later ones win."""

    paths: tuple[str, ...]
    profile: Profile | None = None
    levels: Mapping[str, Level | None] = {}

    def matches(self, path: str) -> bool:
        """Tell whether a path relative to the configuration, with `/`, is one of these."""
        return any(_matches(path, pattern) for pattern in self.paths)


class Settings(Struct, frozen=True):
    """How findings are reported.

    Attributes:
        profile: How much is reported.
        levels: A level per code, None: not at all; before the profile's own.
        paths: What is checked when no path is given.
        overrides: Other settings for some files.
    """

    profile: Profile = Profile.RECOMMENDED
    levels: Mapping[str, Level | None] = {}
    paths: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()

    def for_path(self, path: str) -> Settings:
        """Return the settings of one file."""
        result = self
        for override in self.overrides:
            if override.matches(path):
                result = replace(
                    result,
                    profile=override.profile or result.profile,
                    levels={**result.levels, **override.levels},
                )
        return result

    def with_profile(self, profile: Profile) -> Settings:
        """Return these settings with one profile for every file."""
        overrides = tuple(replace(override, profile=None) for override in self.overrides)
        return replace(self, profile=profile, overrides=overrides)

    def level_of(self, item: Diagnostic, page: Page | None) -> Level | None:
        """Return the level a finding is reported at; None: not at all."""
        if is_language_error(item):
            return item.level
        if item.code in self.levels:
            return self.levels[item.code]
        if page is None or item.level is Level.ERROR:
            return item.level
        if page.profile.rank > self.profile.rank or self.profile is Profile.MINIMAL:
            return None
        if self.profile is Profile.STRICT and page.strict_level is not None:
            return page.strict_level
        return item.level


def is_language_error(item: Diagnostic) -> bool:
    """Tell whether a finding keeps the rulebook from running."""
    return item.level is Level.ERROR and item.code in CATALOGUE


def parse_settings(table: Any, known: Iterable[str], *, name: str = "lint") -> Settings:
    """Read the table `[lint]`.

    Args:
        table: What the TOML file holds there.
        known: Every diagnostic code.
        name: What errors call the table.

    Raises:
        SettingsError: A key, value or code that does not exist.
    """
    codes = tuple(known)
    _check_keys(table, _KEYS, name)
    overrides = table.get("overrides", [])
    if not isinstance(overrides, list):
        raise SettingsError(f"`{name}.overrides` must be a list of tables")
    return Settings(
        profile=_profile(table, name) or Profile.RECOMMENDED,
        levels=_levels(table.get("levels", {}), codes, f"{name}.levels"),
        paths=_strings(table.get("paths", []), f"{name}.paths"),
        overrides=tuple(
            _override(entry, codes, f"{name}.overrides[{index}]")
            for index, entry in enumerate(overrides)
        ),
    )


def _override(table: Any, known: tuple[str, ...], name: str) -> Override:
    _check_keys(table, _OVERRIDE_KEYS, name)
    paths = _strings(table.get("paths", []), f"{name}.paths")
    if not paths:
        raise SettingsError(f'`{name}` needs `paths`, such as ["legacy/**"]')
    levels = _levels(table.get("levels", {}), known, f"{name}.levels")
    return Override(paths, _profile(table, name), levels)


def _check_keys(table: Any, allowed: tuple[str, ...], name: str) -> None:
    if not isinstance(table, dict):
        raise SettingsError(f"`{name}` must be a table")
    for key in table:
        if key not in allowed:
            raise SettingsError(f"`{name}` has no key `{key}`; {_remedy(key, allowed)}")


def _profile(table: Mapping[str, Any], name: str) -> Profile | None:
    written = table.get("profile")
    if written is None:
        return None
    if written not in list(Profile):
        remedy = _remedy(str(written), tuple(Profile))
        raise SettingsError(f"`{name}.profile`: there is no profile `{written}`; {remedy}")
    return Profile(written)


def _levels(table: Any, known: tuple[str, ...], name: str) -> dict[str, Level | None]:
    if not isinstance(table, dict):
        raise SettingsError(f'`{name}` must be a table, such as {{X208 = "off"}}')
    levels = {}
    for code, word in table.items():
        if code not in known:
            near = _remedy(code, known, "see `interlock explain`")
            raise SettingsError(f"`{name}`: no such diagnostic code: `{code}`; {near}")
        if word not in _LEVELS:
            remedy = _remedy(str(word), tuple(_LEVELS))
            raise SettingsError(f"`{name}.{code}`: there is no level `{word}`; {remedy}")
        levels[code] = _LEVELS[word]
    return levels


def _strings(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SettingsError(f"`{name}` must be a list of strings")
    return tuple(value)


def _remedy(word: str, allowed: tuple[str, ...], otherwise: str | None = None) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake pays for it

    near = get_close_matches(word, allowed, n=1)
    return f"did you mean `{near[0]}`?" if near else otherwise or f"one of: {', '.join(allowed)}"


def _matches(path: str, pattern: str) -> bool:
    """Match as in `.gitignore`: `**` stands for any folders, a folder for all below it."""
    pattern = pattern.removeprefix("./")
    if pattern.endswith("/"):
        pattern += "**"
    if fnmatchcase(path, pattern) or path.startswith(f"{pattern}/"):
        return True
    return "**/" in pattern and fnmatchcase(path, pattern.replace("**/", ""))
