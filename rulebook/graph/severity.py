"""The severity matrix and the channels it names.

Responsible for `severity_matrix:`, `notification_channels:` and `default_channel:`. Never decides
who is on call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Level
from interlock.rulebook.elements import span
from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.state_graph import (
    Channel,
    EscalationLevel,
    SeverityRow,
    severity_rank,
)
from interlock.rulebook.graph.values import written_options

if TYPE_CHECKING:
    from interlock.rulebook import model as m
    from interlock.rulebook.graph.compilation import Compilation

_MINUTE_NS = 60_000_000_000
LOG = "log"


class Channels:
    """The channels of a rulebook, declared or (where it declares none) tolerated."""

    def __init__(self, work: Compilation) -> None:
        self._work = work
        self._is_declaring = bool(work.model.notification_channels)
        self.by_name: dict[str, Channel] = {
            name: Channel(name=name, type=_type(channel), options=written_options(channel))
            for name, channel in (work.model.notification_channels or {}).items()
        }

    def use(self, name: str, element: m.Element, *path: str | int, subject: str) -> None:
        """Check that a named channel exists.

        A rulebook that declares no channels at all may name any: they go to the log.
        """
        if name in self.by_name:
            if not self.by_name[name].is_declared:
                self._warn(name, element, *path, subject=subject)
        elif self._is_declaring:
            self._work.report_unknown(
                "T707",
                "channel",
                name,
                self.by_name,
                span(element, *path),
                section="notification_channels",
                subject=subject,
            )
        else:
            self._warn(name, element, *path, subject=subject)
            self.by_name[name] = Channel(name=name, type=LOG, is_declared=False)

    def _warn(self, name: str, element: m.Element, *path: str | int, subject: str) -> None:
        if "notification_channels" in self._work.broken:
            return
        self._work.report(
            "T707",
            f"the channel `{name}` is not declared; what it should hear goes to the log",
            span(element, *path),
            help="declare it under `notification_channels`",
            subject=subject,
            level=Level.WARNING,
        )


def _type(channel: m.Channel) -> str:
    return str(type(channel).__struct_config__.tag)


def compile_severities(work: Compilation, channels: Channels) -> dict[str, SeverityRow]:
    """Return the matrix rows by name."""
    return {
        name: _row(work, name, row, channels)
        for name, row in (work.model.severity_matrix or {}).items()
    }


def _row(work: Compilation, name: str, row: m.SeverityRow, channels: Channels) -> SeverityRow:
    subject = f"severity `{name}`"
    for index, channel in enumerate(row.notification_channels):
        channels.use(channel, row, "notification_channels", index, subject=subject)
    post_mortem = row.post_mortem
    if post_mortem is None:
        post_mortem = name in defaults.POST_MORTEM_SEVERITIES
    return SeverityRow(
        name=name,
        rank=severity_rank(name),
        sla_ns=None if row.sla_minutes is None else row.sla_minutes * _MINUTE_NS,
        auto_remediation=row.auto_remediation,
        approval_required=row.approval_required,
        channels=row.notification_channels,
        escalation=tuple(_level(work, level, channels, subject) for level in row.escalation),
        post_mortem=post_mortem,
    )


def _level(
    work: Compilation, level: m.EscalationLevel, channels: Channels, subject: str
) -> EscalationLevel:
    for index, channel in enumerate(level.notify):
        channels.use(channel, level, "notify", index, subject=subject)
    return EscalationLevel(after_ns=work.duration(level, "after") or 0, notify=level.notify)


def compile_default_channel(work: Compilation, channels: Channels) -> str | None:
    """Return the channel that hears what no severity row covers."""
    name = work.model.default_channel
    if name is not None:
        channels.use(name, work.model, "default_channel", subject="the default channel")
    return name
