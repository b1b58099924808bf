from __future__ import annotations

from pathlib import Path

import pytest

from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.editing.occurrences import find_occurrences
from interlock.rulebook.editing.rename import Refusal, rename
from interlock.rulebook.source import SourceFile
from support.editing import analysed, cut

ROOT = Path(__file__).parents[3]
POLICIES = sorted(ROOT.glob("policies/*/rulebook.yaml"))

STATES = """\
lifecycle: {extend: default, states: [OLD]}
guards: {x: 'incident.state == "OLD"', y: "'OLD' == incident.state"}
workflow_rules:
  - {transition: 'TRIAGE, OLD -> OLD', after: 5m}
"""


def applied(text, edits):
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def renamed(marked, new):
    text, offset = cut(marked)
    edits = rename(analysed(text), offset, new)
    return edits.reason if isinstance(edits, Refusal) else applied(text, edits)


@pytest.mark.parametrize(
    ("marked", "new", "result"),
    [
        (
            'guards: {a§: "true"}\nscope: "a && !a"\n',
            "b",
            'guards: {b: "true"}\nscope: "b && !b"\n',
        ),
        (
            STATES.replace("OLD", "OLD§", 1),
            "NEW",
            STATES.replace("OLD", "NEW"),
        ),
        (
            "notification_channels:\n  'pa§ge': {type: log}\ndefault_channel: \"page\"\n",
            "night",
            "notification_channels:\n  'night': {type: log}\ndefault_channel: \"night\"\n",
        ),
    ],
)
def test_a_name_is_written_anew_in_every_place(marked, new, result):
    assert renamed(marked, new) == result


@pytest.mark.parametrize(
    ("marked", "new", "reason"),
    [
        ("guards: {a§: 'true'}", "a b", "`a b` is no name of a named guard"),
        ("guards: {a§: 'true'}", "true", "`true` is no name of a named guard"),
        ("guards: {a§: 'true', b: 'true'}", "b", "there is a named guard `b` already"),
        ("guards: {a§: 'true'}", "always_true", "there is a named guard `always_true` already"),
        ("remediation_hooks: [{id: a§}]", "notify", "there is a hook `notify` already"),
        ("remediation_hooks: [{id: a§}]", "no", "`no` would need quotes in one of its places"),
        ("events: {x: TRI§AGE}", "X", "the state `TRIAGE` is not declared in this rulebook"),
        ("events: {x.y§: TRIAGE}", "X", "`x.y` is not this rulebook's to rename"),
        ("name: a§", "b", "there is no name here"),
        ("guards: {a§: 'true'}\nx: [", "b", "the rulebook is no valid YAML at the moment"),
        ("lifecycle: {extend: default, states: [A§]}", "any", "`any` is no name of a state"),
    ],
)
def test_what_would_break_the_rulebook_is_refused(marked, new, reason):
    assert renamed(marked, new).startswith(reason)


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: file.parent.name)
def test_a_renamed_policy_has_the_findings_it_had(file):
    text = file.read_text("utf-8")
    source = SourceFile("rulebook.yaml", text)
    before = check_rulebook([source])
    analysis = analysed(text)
    names = {(o.kind, o.name): o for o in find_occurrences(before.document) if o.is_declaration}
    assert names
    for (kind, name), occurrence in names.items():
        edits = rename(analysis, occurrence.span.start, f"{name}_2" if kind != "severity" else "P9")
        after = check_rulebook([SourceFile("rulebook.yaml", applied(text, edits))])
        assert [d.code for d in after.diagnostics] == [d.code for d in before.diagnostics], name
        assert (after.graph is None) == (before.graph is None)
