"""Member alerts: joining, repeating, resolving, episodes."""

from __future__ import annotations

import pytest

from interlock.rulebook import compile_rulebook
from support.rulebooks import REFERENCE
from support.story import MINUTE, START, Story, kinds, moves

GROUPED = (
    REFERENCE
    + """\
correlation:
  - {group_by: [event.labels.service]}
"""
)


@pytest.fixture(scope="module")
def graph():
    return compile_rulebook(REFERENCE, name="reference")


@pytest.fixture(scope="module")
def grouped():
    return compile_rulebook(GROUPED, name="grouped")


def test_partial_resolve_does_not_resolve(grouped):
    story = Story(grouped)
    story.alert(id=None, fingerprint="a", severity="P2", labels={"service": "checkout"})
    story.alert(id=None, fingerprint="b", severity="P2", labels={"service": "checkout"})
    assert len(story.incidents) == 1
    decision = story.alert("resolved", id=None, fingerprint="a", labels={"service": "checkout"})
    assert moves(decision) == []
    assert decision.disposition == "applied"
    decision = story.alert("resolved", id=None, fingerprint="b", labels={"service": "checkout"})
    assert moves(decision)[0] == "MITIGATING -> RESOLVED"


def test_alerts_of_other_services_open_other_incidents(grouped):
    story = Story(grouped)
    story.alert(id=None, fingerprint="a", labels={"service": "checkout"})
    story.alert(id=None, fingerprint="b", labels={"service": "search"})
    assert len(story.incidents) == 2


def test_alert_without_the_grouping_label_falls_back_to_its_fingerprint(grouped):
    story = Story(grouped)
    story.alert(id=None, fingerprint="a")
    story.alert(id=None, fingerprint="b")
    assert len(story.incidents) == 2


def test_repetition_with_the_same_start_is_suppressed(graph):
    story = Story(graph)
    story.alert(severity="P2", starts_at=START)
    story.wait(MINUTE)
    decision = story.alert(severity="P2", starts_at=START)
    assert decision.disposition == "suppressed"
    assert kinds(decision) == ["suppressed"]


def test_repetition_without_a_start_updates_its_member(graph):
    story = Story(graph)
    story.alert(severity="P2")
    decision = story.alert(severity="P2")
    assert decision.disposition == "applied"
    assert story.incident.alerts["ingest/test-1"].count == 2


def test_late_resolve_of_an_earlier_episode_is_suppressed(graph):
    story = Story(graph)
    story.alert(severity="P2", starts_at=START)
    story.alert(severity="P2", starts_at=START + MINUTE)
    decision = story.alert("resolved", starts_at=START)
    assert decision.disposition == "suppressed"
    assert story.incident.state == "MITIGATING"


def test_firing_repetition_of_a_resolved_episode_does_not_reopen(graph):
    story = Story(graph)
    story.alert(severity="P2", starts_at=START)
    story.alert("resolved", starts_at=START)
    decision = story.alert(severity="P2", starts_at=START)
    assert decision.disposition == "suppressed"
    assert story.incident.generation == 1


def test_resolve_after_resolution_is_applied(graph):
    story = Story(graph)
    story.alert(severity="P2")
    story.alert("resolved")
    decision = story.alert("resolved")
    assert decision.disposition == "applied"
    assert moves(decision) == []


def test_resolve_by_id_alone_speaks_for_every_member_of_its_source(graph):
    story = Story(graph)
    story.alert(severity="P2", fingerprint="disk-sda")
    decision = story.alert("resolved")
    assert moves(decision)[0] == "MITIGATING -> RESOLVED"


def test_labels_and_metrics_of_members_are_merged(graph):
    story = Story(graph)
    story.alert(severity="P2", labels={"a": "1"}, metrics={"error_rate": 0.5})
    story.alert(severity="P2", labels={"b": "2"}, metrics={"error_rate": 0.1}, tags=("x",))
    assert story.incident.labels == {"a": "1", "b": "2"}
    assert story.incident.metrics == {"error_rate": 0.1}
    assert story.incident.tags == ("x",)
