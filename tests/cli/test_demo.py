"""What `make demo` shows, from the lint to the drained daemon."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shown(tmp_path_factory) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "interlock.cli.demo"],
        cwd=tmp_path_factory.mktemp("anywhere"),
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_rulebook_is_clean_drawn_and_dry_run(shown):
    assert "0 errors, 0 warnings" in shown
    assert "flowchart TD" in shown
    assert "14 events · 2 incidents" in shown


def test_the_cut_off_call_goes_out_again_under_the_same_key(shown):
    keys = re.findall(r"Idempotency-Key: ([0-9a-f]{32})(  <- again)?", shown)
    again = [key for key, repeated in keys if repeated]
    assert len(again) == 1
    assert [key for key, _ in keys].count(again[0]) == 2
    assert len({key for key, _ in keys}) == len(keys) - 1


def test_both_incidents_end_in_their_post_mortem(shown):
    timelines = shown[shown.index("8. Both are resolved") :]
    assert timelines.count("RESOLVED -> POST_MORTEM (rule RESOLVED->POST_MORTEM)") == 2
    assert "approved by anonymous" in timelines


def test_the_daemon_is_drained_in_the_end(shown):
    assert re.search(r"Drained on SIGTERM, exit 0\. \d+ s in all\.", shown)
