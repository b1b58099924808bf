from __future__ import annotations

from pathlib import Path

import pytest

from interlock.rulebook.editing.recognition import is_rulebook, may_become_one

ROOT = Path(__file__).parents[3]
POLICIES = sorted(ROOT.glob("policies/*/rulebook.yaml"))


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: file.parent.name)
def test_shipped_policies_are_rulebooks(file):
    assert is_rulebook(file.read_text("utf-8"))


@pytest.mark.parametrize(
    ("text", "is_one", "may_become"),
    [
        ("", False, True),
        ("# a comment\n", False, True),
        ("work", False, True),
        ("workflow_rules:\n", True, True),
        ("workflow_rlues: []\n", True, True),
        ("version: 1\nname: x\n", True, True),
        ("# yaml-language-server: $schema=../rulebook.v1.json\n", True, True),
        ("name: CI\non: push\njobs: {}\n", False, False),
        ("version: '3'\nservices: {}\n", False, False),
        ("route: {receiver: x}\nreceivers: []\ninhibit_rules: []\n", False, False),
        ("groups:\n  - name: x\n    rules: []\n", False, False),
    ],
)
def test_other_files_are_left_alone(text, is_one, may_become):
    assert is_rulebook(text) is is_one
    assert may_become_one(text) is may_become
