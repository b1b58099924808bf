"""A dry run says what it does not play."""

from __future__ import annotations

import subprocess
import sys

RULEBOOK = """\
version: 1
post_mortem: {template: ours.md.j2}
"""
ALERT = '{"at": "2026-03-02T09:00:00Z", "type": "alert.triggered", "payload": {"id": "a"}}\n'


def test_parts_that_are_only_checked_are_named_on_standard_error(tmp_path):
    (tmp_path / "rulebook.yaml").write_text(RULEBOOK, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "interlock.cli", "dry-run", "rulebook.yaml", "-"],
        input=ALERT,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == (
        "not played: `post_mortem.template`: documents are made by Interlock's own template only\n"
    )
    assert "not played" not in done.stdout


def test_what_suppresses_an_alert_and_what_was_unclear_of_it_is_said(tmp_path):
    (tmp_path / "rulebook.yaml").write_text(
        "version: 1\nsilences: [{match: 'event.labels.env == \"staging\"', reason: no cover}]\n",
        encoding="utf-8",
    )
    payload = '{"id": "a", "severity": "awful", "labels": {"env": "staging"}}'
    done = subprocess.run(
        [sys.executable, "-m", "interlock.cli", "dry-run", "rulebook.yaml", "-"],
        input=ALERT.replace('{"id": "a"}', payload),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    line = done.stdout.splitlines()[0]
    assert "suppressed: suppressed by silence 1 (no cover), with no end" in line
    assert "unknown severity" in line
