from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from interlock.schemas import load

GOOD = """\
severity_matrix:
  P1: {sla_minutes: 15, notification_channels: [ops]}
notification_channels: {ops: {type: log}}
"""
WARNED = "lifecycle: {extend: default, states: [CANCELLED], final: [CANCELLED]}\n"
WRONG = "severity_matrix: {P1: {sla_minuts: 15}}\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory with a way to write files into it."""
    monkeypatch.chdir(tmp_path)

    def write(name, text):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            file.write_bytes(text)
        else:
            file.write_text(text, "utf-8")
        return name

    return write


def test_a_good_rulebook_says_what_was_checked(interlock, folder):
    folder("good.yaml", GOOD)
    outcome = interlock("lint", "good.yaml")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == (
        "1 file: 3 rules, 0 runbooks, 3 guards type-checked; 0 errors, 0 warnings\n"
    )


def test_a_warning_does_not_fail_unless_asked_to(interlock, folder):
    folder("warned.yaml", WARNED)
    assert interlock("lint", "warned.yaml").status == 0
    assert interlock("lint", "--fail-level", "warning", "warned.yaml").status == 1
    assert interlock("lint", "--fail-level", "info", "warned.yaml").status == 1


@pytest.mark.parametrize("format_", ["text", "compact", "json", "sarif", "github"])
def test_no_format_changes_the_status(interlock, folder, format_):
    folder("wrong.yaml", WRONG)
    folder("good.yaml", GOOD)
    assert interlock("lint", "--format", format_, "wrong.yaml").status == 1
    assert interlock("lint", "--format", format_, "good.yaml").status == 0


def test_json_is_the_whole_of_standard_output(interlock, folder):
    folder("wrong.yaml", WRONG)
    outcome = interlock("lint", "--format", "json", "wrong.yaml")
    document = json.loads(outcome.out)
    jsonschema.Draft202012Validator(load("diagnostics.v1.json")).validate(document)
    assert outcome.err == ""
    assert document["summary"]["error"] == 1
    [found] = document["diagnostics"]
    assert found["code"] == "Y003"
    assert found["help"] == "did you mean `sla_minutes`?"


def test_lines_for_tools_leave_the_summary_to_standard_error(interlock, folder):
    folder("wrong.yaml", WRONG)
    outcome = interlock("lint", "--format", "compact", "wrong.yaml")
    assert outcome.out.startswith("wrong.yaml:1:24: error[Y003]: ")
    assert outcome.out.count("\n") == 1
    assert outcome.err.startswith("1 file: ")


def test_the_order_is_that_of_names_whatever_the_arguments(interlock, folder):
    for name in ("b.yaml", "a.yaml", "sub/c.yml"):
        folder(name, WRONG)
    first = interlock("lint", "sub", "b.yaml", "a.yaml", "b.yaml")
    second = interlock("lint", "a.yaml", "b.yaml", "sub/c.yml")
    assert first == second
    places = [line.split(":")[0] for line in first.out.splitlines() if ": error[" in line]
    assert places == ["a.yaml", "b.yaml", "sub/c.yml"]


def test_a_folder_is_searched_to_the_bottom(interlock, folder):
    folder("rules/a.yaml", GOOD)
    folder("rules/deep/er/b.yml", GOOD)
    folder("rules/.hidden/c.yaml", WRONG)
    folder("rules/tests.yaml", WRONG)
    folder("rules/notes.txt", WRONG)
    outcome = interlock("lint", "rules")
    assert outcome.status == 0
    assert outcome.out.startswith("2 files: ")


def test_a_pattern_is_expanded_where_the_shell_did_not(interlock, folder):
    folder("rules/a.yaml", GOOD)
    folder("rules/deep/b.yaml", GOOD)
    assert interlock("lint", "rules/**/*.yaml").out.startswith("2 files: ")


def test_an_absolute_path_below_the_working_directory_is_shown_relative(interlock, folder):
    folder("wrong.yaml", WRONG)
    assert interlock("lint", str(Path("wrong.yaml").absolute())).out.startswith("wrong.yaml:1:24")


def test_standard_input_has_the_name_it_is_given(interlock):
    outcome = interlock("lint", "-", "--stdin-filename", "rules/x.yaml", stdin=WRONG)
    assert outcome.status == 1
    assert outcome.out.startswith("rules/x.yaml:1:24: error[Y003]")
    assert interlock("lint", "-", stdin=WRONG).out.startswith("<stdin>:1:24: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.yaml"], "no such file or folder: missing.yaml"),
        (["*.yaml"], "no input files matched: *.yaml"),
        (["empty"], "no input files matched: no YAML file in empty"),
        ([], "name PATHS, or set `paths`"),
        (["x", "--format", "yaml"], "'yaml' is not one of"),
        (["x", "--select", "X999"], "no such diagnostic code: `X999`; see `interlock explain`"),
        (["x", "--ignore", "nonsense"], "no such diagnostic code: `NONSENSE`"),
        (["x", "--fromat", "json"], "No such option '--fromat'"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_done_is_said_with_status_2(interlock, arguments, said):
    Path("empty").mkdir()
    outcome = interlock("lint", *arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert said in outcome.err
    assert "Traceback" not in outcome.err


def test_a_file_that_may_not_be_read_is_said_with_status_2(interlock, folder, monkeypatch):
    folder("secret.yaml", GOOD)

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    outcome = interlock("lint", "secret.yaml")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == "Error: cannot read secret.yaml: Permission denied\n"


HOSTILE = {
    "a list": ("- a\n- b\n", "Y005"),
    "an empty file": ("", "Y001"),
    "only a comment": ("# nothing\n", "Y001"),
    "deep nesting": ("a: " + "[" * 10_000 + "]" * 10_000, "Y001"),
    "deep indentation": ("".join(" " * depth + "a:\n" for depth in range(2_000)), "Y010"),
    "an alias bomb": (
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)),
        "Y010",
    ),
    "an alias to itself": ("a: &a [*a]\n", "Y010"),
    "a tag": ("a: !!python/object/apply:os.system [ls]\n", "Y001"),
    "two documents": ("a: 1\n---\nb: 2\n", "Y001"),
    "bytes": (b"\xff\x00\x80", "Y001"),
    "UTF-16": ("name: x\n".encode("utf-16"), "Y001"),
    "a control character": ("name: \x1b[31m\n", "Y001"),
    "a deep guard": (f"guards: {{a: '{'(' * 10_000}true{')' * 10_000}'}}\n", "X201"),
    "a long guard": (f"guards: {{a: '{'true && ' * 50_000}true'}}\n", "X201"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text_is_a_finding_and_never_a_traceback(interlock, folder, case):
    text, code = HOSTILE[case]
    folder("hostile.yaml", text)
    outcome = interlock("lint", "hostile.yaml")
    assert outcome.status == 1
    assert f"error[{code}]" in outcome.out
    assert outcome.err == ""
    assert "\x1b" not in outcome.out


def test_every_error_of_a_file_is_reported_in_one_run(interlock, folder):
    folder(
        "many.yaml",
        """\
lifecycle: {extend: default, states: [PARKED]}
severity_matrix:
  P1: {sla_minuts: 15}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defind}
  - {transition: TRIAGE -> PARKED, trigger: incident.parked, action: [assign_oncall]}
runbooks:
  slow:
    match: incident.labels.alertname == "Slow"
    steps: [{id: a, hook: scale, retry: {attempts: 3}}]
remediation_hooks:
  - {id: scale, endpoint: "https://api.example.test/scale?token=abc123"}
""",
    )
    found = json.loads(interlock("lint", "--format", "json", "many.yaml").out)["diagnostics"]
    assert [item["code"] for item in found] == ["G304", "Y003", "X202", "A501", "A503", "A509"]


def test_choosing_codes_never_hides_an_error_of_the_language(interlock, folder):
    folder("both.yaml", WARNED + WRONG)
    everything = interlock("lint", "--format", "compact", "both.yaml").out
    assert "warning[G303]" in everything
    for choice in (["--select", "X"], ["--ignore", "G303,Y003"], ["--ignore", "G,Y"]):
        outcome = interlock("lint", "--format", "compact", "both.yaml", *choice)
        assert "G303" not in outcome.out
        assert "error[Y003]" in outcome.out
        assert outcome.status == 1


def test_the_same_input_gives_the_same_bytes(installed, tmp_path):
    (tmp_path / "x.yaml").write_text(WARNED + WRONG)
    runs = {
        installed("lint", "x.yaml", "--format", format_, cwd=tmp_path, env={"PYTHONHASHSEED": seed})
        for format_ in ("text", "json")
        for seed in ("1", "2", "3")
    }
    assert len(runs) == 2


def test_the_reference_rulebook_has_no_error(interlock, shared):
    outcome = interlock("lint", str(shared / "design" / "reference-rulebook.yaml"))
    assert outcome.status == 0
    assert "0 errors" in outcome.out


def test_a_misspelled_guard_is_shown_with_the_nearest(interlock, folder, shared):
    text = (shared / "design" / "reference-rulebook.yaml").read_text("utf-8")
    folder("copy.yaml", text.replace("validator: severity_defined", "validator: severity_defind"))
    outcome = interlock("lint", "copy.yaml")
    assert outcome.status == 1
    assert "copy.yaml:19:16: error[X202]" in outcome.out
    assert "did you mean `severity_defined`?" in outcome.out
