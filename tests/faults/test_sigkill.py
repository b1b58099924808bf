"""SIGKILL, for real and often: what was accepted is there, and no key is misused."""

from __future__ import annotations

import asyncio
import os

import pytest

from faults.sigkill import live_and_die
from support.postgres import clean_journal

KILLS = int(os.environ.get("INTERLOCK_KILLS", "50"))
PER_DAEMON = 10


@pytest.mark.parametrize("seed", range(max(KILLS // PER_DAEMON, 1)))
def test_a_daemon_on_sqlite_survives_being_killed(tmp_path, seed):
    ledger, flaws = live_and_die(tmp_path, PER_DAEMON, seed)
    assert flaws == []
    assert ledger.accepted, "nothing was accepted: nothing was shown"


def test_a_daemon_on_postgresql_survives_being_killed(tmp_path):
    address = asyncio.run(clean_journal())
    ledger, flaws = live_and_die(tmp_path, PER_DAEMON, 1, "--store", address)
    assert flaws == []
    assert ledger.accepted, "nothing was accepted: nothing was shown"
