"""What each lint rule finds and, as important, what it leaves alone."""

from __future__ import annotations

import pytest

from interlock.rulebook.lint.runner import lint_rulebook
from interlock.rulebook.source import SourceFile

HOOK = """\
remediation_hooks:
  - {{id: h, endpoint: "{url}", idempotency_key: key, headers: {headers}}}
"""
BACK_AND_FORTH = """\
workflow_rules:
  - {transition: A -> B, trigger: x.y}
  - {transition: B -> A, after: 1m}
"""


def found(text, *codes):
    """Return the findings as `code line:column message`, those of `codes` alone."""
    linted = lint_rulebook([SourceFile("x.yaml", text)])
    return [
        f"{item.code} {item.span.line}:{item.span.column} {item.message}"
        for item in linted.diagnostics
        if item.code in codes
    ]


def hook(url="https://api.example.test/x", headers="{}"):
    return HOOK.format(url=url, headers=headers)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="the default lifecycle"),
        pytest.param(
            "workflow_rules: [{transition: DETECTED -> RESOLVED, trigger: x.y}]\n",
            [],
            id="default states that are not used",
        ),
        pytest.param(
            "lifecycle: {extend: default, states: [A, B]}\n" + BACK_AND_FORTH,
            ["G303 1:39 state `A` is never entered", "G303 1:42 state `B` is never entered"],
            id="states that enter only one another",
        ),
        pytest.param(
            "lifecycle: {initial: A, states: [A, B], resolved: [B]}\n" + BACK_AND_FORTH,
            ["G305 1:12 the lifecycle has no final state"],
            id="no final state at all",
        ),
        pytest.param(
            "lifecycle: {initial: A, states: [A, B, C], final: [C]}\n"
            "workflow_rules:\n"
            "  - {transition: A -> B, trigger: x.y}\n"
            "  - {transition: B -> B, after: 1m}\n"
            "  - {transition: A -> C, trigger: x.z}\n",
            ["G304 1:37 nothing leaves state `B`, and it is not final"],
            id="a self-transition is no way out",
        ),
        pytest.param(
            "lifecycle: {initial: A, states: [A, B, C], final: [C]}\n"
            "workflow_rules:\n"
            "  - {transition: A -> B, validator: incident.metrics.x > 1.0}\n",
            [
                "G304 1:37 nothing leaves state `B`, and it is not final",
                "G303 1:40 state `C` is never entered",
            ],
            id="what leads to a trap is not reported again",
        ),
    ],
)
def test_reachability(text, expected):
    assert found(text, "G303", "G304", "G305") == expected


@pytest.mark.parametrize(
    ("rules", "reported"),
    [
        ("A -> TRIAGE, after: 1h}", True),
        ("A -> RESOLVED, trigger: alert.resolved}", False),
        ("A -> RESOLVED, after: 1h}", False),
        ("A -> TRIAGE, validator: always_true}", False),
        ("A -> TRIAGE, validator: severity_defined}", True),
    ],
)
def test_states_in_which_nothing_can_be_resolved(rules, reported):
    text = (
        "lifecycle: {extend: default, states: [A]}\n"
        "workflow_rules:\n"
        "  - {transition: DETECTED -> TRIAGE, trigger: x.y}\n"
        "  - {transition: TRIAGE -> A, trigger: x.y}\n"
        f"  - {{transition: {rules}\n"
    )
    expected = ["G311 1:39 an incident in state `A` cannot be resolved"]
    assert found(text, "G311") == (expected if reported else [])


@pytest.mark.parametrize(
    ("rules", "count"),
    [
        pytest.param("{transition: TRIAGE -> TRIAGE, validator: always_true}", 0, id="self"),
        pytest.param("{transition: TRIAGE -> DETECTED, validator: 'false'}", 0, id="never"),
        pytest.param("{transition: TRIAGE -> DETECTED, after: 5m}", 0, id="timer"),
        pytest.param("{transition: TRIAGE -> DETECTED, trigger: x.y}", 0, id="trigger"),
        pytest.param(
            "{transition: TRIAGE -> DETECTED, validator: always_true, gate: {approvals: 1}}",
            0,
            id="gate",
        ),
        pytest.param(
            "{transition: TRIAGE -> DETECTED, validator: 'true || false'}", 1, id="folded"
        ),
        pytest.param(
            "{transition: TRIAGE -> DETECTED, validator: always_true,"
            " action: execute_remediation_steps}",
            1,
            id="a gate that stands for some severities only",
        ),
        pytest.param(
            "{transition: TRIAGE -> MITIGATING, validator: always_true}\n"
            "  - {transition: MITIGATING -> DETECTED, validator: always_true}",
            1,
            id="a longer circle is told once",
        ),
    ],
)
def test_automatic_circles(rules, count):
    text = (
        "workflow_rules:\n"
        "  - {transition: DETECTED -> TRIAGE, validator: always_true}\n"
        f"  - {rules}\n"
    )
    assert len(found(text, "G308")) == count


@pytest.mark.parametrize(
    ("second", "count"),
    [
        ("validator: severity_defined", 1),
        ("validator: 'has(incident.severity) && size(incident.severity) > 0'", 1),
        ("validator: always_true", 0),
        ("validator: severity_defined, trigger: x.y", 0),
        ("validator: severity_defined, after: 5m", 0),
        ("validator: severity_defined, gate: {approvals: 2}", 0),
        ("validator: severity_defined, action: assign_on_call", 0),
    ],
)
def test_duplicates_are_alike_in_everything(second, count):
    text = (
        "workflow_rules:\n"
        "  - {transition: DETECTED -> TRIAGE, validator: severity_defined}\n"
        f"  - {{id: other, transition: DETECTED -> TRIAGE, {second}}}\n"
    )
    assert len(found(text, "R404")) == count


@pytest.mark.parametrize(
    ("trigger", "events", "expected"),
    [
        ("engineer.akc", "{}", ["R406 2:47 no event type `engineer.akc` is known, but"]),
        ("[x.y, alert.resolvd]", "{}", ["R406 2:53 no event type `alert.resolvd` is known, but"]),
        ("engineer.akc", "{engineer.akc: TRIAGE}", []),
        ("deploy.finished", "{}", []),
        ("engineer.ack", "{}", []),
        ("sla.breached", "{}", []),
    ],
)
def test_triggers_spelled_nearly_like_a_known_type(trigger, events, expected):
    text = (
        "workflow_rules:\n"
        f"  - {{transition: DETECTED -> TRIAGE, trigger: {trigger}}}\n"
        f"events: {events}\n"
    )
    messages = found(text, "R406")
    assert len(messages) == len(expected)
    for message, beginning in zip(messages, expected, strict=True):
        assert message.startswith(beginning)


@pytest.mark.parametrize(
    ("rule", "reads"),
    [
        ("validator: 'now > incident.created_at'", "`now`"),
        (
            "validator: 'in_schedule(\"sre\") && now > incident.created_at'",
            "`in_schedule` and `now`",
        ),
        ("validator: late", "`now`"),
        ("validator: 'now > incident.created_at', after: 5m", None),
        ("validator: 'now > incident.created_at', trigger: x.y", None),
        ("validator: 'incident.title == \"now\"'", None),
    ],
)
def test_clocks_in_automatic_guards(rule, reads):
    text = (
        "guards: {late: now > incident.created_at}\n"
        "on_call: {schedules: {sre: {timezone: UTC, people: [ada]}}}\n"
        f"workflow_rules: [{{transition: DETECTED -> TRIAGE, {rule}}}]\n"
    )
    messages = found(text, "X218")
    assert len(messages) == (reads is not None)
    assert all(f"reads {reads}," in message for message in messages)


@pytest.mark.parametrize(
    ("guard", "value"),
    [
        ("true", None),
        ("false", "false"),
        ("!false", "true"),
        ("!(true && false)", "true"),
        ("false && incident.title == 'x'", "false"),
        ("true ? false : incident.title == 'x'", "false"),
        ("incident.title == 'x' ? true : false", None),
        ("incident.title == 'x' || incident.title == 'y'", None),
    ],
)
def test_constant_guards(guard, value):
    text = f'guards:\n  named: "{guard}"\n'
    messages = found(text, "X210")
    assert messages == ([] if value is None else [f"X210 2:10 this guard is always {value}"])


def test_constant_guards_are_found_wherever_they_stand():
    text = (
        "workflow_rules:\n"
        "  - {transition: DETECTED -> TRIAGE, validator: 'false'}\n"
        "  - {transition: TRIAGE -> MITIGATING, trigger: x.y, gate: {when: 'false'}}\n"
        "runbooks: {r: {match: 'false', steps: [{id: a, hook: h, when: 'false'}]}}\n" + hook()
    )
    assert [line.split()[1] for line in found(text, "X210")] == ["2:49", "3:67", "4:23", "4:63"]


@pytest.mark.parametrize(
    ("declared", "retry", "count"),
    [
        ('endpoint: "https://a.test/x"', "{attempts: 2}", 1),
        ('endpoint: "https://a.test/x"', "{attempts: 1}", 0),
        ('endpoint: "https://a.test/x", idempotency_key: k', "{attempts: 2}", 0),
        ('endpoint: "https://a.test/x", method: PUT', "{attempts: 2}", 0),
        ('endpoint: "https://a.test/x", method: PATCH', "{attempts: 2}", 1),
        ("description: a Python function", "{attempts: 2}", 0),
    ],
)
def test_retries_without_a_key(declared, retry, count):
    text = (
        f"runbooks: {{r: {{match: always_true, steps: [{{hook: h, retry: {retry}}}]}}}}\n"
        f"remediation_hooks: [{{id: h, {declared}}}]\n"
    )
    assert len(found(text, "A503")) == count


def test_retries_of_parallel_steps_are_found_too():
    text = (
        "runbooks: {r: {match: always_true, steps: [{parallel: [{hook: h, retry: {attempts: 2}},"
        " {id: b, hook: h}]}]}}\n"
        'remediation_hooks: [{id: h, endpoint: "https://a.test/x"}]\n'
    )
    assert len(found(text, "A503")) == 1


@pytest.mark.parametrize(
    ("url", "headers", "said"),
    [
        ("https://user:pass@a.test/x", "{}", "the URL holds a password"),
        ("https://a.test/x?api_key=abc", "{}", "the URL holds a secret in its query"),
        ("https://a.test/x?page=1&token=abc", "{}", "the URL holds a secret in its query"),
        ("https://a.test/xoxb-1234567890-abcdef", "{}", "the URL holds what looks like a token"),
        ("https://a.test/x?page=2", "{}", None),
        ("https://a.test/x", "{Authorization: Bearer abc}", "the header `Authorization` holds"),
        ("https://a.test/x", "{X-Api-Key: abc}", "the header `X-Api-Key` holds a secret"),
        ("https://a.test/x", "{X-Trace: eyJhbGciOiJI.eyJzdWIiOiIx.sig}", "what looks like a token"),
        ("https://a.test/x", '{X-Api-Key: "${env:KEY}"}', None),
        ("https://a.test/x", "{X-Team: db}", None),
    ],
)
def test_secrets_in_a_request(url, headers, said):
    messages = found(hook(url, headers), "A509")
    assert len(messages) == (said is not None)
    assert all(said in message for message in messages)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("{password: hunter2}", "the argument `password` holds a secret written out"),
        ("{db: {passwords: [{password: hunter2}]}}", "the argument `password` holds"),
        ('{note: "${env:TOKEN}"}', "the argument `note` holds a secret, which would be recorded"),
        ("{note: ghp_abcdefghijklmnopqrstuvwxyz}", "what looks like a token"),
        ('{token: "{{ steps.login.result.token }}"}', None),
        ("{service: web, replicas: 4}", None),
    ],
)
def test_secrets_in_arguments(arguments, said):
    step = f"runbooks: {{r: {{match: always_true, steps: [{{hook: h, with: {arguments}}}]}}}}\n"
    undo = (
        "runbooks: {r: {match: always_true, steps: [{hook: h,"
        f" undo: {{hook: h, with: {arguments}}}}}]}}}}\n"
    )
    rule = (
        "workflow_rules: [{transition: DETECTED -> TRIAGE, trigger: x.y,"
        f" action: [assign_on_call, {{do: h, with: {arguments}}}]}}]\n"
    )
    for text in (step, undo, rule):
        messages = found(text + hook(), "A509")
        assert len(messages) == (said is not None), text
        assert all(said in message for message in messages)


@pytest.mark.parametrize(
    ("channel", "count"),
    [
        ('url: "https://chat.test/hook?token=abc"', 1),
        ('url: "${env:HOOK_URL}"', 0),
        ('url: "https://chat.test/hook", headers: {Authorization: Bearer abc}', 1),
        ('url: "https://chat.test/hook", headers: {Authorization: "${env:AUTH}"}', 0),
    ],
)
def test_secrets_in_a_webhook_channel(channel, count):
    text = f"notification_channels: {{chat: {{type: webhook, {channel}}}}}\n"
    assert len(found(text, "A509")) == count


@pytest.mark.parametrize(
    ("action", "count"),
    [
        ("r", 0),
        ("{do: execute_remediation_steps, with: {runbook: r}}", 0),
        ("{do: execute_remediation_steps, with: {runbook: '{{ incident.labels.book }}'}}", 0),
        ("execute_remediation_steps", 1),
        ("{do: execute_remediation_steps, with: {runbook: other}}", 1),
    ],
)
def test_a_runbook_that_an_action_names_is_used(action, count):
    text = (
        "runbooks: {r: {steps: [{hook: h}]}, other: {match: 'true', steps: [{hook: h}]}}\n"
        f"workflow_rules: [{{transition: DETECTED -> TRIAGE, trigger: x.y, action: {action}}}]\n"
        + hook()
    )
    assert len(found(text, "B608")) == count


@pytest.mark.parametrize(
    ("action", "count"),
    [
        ("{do: execute_remediation_steps, with: {runbook: wipe_all}}", 1),
        ("{do: execute_remediation_steps, with: {runbook: quiet}}", 0),
        ("execute_remediation_steps", 0),
    ],
)
def test_a_destructive_runbook_is_run_by_whoever_names_it(action, count):
    text = (
        "severity_matrix: {P1: {auto_remediation: true}}\n"
        "runbooks: {wipe_all: {steps: [{hook: wipe_disk}]}, quiet: {steps: [{hook: h}]}}\n"
        f"workflow_rules: [{{transition: DETECTED -> TRIAGE, trigger: x.y, action: {action}}}]\n"
        "remediation_hooks: [{id: wipe_disk, endpoint: https://a.test, idempotency_key: k},\n"
        "  {id: h, endpoint: https://a.test/b, idempotency_key: k}]\n"
    )
    assert len(found(text, "B603")) == count


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ("{P1: {sla_minutes: 15}, P2: {sla_minutes: 15}}", []),
        ("{P1: {}, P2: {sla_minutes: 15}}", []),
        (
            "{P1: {sla_minutes: 60}, P2: {}, P3: {sla_minutes: 15}}",
            ["T703 1:37 the SLA of `P1` is later than that of the lower `P3`"],
        ),
        (
            (
                "{P2: {escalation: [{after: 5m, notify: [a]}]},"
                " P1: {escalation: [{after: 10m, notify: [a]}]}}"
            ),
            ["T703 1:91 the first escalation of `P1` is later than that of the lower `P2`"],
        ),
        ("{minor: {sla_minutes: 1}, major: {sla_minutes: 60}}", []),
    ],
)
def test_clocks_of_severities(matrix, expected):
    assert found(f"severity_matrix: {matrix}\n", "T703") == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("notification_channels: {ops: {type: log}}\n", 1),
        ("notification_channels: {ops: {type: log}}\ndefault_channel: ops\n", 0),
        ("", 0),
    ],
)
def test_severities_that_notify_nobody(text, count):
    assert len(found(f"severity_matrix: {{P1: {{sla_minutes: 15}}}}\n{text}", "T713")) == count


def test_a_rule_is_not_run_where_its_section_has_an_error():
    trap = (
        "lifecycle: {extend: default, states: [PARKED]}\n"
        "workflow_rules:\n"
        "  - {transition: DETECTED -> TRIAGE, validator: severity_defined}\n"
        "  - {transition: TRIAGE -> PARKED, trigger: x.y}\n"
    )
    assert len(found(trap, "G304")) == 1
    assert len(found(trap.replace("severity_defined", "severity_defind"), "G304")) == 1
    assert len(found(trap + "severity_matrix: {P1: {slaa: 1}}\n", "G304")) == 1
    broken = trap.replace("DETECTED -> TRIAGE", "DETECTED -> TRAIGE")
    assert found(broken, "G303", "G304", "G305") == []
