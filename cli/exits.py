"""What an exit status means, for every command alike, and the errors that end a command.

Rules of this file: an output format never changes a status; a command returns an `ExitStatus`, or
raises one of these errors when there is nothing to return.
"""

from __future__ import annotations

from enum import IntEnum

import click


class ExitStatus(IntEnum):
    """The status of the process, as `interlock --help` lists it."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    INTERNAL = 3
    UNAVAILABLE = 4
    INTERRUPTED = 130
    BROKEN_PIPE = 141


class ConfigurationError(click.ClickException):
    """What was asked for cannot be done as written: a missing file, a bad setting, no match."""

    exit_code = ExitStatus.USAGE


class UnavailableError(click.ClickException):
    """The daemon or the store cannot be reached, is locked, damaged or newer than this version."""

    exit_code = ExitStatus.UNAVAILABLE
