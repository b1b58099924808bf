"""Hostile templates and hostile data in good ones: each with what comes of it.

A template is the author's, who is half trusted; what it is filled with is a stranger's. Nothing
here may reach an object, grow without bound, take long, or turn data into anything but text.
"""

from __future__ import annotations

import json

import pytest

from interlock.cli.record_text import clean
from interlock.interpreter.core.templates import (
    OUTPUT_BYTES_MAX,
    TemplateProblemError,
    check_template,
    render,
)
from interlock.rulebook import compile_rulebook
from interlock.rulebook.diagnostics import RulebookError
from interlock.rulebook.template_rules import LENGTH_MAX, NODES_MAX
from support.story import Story

LONG = "x" * 200_000
DATA = {
    "incident": {
        "title": "{{ 7*7 }}",
        "labels": {"items": "a label", "get": "another", "q": '"}\n{"a": "b'},
        "tags": ["b", "a", "b"],
        "long": LONG,
        "many": list(range(1_001)),
        "digits": "9" * 5_000,
    },
    "n": 5,
}

REFUSED = {
    "55 classes": ("{{ ''.__class__.__mro__ }}", "no attribute '__class__'"),
    "55 classes by item": ("{{ ''['__class__'] }}", "no attribute '__class__'"),
    "55 classes of a mapping": ("{{ incident.__class__ }}", "no attribute '__class__'"),
    "56 attr": ("{{ ''|attr('format') }}", "No filter named 'attr'"),
    "57 format": ("{{ '{0.__class__}'.format(n) }}", "`call` is not allowed"),
    "57 a stored format": ("{{ 'x'.format }}", "no attribute 'format'"),
    "58 map": ("{{ ['{0}']|map('format', n)|first }}", "No filter named 'map'"),
    "59 cycler": ("{{ cycler.__init__.__globals__ }}", "'cycler' is undefined"),
    "59 namespace": ("{{ namespace(a=1) }}", "`call` is not allowed"),
    "59 self": ("{{ self.__dict__ }}", "`self` is not allowed"),
    "60 range": ("{% for i in range(10**9) %}x{% endfor %}", "`for` is not allowed"),
    "60 range alone": ("{{ range }}", "'range' is undefined"),
    "61 a multiplied text": ("{{ 'a'*10**10 }}", "`pow` is not allowed"),
    "61 a multiplied text, short": ("{{ 'a' * 10000000000 }}", "`*` takes numbers only"),
    "61 a multiplied list": ("{{ [1] * 10000000000 }}", "`*` takes numbers only"),
    "61 a padded number": ("{{ '%1000000000d' % 1 }}", "`%` takes numbers only"),
    "61 a huge number": ("{{ 4000000000 * 4000000000 * 4 }}", "a number is too large"),
    "61 a doubled text": ("{{ incident.long + incident.long }}", "longer than 262,144"),
    "61 a joined text": ("{{ incident.long ~ incident.long }}", "longer than 262,144"),
    "61 a joined list": ("{{ incident.tags|join(incident.long) }}", "longer than 262,144"),
    "61 a replaced text": ("{{ incident.long|replace('x', 'yyy') }}", "longer than 262,144"),
    "61 replaced by nothing": ("{{ incident.long|replace('', 'yyy') }}", "longer than 262,144"),
    "61 an exact number": ("{{ 5|round(-1000000000) }}", "a precision from 0 to 15"),
    "61 a rounded-up number": ("{{ 5|round(1000000000, 'ceil') }}", "a precision from 0 to 15"),
    "61 indented JSON": ("{{ incident|tojson(indent=1000000000) }}", "unexpected keyword"),
    "61 a long list": ("{{ incident.many|sort }}", "longer than 1,000 items"),
    "61 two long lists": ("{{ incident.many + incident.many }}", "longer than 1,000 items"),
    "61 long output": ("{{ incident.long }}{{ incident.long }}", "more than 262,144 bytes"),
    "62 nested loops": ("{% for a in x %}{% for b in x %}{% endfor %}{% endfor %}", "`for` is not"),
    "62 assignments that double": ("{% set a = [1] %}{% set a = [a, a] %}", "`assign` is not"),
    "63 macro": ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "`macro` is not allowed"),
    "63 block": ("{% block a %}{{ self.a() }}{% endblock %}", "is not allowed"),
    "63 call": ("{% call x() %}{% endcall %}", "`callblock` is not allowed"),
    "64 include": ("{% include '/etc/passwd' %}", "`include` is not allowed"),
    "64 import": ("{% import 'x' as y %}", "`import` is not allowed"),
    "64 from": ("{% from 'x' import y %}", "`fromimport` is not allowed"),
    "64 extends": ("{% extends 'x' %}", "`extends` is not allowed"),
    "70 undefined": ("{{ incident.titel }}", "no attribute 'titel'"),
    "70 undefined, deep": ("{{ incident.labels.a.b }}", "no attribute 'a'"),
    "71 undefined in a condition": ("{% if incident.owner %}x{% endif %}", "no attribute 'owner'"),
    "71 undefined beside `or`": ("{{ incident.owner or 'x' }}", "no attribute 'owner'"),
    "a filter that gives up": ("{{ 'abc'|truncate(1) }}", "expected length"),
    "division by nothing": ("{{ n / 0 }}", "division by zero"),
    "no template": ("{{ x", "unexpected end of template"),
    "depth": ("{{ " + "(" * 3_000 + "n" + ")" * 3_000 + " }}", "cannot be filled"),
    "many parts": ("{{ n }}" * NODES_MAX, "at most 1,000 parts"),
    "length": ("{{ n }}" + "x" * LENGTH_MAX, "at most 65,536 characters"),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_hostile_template_is_refused_with_the_reason(text, reason):
    with pytest.raises(TemplateProblemError) as caught:
        render({"a": text}, DATA)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 1_000


PLAIN = {
    "65 a template in the data stays text": ("{{ incident.title }}", "{{ 7*7 }}"),
    "a label called like a method": ("{{ incident.labels.items }}", "a label"),
    "another": ("{{ incident.labels.get }}", "another"),
    "unique gives a list": ("{{ incident.tags|unique }}", "['b', 'a']"),
    "absent and allowed": ("{{ incident.owner|default('nobody') }}", "nobody"),
    "absent and asked": ("{% if incident.owner is defined %}x{% else %}y{% endif %}", "y"),
    "61 digits beyond any number": ("{{ incident.digits|int }}", "0"),
    "text joined to JSON": ("{{ incident.tags|tojson + '<' }}", '["b", "a", "b"]<'),
    "joined": ("{{ n ~ '/' ~ incident.tags|length }}", "5/3"),
    "added": ("{{ 'a' + 'b' }}{{ 2 + 3 * 4 - 1 }}{{ 7 % 4 }}", "ab133"),
    "lists": ("{{ (incident.tags + ['c'])|join(', ') }}", "b, a, b, c"),
    "of mappings": ("{{ [{'a': 1}, {'a': 2}]|join('+', attribute='a') }}", "1+2"),
    "places": ("{{ incident.tags[0] }}{{ incident.tags[-1] }}{{ 'abc'[:2] }}", "bbab"),
    "numbers": ("{{ 42.55|round(1, 'floor') }} {{ 2.5|int }}", "42.5 2"),
    "replaced": ("{{ 'a-b-c'|replace('-', '_', 1) }}", "a_b-c"),
}


@pytest.mark.parametrize(("text", "expected"), PLAIN.values(), ids=PLAIN)
def test_a_plain_template_gives_text(text, expected):
    assert check_template(text) is None
    assert render(text, DATA) == expected


def test_the_largest_output_is_let_through():
    half = "x" * (OUTPUT_BYTES_MAX // 2)
    assert len(render("{{ a }}{{ a }}", {"a": half})) == OUTPUT_BYTES_MAX


RULEBOOK = """\
severity_matrix: {P2: {auto_remediation: true}}
notification_channels: {log: {type: log}}
default_channel: log
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined,
     action: [{do: call, with: {said: "{{ incident.title }}", n: 4}},
              {do: notify, with: {to: [log], message: "{{ incident.title }}"}}]}
remediation_hooks:
  - {id: call, endpoint: "https://api.example.test/call", headers: {X-Team: "%s"}}
"""
STRANGERS = {
    "66 a quote and a line break": '"}\n{"admin": true, "x": "',
    "67 a header": "a\r\nX-Evil: 1",
    "68 a way up": "../../etc%2fpasswd",
    "69 another host": "@evil.test/#\\",
    "73 a Slack mention": "<!channel> <@U1> <https://evil.test|fine>",
    "74 markup": "<img onerror=x> =cmd|' /C calc'!A0 [a](javascript:1)",
}


@pytest.mark.parametrize("title", STRANGERS.values(), ids=STRANGERS)
def test_a_strangers_text_stays_one_string_of_the_body(title):
    story = Story(compile_rulebook(RULEBOOK % "ops", name="strangers"))
    decision = story.alert(severity="P2", title=title)
    (call,) = [effect for effect in decision.effects if effect.__struct_config__.tag == "hook"]
    assert json.loads(call.body) == {"said": title, "n": 4}
    assert call.url == "https://api.example.test/call"
    assert call.headers == {"Content-Type": "application/json", "X-Team": "ops"}
    (told,) = [e for e in decision.effects if getattr(e, "about", "") == "notice"]
    assert title in told.text
    assert "\n" not in clean(told.text)


@pytest.mark.parametrize(
    "change",
    [
        ("api.example.test", "{{ incident.title }}"),
        ("/call", "/{{ incident.title }}"),
        ("https:", "{{ incident.title }}:"),
        ("X-Team", '"{{ incident.title }}"'),
    ],
)
def test_no_template_stands_in_an_address_or_a_header_name(change):
    with pytest.raises(RulebookError):
        compile_rulebook((RULEBOOK % "ops").replace(*change), name="template")


def test_a_header_value_is_never_filled():
    story = Story(compile_rulebook(RULEBOOK % "{{ incident.title }}", name="header"))
    decision = story.alert(severity="P2", title="a\r\nX-Evil: 1")
    (call,) = [effect for effect in decision.effects if effect.__struct_config__.tag == "hook"]
    assert call.headers["X-Team"] == "{{ incident.title }}"


def test_an_error_says_what_the_template_is_and_nothing_of_the_data():
    secret = "hunter2"
    with pytest.raises(TemplateProblemError) as caught:
        render("{{ a.b.c }}", {"a": {"password": secret}})
    assert secret not in str(caught.value)
