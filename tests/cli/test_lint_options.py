"""Fixes, baselines, changes, configuration and output of `interlock lint`."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

WRONG = "severity_matrix:\n  P1: {sla_minuts: 15}\n"
RIGHT = "severity_matrix:\n  P1: {sla_minutes: 15}\n"
WARNED = "lifecycle: {extend: default, states: [CANCELLED], final: [CANCELLED]}\n"
DISORDER = "severity_matrix:\n  P1: {sla_minutes: 60}\n  P2: {sla_minutes: 15}\n"
EXPIRED = "# interlock: snooze[G303] until 2020-01-01 soon\n" + WARNED


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write files into an empty working directory."""
    monkeypatch.chdir(tmp_path)

    def put(name, text):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return put


def test_fix_repairs_the_file_and_reports_what_is_left(interlock, write):
    file = write("a.yaml", WRONG + "guards: {x: 'incident.severty == \"P1\"', y: incident.nope}\n")
    outcome = interlock("lint", "--fix", "a.yaml")
    assert file.read_text() == (
        RIGHT + "guards: {x: 'incident.severity == \"P1\"', y: incident.nope}\n"
    )
    assert outcome.status == 1
    assert "error[X203]: `incident.nope`" in outcome.out
    assert "Y003" not in outcome.out
    assert outcome.err == "a.yaml: 2 fixes applied\n"


def test_fix_goes_on_until_nothing_is_left_to_fix(interlock, write):
    file = write(
        "a.yaml",
        "worklow_rules:\n  - {transiton: DETECTED -> TRAIGE, validator: severity_defind}\n",
    )
    assert interlock("lint", "--fix", "a.yaml").status == 0
    assert file.read_text() == (
        "workflow_rules:\n  - {transition: DETECTED -> TRIAGE, validator: severity_defined}\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "guards: {x: \"incident.state == 'TRAIGE'\"}\n",
            'guards: {x: "incident.state == \\"TRIAGE\\""}\n',
        ),
        (
            "guards:\n  x: |\n    incident.state == 'TRAIGE'\n",
            'guards:\n  x: |\n    incident.state == "TRIAGE"\n',
        ),
        ("guards: {x: TRIAGE == incident.state}\n", "guards: {x: TRIAGE == incident.state}\n"),
        ("guards: {x: incident.state == TRIAGE}\n", 'guards: {x: incident.state == "TRIAGE"}\n'),
        (
            'notification_channels: {c: {type: slack, token: "${env:T}", channel: 123}}\n',
            'notification_channels: {c: {type: slack, token: "${env:T}", channel: "123"}}\n',
        ),
        (
            "severity_matrix: {P1: {approval_required: yes}}\n",
            "severity_matrix: {P1: {approval_required: true}}\n",
        ),
        ("# interlock: ignore[T703] gone\nseverity_matrix: {}\n", "severity_matrix: {}\n"),
        ("severity_matrix: {} # interlock: ignore[T703] x\n", "severity_matrix: {}\n"),
    ],
)
def test_a_fix_is_written_as_yaml_needs_it(interlock, write, before, after):
    file = write("a.yaml", before)
    interlock("lint", "--fix", "a.yaml")
    assert file.read_text() == after


def test_fixing_keeps_mark_line_ends_mode_and_link(interlock, write):
    file = write("real.yaml", b"\xef\xbb\xbf" + WRONG.replace("\n", "\r\n").encode())
    file.chmod(0o640)
    link = Path("link.yaml")
    link.symlink_to(file)
    assert interlock("lint", "--fix", "link.yaml").status == 0
    assert file.read_bytes() == b"\xef\xbb\xbf" + RIGHT.replace("\n", "\r\n").encode()
    assert link.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert sorted(path.name for path in Path().iterdir()) == ["link.yaml", "real.yaml"]


def test_fixed_standard_input_is_written_to_standard_output(interlock):
    outcome = interlock("lint", "--fix", "-", stdin=WRONG)
    assert (outcome.status, outcome.out) == (0, RIGHT)


def test_diff_shows_and_writes_nothing(interlock, write):
    file = write("a.yaml", WRONG)
    outcome = interlock("lint", "--diff", "a.yaml")
    assert outcome.status == 1
    assert "-  P1: {sla_minuts: 15}\n+  P1: {sla_minutes: 15}\n" in outcome.out
    assert file.read_text() == WRONG
    write("b.yaml", RIGHT)
    assert interlock("lint", "--diff", "b.yaml") == type(outcome)(0, "", "")


def test_a_suggestion_that_may_be_wrong_needs_the_unsafe_option(interlock, write):
    text = "workflow_rules: [{transition: DETECTED -> TRIAGE, trigger: engineer.akc}]\n"
    file = write("a.yaml", text)
    assert "(1 fixable)" in interlock("lint", "--fix", "a.yaml").out
    assert file.read_text() == text
    interlock("lint", "--unsafe-fixes", "a.yaml")
    assert file.read_text() == text.replace("akc", "ack")


def test_a_baseline_hides_what_was_there_and_nothing_new(interlock, write):
    write("a.yaml", DISORDER)
    written = interlock("lint", "--write-baseline", "base.json", "a.yaml")
    assert (written.status, written.out) == (0, "")
    assert interlock("lint", "--baseline", "base.json", "a.yaml").status == 0
    write("a.yaml", f"# moved\n{DISORDER}{WARNED}")
    outcome = interlock("lint", "--baseline", "base.json", "--format", "compact", "a.yaml")
    assert "G303" in outcome.out
    assert "T703" not in outcome.out


def test_a_baseline_says_what_of_it_is_stale(interlock, write):
    write("a.yaml", DISORDER)
    interlock("lint", "--write-baseline", "base.json", "a.yaml")
    write("a.yaml", RIGHT)
    outcome = interlock("lint", "--baseline", "base.json", "a.yaml")
    assert outcome.status == 0
    assert "base.json: T703 in a.yaml, severity `P1` is no more" in outcome.err
    write("b.yaml", RIGHT)
    assert "no more" not in interlock("lint", "--baseline", "base.json", "b.yaml").err


def test_a_baseline_never_hides_an_error_of_the_language(interlock, write):
    write("a.yaml", WRONG)
    assert interlock("lint", "--write-baseline", "base.json", "a.yaml").status == 1
    assert json.loads(Path("base.json").read_text())["findings"] == []
    assert interlock("lint", "--baseline", "base.json", "a.yaml").status == 1


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"schema": "interlock.baseline/1", "findings": [1]}']
)
def test_a_broken_baseline_is_said_with_status_2(interlock, write, content):
    write("a.yaml", RIGHT)
    write("base.json", content)
    outcome = interlock("lint", "--baseline", "base.json", "a.yaml")
    assert outcome.status == 2
    assert "cannot read the baseline base.json" in outcome.err


@pytest.fixture
def commit(write):
    """Commit everything in a repository of its own."""
    write("rules.yaml", RULES)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(Path.cwd()),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{
            f"GIT_{who}_{what}": "x"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }

    def git(*arguments):
        subprocess.run(["git", *arguments], check=True, capture_output=True, env=environment)

    git("init", "-q")
    git("add", "rules.yaml")
    git("commit", "-q", "-m", "x")
    return git


RULES = """\
workflow_rules:
  - id: one
    transition: DETECTED -> TRIAGE
    trigger: engineer.akc
    action: assign_on_call
  - id: two
    transition: TRIAGE -> MITIGATING
    trigger: engineer.akc
    action: assign_on_call
"""


@pytest.mark.usefixtures("commit")
def test_only_findings_of_changed_objects_are_reported(interlock, write):
    def lines():
        arguments = ("--changed-since", "HEAD", "--format", "compact", "rules.yaml")
        return [line.split(":")[1] for line in interlock("lint", *arguments).out.splitlines()]

    assert lines() == []
    changed = RULES.replace("MITIGATING\n", "MITIGATING # changed\n")
    write("rules.yaml", changed)
    assert lines() == ["8"]
    write("rules.yaml", f"# above\n{RULES}")
    assert lines() == []


@pytest.mark.usefixtures("commit")
def test_a_file_git_does_not_know_is_all_new(interlock, write):
    write("new.yaml", RULES)
    outcome = interlock("lint", "--changed-since", "HEAD", "--format", "compact", "new.yaml")
    assert outcome.out.count("R406") == 2


@pytest.mark.usefixtures("commit")
@pytest.mark.parametrize("reference", ["nonsense", "--output=x"])
def test_a_commit_git_does_not_know_is_said_with_status_2(interlock, reference):
    outcome = interlock("lint", f"--changed-since={reference}", "rules.yaml")
    assert (outcome.status, outcome.out) == (2, "")
    assert not Path("x").exists()


def test_statistics_count_per_code(interlock, write):
    write("a.yaml", WRONG + "guards: {x: incident.nope, y: incident.nop2}\n")
    outcome = interlock("lint", "--statistics", "a.yaml")
    assert outcome.out.startswith(
        "2  error    X203 unknown-field\n1  error    Y003 unknown-key  (1 fixable)\n1 file: "
    )


def test_exit_zero_changes_the_status_alone(interlock, write):
    write("a.yaml", WRONG)
    plain, zero = interlock("lint", "a.yaml"), interlock("lint", "--exit-zero", "a.yaml")
    assert (plain.status, zero.status) == (1, 0)
    assert plain.out == zero.out


@pytest.mark.parametrize(
    ("name", "begins"),
    [("x.json", "{"), ("x.sarif", "{"), ("x.xml", "<?xml"), ("x.txt", "a.yaml:2:8: error")],
)
def test_output_writes_a_second_format_and_leaves_the_first(interlock, write, name, begins):
    write("a.yaml", WRONG)
    plain, both = interlock("lint", "a.yaml"), interlock("lint", "--output", name, "a.yaml")
    assert plain == both
    assert Path(name).read_text().startswith(begins)


def test_output_to_an_unknown_ending_is_said_with_status_2(interlock, write):
    write("a.yaml", WRONG)
    outcome = interlock("lint", "--output", "x.pdf", "a.yaml")
    assert (outcome.status, outcome.out) == (2, "")
    assert ".sarif (sarif)" in outcome.err


def test_junit_has_a_suite_per_file_and_a_case_per_finding(interlock, write):
    write("a.yaml", WRONG)
    write("b.yaml", RIGHT)
    outcome = interlock("lint", "--format", "junit", "a.yaml", "b.yaml")
    suites = ET.fromstring(outcome.out)
    counts = [(s.get("name"), s.get("tests"), s.get("failures")) for s in suites]
    assert counts == [("a.yaml", "1", "1"), ("b.yaml", "1", "0")]
    assert outcome.status == 1


def test_the_profile_decides_how_much_is_reported(interlock, write):
    write("a.yaml", WARNED + "severity_matrix: {P1: {}} # interlock: ignore[T703]\n")

    def codes(*arguments):
        out = interlock("lint", "--format", "json", *arguments, "a.yaml").out
        return [item["code"] for item in json.loads(out)["diagnostics"]]

    assert codes("--profile", "minimal") == []
    assert codes() == ["G303", "T711"]
    assert codes("--profile", "strict") == ["G303", "T711", "T711"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("interlock.toml", "[lint.levels]\nG303 = 'error'\n"),
        ("pyproject.toml", "[tool.interlock.lint.levels]\nG303 = 'error'\n"),
        ("interlock.toml", "[[lint.overrides]]\npaths = ['rules/**']\nlevels = {G303 = 'error'}\n"),
        ("interlock.toml", "[[lint.overrides]]\npaths = ['rules']\nlevels = {G303 = 'error'}\n"),
    ],
)
def test_the_nearest_configuration_sets_levels(interlock, write, name, text):
    write("rules/deep/a.yaml", WARNED)
    assert interlock("lint", "rules").status == 0
    write(f"project/{name}", text)
    write("project/rules/deep/a.yaml", WARNED)
    assert interlock("lint", "project/rules").status == 1


def test_a_root_ends_the_search(interlock, write):
    write("interlock.toml", "[lint.levels]\nG303 = 'error'\n")
    write("inner/interlock.toml", "root = true\n")
    write("inner/a.yaml", WARNED)
    write("outer/a.yaml", WARNED)
    assert interlock("lint", "inner/a.yaml").status == 0
    assert interlock("lint", "outer/a.yaml").status == 1


def test_an_error_of_the_language_keeps_its_level(interlock, write):
    write("interlock.toml", "[lint.levels]\nY003 = 'off'\n")
    write("a.yaml", WRONG)
    assert interlock("lint", "a.yaml").status == 1


def test_without_paths_those_of_the_configuration_are_checked(interlock, write):
    write("interlock.toml", "[lint]\npaths = ['rules']\n")
    write("rules/a.yaml", WRONG)
    write("other/a.yaml", WRONG)
    assert "rules/a.yaml:2:8" in interlock("lint").out
    assert "other" not in interlock("lint").out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[lint.levels]\nX230 = 'off'\n", "no such diagnostic code: `X230`; did you mean"),
        ("[lint.levels]\nX203 = 'of'\n", "there is no level `of`; did you mean `off`?"),
        ("[lint]\nprofile = 'strickt'\n", "there is no profile `strickt`; did you mean `strict`?"),
        ("[lint]\nlevls = {}\n", "`lint` has no key `levls`; did you mean `levels`?"),
        ("[lnt]\n", "there is no `lnt`; it takes `lint` and `root`"),
        ("[lint]\npaths = 'rules'\n", "`lint.paths` must be a list of strings"),
        ("[[lint.overrides]]\nprofile = 'strict'\n", "`lint.overrides[0]` needs `paths`"),
        ("root = 1\n[lint]\n", "`root` must be true or false"),
        ("[lint\n", "interlock.toml: "),
    ],
)
def test_a_wrong_configuration_is_said_with_status_2(interlock, write, text, said):
    write("interlock.toml", text)
    write("a.yaml", RIGHT)
    outcome = interlock("lint", "--config", "interlock.toml", "a.yaml")
    assert (outcome.status, outcome.out) == (2, "")
    assert said in outcome.err


def test_a_snooze_holds_until_its_day(interlock, write):
    write("a.yaml", EXPIRED)
    outcome = interlock("lint", "--format", "compact", "a.yaml")
    assert "this snooze was over on 2020-01-01" in outcome.out
    assert "G303" in outcome.out
    write("b.yaml", EXPIRED.replace("2020", "9999"))
    assert interlock("lint", "--format", "compact", "b.yaml").out == ""


def test_json_says_where_in_the_document_and_how_to_repair(interlock, write):
    write("a.yaml", WRONG)
    [item] = json.loads(interlock("lint", "--format", "json", "a.yaml").out)["diagnostics"]
    assert item["pointer"] == "/severity_matrix/P1/sla_minuts"
    assert item["fix"]["applicability"] == "safe"
    [edit] = item["fix"]["edits"]
    assert (edit["range"], edit["text"]) == (item["range"], "sla_minutes")
