from __future__ import annotations

from pathlib import Path

import pytest

from interlock.rulebook.document.reader import read_document
from interlock.rulebook.editing.quick_fixes import actions_for, fix_all
from interlock.rulebook.lint.runner import lint_rulebook
from interlock.rulebook.lint.settings import Profile, Settings, is_language_error
from interlock.rulebook.source import SourceFile

BAD = sorted((Path(__file__).parents[1] / "lint").glob("*/bad.yaml"))
STRICT = Settings(profile=Profile.STRICT)


def linted(text):
    source = SourceFile("rulebook.yaml", text)
    return source, lint_rulebook([source], settings=STRICT)


def applied(text, edits):
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def key(item):
    return item.code, item.message


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.parent.name)
def test_every_action_does_what_it_says(file):
    text = file.read_text("utf-8")
    source, found = linted(text)
    root = read_document(source).root
    for item in found.diagnostics:
        actions = list(actions_for(source, root, [item]))
        can_be_silenced = not is_language_error(item) and item.code != "T711"
        if can_be_silenced:
            assert [one for one in actions if not one.is_fix], item
        for action in actions:
            after = linted(applied(text, action.edits))[1]
            assert len([d for d in after.diagnostics if key(d) == key(item)]) < len(
                [d for d in found.diagnostics if key(d) == key(item)]
            ), action.title
            if not action.is_fix:
                assert len(after.silenced) > len(found.silenced)


def test_all_safe_fixes_are_one_action():
    text = (
        "workflow_rules:\n"
        "  - {transition: DETECTED -> TRAIGE, validator: severity_defind}\n"
        "  - {transition: TRIAGE -> MITIGATNG, validator: always_true}\n"
    )
    source, found = linted(text)
    action = fix_all(source, found.diagnostics)
    assert action.title == "Fix all 3 that can be fixed safely"
    after = linted(applied(text, action.edits))[1]
    assert not [item for item in after.diagnostics if is_language_error(item)]


def test_a_finding_about_an_older_text_offers_nothing():
    _, found = linted("workflow_rules: [{transition: A -> B, validator: always_true}]\n")
    newer = SourceFile("rulebook.yaml", "name: x\n")
    assert list(actions_for(newer, read_document(newer).root, found.diagnostics)) == []
    assert fix_all(newer, found.diagnostics) is None


def test_a_comment_ends_its_line_as_the_file_does():
    text = "severity_matrix:\r\n  P1: {sla_minutes: 60}\r\n  P2: {sla_minutes: 15}\r\n"
    source, found = linted(text)
    root = read_document(source).root
    [item] = [item for item in found.diagnostics if item.code == "T703"]
    [action] = [one for one in actions_for(source, root, [item]) if not one.is_fix]
    assert applied(text, action.edits).count("\r\n") == 4
    assert applied(text, action.edits).count("\n") == 4
