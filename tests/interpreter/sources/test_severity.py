from __future__ import annotations

import pytest

from interlock.interpreter.sources.severity import read_severity, severity_words
from interlock.rulebook.graph.state_graph import Source

WORDS = severity_words(
    Source(name="s", type="json", severity={"Critical": "P2", "sev-9": "P4", "2": "P1"}),
    ["P1", "P2", "Major"],
)


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", "P2"),  # the source's own word wins
        ("CRITICAL", "P2"),
        ("SEV-9", "P4"),
        (2, "P1"),
        ("error", "P2"),
        ("Warning", "P3"),
        ("info", "P4"),
        ("none", "P4"),
        ("P2", "P2"),
        (" p1 ", "P1"),
        ("major", "Major"),
        ("p4", "P4"),  # a row the matrix lacks is still a severity
    ],
)
def test_a_known_word_is_mapped(word, severity):
    remarks = []
    assert read_severity(word, WORDS, remarks) == severity
    assert remarks == []


def test_without_words_of_its_own_critical_is_p1():
    assert read_severity("critical", severity_words(None, []), []) == "P1"


@pytest.mark.parametrize("absent", [None, ""])
def test_an_absent_severity_stays_absent(absent):
    remarks = []
    assert read_severity(absent, WORDS, remarks) is None
    assert remarks == []


@pytest.mark.parametrize("word", ["P0", "p00", "sev0", "SEV-0"])
def test_worse_than_the_worst_is_the_worst_and_is_said(word):
    remarks = []
    assert read_severity(word, WORDS, remarks) == "P1"
    assert remarks == [f"unknown severity {word!r}, taken as P1"]


@pytest.mark.parametrize(
    "word", ["catastrophic", "P7", "P123", True, ["P1"], {"a": 1}, 7, "x" * 10_000]
)
def test_an_unknown_word_becomes_p3_and_is_said(word):
    remarks = []
    assert read_severity(word, WORDS, remarks) == "P3"
    assert "unknown severity" in remarks[0]
    assert len(remarks[0]) < 100
