from __future__ import annotations

import re

import pytest

from interlock.rulebook import compile_rulebook
from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.format import format_rulebook
from interlock.rulebook.source import SourceFile

SMALL = """
route: {receiver: r, routes: [ROUTE]}
receivers: [{name: r, RECEIVER}, {name: other}]
REST
"""


def small(route="{}", receiver="webhook_configs: [{url: http://x}]", rest=""):
    return SMALL.replace("ROUTE", route).replace("RECEIVER", receiver).replace("REST", rest)


def test_the_rulebook_has_no_finding_and_is_formatted(configuration, converted):
    text = converted(configuration.read_text("utf-8")).text
    source = SourceFile("rulebook.yaml", text)
    assert [str(item) for item in check_rulebook([source]).diagnostics] == []
    assert format_rulebook(source).text == text


def test_no_secret_is_copied(configuration, converted):
    text = converted(configuration.read_text("utf-8")).text
    assert "never-copied" not in text
    assert "hunter2" not in text


def test_every_reference_is_listed(configuration, converted):
    conversion = converted(configuration.read_text("utf-8"))
    written = re.findall(r"\$\{(?:env|file):[^}]*\}", conversion.text)
    assert sorted(written) == sorted({secret.reference for secret in conversion.secrets})


def test_the_same_configuration_always_gives_the_same_rulebook(configuration, converted, golden):
    text = converted(configuration.read_text("utf-8")).text
    assert converted(configuration.read_text("utf-8")).text == text
    golden(text, configuration.parent.parent / "golden" / f"{configuration.stem}.yaml")


@pytest.mark.parametrize(
    ("route", "comment"),
    [
        ("{receiver: other, match: {a: b}}", "# no integrations: an incident is opened"),
        (
            "{receiver: other, match: {a: b}, mute_time_intervals: [xmas]}",
            "xmas of other not carried over (months: december): schedules are weekly",
        ),
        (
            "{continue: true, match: {a: b}, mute_time_intervals: [night]}, {match: {c: d}}",
            "night of r not carried over: a silence would mute the other receivers too",
        ),
        (
            "{match: {a: b}, active_time_intervals: [night, abroad]}",
            "it is in several time zones",
        ),
    ],
)
def test_what_cannot_be_carried_stands_as_a_comment_beside_its_rule(route, comment, converted):
    intervals = (
        "time_intervals: [{name: xmas, time_intervals: [{months: [december]}]},"
        "{name: night, time_intervals: [{times: [{start_time: '20:00', end_time: '24:00'}]}]},"
        "{name: abroad, time_intervals: [{location: Asia/Tokyo, weekdays: [sunday]}]}]"
    )
    text = converted(small(route, rest=intervals)).text
    above, _, _ = text.partition("transition: DETECTED -> TRIAGE")
    flowed = " ".join(re.sub(r"\n *#", "", above).split())
    assert " ".join(comment.removeprefix("# ").split()) in flowed


@pytest.mark.parametrize(
    ("receiver", "channel"),
    [
        (
            "pagerduty_configs: [{routing_key_file: /etc/pd}]",
            "type: pagerduty\n    routing_key: ${file:/etc/pd}",
        ),
        (
            "webhook_configs: [{url_file: /etc/u, http_config: {bearer_token: x}}]",
            'type: webhook\n    url: ${file:/etc/u}\n    auth: {bearer: "${env:R_TOKEN}"}',
        ),
        (
            "slack_configs: [{api_url: https://slack.com/api/chat.postMessage, channel: '#x'}]",
            'type: slack\n    token: ${env:R_SLACK_TOKEN}\n    channel: "#x"',
        ),
        ("victorops_configs: [{api_key: x, routing_key: y}]", "type: log"),
        ("email_configs: [{to: '{{ .X }}'}]", "type: email\n    to: [nobody@example.invalid]"),
    ],
)
def test_a_receiver_is_a_channel(receiver, channel, converted):
    text = converted(small(receiver=receiver)).text
    assert f"  r:\n    {channel}" in text


def test_settings_without_a_place_are_named_and_not_shown(converted):
    text = converted(small(receiver="slack_configs: [{title: hidden words, api_url: x}]")).text
    assert "not carried over: title" in text
    assert "hidden" not in text


def test_who_asked_for_the_resolution_is_told_of_it(converted):
    asked = "webhook_configs: [{url: http://x}], email_configs: [{to: a@b.c}]"
    graph = compile_rulebook(converted(small(receiver=asked)).text)
    last = [rule for rule in graph.rules if rule.id == "resolved.1"]
    assert [action.arguments.get("to") for action in last[0].actions] == [None, ("r-webhook",)]


def test_inhibitions_take_old_and_new_matchers(converted):
    rest = "inhibit_rules: [{source_match: {a: b}, target_match_re: {c: d.*}, equal: [x]}]"
    text = converted(small(rest=rest)).text
    assert 'source: event.labels.?a.orValue("") == "b"' in text
    assert 'target: event.labels.?c.orValue("").matches("^(?:d.*)$")' in text
    assert "equal: [x]" in text


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("receivers: []", "has a `route`", 1),
        ("route: {receiver: x}\nreceivers: [{name: y}]", "there is no receiver `x`", 1),
        ("route:\n  receiver: [x]", "`receiver` is a single value", 2),
        (small('{matchers: ["a b"]}'), "`a b` is no matcher", 2),
        (small("{continue: maybe}"), "`continue` is true or false", 2),
        (small("[]"), "`routes` is a list of mappings", 2),
        (small(rest="time_intervals: [{name: n, time_intervals: [{weekdays: [x]}]}]"), "`x`", 4),
        ("route: &a [*a]", "", 1),
        ("", "empty", 1),
    ],
)
def test_what_is_no_configuration_is_told_with_its_place(text, message, line, converted):
    conversion = converted(text)
    assert conversion.text is None
    assert message in conversion.diagnostics[0].message
    assert conversion.diagnostics[0].span.line == line


def test_no_name_of_a_receiver_leaves_its_comment_or_quotes(converted):
    name = "x\\nversion: 2\\n# {evil}: [y]\\u2028'\\\""
    text = converted(
        f'route: {{receiver: "{name}"}}\nreceivers: [{{name: "{name}", slack_configs: [{{}}]}}]'
    ).text
    checked = check_rulebook([SourceFile("rulebook.yaml", text)])
    assert checked.diagnostics == ()
    assert checked.model.version == 1
