from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.document.reader import read_document
from interlock.rulebook.format import format_rulebook
from interlock.rulebook.format.preservation import content_of
from interlock.rulebook.format.trivia import comments_of
from interlock.rulebook.lint.registry import PAGES
from interlock.rulebook.source import SourceFile
from support.layouts import documents

ROOT = Path(__file__).parents[3]
GOLDEN = sorted(Path(__file__).with_name("golden").glob("*.before.yaml"))
RULEBOOKS = {
    str(file.relative_to(ROOT)): file.read_text("utf-8")
    for folder in ("policies", "tests")
    for file in sorted((ROOT / folder).rglob("*.yaml"))
}
RULEBOOKS |= {f"{page.code} bad": page.bad for page in PAGES}
RULEBOOKS |= {f"{page.code} good": page.good for page in PAGES}


def source(text):
    return SourceFile("rulebook.yaml", text)


def formatted(text):
    result = format_rulebook(source(text))
    assert result.text is not None, (result.refusal, result.diagnostics)
    return result.text


def digest(text):
    graph = check_rulebook([source(text)]).graph
    return None if graph is None else graph.digest


def assert_preserved(text, after):
    before = read_document(source(text.replace("\r\n", "\n")))
    again = read_document(source(after))
    assert content_of(again.root) == content_of(before.root)
    lost = Counter(comments_of(text.replace("\r\n", "\n"), before.root))
    lost.subtract(comments_of(after, again.root))
    assert not any(lost.values())


@pytest.mark.parametrize("before", GOLDEN, ids=lambda file: file.name.split(".")[0])
def test_golden(before, golden):
    after = before.with_name(before.name.replace("before", "after"))
    golden(formatted(before.read_text("utf-8")), after)
    assert formatted(after.read_text("utf-8")) == after.read_text("utf-8")


@pytest.mark.parametrize("text", RULEBOOKS.values(), ids=RULEBOOKS)
def test_every_rulebook_keeps_its_digest_values_and_comments(text):
    result = format_rulebook(source(text))
    assert result.refusal is None
    if result.text is None:
        assert result.diagnostics
        return
    assert formatted(result.text) == result.text
    assert_preserved(text, result.text)
    assert digest(result.text) == digest(text)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_any_layout_is_preserved_and_formatting_again_changes_nothing(text):
    result = format_rulebook(source(text))
    assert result.refusal is None
    if result.text is None:
        assert result.diagnostics
        return
    assert_preserved(text, result.text)
    assert formatted(result.text) == result.text
    assert "\t" not in result.text
    assert result.text.endswith("\n")


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab:-#[]{},&*!|>'\"%? \n\t~@\\", max_size=60))
def test_hostile_text_is_formatted_or_answered_with_findings(text):
    result = format_rulebook(source(text))
    assert result.text is not None or result.diagnostics or result.refusal
    if result.text is not None:
        assert formatted(result.text) == result.text
