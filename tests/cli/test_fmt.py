from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

from interlock.cli import fmt
from interlock.rulebook.format import Formatted

MESSY = """\
workflow_rules:
- validator: "severity_defined"   # why
  transition: DETECTED->TRIAGE
"""
TIDY = """\
workflow_rules:
  - transition: DETECTED -> TRIAGE
    validator: severity_defined   # why
"""
DIFF = """\
--- messy.yaml
+++ messy.yaml
@@ -1,3 +1,3 @@
 workflow_rules:
-- validator: "severity_defined"   # why
-  transition: DETECTED->TRIAGE
+  - transition: DETECTED -> TRIAGE
+    validator: severity_defined   # why
"""
HOSTILE = {
    "empty": b"",
    "only a comment": b"# nothing\n",
    "a list": b"- a\n",
    "a word": b"word",
    "two documents": b"a: 1\n---\nb: 2\n",
    "not UTF-8": b"a: \xff\xfe\n",
    "UTF-16": "a: 1\n".encode("utf-16"),
    "NUL": b"a: \x00\n",
    "duplicate keys": b"name: a\nname: b\n",
    "merge key": b"a: &a {x: 1}\nb: {<<: *a}\n",
    "unknown tag": b"a: !!python/object:os.system {}\n",
    "deep": b"a: " + b"[" * 5000,
    "many aliases": b"a: &a [1]\nb: [" + b"*a, " * 200 + b"]\n",
    "recursive alias": b"a: &a [*a]\n",
    "open quote": b'a: "x\n',
    "tab": b"a:\n\tb: 1\n",
    "bidi": "a: \u202e1\n".encode(),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "messy.yaml").write_text(MESSY)
    (tmp_path / "tidy.yaml").write_text(TIDY)
    return tmp_path


def test_files_are_rewritten_and_named(interlock, folder):
    outcome = interlock("fmt", ".")
    assert (outcome.status, outcome.out) == (0, "messy.yaml\n")
    assert outcome.err == "2 files: 1 reformatted, 1 unchanged\n"
    assert (folder / "messy.yaml").read_text() == TIDY
    assert interlock("fmt", "--check", ".").status == 0


def test_check_lists_what_would_change_and_writes_nothing(interlock, folder):
    outcome = interlock("fmt", "--check", ".")
    assert (outcome.status, outcome.out) == (1, "messy.yaml\n")
    assert outcome.err == "2 files: 1 would be reformatted, 1 unchanged\n"
    assert (folder / "messy.yaml").read_text() == MESSY


def test_diff_shows_what_would_change_and_writes_nothing(interlock, folder):
    outcome = interlock("fmt", "--diff", "messy.yaml")
    assert (outcome.status, outcome.out) == (1, DIFF)
    assert (folder / "messy.yaml").read_text() == MESSY
    assert interlock("fmt", "--diff", "tidy.yaml").out == ""


def test_a_diff_can_be_applied(interlock, folder):
    (folder / "messy.yaml").write_text(MESSY.removesuffix("\n"))
    (folder / "a.patch").write_text(interlock("fmt", "--diff", "messy.yaml").out)
    subprocess.run(["patch", "-p0", "-i", "a.patch"], cwd=folder, check=True, capture_output=True)
    assert (folder / "messy.yaml").read_text() == TIDY


def test_standard_input_goes_to_standard_output(interlock):
    outcome = interlock("fmt", "-", stdin=MESSY)
    assert (outcome.status, outcome.out, outcome.err) == (0, TIDY, "")


def test_standard_input_has_the_name_it_is_given(interlock):
    outcome = interlock("fmt", "--check", "--stdin-filename", "x.yaml", "-", stdin=MESSY)
    assert (outcome.status, outcome.out) == (1, "x.yaml\n")


def test_a_file_with_yaml_errors_is_left_alone_with_the_findings(interlock, folder):
    wrong = "name: a\nname: b\n"
    (folder / "wrong.yaml").write_text(wrong)
    outcome = interlock("fmt", "wrong.yaml", "messy.yaml")
    assert outcome.status == 1
    assert "wrong.yaml:2:1: error[Y002]" in outcome.err
    assert (folder / "wrong.yaml").read_text() == wrong
    assert (folder / "messy.yaml").read_text() == TIDY


def test_a_schema_error_is_no_reason_not_to_format(interlock):
    outcome = interlock("fmt", "-", stdin="severity_matrix:\n    P1: {sla_minuts: '15'}\n")
    assert (outcome.status, outcome.out) == (0, 'severity_matrix:\n  P1: {sla_minuts: "15"}\n')


def test_a_changed_meaning_is_refused(interlock, folder, monkeypatch):
    monkeypatch.setattr(fmt, "format_rulebook", lambda _: Formatted(None, refusal="it differs"))
    outcome = interlock("fmt", "messy.yaml")
    assert outcome.status == 3
    assert "messy.yaml: refused, and left as it is: formatted, it differs." in outcome.err
    assert (folder / "messy.yaml").read_text() == MESSY


@pytest.mark.parametrize("argument", ["absent.yaml", "absent/*.yaml"])
def test_no_input_is_a_mistake_of_usage(interlock, folder, argument):
    assert interlock("fmt", argument).status == 2
    (folder / "empty").mkdir()
    assert "no input files matched" in interlock("fmt", "empty").err


@pytest.mark.usefixtures("folder")
def test_without_paths_and_configuration_there_is_nothing_to_format(interlock):
    outcome = interlock("fmt")
    assert outcome.status == 2
    assert "name PATHS" in outcome.err


def test_without_paths_those_of_the_configuration_are_formatted(interlock, folder):
    (folder / "interlock.toml").write_text('[lint]\npaths = ["messy.yaml"]\n')
    assert interlock("fmt", "--check").out == "messy.yaml\n"


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_hostile_input_is_answered_with_findings(interlock, folder, raw):
    (folder / "hostile.yaml").write_bytes(raw)
    outcome = interlock("fmt", "hostile.yaml")
    assert outcome.status == 1
    assert "error[Y" in outcome.err
    assert "internal error" not in outcome.err
    assert (folder / "hostile.yaml").read_bytes() == raw


def test_line_ends_and_byte_order_mark_are_normalised(interlock, folder):
    (folder / "dos.yaml").write_bytes(b"\xef\xbb\xbf" + TIDY.replace("\n", "\r\n").encode())
    assert interlock("fmt", "--check", "dos.yaml").status == 1
    assert interlock("fmt", "dos.yaml").status == 0
    assert (folder / "dos.yaml").read_bytes() == TIDY.encode()


def test_the_mode_of_a_file_stays(interlock, folder):
    file = folder / "messy.yaml"
    file.chmod(0o640)
    assert interlock("fmt", "messy.yaml").status == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert sorted(path.name for path in folder.iterdir()) == ["messy.yaml", "tidy.yaml"]


def test_a_link_stays_a_link(interlock, folder):
    (folder / "link.yaml").symlink_to("messy.yaml")
    assert interlock("fmt", "link.yaml").status == 0
    assert (folder / "link.yaml").is_symlink()
    assert (folder / "messy.yaml").read_text() == TIDY


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_file_that_cannot_be_replaced_is_as_it_was(interlock, folder, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "fsync", refuse)
    outcome = interlock("fmt", "messy.yaml")
    assert outcome.status == 2
    assert "cannot write messy.yaml: Permission denied" in outcome.err
    assert sorted(path.name for path in folder.iterdir()) == ["messy.yaml", "tidy.yaml"]
    assert (folder / "messy.yaml").read_text() == MESSY
