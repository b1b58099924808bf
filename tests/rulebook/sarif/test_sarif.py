"""What is written as SARIF validates against the schema of SARIF 2.1.0."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from interlock.rulebook.lint.page import Profile
from interlock.rulebook.lint.registry import PAGES
from interlock.rulebook.lint.runner import lint_rulebook
from interlock.rulebook.lint.settings import Settings
from interlock.rulebook.report import fingerprint, render_sarif
from interlock.rulebook.source import SourceFile

SCHEMA = json.loads(Path(__file__).with_name("sarif-schema-2.1.0.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)


def log_of(text, name="rules/a b.yaml"):
    linted = lint_rulebook([SourceFile(name, text)], settings=Settings(profile=Profile.STRICT))
    silenced = [(one.finding, one.comment.reason) for one in linted.silenced]
    log = json.loads(render_sarif(linted.diagnostics, PAGES, silenced))
    return log, log["runs"][0]["results"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_the_log_of_every_code_is_valid(page):
    log, results = log_of(page.bad)
    assert list(VALIDATOR.iter_errors(log)) == []
    assert page.code in {result["ruleId"] for result in results}


def test_a_log_without_findings_declares_every_code():
    log, results = log_of("severity_matrix: {P1: {sla_minutes: 15}}\n")
    assert list(VALIDATOR.iter_errors(log)) == []
    assert results == []
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [page.code for page in PAGES]


def test_a_fix_replaces_exactly_the_wrong_characters():
    text = "severity_matrix: {P1: {sla_minuts: 15}}\n"
    log, [result] = log_of(text)
    assert list(VALIDATOR.iter_errors(log)) == []
    [fix] = result["fixes"]
    [change] = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "rules/a%20b.yaml"
    [replacement] = change["replacements"]
    region = replacement["deletedRegion"]
    assert (region["startLine"], region["startColumn"], region["endColumn"]) == (1, 24, 34)
    assert replacement["insertedContent"]["text"] == "sla_minutes"


def test_what_a_comment_silences_is_there_with_its_reason():
    text = (
        "severity_matrix:\n"
        "  P1: {sla_minutes: 60} # interlock: ignore[T703] agreed\n"
        "  P2: {sla_minutes: 15}\n"
    )
    log, results = log_of(text)
    assert list(VALIDATOR.iter_errors(log)) == []
    [silenced] = [result for result in results if result["suppressions"]]
    assert silenced["ruleId"] == "T703"
    assert silenced["suppressions"] == [{"kind": "inSource", "justification": "agreed"}]


def test_fingerprints_stay_when_lines_move():
    text = "severity_matrix: {P1: {sla_minuts: 15}}\n"
    _, [here] = log_of(text)
    _, [moved] = log_of(f"# a comment\n\n{text}")
    assert here["partialFingerprints"] == moved["partialFingerprints"]
    [item] = lint_rulebook([SourceFile("rules/a b.yaml", text)]).diagnostics
    assert here["partialFingerprints"] == {"interlock/v1": fingerprint(item)}


@pytest.mark.parametrize(
    ("code", "steps"),
    [("B604", ["TRIAGE -> MITIGATING"]), ("G308", None), ("R408", None), ("X203", [])],
)
def test_the_way_to_what_is_wrong_is_a_code_flow(code, steps):
    page = next(page for page in PAGES if page.code == code)
    _, results = log_of(page.bad)
    result = next(one for one in results if one["ruleId"] == code)
    told = [
        place["location"]["message"]["text"]
        for flow in result.get("codeFlows", ())
        for place in flow["threadFlows"][0]["locations"]
    ]
    assert told if steps is None else told == steps
