"""Every shipped policy is as good as what we tell others to write."""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from interlock.interpreter.identity.document import read_identity
from interlock.interpreter.runtime.dry_run import Options, dry_run
from interlock.interpreter.runtime.gate_check import gate_obstacle
from interlock.interpreter.sources import read_recording
from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.format import format_rulebook
from interlock.rulebook.lint.runner import lint_rulebook
from interlock.rulebook.picture import outline, to_mermaid
from interlock.rulebook.source import SourceFile

ROOT = Path(__file__).parents[2]
POLICIES = sorted(path.parent for path in (ROOT / "policies").glob("*/rulebook.yaml"))


@pytest.fixture(params=POLICIES, ids=lambda path: path.name)
def policy(request):
    return request.param


@pytest.fixture
def source(policy):
    return SourceFile("rulebook.yaml", (policy / "rulebook.yaml").read_text("utf-8"))


def replay(graph, recording, **options):
    lines = read_recording(recording.read_text("utf-8").splitlines())
    day = 86_400_000_000_000
    return asyncio.run(dry_run(graph, lines, Options(go_on_ns=day, **options)))


def test_lint_finds_nothing(source):
    assert [str(item.message) for item in lint_rulebook([source]).diagnostics] == []


def test_it_is_formatted(source):
    assert format_rulebook(source).text == source.text


def test_it_goes_by_the_name_of_its_folder(policy, source):
    assert check_rulebook([source]).graph.name == policy.name


def test_every_line_of_its_recording_is_an_event_and_reaches_an_incident(policy, source):
    report = replay(check_rulebook([source]).graph, policy / "recording.jsonl")
    assert report.bad_lines == ()
    assert report.summary.incidents >= 2
    assert "unmatched" not in report.summary.dispositions
    assert "quarantined" not in report.summary.dispositions


def test_its_recording_takes_every_automatic_or_timed_rule(policy, source):
    graph = check_rulebook([source]).graph
    report = replay(graph, policy / "recording.jsonl", approves=True)
    taken = {
        change.rule for record in report.records for change in record.changes
        if getattr(change, "rule", None)
    }  # fmt: skip
    written = [rule for rule in graph.rules if not rule.is_default and not rule.trigger]
    assert {rule.id for rule in written} <= taken


def test_its_readme_shows_its_graph_and_how_to_try_it(policy, source):
    text = (policy / "README.md").read_text("utf-8")
    drawn = re.search(r"```mermaid\n(.*?)```", text, re.DOTALL)[1]
    assert drawn == to_mermaid(outline(check_rulebook([source]).graph))
    assert f"interlock dry-run policies/{policy.name}/rulebook.yaml" in text
    assert text.startswith(f"# {policy.name}\n")
    assert "Use it " in text


def test_it_says_what_this_version_does_not_run(policy, source):
    graph = check_rulebook([source]).graph
    file = policy / "identity.yaml"
    identity = None
    if file.is_file():
        identity = read_identity(SourceFile("identity.yaml", file.read_text("utf-8"))).identity
    is_refused = bool(graph.unsupported) or gate_obstacle(graph, identity, None) is not None
    for text in (source.text, (policy / "README.md").read_text("utf-8")):
        assert (f"interlock run policies/{policy.name}" in text) is not is_refused
        assert ("refuses" in text) is is_refused
        assert ("--identity" in text) is file.is_file()


def test_shadow_calls_nothing_and_says_what_it_would_have_called():
    folder = ROOT / "policies" / "shadow"
    source = SourceFile("rulebook.yaml", (folder / "rulebook.yaml").read_text("utf-8"))
    report = replay(check_rulebook([source]).graph, folder / "recording.jsonl")
    assert report.summary.hook_calls == {}
    steps = [step for incident in report.incidents for step in incident.steps.values()]
    assert {str(step.status) for step in steps} == {"observed"}


def test_escalation_stops_at_the_acknowledgement():
    folder = ROOT / "policies" / "escalate-until-acknowledged"
    source = SourceFile("rulebook.yaml", (folder / "rulebook.yaml").read_text("utf-8"))
    report = replay(check_rulebook([source]).graph, folder / "recording.jsonl")
    assert report.summary.messages["directors"] == 1


def test_an_installed_distribution_holds_them_all():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    assert "**/*" in settings["package-data"]["interlock.policies"]
    found = files("interlock.policies")
    for folder in POLICIES:
        for name in ("rulebook.yaml", "recording.jsonl", "README.md"):
            assert found.joinpath(folder.name, name).is_file()


def test_recordings_are_json_lines(policy):
    for line in (policy / "recording.jsonl").read_text("utf-8").splitlines():
        assert isinstance(json.loads(line), dict)
