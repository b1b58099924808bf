"""Whatever has been typed, a question has an answer or none, never an exception."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.rulebook.editing.completion import complete
from interlock.rulebook.editing.hovering import show_at
from interlock.rulebook.editing.items import ItemKind, without_places
from interlock.rulebook.editing.names import Names
from interlock.rulebook.editing.outline import outline_of
from interlock.rulebook.editing.references import places_of, target_at
from interlock.rulebook.editing.rename import Refusal, rename
from support.editing import analysed

ROOT = Path(__file__).parents[3]
TEXTS = [
    file.read_text("utf-8")
    for file in sorted(
        [*ROOT.glob("policies/*/rulebook.yaml"), *ROOT.glob("tests/rulebook/lint/*/bad.yaml")]
    )
]
PIECES = st.sampled_from(
    [
        *(
            "\n",
            "  ",
            "- ",
            ": ",
            ":",
            "{",
            "}",
            "[",
            "]",
            ",",
            "'",
            '"',
            "|\n",
            ">-\n",
            "#",
            "&a ",
        ),
        *("*a", "!t ", "\t", "\r\n", "->", "\\", "😀", "\u2028", "\ud800", "incident.", "&&", "=="),
        *(
            "?",
            "(",
            "workflow_rules",
            "transition",
            "validator: ",
            "any",
            "{{",
            "steps",
            "with",
            "1",
        ),
    ]
)


@st.composite
def half_typed(draw):
    """Draw a text of which a part was cut out and other pieces typed, and a place in it."""
    text = draw(st.sampled_from(TEXTS))
    start = draw(st.integers(0, len(text)))
    stop = draw(st.sampled_from([start, min(start + 7, len(text)), len(text)]))
    typed = "".join(draw(st.lists(PIECES, max_size=6)))
    text = text[:start] + typed + text[stop:]
    near = min(start + len(typed), len(text))
    return text, draw(st.one_of(st.just(near), st.integers(0, len(text))))


@settings(deadline=None, max_examples=300)
@given(half_typed(), st.booleans())
def test_a_completion_replaces_what_is_around_the_cursor_on_its_line(typed, has_rulebook):
    text, offset = typed
    names = analysed(TEXTS[0]).names if has_rulebook else Names()
    for item in complete(text, offset, names):
        assert 0 <= item.start <= offset <= item.end <= len(text)
        assert "\n" not in text[item.start : item.end]
        assert item.label
        if item.is_snippet and item.kind is not ItemKind.VALUE:
            assert "$" not in without_places(item.insert)


@settings(deadline=None, max_examples=200)
@given(half_typed())
def test_every_question_has_an_answer_or_none(typed):
    text, offset = typed
    analysis = analysed(text)
    shown = show_at(analysis, offset)
    assert shown is None or (shown.text and shown.start <= offset < shown.end)
    target = target_at(analysis, offset)
    if target is not None:
        assert all(place.name == target.name for place in places_of(analysis, target))
    edits = rename(analysis, offset, "renamed")
    assert isinstance(edits, Refusal) or all(edit.text == "renamed" for edit in edits)
    if analysis.file.root is not None:
        assert isinstance(outline_of(analysis.file.root), tuple)


@settings(deadline=None, max_examples=100)
@given(st.lists(PIECES, max_size=40))
def test_a_text_of_nothing_but_pieces_has_answers_too(pieces):
    text = "".join(pieces)
    analysis = analysed(text)
    for offset in range(len(text) + 1):
        assert isinstance(complete(text, offset, analysis.names), list)
        show_at(analysis, offset)
        target_at(analysis, offset)
