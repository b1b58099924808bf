"""A folder of files that share definitions is linted as one rulebook."""

from __future__ import annotations

import json

import pytest

SHARED = """\
guards: {hot: incident.metrics.x > 1.0}
remediation_hooks: [{id: restart, endpoint: "https://a.test/x", idempotency_key: key}]
runbooks:
  again: {steps: [{id: a, hook: restart}]}
"""
ONE = """\
scope: event.labels.team == "one"
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: hot, action: again}
"""
TWO = """\
scope: event.labels.team == "two"
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: hot}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    where = tmp_path / "rules"
    where.mkdir()

    def write(**files):
        for name, text in files.items():
            (where / f"{name}.yaml").write_text(text)

    write(_shared=SHARED, one=ONE, two=TWO)
    return write


def found(interlock, *arguments):
    out = interlock("lint", "--format", "json", *arguments).out
    return [
        (item["path"], item["code"], item["pointer"]) for item in json.loads(out)["diagnostics"]
    ]


@pytest.mark.usefixtures("folder")
def test_what_is_shared_is_known_in_every_file(interlock):
    assert found(interlock, "rules") == []
    assert found(interlock, "rules/one.yaml") == []
    assert found(interlock, "rules/_shared.yaml") == []


def test_a_finding_is_in_the_file_that_holds_it_and_told_once(interlock, folder):
    folder(two=TWO.replace("hot", "hott"), _shared=SHARED.replace("metrics.x", "metrcs.x"))
    assert found(interlock, "rules") == [
        ("rules/_shared.yaml", "X203", "/guards/hot"),
        ("rules/two.yaml", "X202", "/workflow_rules/0/validator"),
    ]


def test_only_the_files_asked_for_are_reported(interlock, folder):
    folder(two=TWO.replace("hot", "hott"))
    assert found(interlock, "rules/one.yaml") == []
    assert found(interlock, "rules/two.yaml") == [
        ("rules/two.yaml", "X202", "/workflow_rules/0/validator")
    ]


def test_a_shared_definition_that_no_file_uses_is_unused(interlock, folder):
    folder(one=TWO.replace("two", "one"))
    assert found(interlock, "rules") == [("rules/_shared.yaml", "B608", "/runbooks/again")]


def test_a_file_without_scope_beside_another_is_an_error(interlock, folder):
    folder(two=TWO.split("\n", 1)[1])
    assert [item[:2] for item in found(interlock, "rules")] == [("rules/two.yaml", "Y004")]


def test_comments_are_seen_in_each_file(interlock, folder):
    folder(
        one=TWO.replace("two", "one"),
        _shared=SHARED.replace("  again:", "  # interlock: ignore[B608] kept\n  again:"),
    )
    outcome = interlock("lint", "rules")
    assert (outcome.status, outcome.out) == (
        0,
        "3 files: 2 rules, 0 runbooks, 0 guards type-checked; 0 errors, 0 warnings, 1 ignored\n",
    )


def test_fixes_are_written_to_the_file_they_are_for(interlock, folder, tmp_path):
    folder(two=TWO.replace("hot", "hott"), _shared=SHARED.replace("metrics.x", "metrcs.x"))
    assert interlock("lint", "--fix", "rules").status == 0
    assert (tmp_path / "rules/two.yaml").read_text() == TWO
    assert (tmp_path / "rules/_shared.yaml").read_text() == SHARED


def test_files_that_share_nothing_stay_rulebooks_of_their_own(interlock, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("workflow_rules: []\n")
    assert interlock("lint", ".").status == 0
