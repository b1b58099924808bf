from __future__ import annotations

from pathlib import Path

import pytest

CONFIGURATIONS = Path(__file__).parents[1] / "rulebook" / "alertmanager" / "configurations"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(interlock):
    return [line.split()[0] for line in interlock("init", "--list").out.splitlines()]


def test_the_list_names_each_policy_with_what_it_is_for(interlock):
    lines = interlock("init", "--list").out.splitlines()
    assert len(lines) >= 5
    assert any(line.startswith("starter ") for line in lines)
    assert all(line.endswith(".") and len(line) < 120 for line in lines)


@pytest.mark.usefixtures("here")
def test_each_policy_stands_by_itself_where_it_is_copied(interlock):
    for name in names(interlock):
        outcome = interlock("init", f"new/{name}", "--policy", name)
        assert outcome.status == 0
        assert f"new/{name}/rulebook.yaml" in outcome.out.splitlines()
        folder = Path("new", name)
        first, *_ = (folder / "rulebook.yaml").read_text("utf-8").splitlines()
        assert (folder / first.partition("$schema=")[2]).is_file()
        for text in ("rulebook.yaml", "README.md"):
            assert "policies/" not in (folder / text).read_text("utf-8")
        lint = interlock("lint", str(folder))
        assert lint.out.endswith("; 0 errors, 0 warnings\n")
        assert interlock("fmt", "--check", str(folder)).status == 0


def test_without_a_name_it_is_the_starter_and_the_present_folder(here, interlock):
    outcome = interlock("init")
    assert outcome.status == 0
    assert "rulebook.yaml" in outcome.out.splitlines()
    assert "name: starter" in (here / "rulebook.yaml").read_text("utf-8")


def test_nothing_is_written_over_unless_forced(here, interlock):
    (here / "README.md").write_text("mine")
    refused = interlock("init")
    assert refused.status == 2
    assert "README.md already" in refused.err
    assert [path.name for path in here.iterdir()] == ["README.md"]
    assert (here / "README.md").read_text() == "mine"
    assert interlock("init", "--force").status == 0
    assert (here / "README.md").read_text() != "mine"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--policy", "stater"), "no shipped policy `stater`; there are "),
        (("--policy", "../starter"), "no shipped policy"),
        (("--policy", "shadow", "--from-alertmanager", "x"), "exclude each other"),
        (("--from-alertmanager", "missing.yml"), "missing.yml"),
    ],
)
def test_what_cannot_be_started_is_said_and_writes_nothing(arguments, said, interlock, here):
    outcome = interlock("init", *arguments)
    assert outcome.status == 2
    assert said in outcome.err
    assert list(here.iterdir()) == []


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("path", sorted(CONFIGURATIONS.glob("*.yml")), ids=lambda path: path.stem)
def test_an_imported_configuration_lints_without_a_finding(path, interlock):
    outcome = interlock("init", "imported", "--from-alertmanager", str(path))
    assert outcome.status == 0
    lint = interlock("lint", "imported")
    assert lint.out.endswith("; 0 errors, 0 warnings\n")
    assert interlock("fmt", "--check", "imported").status == 0
    readme = Path("imported/README.md").read_text("utf-8")
    assert "${env:" in readme
    assert "never-copied" not in readme


@pytest.mark.usefixtures("here")
def test_a_configuration_comes_from_standard_input_too(interlock):
    text = "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: http://x}]}]"
    assert interlock("init", "new", "--from-alertmanager", "-", stdin=text).status == 0
    assert "${env:A_URL}" in Path("new/rulebook.yaml").read_text("utf-8")


def test_a_wrong_configuration_is_told_with_its_place(here, interlock):
    text = "route: {receiver: b}\nreceivers: [{name: a}]"
    outcome = interlock("init", "new", "--from-alertmanager", "-", stdin=text)
    assert outcome.status == 1
    assert "<stdin>:1:" in outcome.err
    assert "there is no receiver `b`" in outcome.err
    assert list(here.iterdir()) == []


def test_it_says_that_gates_which_ask_who_approves_need_an_identity_file(interlock, tmp_path):
    outcome = interlock("init", str(tmp_path / "mine"), "--policy", "two-person-rule")
    assert outcome.status == 0
    assert "`interlock run` needs --identity FILE" in outcome.err
    assert "gate fail-over asks who approves" in outcome.err
    assert "--identity" not in interlock("init", str(tmp_path / "b"), "--policy", "starter").err
