from __future__ import annotations

import json

import pytest

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
