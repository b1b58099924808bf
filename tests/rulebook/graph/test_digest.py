from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec import inspect

from interlock.rulebook import compile_rulebook, elements
from interlock.rulebook.graph.content import _fields

EVERYTHING = (Path(__file__).parents[1] / "document" / "everything.yaml").read_text("utf-8")
BASE = """\
name: base
guards: {hot: incident.metrics.x > 1.0}
severity_matrix:
  P1: {sla_minutes: 15, notification_channels: [chat]}
  P2: {approval_required: true}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined, action: assign_on_call}
  - id: fix
    transition: TRIAGE, DETECTED -> MITIGATING
    trigger: [a.b, c.d]
    validator: hot && incident.title == "x"
    gate: {approvals: 2, from: [lead, boss], expires: 90m}
    action: {do: restart, with: {host: "{{ incident.labels.host }}", n: 1}}
runbooks:
  one: {match: hot, steps: [{hook: restart, timeout: 60s}]}
  two: {steps: [{hook: restart}]}
remediation_hooks: [{id: restart, endpoint: "https://a.test/r", idempotency_key: key}]
notification_channels: {chat: {type: log}}
"""

FIRST_RULE = BASE[BASE.index("  - {transition: DETECTED") : BASE.index("  - id: fix")]


def digest(text: str, name: str = "x") -> str:
    return compile_rulebook(text, name=name).whole_files[0].digest


def changed(old: str, new: str) -> str:
    assert BASE.count(old) == 1, old
    return BASE.replace(old, new)


SAME = {
    "what a hook accepts": changed("idempotency_key: key}", "idempotency_key: key, accepts: {}}"),
    "claims about it": BASE + "properties: [{id: sure, eventually: POST_MORTEM}]\n",
    "comment": changed("guards:", "# why\nguards:"),
    "block style": changed(
        "guards: {hot: incident.metrics.x > 1.0}", "guards:\n  hot:   incident.metrics.x > 1.0"
    ),
    "quotes": changed("name: base", 'name: "base"'),
    "guard spacing": changed("hot && incident.title ==", "hot&&incident.title  =="),
    "guard quotes": changed('"x"', "'x'"),
    "guard parentheses": changed("hot && incident", "(hot) && incident"),
    "duration": changed("90m", "1h30m"),
    "seconds": changed("60s", "1m"),
    "transition spacing": changed("DETECTED -> TRIAGE,", "DETECTED->TRIAGE,"),
    "order of keys": changed(
        "{sla_minutes: 15, notification_channels: [chat]}",
        "{notification_channels: [chat], sla_minutes: 15}",
    ),
    "order of rows": BASE.replace("  P1: {sla_minutes: 15, notification_channels: [chat]}\n", "")
    .replace(
        "  P2: {approval_required: true}\n",
        "  P2: {approval_required: true}\n"
        "  P1: {sla_minutes: 15, notification_channels: [chat]}\n",
    ),
    "order of roles": changed("[lead, boss]", "[boss, lead]"),
    "order of triggers": changed("[a.b, c.d]", "[c.d, a.b]"),
    "order of arguments": changed(
        'host: "{{ incident.labels.host }}", n: 1', 'n: 1, host: "{{ incident.labels.host }}"'
    ),
    "list of one": changed("action: assign_on_call", "action: [{do: assign_on_call}]"),
    "written default": changed("name: base", "name: base\noverlap: first\nversion: 1"),
    "description": changed("name: base", "name: base\ndescription: The base"),
    "description of a row": changed("required: true", "required: true, description: x"),
    "line ends": BASE.replace("\n", "\r\n"),
}  # fmt: skip

DIFFERENT = {
    "name": changed("name: base", "name: other"),
    "guard": changed("x > 1.0", "x > 1.5"),
    "operator": changed("hot && ", "hot || "),
    "guard's type of number": changed("x > 1.0", "x > 1"),
    "name of a guard": BASE.replace("hot", "warm"),
    "sla": changed("sla_minutes: 15", "sla_minutes: 16"),
    "post mortem": changed("required: true", "required: true, post_mortem: true"),
    "approvals": changed("approvals: 2", "approvals: 1"),
    "role": changed("[lead, boss]", "[lead]"),
    "expiry": changed("90m", "91m"),
    "trigger": changed("[a.b, c.d]", "[a.b]"),
    "target": changed("DETECTED -> MITIGATING", "DETECTED -> RESOLVED"),
    "rule id": changed("id: fix", "id: fixed"),
    "order of rules": BASE.replace(FIRST_RULE, "").replace("runbooks:", FIRST_RULE + "runbooks:"),
    "order of runbooks": BASE.replace("  two: {steps: [{hook: restart}]}\n", "").replace(
        "  one:", "  two: {steps: [{hook: restart}]}\n  one:"
    ),
    "argument": changed("n: 1}", "n: 2}"),
    "argument's type": changed("n: 1}", 'n: "1"}'),
    "template": changed("labels.host", "labels.node"),
    "endpoint": changed("a.test", "b.test"),
    "idempotency key": changed(", idempotency_key: key", ""),
    "channel": changed("{type: log}", '{type: webhook, url: "https://a.test"}'),
    "automation": changed("name: base", "name: base\nautomation: ask"),
    "silence": changed("name: base", "name: base\nsilences: [{match: 'true'}]"),
    "reason": changed("name: base", "name: base\nsilences: [{match: 'true', reason: x}]"),
    "no rules": "name: base\nworkflow_rules: []",
}  # fmt: skip


def test_digest_is_a_sha256():
    assert digest(BASE).startswith("sha256:")
    assert len(digest(BASE)) == len("sha256:") + 64


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_what_has_no_meaning_does_not_change_the_digest(text):
    assert digest(text) == digest(BASE)


@pytest.mark.parametrize("text", DIFFERENT.values(), ids=DIFFERENT)
def test_what_has_meaning_changes_the_digest(text):
    assert digest(text) != digest(BASE)


def test_all_that_has_meaning_is_told_apart():
    digests = [digest(text) for text in DIFFERENT.values()]
    assert len(set(digests)) == len(digests)


def test_name_of_the_file_does_not_change_the_digest():
    assert digest("version: 1", "a") == digest("version: 1", "b")


def test_default_schedule_is_the_first_whether_said_or_not():
    schedules = "on_call: {schedules: {a: {people: [x]}, b: {people: [y]}}}"
    said = schedules.replace("{schedules", "{default: a, schedules")
    other = "on_call: {schedules: {b: {people: [y]}, a: {people: [x]}}}"
    assert digest(schedules) == digest(said)
    assert digest(schedules) != digest(other)


def test_alias_is_its_value():
    assert digest(BASE + "default_channel: &c chat\n") == digest(BASE + "default_channel: chat\n")


def test_digests_stay_as_they_were_released():
    assert digest("version: 1") == (
        "sha256:561c8e09bc353ff9ef06e4f96947ceea9ce48c0be85e5887927291b27f51efdf"
    )
    assert digest(BASE) == "sha256:692238cb6f0457c39eb6156d1e5b3e1c7215bca8449d5de46c6bfc23c5b6a497"
    assert (
        digest(EVERYTHING)
        == "sha256:39f3f5bdbf8eb2ca4209af107943aa85d214c4580606d34ed25888f8e33751fb"
    )


def kinds() -> list[type[elements.Element]]:
    found, pending = [], [elements.Element]
    while pending:
        below = pending.pop().__subclasses__()
        found += below
        pending += below
    return found


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_content_knows_every_field_and_its_default(kind):
    known = {field.key: field for field in _fields(kind)}
    for item in inspect.type_info(kind).fields:
        if item.encode_name in (elements.NODE_KEY, "description", "properties", "accepts"):
            continue
        field = known.pop(item.encode_name)
        assert field.name == item.name
        if item.default_factory is not inspect.NODEFAULT:
            assert field.default == item.default_factory()
        else:
            assert field.default is item.default
    assert known == {}


def test_every_guard_and_duration_has_one_spelling():
    text = EVERYTHING.replace(" == ", "  ==   ").replace(" > ", ">").replace(" < ", "<")
    spellings = {"5m": "300s", "15m": "900s", "30m": "1800s", "20m": "1200s", "30s": "30000ms"}
    spellings |= {"1s": "1000ms", "1h": "60m", "12h": "720m", "10s": "10000ms", "5d": "120h"}
    spellings |= {"7d": "1w", "weekly": "168h"}
    for short, long in spellings.items():
        text = re.sub(rf"(?<=: ){short}\b", long, text)
    assert text.count("1800s") == 2
    assert digest(text) == digest(EVERYTHING)
