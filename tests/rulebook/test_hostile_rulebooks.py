"""Rulebooks that mean harm, and what becomes of each: refused with a code, or harmless."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.rulebook import RulebookError, check_rulebook, compile_rulebook, load_rulebook
from interlock.rulebook.diagnostics import Level
from interlock.rulebook.document.reader import TEXT_MAX
from interlock.rulebook.guard import suggest
from interlock.rulebook.lint.runner import lint_rulebook
from interlock.rulebook.loader import read_sources
from interlock.rulebook.report import render_text
from interlock.rulebook.source import SourceFile

GOLDEN = Path(__file__).with_name("hostile")
RULE = "  - {{transition: TRIAGE -> RESOLVED, {}}}\n"


def rule(rest: str) -> str:
    return "workflow_rules:\n" + RULE.format(rest)


def laughs() -> str:
    lines = ["x0: &x0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join(lines)


def merges() -> str:
    lines = ["x0: &x0 {k: v}"]
    lines += [f"x{n}: &x{n} {{<<: [*x{n - 1}, *x{n - 1}]}}" for n in range(1, 19)]
    return "\n".join(lines)


CYRILLIC_A = "\N{CYRILLIC SMALL LETTER A}"

REFUSED = {
    "1 billion laughs": (laughs(), ["Y010"]),
    "2 merge keys that double": (merges(), ["Y010"]),
    "3 recursive alias": ("guards: &a {x: *a}", ["Y010"]),
    "4 duplicate key": (rule("validator: always_true, validator: 'false'"), ["Y002"]),
    "5 duplicate after a merge": ("a: &a {x: 1}\nb: {x: 2, <<: *a}", ["Y010"]),
    "6 a word that is no bool": ("severity_matrix: {P1: {approval_required: no}}", ["Y006"]),
    "7 a number that is none": ("severity_matrix: {P1: {sla_minutes: 1_000}}", ["Y005"]),
    "7 sexagesimal": ("severity_matrix: {P1: {sla_minutes: 1:30}}", ["Y005"]),
    "8 version as a float": ("version: 1.10", ["Y005"]),
    "9 object of Python": ("name: !!python/object/apply:os.system [x]", ["Y001"]),
    "10 unknown tag": ("name: !vault x", ["Y001"]),
    "11 two documents": ("version: 1\n---\nversion: 1\n", ["Y001"]),
    "12 deep nesting in brackets": ("guards: " + "[" * 10_000, ["Y001"]),
    "12 deep nesting of mappings": ("guards: " + "{a: " * 10_000, ["Y010"]),
    "12 deep but closed": ("guards: " + "[" * 90 + "]" * 90, ["Y010"]),
    "14 NUL": ("name: a\0b", ["Y001"]),
    "15 tab as indentation": ("guards:\n\ta: 'true'", ["Y001"]),
    "16 keys that differ by normal form": (
        "guards: {\u00e9: 'true', e\u0301: 'true'}",
        ["Y005", "Y002", "Y005"],
    ),
    "17 look-alike id": (f"remediation_hooks: [{{id: rest{CYRILLIC_A}rt}}]", ["Y005"]),
    "17 look-alike reference": (
        "remediation_hooks: [{id: restart}]\n" + rule(f"trigger: x.y, action: rest{CYRILLIC_A}rt"),
        ["Y005"],
    ),
    "18 bidirectional override in a guard": (
        rule("validator: 'incident.title == \"\u202euser\u202c\"'"),
        ["Y001", "Y001"],
    ),
    "21 undefined state": (
        "workflow_rules: [{transition: TRIAGE -> NOWHERE, trigger: x.y}]",
        ["G301"],
    ),
    "22 two rules of one id": (
        rule("id: a, trigger: x.y") + RULE.format("id: a, trigger: x.z"),
        ["Y007"],
    ),
    "24 timer of no time": (rule("after: 0s"), ["Y005"]),
    "24 negative timer": (rule("after: -5m"), ["Y005"]),
    "24 endless timer": (rule("after: 1e99h"), ["Y005"]),
    "24 timer of three thousand years": (rule("after: 999999999h"), ["Y005"]),
    "20 crowd of states": (
        f"lifecycle: {{initial: A0, states: [{', '.join(f'A{n}' for n in range(101))}]}}",
        ["Y005"],
    ),
    "25 quorum of nobody": (rule("trigger: x.y, gate: {approvals: 0}"), ["Y005"]),
    "25 quorum of a crowd": (rule("trigger: x.y, gate: {approvals: 1000}"), ["Y005"]),
    "26 gate without approvers": (rule("trigger: x.y, gate: {from: []}"), ["Y005"]),
    "27 include": ("include: ../../etc/passwd", ["Y003"]),
    "27 template outside the folder": ("post_mortem: {template: ../../etc/passwd}", ["Y005"]),
    "27 template at an absolute path": ("post_mortem: {template: /etc/passwd}", ["Y005"]),
    "30 secret written out": (
        "notification_channels: {p: {type: pagerduty, routing_key: abc123}}",
        ["A509"],
    ),
    "30 secret in part of a value": (
        'notification_channels: {p: {type: pagerduty, routing_key: "k-${env:A}"}}',
        ["A509"],
    ),
    "31 null where a mapping is expected": ("severity_matrix: {P1: }", ["Y005"]),
    "31 null for a section": ("guards:\nname: x", ["Y005"]),
    "32 integer and text as one key": ('severity_matrix: {1: {}, "1": {}}', ["Y005", "Y002"]),
    "template as a host": (
        'remediation_hooks: [{id: a, endpoint: "https://{{ event.x }}/"}]',
        ["Y005"],
    ),
    "endpoint that is no HTTP": (
        "remediation_hooks: [{id: a, endpoint: file:///etc/passwd}]",
        ["Y005"],
    ),
    "header that ends its line": (
        'remediation_hooks: [{id: a, headers: {"A\\r\\nB": x}}]',
        ["Y005"],
    ),
    "schema that refers to itself": (
        (
            "remediation_hooks: [{id: a, accepts: {$ref: '#'}}]\n"
            "runbooks: {r: {match: 'true', steps: [{hook: a, with: {x: 1}}]}}"
        ),
        ["Y005"],
    ),
    "schema from elsewhere": (
        (
            "remediation_hooks: [{id: a, accepts: {$ref: 'file:///etc/passwd'}}]\n"
            "runbooks: {r: {match: 'true', steps: [{hook: a, with: {x: 1}}]}}"
        ),
        ["Y005"],
    ),
    "pattern that backtracks": (
        (
            "remediation_hooks: [{id: a, accepts: {properties: {x: {pattern: '^(a+)+$'}}}}]\n"
            f"runbooks: {{r: {{match: 'true', steps: [{{hook: a, with: {{x: {'a' * 90}b}}}}]}}}}"
        ),
        ["A502"],
    ),
    "number beyond 64 bits": (
        "severity_matrix: {P1: {sla_minutes: 9999999999999999999}}",
        ["Y005"],
    ),
}

HARMLESS = {
    "6 words that look like bools": "severity_matrix: {NO: {}, on: {}, y: {}}",
    "19 cycle without an event": rule("validator: always_true")
    + "  - {transition: RESOLVED -> TRIAGE, validator: always_true}\n",
    "20 unreachable final state": "lifecycle: {extend: default, states: [LOST], final: [LOST]}",
    "23 rule that triggers itself": rule(
        "trigger: runbook.failed, action: execute_remediation_steps"
    ),
    "26 gate that only the requester may open": rule("trigger: x.y, gate: {from: [oncall]}"),
    "event text that looks like a template": "guards:\n  a: incident.title == '{{ 7*7 }}'\n",
}


def codes(text: str) -> list[str]:
    checked = check_rulebook([SourceFile("t.yaml", text)])
    assert (checked.graph is None) == any(d.level is Level.ERROR for d in checked.diagnostics)
    return [d.code for d in checked.diagnostics if d.level is Level.ERROR]


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_harm_is_refused_with_a_code(text, expected):
    assert codes(text) == expected


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_what_only_looks_harmful_compiles(text):
    assert codes(text) == []


EVERY = {**{name: text for name, (text, _) in REFUSED.items()}, **HARMLESS}


@pytest.mark.parametrize("name", EVERY)
def test_what_its_author_is_told_is_golden(name, golden):
    found = lint_rulebook([SourceFile("t.yaml", EVERY[name])]).diagnostics
    golden(render_text(found), GOLDEN / f"{name.replace(' ', '-')}.out")


def test_every_entry_of_the_catalogue_is_here():
    elsewhere = {13, 28, 29}  # files and sizes: tests of their own below
    numbered = {int(name.split()[0]) for name in EVERY if name[0].isdigit()}
    assert numbered | elsewhere == set(range(1, 33))
    assert {file.stem for file in GOLDEN.glob("*.out")} == {n.replace(" ", "-") for n in EVERY}


def test_28_what_was_read_is_what_is_compiled(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("name: shown\n")
    sources = read_sources(file)
    file.write_text("name: swapped\n")
    assert compile_rulebook(sources).name == "shown"


def load(path) -> str:
    with pytest.raises(RulebookError) as caught:
        load_rulebook(path)
    (found,) = caught.value.diagnostics
    return f"{found.code} {found.message}"


def test_13_large_file_is_not_read_to_its_end(tmp_path):
    path = tmp_path / "large.yaml"
    path.write_bytes(b"# " + b"x" * (50 * 1024 * 1024))
    assert load(path) == "Y001 the file is larger than 16 MiB"


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_14_utf_16_is_named(tmp_path, mark):
    path = tmp_path / "wide.yaml"
    path.write_bytes(mark + "version: 1".encode("utf-16-le"))
    assert load(path) == "Y001 the file is UTF-16; save it as UTF-8"


def test_14_byte_that_is_no_utf_8_is_placed(tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"version: 1\nname: caf\xe9\n")
    assert load(path) == "Y001 byte 20 (line 2) is not UTF-8; save the file as UTF-8"


def test_14_byte_order_mark_of_utf_8_is_no_part_of_the_text(tmp_path):
    path = tmp_path / "marked.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: marked\n")
    assert load_rulebook(path).name == "marked"


def test_29_many_rules_compile():
    text = "workflow_rules:\n" + "".join(
        f"  - {{transition: TRIAGE -> RESOLVED, trigger: x.e{n}, validator: severity_defined}}\n"
        for n in range(3_000)
    )
    checked = check_rulebook([SourceFile("t.yaml", text)])
    assert len(checked.graph.rules) == 3_000 + 4
    assert len({rule.id for rule in checked.graph.rules}) == 3_000 + 4


MANY = 2_000
REPEATED = {
    "unknown actions": "remediation_hooks:\n"
    + "".join(f"  - {{id: hook-{n}}}\n" for n in range(MANY))
    + "workflow_rules:\n"
    + "".join(RULE.format(f"trigger: x, action: hok-{n}x") for n in range(MANY)),
    "unknown guards": "guards:\n"
    + "".join(f"  guard_{n}: 'true'\n" for n in range(MANY))
    + "workflow_rules:\n"
    + "".join(RULE.format(f"validator: gard_{n}x") for n in range(MANY)),
    "unknown keys of one rule": rule(", ".join(f"transitio{n}: x" for n in range(MANY))),
    "rules with an unknown key": "workflow_rules:\n" + RULE.format("valdator: x") * MANY,
    "rules of one transition": "workflow_rules:\n" + RULE.format("trigger: x") * MANY,
    "steps of one hook": "remediation_hooks: [{id: h}]\nrunbooks: {r: {steps: ["
    + "{hook: h}, " * MANY
    + "]}}",
}


@pytest.mark.parametrize("text", REPEATED.values(), ids=REPEATED)
def test_what_is_repeated_is_compared_a_bounded_number_of_times(text, monkeypatch):
    compared = []
    real = suggest.edit_distance
    monkeypatch.setattr(suggest, "edit_distance", lambda *a: compared.append(1) or real(*a))
    checked = check_rulebook([SourceFile("t.yaml", text)])
    assert checked.diagnostics or checked.graph
    assert len(compared) <= 200_000


def test_text_at_the_limit_is_read():
    text = "version: 1 #".ljust(TEXT_MAX, "x")
    assert codes(text) == []
    assert codes(text + "x") == ["Y001"]


def test_findings_never_repeat_a_secret_that_was_written_out():
    text = "notification_channels: {p: {type: pagerduty, routing_key: hunter2}}"
    (found,) = check_rulebook([SourceFile("t.yaml", text)]).diagnostics
    assert "hunter2" not in f"{found.message}{found.help}{found.notes}"
