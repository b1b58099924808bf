from __future__ import annotations

from functools import reduce

import pytest

from interlock.interpreter.sources import (
    Normalised,
    Problem,
    ProblemCode,
    normalise,
    source_profile,
)
from interlock.rulebook.graph.state_graph import GuardRef, Source
from interlock.rulebook.guard import compile_guard
from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.values import Timestamp, Uint


def path(text: str) -> GuardRef:
    """Stand in for a compiled guard that reads a dotted path."""

    def evaluate(bindings):
        try:
            return reduce(lambda value, name: value[name], text.split("."), bindings)
        except (KeyError, TypeError):
            raise GuardError("no such key") from None

    return GuardRef(text=text, name=None, evaluate=evaluate, reads=frozenset({text}))


def constant(value) -> GuardRef:
    return GuardRef(text="x", name=None, evaluate=lambda _: value, reads=frozenset())


def profile(**fields):
    return source_profile(
        Source(name="legacy", type="json", severity={"hi": "P1"}, map=fields), ["P1", "P2"]
    )


MAP = {
    "severity": path("alert.prio"),
    "title": path("alert.subject"),
    "labels": path("alert.tags"),
}


def test_fields_are_read_by_expression():
    body = {"prio": "hi", "subject": "Down", "tags": {"service": "db", "n": 1}}
    (member,) = normalise(body, profile(**MAP))
    assert isinstance(member, Normalised)
    event = member.event
    assert (event.type, event.source) == ("alert.triggered", "legacy")
    assert (event.severity, event.title) == ("P1", "Down")
    assert event.labels == {"service": "db", "n": "1"}
    assert member.raw == b'{"prio":"hi","subject":"Down","tags":{"n":1,"service":"db"}}'


def test_a_field_without_a_value_is_left_out_and_said():
    (member,) = normalise({"subject": "Down"}, profile(**MAP))
    assert member.event.severity is None
    assert member.event.remarks[0] == "severity: alert.prio has no value (no such key); left out"


def test_a_mapped_status_makes_it_a_resolve():
    (member,) = normalise({"s": "Resolved"}, profile(status=path("alert.s")))
    assert member.event.type == "alert.resolved"
    assert member.event.is_resolved_alert


def test_a_body_cannot_send_what_the_engine_raises():
    problem = normalise({"t": "sla.breached"}, profile(type=path("alert.t")))
    assert isinstance(problem, Problem)
    assert problem.code is ProblemCode.RESERVED_TYPE
    assert problem.raw == b'{"t":"sla.breached"}'


def test_a_list_is_a_batch_and_a_bad_member_stays_alone():
    good, bad = normalise([{"subject": "a"}, 7], profile(title=path("alert.subject")))
    assert good.event.title == "a"
    assert isinstance(bad, Problem)
    assert bad.index == 1


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (Uint(7), 7),
        (Uint(2**63), "9223372036854775808"),
        (Timestamp(0), "1970-01-01T00:00:00Z"),
        (b"\xff", "/w=="),
        ((1, [2]), [1, [2]]),
        ({1: "a"}, {"1": "a"}),
    ],
)
def test_values_of_guards_become_json(value, kept):
    (member,) = normalise({}, profile(other=constant(value)))
    assert member.event.data == {"other": kept}


@pytest.mark.parametrize("value", [float("inf"), float("nan"), [float("inf")]])
def test_a_value_no_json_has_is_left_out(value):
    (member,) = normalise({}, profile(starts_at=constant(value)))
    assert member.event.starts_at is None
    assert "no value an event can hold" in member.event.remarks[0]


def test_compiled_expressions_read_what_a_tool_sent():
    fields = {
        "title": 'alert.host + ": " + alert.checks[0].name',
        "severity": 'alert.prio > 3 ? "critical" : "info"',
        "labels": '{"host": alert.host}',
        "metrics": '{"prio": alert.prio}',
        "tags": "alert.checks.map(c, c.name)",
        "starts_at": "timestamp(alert.since)",
        "fingerprint": "alert.missing",
    }
    compiled = {
        name: GuardRef(text=text, name=None, evaluate=compile_guard(text), reads=frozenset())
        for name, text in fields.items()
    }
    body = {"host": "db-1", "prio": 4, "checks": [{"name": "disk"}], "since": 1_767_225_600}
    (member,) = normalise(body, profile(**compiled))
    event = member.event
    assert (event.title, event.severity, event.tags) == ("db-1: disk", "P1", ("disk",))
    assert (event.labels, event.metrics) == ({"host": "db-1"}, {"prio": 4.0})
    assert event.starts_at == 1_767_225_600 * 10**9
    assert len(event.remarks) == 1
    assert event.remarks[0].startswith("fingerprint: alert.missing has no value")
