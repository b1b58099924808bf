from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock import schemas
from interlock.rulebook.diagnostics import Diagnostic, Label, Level, replacing
from interlock.rulebook.lint.registry import PAGES
from interlock.rulebook.report import (
    Tally,
    fingerprint,
    render_compact,
    render_github,
    render_json,
    render_sarif,
    render_text,
    summarise,
)
from interlock.rulebook.report.cells import clean, width
from interlock.rulebook.report.excerpt import LINE_MAX, excerpt
from interlock.rulebook.source import SourceFile, Span

SCHEMA = json.loads(Path(schemas.__file__).with_name("diagnostics.v1.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
MAJOR = SourceFile(
    "rules/major.yaml",
    "workflow_rules:\n" * 13
    + '      when: incident.severty == "SEV1" && impact.users >= 100\n'
    + "last: line\n",
)


def span(source, text):
    start = source.text.index(text)
    return Span(source, start, start + len(text))


def finding(where, **changes):
    values = {
        "code": "X203",
        "name": "unknown-field",
        "level": Level.ERROR,
        "message": "`incident.severty` is not a field of Incident",
        "span": where,
    }
    return Diagnostic(**(values | changes))


def text_of(*diagnostics):
    return render_text(diagnostics)


def test_a_finding_has_the_documented_shape():
    diagnostic = finding(
        span(MAJOR, "severty"),
        help="did you mean `severity`?",
        notes=("Incident has: id, severity, state, …",),
        subject="rule `declare-major`, guard",
    )
    assert text_of(diagnostic) == dedent(
        """\
        rules/major.yaml:14:22: error[X203]: `incident.severty` is not a field of Incident
           --> rule `declare-major`, guard
           |
        14 |       when: incident.severty == "SEV1" && impact.users >= 100
           |                      ^^^^^^^
           = help: did you mean `severity`?
           = note: Incident has: id, severity, state, …
           = see: interlock explain X203

        """
    )


def test_labels_share_a_line_jump_within_a_file_and_name_another_file():
    other = SourceFile("shared.yaml", "guards: {burning: true}\n")
    diagnostic = finding(
        span(MAJOR, "severty"),
        labels=(
            Label(span(MAJOR, "incident"), "this is an Incident"),
            Label(span(MAJOR, "last"), "unlike this"),
            Label(span(other, "burning"), "or this"),
            Label(span(other, "guards"), "a fourth is not shown"),
        ),
    )
    assert text_of(diagnostic) == dedent(
        """\
        rules/major.yaml:14:22: error[X203]: `incident.severty` is not a field of Incident
           |
        14 |       when: incident.severty == "SEV1" && impact.users >= 100
           |                      ^^^^^^^
           |             ~~~~~~~~ this is an Incident
        15 | last: line
           | ~~~~ unlike this
           ::: shared.yaml:1:10
         1 | guards: {burning: true}
           |          ~~~~~~~ or this
           = see: interlock explain X203

        """
    )


@pytest.mark.parametrize(
    ("line", "marked", "underline"),
    [
        ("a: bad", "bad", "   ^^^"),
        ("a:\tbad", "bad", "      ^^^"),
        ("a: 監視 bad", "bad", "        ^^^"),
        ("a: 監視", "監視", "   ^^^^"),
        ("a: e\u0301\u0301 bad", "bad", "     ^^^"),
        ("a: \x1b[31mbad", "bad", "        ^^^"),
        ("a: \u202ebad", "bad", "    ^^^"),
        ("a: 👩‍🚒 bad", "bad", "        ^^^"),
        ("a: bad", "", "^"),
    ],
)
def test_carets_stand_below_what_they_mean(line, marked, underline):
    source = SourceFile("x.yaml", line)
    shown, below = text_of(finding(span(source, marked))).splitlines()[2:4]
    assert below == f"  | {underline}"
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_span_over_lines_is_underlined_to_the_end_of_its_first_line():
    source = SourceFile("x.yaml", "rules:\n  - transition: A -> B\n    action: x\n\nafter: 1\n")
    where = Span(source, source.text.index("transition"), source.text.index("after"))
    assert text_of(finding(where)).splitlines()[1:4] == [
        "  |",
        "2 |   - transition: A -> B",
        "  |     ^^^^^^^^^^^^^^^^^^ (to line 3)",
    ]


@pytest.mark.parametrize("text", ["", "a: 1\n"])
def test_the_end_of_a_file_can_be_pointed_at(text):
    source = SourceFile("x.yaml", text)
    rendered = text_of(finding(Span(source, len(text), len(text))))
    assert rendered.startswith(f"x.yaml:{1 + text.count(chr(10))}:1: error[X203]")


@pytest.mark.parametrize("column", [0, 70, 4990])
def test_a_long_line_is_cut_around_the_place(column):
    text = "y" * column + "BAD" + "z" * (5000 - column)
    source = SourceFile("x.yaml", text)
    part = excerpt(span(source, "BAD"))
    assert len(part.text) <= LINE_MAX + 2
    assert part.text[part.indent : part.indent + part.length] == "BAD"


def test_a_long_span_is_cut_too():
    source = SourceFile("x.yaml", "B" * 5000)
    assert excerpt(Span(source, 0, 5000)).length <= LINE_MAX + 1


def test_colour_adds_escapes_and_nothing_else():
    diagnostic = finding(span(MAJOR, "severty"), help="h", subject="rule `r`")
    styled = render_text([diagnostic], is_styled=True)
    assert "\x1b[1;31m^^^^^^^\x1b[0m" in styled
    for code in ("0", "1", "34", "1;31"):
        styled = styled.replace(f"\x1b[{code}m", "")
    assert styled == text_of(diagnostic)


def test_compact_is_one_line_per_finding():
    diagnostics = [
        finding(span(MAJOR, "severty"), help="did you mean `severity`?"),
        finding(span(MAJOR, "last"), level=Level.WARNING, message="odd\nmessage"),
    ]
    assert render_compact(diagnostics) == (
        "rules/major.yaml:14:22: error[X203]: `incident.severty` is not a field of Incident"
        " (did you mean `severity`?)\n"
        "rules/major.yaml:15:1: warning[X203]: odd message\n"
    )


def test_github_commands_are_escaped():
    source = SourceFile("a,b:c.yaml", "x: 1\n")
    diagnostic = finding(span(source, "1"), message="100%\n::error::no", help="try 2")
    assert render_github([diagnostic]) == (
        "::error file=a%2Cb%3Ac.yaml,line=1,endLine=1,col=4,endColumn=5,"
        "title=X203 unknown-field::100%25 ::error::no (try 2)\n"
    )
    notice = finding(span(source, "1"), level=Level.INFO)
    assert render_github([notice]).startswith("::notice ")


def test_json_holds_everything_and_follows_its_schema():
    diagnostic = finding(
        span(MAJOR, "severty"),
        help="did you mean `severity`?",
        notes=("a note",),
        subject="rule `declare-major`, guard",
        labels=(Label(span(MAJOR, "last"), "unlike this"),),
        fix=replacing(span(MAJOR, "severty"), "severity"),
        pointer="/workflow_rules/3/when",
    )
    document = json.loads(render_json([diagnostic], Tally(files=12, rules=84, guards=3)))
    VALIDATOR.validate(document)
    assert document == {
        "schema": "interlock.diagnostics/1",
        "summary": {
            "files": 12,
            "rules": 84,
            "runbooks": 0,
            "guards": 3,
            "ignored": 0,
            "properties": 0,
            "error": 1,
            "warning": 0,
            "info": 0,
        },
        "diagnostics": [
            {
                "code": "X203",
                "name": "unknown-field",
                "severity": "error",
                "message": "`incident.severty` is not a field of Incident",
                "path": "rules/major.yaml",
                "pointer": "/workflow_rules/3/when",
                "object": {"kind": "rule", "id": "declare-major"},
                "range": {
                    "start": {"line": 14, "column": 22, "offset": 229},
                    "end": {"line": 14, "column": 29, "offset": 236},
                },
                "help": "did you mean `severity`?",
                "notes": ["a note"],
                "related": [
                    {
                        "message": "unlike this",
                        "path": "rules/major.yaml",
                        "range": {
                            "start": {"line": 15, "column": 1, "offset": 270},
                            "end": {"line": 15, "column": 5, "offset": 274},
                        },
                    }
                ],
                "fix": {
                    "applicability": "safe",
                    "edits": [
                        {
                            "range": {
                                "start": {"line": 14, "column": 22, "offset": 229},
                                "end": {"line": 14, "column": 29, "offset": 236},
                            },
                            "text": "severity",
                        }
                    ],
                },
                "fingerprint": fingerprint(diagnostic),
            }
        ],
    }


def test_sarif_declares_every_code_and_locates_each_finding():
    diagnostic = finding(
        span(MAJOR, "severty"),
        subject="rule `declare-major`",
        labels=(Label(span(MAJOR, "last"), "unlike this"),),
    )
    log = json.loads(render_sarif([diagnostic], PAGES))
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    [result] = run["results"]
    assert (log["version"], run["columnKind"]) == ("2.1.0", "unicodeCodePoints")
    assert [rule["id"] for rule in rules] == [page.code for page in PAGES]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "X203"
    assert result["level"] == "error"
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "rules/major.yaml"},
                "region": {"startLine": 14, "startColumn": 22, "endLine": 14, "endColumn": 29},
            },
            "logicalLocations": [{"name": "declare-major", "kind": "rule"}],
        }
    ]
    assert result["relatedLocations"][0]["message"] == {"text": "unlike this"}
    assert result["partialFingerprints"] == {"interlock/v1": fingerprint(diagnostic)}


def test_a_summary_counts_what_comments_silenced():
    assert summarise([], Tally(files=1, ignored=2)).endswith("0 errors, 0 warnings, 2 ignored")


def test_a_fingerprint_survives_moved_lines_and_tells_subjects_apart():
    moved = SourceFile(MAJOR.name, "# a comment\n" + MAJOR.text)
    one = fingerprint(finding(span(MAJOR, "severty"), subject="rule `a`"))
    assert fingerprint(finding(span(moved, "severty"), subject="rule `a`")) == one
    assert fingerprint(finding(span(MAJOR, "severty"), subject="rule `b`")) != one


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([], "1 file: 3 rules, 0 runbooks, 1 guard type-checked; 0 errors, 0 warnings"),
        (
            [Level.ERROR, Level.WARNING, Level.WARNING, Level.INFO],
            "1 file: 3 rules, 0 runbooks, 1 guard type-checked; 1 error, 2 warnings, 1 info",
        ),
    ],
)
def test_a_summary_says_what_was_checked(levels, expected):
    diagnostics = [finding(span(MAJOR, "last"), level=level) for level in levels]
    assert summarise(diagnostics, Tally(files=1, rules=3, guards=1)) == expected


HOSTILE = st.text(st.characters(), max_size=30)
WORDS = st.text(st.characters(), min_size=1, max_size=30)


@given(text=HOSTILE, message=WORDS, start=st.integers(0, 30), length=st.integers(0, 30))
def test_no_text_breaks_a_report_or_reaches_the_terminal_raw(text, message, start, length):
    source = SourceFile("x.yaml", text)
    begin = min(start, len(text))
    where = Span(source, begin, min(begin + length, len(text)))
    diagnostic = finding(where, message=message, help=message, labels=(Label(where, message),))
    for rendered in (
        render_text([diagnostic]),
        render_compact([diagnostic]),
        render_github([diagnostic]),
        render_json([diagnostic]),
        render_sarif([diagnostic], PAGES),
    ):
        rendered.encode()
        for line in rendered.split("\n"):
            assert clean(line) == line
    VALIDATOR.validate(json.loads(render_json([diagnostic])))


@given(HOSTILE)
def test_cleaned_text_has_one_line_and_a_width(text):
    assert clean(clean(text)) == clean(text)
    assert len(clean(text)) == len(text)
    assert 0 <= width(clean(text)) <= 2 * len(text)


def test_places_of_a_file_stand_in_the_order_of_its_lines():
    diagnostic = finding(
        span(MAJOR, "last"), labels=(Label(span(MAJOR, "workflow_rules"), "begins here"),)
    )
    assert text_of(diagnostic).splitlines()[1:7] == [
        "   |",
        " 1 | workflow_rules:",
        "   | ~~~~~~~~~~~~~~ begins here",
        "...",
        "15 | last: line",
        "   | ^^^^",
    ]
