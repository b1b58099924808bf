"""A dry run says what it does not play."""

from __future__ import annotations

import subprocess
import sys

RULEBOOK = """\
version: 1
correlation: [{group_by: [event.labels.env], threshold: 3}]
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
        "not played: `correlation.threshold`: an incident opens at the first alert\n"
    )
    assert "not played" not in done.stdout
