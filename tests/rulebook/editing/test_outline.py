from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.rulebook.document.reader import read_document
from interlock.rulebook.editing.outline import outline_of
from interlock.rulebook.source import SourceFile

ROOT = Path(__file__).parents[3]
POLICIES = sorted(ROOT.glob("policies/*/rulebook.yaml"))
TEXT = """\
name: checkout
severity_matrix:
  P1: {sla_minutes: 15}
workflow_rules:
  - {id: mitigate, transition: TRIAGE -> MITIGATING, after: 5m}
  - {transition: any -> RESOLVED, trigger: x.y}
runbooks:
  latency:
    steps:
      - {id: scale, hook: up}
      - {hook: down}
notification_channels: {page: {type: log}}
"""


def tree(entries):
    return {entry.name: tree(entry.below) for entry in entries}


def outlined(text):
    return outline_of(read_document(SourceFile("x.yaml", text)).root)


def test_the_outline_lists_what_has_a_name():
    assert tree(outlined(TEXT)) == {
        "name": {},
        "severity_matrix": {"P1": {}},
        "workflow_rules": {"mitigate": {}, "any -> RESOLVED": {}},
        "runbooks": {"latency": {"steps": {"scale": {}, "down": {}}}},
        "notification_channels": {"page": {}},
    }


def test_an_entry_says_more_in_a_few_words():
    sections = {entry.name: entry for entry in outlined(TEXT)}
    assert sections["workflow_rules"].below[0].detail == "TRIAGE -> MITIGATING"
    assert sections["notification_channels"].below[0].detail == "log"


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: file.parent.name)
def test_a_part_lies_in_its_whole_and_its_name_in_itself(file):
    pending = [(None, entry) for entry in outlined(file.read_text("utf-8"))]
    while pending:
        whole, entry = pending.pop()
        assert entry.span.start <= entry.place.start <= entry.place.end <= entry.span.end
        if whole is not None:
            assert whole.span.start <= entry.span.start <= entry.span.end <= whole.span.end
        pending += [(entry, below) for below in entry.below]


@given(st.sampled_from(["a: &x {b: [1, {id: y}]}\nc: *x\n", "a: &x [1]\nb: {c: *x}\n", "a:\n"]))
def test_aliases_and_empty_values_stay_in_their_place(text):
    for entry in outlined(text):
        assert entry.span.start <= entry.place.start <= entry.span.end
