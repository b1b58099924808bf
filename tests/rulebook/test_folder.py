from __future__ import annotations

import pytest

from interlock.rulebook import RulebookError, check_rulebook, compile_rulebook, load_rulebook
from interlock.rulebook.source import SourceFile

SHARED = """\
severity_matrix: {P1: {sla_minutes: 15, notification_channels: [chat]}}
guards: {hot: incident.metrics.x > 1.0}
notification_channels: {chat: {type: log}}
remediation_hooks: [{id: restart}]
workflow_rules:
  - {id: shared-first, transition: any -> RESOLVED, trigger: stop.all}
on_call: {schedules: {sre: {people: [ada]}}}
"""
TEAM = """\
guards: {warm: hot || incident.metrics.x > 0.5}
remediation_hooks: [{id: flush}]
workflow_rules:
  - {id: own, transition: TRIAGE -> MITIGATING, validator: warm, action: [restart, flush]}
on_call: {schedules: {dba: {people: [lin]}}}
"""


def sources(**files: str) -> list[SourceFile]:
    return [SourceFile(f"rules/{name}.yaml", text) for name, text in sorted(files.items())]


def findings(**files: str) -> list[str]:
    return [f"{d.span} {d.code} {d.message}" for d in check_rulebook(sources(**files)).diagnostics]


def test_shared_definitions_and_rules_come_first():
    graph = compile_rulebook(sources(_shared=SHARED, team=TEAM), name="rules")
    assert [rule.id for rule in graph.rules][:2] == ["shared-first", "own"]
    assert list(graph.hooks) == ["restart", "flush"]
    assert set(graph.guards) >= {"hot", "warm"}
    assert list(graph.schedules) == ["sre", "dba"]
    assert graph.unsupported == ()


def test_places_are_those_of_each_file():
    graph = compile_rulebook(sources(_shared=SHARED, team=TEAM))
    assert str(graph.rules[0].span) == "rules/_shared.yaml:6:36"
    assert str(graph.rules[1].span) == "rules/team.yaml:4:27"
    assert str(graph.hooks["restart"].span).startswith("rules/_shared.yaml:4:")
    assert str(graph.hooks["flush"].span).startswith("rules/team.yaml:2:")
    assert str(graph.guards["hot"].span) == "rules/_shared.yaml:2:15"


def test_finding_is_shown_in_the_file_that_holds_it():
    wrong = TEAM.replace("validator: warm", "validator: cold")
    assert findings(_shared=SHARED, team=wrong) == [
        "rules/team.yaml:4:60 X202 `cold` is not a named guard"
    ]
    wrong = SHARED.replace("incident.metrics.x", "incident.metrcs.x")
    assert [line.partition(" ")[0] for line in findings(_shared=wrong, team=TEAM)] == [
        "rules/_shared.yaml:2:24"
    ]


def test_what_does_not_conform_leaves_out_only_itself():
    wrong = SHARED.replace("{id: restart}", "{id: restart, wrong: 1}")
    assert findings(_shared=wrong, team=TEAM) == [
        "rules/_shared.yaml:4:35 Y003 `wrong` is no key of a hook"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("guards: {hot: 'true'}", "`hot` is declared in rules/_shared.yaml too"),
        (
            "on_call: {schedules: {sre: {people: [b]}}}",
            "`sre` is declared in rules/_shared.yaml too",
        ),
        ("remediation_hooks: [{id: restart}]", "two hooks have the id `restart`"),
        ("workflow_rules: [{id: shared-first, transition: TRIAGE -> RESOLVED, trigger: x}]",
         "two rules have the id `shared-first`"),
    ],
)  # fmt: skip
def test_what_both_declare_is_told_once(text, message):
    (found,) = findings(_shared=SHARED, team=text)
    assert found.endswith(message)


def test_single_values_are_said_once():
    assert findings(_shared="automation: ask", team="automation: auto") == [
        "rules/team.yaml:1:1 Y007 `automation` is declared in rules/_shared.yaml too"
    ]
    assert findings(_shared="version: 1", team="version: 1\ndescription: x") == []


def test_shared_file_has_no_scope():
    (found,) = findings(_shared="scope: 'true'", team="version: 1")
    assert found.startswith("rules/_shared.yaml:1:1 Y005 `_shared.yaml` is for every event")


def test_several_files_say_which_events_are_theirs():
    one, two = "scope: event.labels.team == 'a'", "scope: event.labels.team == 'b'"
    graph = compile_rulebook(sources(_shared=SHARED, one=one, two=two))
    assert graph.unsupported == ()
    assert [(file.file, file.scope.text) for file in graph.files] == [
        ("one", 'event.labels.team == "a"'),
        ("two", 'event.labels.team == "b"'),
    ]
    assert graph.digest != compile_rulebook(sources(_shared=SHARED, one=one)).digest
    assert [line.partition(" ")[2] for line in findings(one=one, two="version: 1")] == [
        "Y004 `scope` is missing: the folder holds several rulebook files"
    ]


def test_every_file_is_checked():
    one, two = "scope: eventt.id == 'x'", "scope: 'true'\nguards: {a: b c}"
    assert [line[:16] for line in findings(one=one, two=two)] == [
        "rules/one.yaml:1", "rules/two.yaml:2",
    ]  # fmt: skip


def test_unreadable_file_stops_with_what_is_wrong_in_all():
    assert [line[:16] for line in findings(one="a: [", two="b: {", three="version: 1")] == [
        "rules/one.yaml:1", "rules/two.yaml:1",
    ]  # fmt: skip


def test_shared_file_alone_is_a_rulebook():
    assert compile_rulebook(sources(_shared=SHARED)).rules[0].id == "shared-first"


def test_digest_is_that_of_the_same_content_in_one_file():
    split = compile_rulebook(sources(_shared="guards: {a: 'true'}", team="automation: ask"))
    whole = compile_rulebook("guards: {a: 'true'}\nautomation: ask")
    assert split.digest == whole.digest


def test_folder_is_loaded_in_order_of_names(tmp_path):
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "team.yml").write_text(TEAM)
    (folder / "_shared.yaml").write_text(SHARED)
    (folder / "notes.txt").write_text("no rulebook")
    graph = load_rulebook(folder)
    assert graph.name == "rules"
    assert [rule.id for rule in graph.rules][:2] == ["shared-first", "own"]


def test_folder_without_rulebooks_is_an_error(tmp_path):
    with pytest.raises(RulebookError, match="holds no YAML file"):
        load_rulebook(tmp_path)


def test_a_file_has_the_digest_it_has_without_the_others():
    one, two = "scope: event.labels.team == 'a'", "scope: event.labels.team == 'b'"
    both = compile_rulebook(sources(_shared=SHARED, one=one, two=two))
    alone = compile_rulebook(sources(_shared=SHARED, one=one))
    assert both.files[0].digest == alone.files[0].digest
    digests = {both.digest, alone.digest, *(file.digest for file in both.files)}
    assert len(digests) == 4


def test_files_may_use_the_same_names_for_what_is_an_incidents_own():
    one = "scope: event.labels.team == 'a'\nguards: {warm: 'true'}\n"
    two = "scope: event.labels.team == 'b'\nguards: {warm: 'false'}\n"
    assert findings(_shared=SHARED, one=one, two=two) == []


@pytest.mark.parametrize(
    "text",
    [
        "remediation_hooks: [{id: flush}]",
        "notification_channels: {flush: {type: log}}",
        "on_call: {schedules: {flush: {people: [b]}}}",
        "teams: {flush: {}}",
        "sources: {flush: {type: alertmanager, auth: none}}",
    ],
)
def test_what_the_daemon_knows_by_name_is_declared_in_one_file(text):
    one, two = "scope: event.labels.team == 'a'\n", "scope: event.labels.team == 'b'\n"
    (found,) = findings(_shared=SHARED, one=one + text, two=two + text)
    assert found.startswith("rules/two.yaml:2:")
    assert found.endswith("is declared in rules/one.yaml too")


GATED = """\
workflow_rules:
  - {id: strict, transition: TRIAGE -> MITIGATING, validator: always_true,
     gate: {approvals: 2, from: [sre], exclude: [requester]}}
"""


@pytest.mark.parametrize(
    ("gate", "passes"),
    [
        ("", False),
        (", gate: {approvals: 1, from: [sre], exclude: [requester]}", False),
        (", gate: {approvals: 2, exclude: [requester]}", False),
        (", gate: {approvals: 2, from: [dev], exclude: [requester]}", False),
        (", gate: {approvals: 2, from: [sre]}", False),
        (", gate: {approvals: 2, from: [sre], exclude: [requester], when: 'false'}", False),
        (", gate: {approvals: 3, from: [sre], exclude: [requester]}", True),
    ],
)
def test_a_file_cannot_pass_by_a_shared_gate(gate, passes):
    own = (
        "scope: event.labels.team == 'a'\nworkflow_rules:\n"
        f"  - {{id: own, transition: any -> MITIGATING, validator: always_true{gate}}}\n"
    )
    found = findings(_shared=GATED, team=own)
    message = "`own` would pass by the gate that rules/_shared.yaml puts before MITIGATING"
    assert [line.partition("Y004 ")[2] for line in found] == ([] if passes else [message])
