"""How the daemon logs: structured lines on standard error, JSON or for people.

Rules of this file: configured once, by the composition root. A traceback holds places, never the
values of variables: those may be alert text or credentials.
"""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterator


class LogFormat(StrEnum):
    """What a log line looks like."""

    CONSOLE = "console"
    JSON = "json"


def configure_logging(log_format: LogFormat) -> None:
    """Send every log line to standard error in one format."""
    renderer: Any
    if log_format is LogFormat.JSON:
        renderer = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    traceback: list[Any] = (
        [structlog.processors.format_exc_info] if log_format is LogFormat.JSON else []
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *traceback,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


@contextmanager
def only_errors() -> Iterator[None]:
    """Let nothing but errors be logged, on standard error, for as long as this is entered.

    What a dry run does is in its report; its log lines would have the times of the real clock.
    """
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        yield
    finally:
        structlog.configure(**before)
