"""The severity matrix and the channels it names.

Responsible for `severity_matrix:`, `notification_channels:` and `default_channel:`. Never decides
who is on call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Level
from interlock.rulebook.elements import span
from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.severity_rank import severity_rank
from interlock.rulebook.graph.state_graph import (
    Channel,
    EscalationLevel,
    SeverityRow,
)
from interlock.rulebook.graph.values import written_options

if TYPE_CHECKING:
    from interlock.rulebook import model as m
    from interlock.rulebook.document.nodes import Step
    from interlock.rulebook.graph.compilation import Compilation

_MINUTE_NS = 60_000_000_000
_LOG = "log"
_SECTION = "notification_channels"


class Channels:
    """The channels of a rulebook: declared ones, or any where it declares none at all."""

    def __init__(self, work: Compilation) -> None:
        self._work = work
        self._is_declaring = _SECTION in work.model.node
        self.by_name: dict[str, Channel] = {
            name: Channel(
                name=name,
                type=str(type(channel).__struct_config__.tag),
                options=written_options(channel),
            )
            for name, channel in (work.model.notification_channels or {}).items()
        }

    def use(self, name: str, element: m.Element, *path: Step) -> None:
        """Check the channel named at `path`; one that need not be declared goes to the log."""
        if name in self.by_name:
            return
        if self._is_declaring or _SECTION in self._work.lost:
            self._work.report_unknown(
                "T707", "channel", name, self.by_name, span(element, *path), sections=(_SECTION,)
            )
            return
        self.by_name[name] = Channel(name=name, type=_LOG, is_declared=False)
        self._work.report(
            "T707",
            f"the channel `{name}` is not declared; what it should hear goes to the log",
            span(element, *path),
            help=f"declare it under `{_SECTION}`",
            level=Level.WARNING,
        )


def compile_severities(work: Compilation, channels: Channels) -> dict[str, SeverityRow]:
    """Return the matrix rows by name."""
    rows = {}
    for name, row in (work.model.severity_matrix or {}).items():
        with work.about(f"severity `{name}`"):
            rows[name] = _row(work, name, row, channels)
    return rows


def _row(work: Compilation, name: str, row: m.SeverityRow, channels: Channels) -> SeverityRow:
    for index, channel in enumerate(row.notification_channels):
        channels.use(channel, row, "notification_channels", index)
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
        escalation=tuple(_level(work, level, channels) for level in row.escalation),
        post_mortem=post_mortem,
    )


def _level(work: Compilation, level: m.EscalationLevel, channels: Channels) -> EscalationLevel:
    for index, channel in enumerate(level.notify):
        channels.use(channel, level, "notify", index)
    return EscalationLevel(after_ns=work.duration(level, "after") or 0, notify=level.notify)


def compile_default_channel(work: Compilation, channels: Channels) -> str | None:
    """Return the channel that hears what no severity row covers."""
    name = work.model.default_channel
    if name is not None:
        channels.use(name, work.model, "default_channel")
    return name
