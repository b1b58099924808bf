"""A rulebook out of an Alertmanager configuration.

Responsible for the sections of the rulebook and their order, and for the comments that say what is
different. Never reads a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.alertmanager import suppression
from interlock.rulebook.alertmanager.channels import Channel, Secret, free_name, make_channels
from interlock.rulebook.alertmanager.configuration import ALL_LABELS
from interlock.rulebook.alertmanager.layout import comment, entry, flow, scalar, section
from interlock.rulebook.alertmanager.matchers import guard_of, label_of
from interlock.rulebook.alertmanager.reading import read_configuration
from interlock.rulebook.alertmanager.routing import decide_routes
from interlock.rulebook.format import format_rulebook
from interlock.rulebook.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from interlock.rulebook.alertmanager.configuration import Configuration, Route
    from interlock.rulebook.alertmanager.routing import Decision
    from interlock.rulebook.diagnostics import Diagnostic

_WORD = r"[^A-Za-z0-9_]+"
_ALWAYS = "always_true"


class Conversion(NamedTuple):
    """What came of a configuration.

    Attributes:
        text: The rulebook, formatted; None where the configuration is none.
        receivers: The channels of each receiver.
        secrets: Every reference in the rulebook.
        diagnostics: What is wrong with the configuration.
    """

    text: str | None
    receivers: Mapping[str, tuple[str, ...]] = {}
    secrets: tuple[Secret, ...] = ()
    diagnostics: Sequence[Diagnostic] = ()


class Named(NamedTuple):
    """A decision under a name, which is that of its guard unless every alert matches."""

    name: str
    decision: Decision

    @property
    def guard(self) -> str:
        """The name of the guard that holds for the decision."""
        return self.name if self.decision.matchers else _ALWAYS


def convert(source: SourceFile, name: str) -> Conversion:
    """Return the rulebook that routes alerts as an Alertmanager configuration does.

    Args:
        source: The text of `alertmanager.yml`.
        name: The rulebook's name.
    """
    configuration, diagnostics = read_configuration(source)
    if configuration is None:
        return Conversion(None, diagnostics=diagnostics)
    channels = make_channels(configuration)
    written = _Writer(configuration, channels).lines(name)
    text = "\n".join(written) + "\n"
    formatted = format_rulebook(SourceFile(f"{name}.yaml", text))
    every = [channel for some in channels.values() for channel in some]
    return Conversion(
        text=formatted.text or text,
        receivers={
            receiver: tuple(channel.name for channel in some) for receiver, some in channels.items()
        },
        secrets=tuple(dict.fromkeys(secret for channel in every for secret in channel.secrets)),
    )


class _Writer:
    """Writes the sections of one rulebook."""

    def __init__(
        self, configuration: Configuration, channels: Mapping[str, tuple[Channel, ...]]
    ) -> None:
        self._configuration = configuration
        self._channels = channels
        decided = decide_routes(configuration.route)
        self._stopped = decided.stopped
        self._decisions = _named(decided.listed)

    def lines(self, name: str) -> list[str]:
        configuration = self._configuration
        silences = list(suppression.silences(self._decisions, configuration.intervals))
        return [
            *comment("Made from an Alertmanager configuration by `interlock init`."),
            *comment(
                "Each route is a guard, a correlation entry and a rule, in the order in which "
                "Alertmanager tries them. What could not be carried over stands beside where it "
                "would be."
            ),
            *(line for note in self._general_notes() for line in comment(note)),
            "version: 1",
            f"name: {scalar(name)}",
            *section("sources", ["  alertmanager:", "    type: alertmanager", "    auth: none"]),
            *section("correlation", self._correlation(), notes=(_GROUPING,)),
            *section("silences", silences, notes=(suppression.SILENCES,) if silences else ()),
            *section("inhibitions", suppression.inhibitions(configuration.inhibitions)),
            *section("guards", self._guards()),
            *section("workflow_rules", self._rules(), notes=(_RULES,)),
            *section("notification_channels", self._channel_lines()),
        ]

    def _general_notes(self) -> Iterator[str]:
        for key in self._configuration.rest:
            yield f"`{key}` is not carried over: messages are Interlock's own."
        defaults = self._configuration.defaults
        if defaults is not None and "resolve_timeout" in defaults:
            yield "`resolve_timeout` is not carried over: an alert ends when its sender says so."
        for route in self._stopped:
            yield (
                f"`continue` of the route to {route.receiver} is not carried over: with its later "
                "siblings it would need too many rules; an alert it takes goes to it alone."
            )

    def _guards(self) -> Iterator[str]:
        for named in self._decisions:
            if named.decision.matchers:
                yield f"  {named.name}: {scalar(guard_of(named.decision.matchers))}"

    def _correlation(self) -> Iterator[str]:
        for named in self._decisions:
            route = named.decision.routes[0]
            if len(named.decision.routes) > 1:
                receivers = ", ".join(named.decision.receivers)
                note = f"sent to {receivers}: one incident for all, grouped as for {route.receiver}"
                yield from comment(note, 2)
            options: dict[str, object] = {}
            if named.decision.matchers:
                options["match"] = named.guard
            if keys := _group_keys(route):
                options["group_by"] = keys
            if options:
                yield from entry(options, 2)
            else:
                yield from comment("every other alert: by all its labels, the default", 2)

    def _rules(self) -> Iterator[str]:
        told: dict[tuple[str, ...], list[str]] = {}
        for named in self._decisions:
            receivers = named.decision.receivers
            channels = [one for receiver in receivers for one in self._channels[receiver]]
            yield from self._route_rule(named, [channel.name for channel in channels])
            hearing = tuple(one.name for one in channels if one.tells_resolved)
            if hearing:
                told.setdefault(hearing, []).append(named.name)
        yield from _closing_rules(told)

    def _route_rule(self, named: Named, channels: list[str]) -> Iterator[str]:
        receivers = named.decision.receivers
        yield from comment(f"receiver {', '.join(receivers)}", 2)
        yield from (
            line
            for note in suppression.unexpressed(named.decision, self._configuration.intervals)
            for line in comment(note, 2)
        )
        mark: dict[str, object] = {"do": "set_field", "with": {"metadata.route": named.name}}
        actions: list[object] = [mark]
        if channels:
            actions.append({"do": "notify", "with": {"to": channels, "message": "fires"}})
        else:
            note = (
                "no integrations: an incident is opened and nobody is told. To open none, silence "
                f"what matches {named.guard}"
            )
            yield from comment(note, 2)
        yield from entry(
            {
                "id": named.name,
                "transition": "DETECTED -> TRIAGE",
                "validator": named.guard,
                "action": actions,
            },
            2,
        )

    def _channel_lines(self) -> Iterator[str]:
        for receiver, channels in self._channels.items():
            for channel in channels:
                told = channel.name if channel.name == receiver else f"receiver {receiver}"
                for note in channel.notes:
                    yield from comment(f"{told}: {note}", 2)
                yield f"  {channel.name}:"
                for key, value in channel.options.items():
                    yield f"    {key}: {flow(value)}"


_GROUPING = (
    "`group_wait`, `group_interval` and `repeat_interval` are not carried over: an incident opens "
    "and is told at its first alert, later alerts of its group join it silently. A rule with "
    "`after` repeats or escalates. An alert that has none of the labels it is grouped by is an "
    "incident of its own."
)
_RULES = "The first rule that holds is taken, once, when the incident opens."


def _named(decisions: Sequence[Decision]) -> list[Named]:
    taken: set[str] = set()
    return [
        Named(free_name(f"route_{'_and_'.join(decision.receivers)}", taken, _WORD), decision)
        for decision in decisions
    ]


def _group_keys(route: Route) -> list[str]:
    if ALL_LABELS in route.group_by:
        return []
    if not route.group_by:
        return [f'"{free_name(route.receiver, set())}"']  # one group: the same key for every alert
    return [label_of(label) for label in route.group_by]


def _closing_rules(told: Mapping[tuple[str, ...], list[str]]) -> Iterator[str]:
    """Yield the rules that tell who wants to hear of the resolution (`send_resolved`)."""
    ticket = "create_postmortem_ticket"
    if told:
        yield from comment("`send_resolved`: whoever was told hears of the end, too", 2)
    for number, (channels, names) in enumerate(told.items(), 1):
        routes = ", ".join(f'"{name}"' for name in names)
        notify: dict[str, object] = {"to": list(channels), "message": "is resolved"}
        yield from entry(
            {
                "id": f"resolved.{number}",
                "transition": "RESOLVED -> POST_MORTEM",
                "validator": f'incident.metadata.?route.orValue("") in [{routes}]',
                "action": [ticket, {"do": "notify", "with": notify}],
            },
            2,
        )
    yield from entry(
        {
            "id": "resolved.rest",
            "transition": "RESOLVED -> POST_MORTEM",
            "validator": _ALWAYS,
            "action": ticket,
        },
        2,
    )
