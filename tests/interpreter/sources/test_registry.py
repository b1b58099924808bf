from __future__ import annotations

import pytest

from interlock.interpreter.sources import (
    NORMALISERS,
    Problem,
    ProblemCode,
    SourceProfile,
    normalise,
    read_delivery,
)


@pytest.mark.parametrize("type_", sorted(NORMALISERS))
@pytest.mark.parametrize("body", [b"null", b"7", b'"x"', b"{}", b"[]", b"[null]", b"{"])
def test_every_normaliser_takes_any_body(type_, body):
    members = read_delivery(body, SourceProfile(name="s", type=type_))
    assert isinstance(members, Problem | tuple)


def test_a_source_type_this_version_does_not_read_is_a_problem():
    problem = normalise({}, SourceProfile(name="g", type="carrier-pigeon"))
    assert isinstance(problem, Problem)
    assert (
        "source g is of type carrier-pigeon; this version reads only alertmanager" in problem.detail
    )


def test_a_delivery_has_a_size_limit_of_its_callers():
    problem = read_delivery(b"[1,2]", SourceProfile(), bytes_max=4)
    assert isinstance(problem, Problem)
    assert problem.code is ProblemCode.TOO_LARGE


def test_a_batch_of_bare_events_keeps_its_order():
    members = read_delivery(b'[{"type":"a.b"},7,{"type":"c.d"}]', SourceProfile())
    assert not isinstance(members, Problem)
    first, bad, last = members
    assert (first.event.type, first.event.index) == ("a.b", 0)
    assert isinstance(bad, Problem)
    assert (last.event.type, last.event.index) == ("c.d", 2)
