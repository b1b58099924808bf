"""Journals that versions before wrote verify and fold to the same bytes, wherever they are read."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from interlock.interpreter.core.canonical import GENESIS, chain, decode_record, encode
from interlock.interpreter.core.folds import FOLDS
from interlock.interpreter.journal.merkle import Frontier

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.jsonl"))
JOURNALS = [
    pytest.param(json.loads(line), id=f"{path.stem}-{number}")
    for path in GOLDEN
    for number, line in enumerate(path.read_bytes().splitlines())
]
ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns")
LOCALES = ("C", "C.UTF-8")
SEEDS = ("0", "1", "4294967295")


def fold(journal):
    """Return the canonical bytes of every stream's state after its last record."""
    states = {}
    for row in journal["records"]:
        step = FOLDS.get(row["stream"].partition("/")[0])
        if step is not None:
            record = decode_record(row["data"].encode())
            states[row["stream"]] = step.step(states.get(row["stream"]), record)
    return {stream: encode(state) for stream, state in states.items()}


@pytest.mark.parametrize("journal", JOURNALS)
def test_a_golden_journal_verifies(journal):
    tips, frontier = {}, Frontier()
    for row in journal["records"]:
        link = chain(tips.get(row["stream"], GENESIS), row["data"].encode())
        assert link.hex() == row["hash"]
        tips[row["stream"]] = link
        frontier.add(link)
    assert frontier.root().hex() == journal["root"]


@pytest.mark.parametrize("journal", JOURNALS)
def test_a_golden_journal_folds_to_the_same_bytes(journal):
    folded = fold(journal)
    assert folded
    for stream, data in folded.items():
        assert data.decode() == journal["heads"][stream]


_FOLD = """
import hashlib, json, sys
from interlock.interpreter.core.canonical import decode_record, encode
from interlock.interpreter.core.folds import FOLDS

total = hashlib.sha256()
for line in open(sys.argv[1], encoding="utf-8"):
    states = {}
    for row in json.loads(line)["records"]:
        step = FOLDS.get(row["stream"].partition("/")[0])
        if step is not None:
            record = decode_record(row["data"].encode())
            states[row["stream"]] = step.step(states.get(row["stream"]), record)
    for stream in sorted(states):
        total.update(encode(states[stream]))
print(total.hexdigest())
"""


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_folding_depends_on_no_hash_seed_time_zone_or_locale(path):
    expected = hashlib.sha256()
    for line in path.read_text(encoding="utf-8").splitlines():
        folded = fold(json.loads(line))
        for stream in sorted(folded):
            expected.update(folded[stream])
    matrix = set(itertools.product(SEEDS[:1], ZONES, LOCALES)) | {
        (seed, "UTC", "C") for seed in SEEDS
    }
    for seed, zone, locale in sorted(matrix):
        given = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale}
        done = subprocess.run(
            [sys.executable, "-c", _FOLD, str(path)],
            env={**os.environ, **given},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == expected.hexdigest(), given


def test_there_are_golden_journals():
    assert GOLDEN
    assert len(JOURNALS) >= 16
