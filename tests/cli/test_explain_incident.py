"""Why an incident is where it is, asked of the daemon that decided it."""

from __future__ import annotations

import pytest

from support.daemon import Daemon

RULEBOOK = """\
severity_matrix:
  P2: {auto_remediation: false}
workflow_rules:
  - {id: triage, transition: DETECTED -> TRIAGE, validator: severity_defined}
  - id: mitigate
    transition: TRIAGE -> MITIGATING
    validator: >-
      incident.metrics.error_rate > 0.2 && alert.region == "eu"
"""


@pytest.fixture
def asked(tmp_path, monkeypatch, interlock):
    with Daemon(tmp_path, RULEBOOK) as daemon:
        monkeypatch.setenv("INTERLOCK_URL", daemon.url)
        daemon.trigger("one", "P2", metrics={"error_rate": 0.1}, region="eu")
        daemon.trigger("one", "P2", metrics={"error_rate": 0.15}, region="eu")
        yield lambda *arguments: interlock("explain", "--incident", "one", *arguments)


def test_the_last_event_is_explained_with_values_and_the_nearest_change(asked):
    done = asked()
    assert (done.status, done.err) == (0, "")
    first, *lines = done.out.splitlines()
    assert first.startswith("one revision 2, ")
    assert first.endswith("alert.triggered by source:ingest was applied")
    assert lines[0] == "rule mitigate   NOT TAKEN (state TRIAGE, alert.triggered)"
    assert "FALSE (0.15 > 0.2)" in done.out
    assert "nearest change that makes it true: incident.metrics.error_rate > 0.2" in done.out


def test_an_earlier_record_is_explained_as_it_was(asked):
    done = asked("--revision", "1", "--rule", "mitigate")
    assert "one revision 1" in done.out
    assert "FALSE (0.1 > 0.2)" in done.out
    assert "also tried: 1; taken: triage" in done.out


def test_a_rule_that_was_not_tried_is_said_so(asked):
    assert "rule triage   NOT TRIED" in asked("--rule", "triage").out


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--rule", "nosuch"), 2, "there is no rule 'nosuch'; there are triage, mitigate"),
        (("--revision", "9"), 2, "has no revision 9"),
        (("--revision", "-1"), 2, "revision is a number from 1"),
        (("--source", "x"), 2, "goes with --revision and --rule only"),
    ],
)
def test_what_cannot_be_explained_is_said(asked, arguments, status, words):
    done = asked(*arguments)
    assert (done.status, words in done.err) == (status, True), done.err


@pytest.mark.usefixtures("asked")
def test_an_incident_that_is_none_is_said(interlock):
    done = interlock("explain", "--incident", "two")
    assert (done.status, "there is no incident/two" in done.err) == (2, True)
