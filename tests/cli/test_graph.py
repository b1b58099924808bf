from __future__ import annotations

import json

import jsonschema
import pytest

from interlock import schemas

RULEBOOK = """
name: small
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - {transition: TRIAGE -> DETECTED, after: 1h}
"""


@pytest.fixture
def rulebook(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(RULEBOOK)
    return tmp_path


@pytest.mark.parametrize(
    ("ending", "start"),
    [(".mmd", "flowchart"), (".mermaid", "flowchart"), (".dot", "digraph"), (".gv", "digraph"),
     (".json", "{"), (".svg", "<svg")],
)  # fmt: skip
def test_the_ending_of_the_output_says_the_format(ending, start, rulebook, interlock):
    if ending == ".svg":
        pytest.importorskip("pygraphviz", reason="the drawing is laid out by pygraphviz, an extra")
    outcome = interlock("graph", "small.yaml", "--output", f"out{ending}")
    assert (outcome.status, outcome.out, outcome.err) == (0, "", "")
    assert (rulebook / f"out{ending}").read_text("utf-8").startswith(start)


@pytest.mark.usefixtures("rulebook")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--output", "x.png"), "the ending says the format"),
        (("--output", "x"), "the ending says the format"),
        (("--output", "no/such/x.json"), "cannot write no/such/x.json"),
        (("--state", "TRAIGE"), "did you mean TRIAGE?"),
        (("--state", "NOWHERE-NEAR-IT"), "there are DETECTED, TRIAGE"),
        (("--depth", "2"), "give --state too"),
        (("--highlight", "fun"), "is not one of"),
    ],
)
def test_what_cannot_be_drawn_is_said(arguments, said, interlock):
    outcome = interlock("graph", "small.yaml", *arguments)
    assert outcome.status == 2
    assert said in outcome.err
    assert outcome.out == ""


@pytest.mark.usefixtures("rulebook")
def test_state_depth_and_highlight_go_together(interlock):
    outcome = interlock(
        "graph", "small.yaml", "--format", "json", "--state", "TRIAGE", "--depth", "0",
        "--highlight", "timers",
    )  # fmt: skip
    document = json.loads(outcome.out)
    assert [state["name"] for state in document["states"]] == ["TRIAGE"]
    assert document["transitions"] == []
    assert document["highlight"] == "timers"


@pytest.mark.usefixtures("rulebook")
def test_a_missing_layout_is_a_sentence(interlock, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pygraphviz", None)
    outcome = interlock("graph", "small.yaml", "--format", "svg")
    assert outcome.status == 2
    assert "pip install 'interlock[graph]'" in outcome.err


def test_a_wrong_rulebook_is_not_drawn(rulebook, interlock):
    (rulebook / "wrong.yaml").write_text("workflow_rules: [{transition: A -> B}]")
    outcome = interlock("graph", "wrong.yaml", "--output", "x.json")
    assert outcome.status == 1
    assert "error[" in outcome.err
    assert not (rulebook / "x.json").exists()


RECORDING = (
    '{"at": "2026-03-02T09:00:00Z", "body": {"type": "alert.triggered", '
    '"payload": {"id": "a", "severity": "P2", "title": "x"}}}\n'
)


@pytest.fixture
def recording(rulebook):
    (rulebook / "calls.jsonl").write_text(RECORDING)
    return "calls.jsonl"


def taken(outcome):
    document = json.loads(outcome.out)
    return {one["rule"]: one["taken"] for one in document["transitions"] if one["taken"]}


def test_coverage_plays_recordings(recording, interlock):
    arguments = ("small.yaml", recording, recording, "--format", "json")
    outcome = interlock("graph", "--highlight", "coverage", *arguments)
    assert taken(outcome) == {"DETECTED->TRIAGE": 2}
    assert "states entered 2/5, rules taken 1/6" in outcome.err


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_a_trace_is_what_a_dry_run_gives(form, rulebook, recording, interlock):
    played = interlock("dry-run", "small.yaml", recording, "--format", form).out
    (rulebook / "trace").write_text(played)
    if form == "json":
        jsonschema.validate(json.loads(played), schemas.load("trace.v1.json"))
    outcome = interlock("graph", "small.yaml", "--highlight", "trace", "trace", "--format", "json")
    assert taken(outcome) == {"DETECTED->TRIAGE": 1}
    assert "another version" not in outcome.err


def test_a_trace_of_another_rulebook_is_said(rulebook, recording, interlock):
    (rulebook / "t").write_text(
        interlock("dry-run", "small.yaml", recording, "--format", "json").out
    )
    (rulebook / "other.yaml").write_text(RULEBOOK.replace("  - {tr", "  - {id: early, tr", 1))
    outcome = interlock("graph", "other.yaml", "--highlight", "trace", "t")
    assert "of another version of the rulebook" in outcome.err
    assert "not in this rulebook: rule DETECTED->TRIAGE" in outcome.err


def test_a_difference_needs_a_rulebook_that_is_right(rulebook, interlock):
    (rulebook / "old.yaml").write_text(RULEBOOK.replace("1h", "2h"))
    outcome = interlock("graph", "small.yaml", "--highlight", "diff", "old.yaml")
    assert "changed#58; after" in outcome.out
    (rulebook / "old.yaml").write_text("name: 1\n")
    assert interlock("graph", "small.yaml", "--highlight", "diff", "old.yaml").status == 1


@pytest.mark.usefixtures("rulebook")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--highlight", "diff"), "--highlight diff needs the older rulebook"),
        (("--highlight", "trace"), "--highlight trace needs a trace"),
        (("--highlight", "coverage"), "--highlight coverage needs recordings"),
        (("--highlight", "diff", "small.yaml", "small.yaml"), "compares with one rulebook"),
        (("small.yaml",), "one rulebook is drawn at a time"),
        (("--highlight", "trace", "small.yaml"), "small.yaml is no trace"),
        (("--highlight", "trace", "nowhere"), "cannot read nowhere"),
    ],
)
def test_what_cannot_be_compared_is_said(arguments, said, interlock):
    outcome = interlock("graph", "small.yaml", *arguments)
    assert outcome.status == 2
    assert said in outcome.err
