"""What is told of templates, and which are left alone."""

from __future__ import annotations

import pytest

from interlock.interpreter.core import templates as filling
from interlock.rulebook.lint.runner import lint_rulebook
from interlock.rulebook.lint.template_facts import facts_of
from interlock.rulebook.source import SourceFile
from interlock.rulebook.template_rules import FILTERS

CALL = 'remediation_hooks: [{id: call, endpoint: "https://a.test/x", idempotency_key: k}]\n'


def findings(arguments, steps=""):
    text = (
        f"runbooks: {{r: {{match: always_true, steps: [{steps}{{id: last, hook: call,"
        f" with: {arguments}}}]}}}}\n{CALL}"
    )
    linted = lint_rulebook([SourceFile("x.yaml", text)])
    return [(item.code, item.span.text) for item in linted.diagnostics]


def test_the_filters_are_those_that_are_there_when_templates_are_filled():
    assert frozenset(filling._SANDBOX.filters) - {"~"} == FILTERS


@pytest.mark.parametrize(
    "text",
    [
        "{{ x | pprint }}",
        "{% for a in b %}{% endfor %}",
        "{% include 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{% set x = incident.title %}{{ x }}",
        "{{ 2 ** 3 }}",
        "{% filter upper %}x{% endfilter %}",
        "{{ x",
        "{{ }}",
        "{{ range(3) }}",
        "{% if x %}",
    ],
)
def test_what_cannot_be_filled_is_told_as_by_whoever_fills_it(text):
    assert facts_of(text).problem is not None
    assert filling.check_template(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "{{ incident.title }}",
        "{{ incident.title | upper | trim }}",
        "{{ incident.labels['x'] }}",
        "{% if incident.owner is defined %}{{ incident.owner }}{% endif %}",
        "{# a comment #}{{ now }}",
        "{{ incident.labels.x | default('y') }}",
        "{{ 1 + 2 }}",
    ],
)
def test_what_can_be_filled_has_no_problem(text):
    assert facts_of(text).problem is None
    assert filling.check_template(text) is None
    assert findings(f'{{x: "{text}"}}') == []


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("{{ a.b }} and {{ c }}", [("a", "b"), ("c",)]),
        ("{{ a.b | upper }}", [("a", "b")]),
        ("{{ a['b'].c }}", [("a", "b", "c")]),
        ("{% if a.b == c %}x{% endif %}", [("a", "b"), ("c",)]),
        ("no template", []),
    ],
)
def test_the_names_a_template_reads_are_told_with_their_places(text, reads):
    found = facts_of(text).reads
    assert [read.path for read in found] == reads
    for read in found:
        assert text[read.start :].startswith(read.path[0])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('{x: "{{ incident.titel }}"}', [("T709", "titel")]),
        ('{x: ["a", {y: "{{ incdent.title }}"}]}', [("T709", "incdent")]),
        ('{x: "{{ severity.nam }}"}', [("T709", "nam")]),
        ('{x: "{{ incident.labels.anything.goes }}"}', []),
        ('{x: "{{ alert.whatever }}"}', []),
        ('{x: "{{ event.data.whatever }}"}', []),
        ('{x: "{{ steps.first.result.x }}"}', []),
        ('{x: "{{ steps.frist.result.x }}"}', [("B601", "frist")]),
        ('{x: "{{ steps.last.result.x }}"}', [("B601", "last")]),
        ('{command: "x {{ incident.labels.a }}"}', [("T710", "incident.labels.a")]),
        ('{command: "x {{ incident.labels.a | tojson }}"}', []),
        ('{command: "x {{ incident.id }}"}', []),
        ('{comment: "x {{ incident.labels.a }}"}', []),
        ('{command: "x {{ steps.first.result.a }}"}', []),
    ],
)
def test_what_a_template_reads_must_exist(arguments, expected):
    assert findings(arguments, steps="{id: first, hook: call}, ") == expected


def test_a_template_of_a_rule_may_read_any_runbooks_steps():
    text = (
        "workflow_rules: [{transition: MITIGATING -> MITIGATING, trigger: runbook.failed, action:"
        ' {do: notify, with: {message: "{{ steps.STEP.result }}"}}}]\n'
        f"runbooks: {{r: {{match: always_true, steps: [{{id: a, hook: call}}]}}}}\n{CALL}"
    )

    def codes(step):
        source = SourceFile("x.yaml", text.replace("STEP", step))
        return [item.code for item in lint_rulebook([source]).diagnostics if item.code != "G303"]

    assert codes("a") == []
    assert codes("b") == ["T709"]
