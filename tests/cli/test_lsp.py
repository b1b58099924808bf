"""The language server over the real protocol: a process, bytes on standard input and output."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from support.lsp_client import Client, ServerError, span

POLICY = Path(__file__).parents[2] / "policies" / "two-person-rule" / "rulebook.yaml"
RULEBOOK = """\
guards: {burning: incident.metrics.error_rate > 0.2}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: burning}
  - {transition: TRIAGE -> MITIGATNG, validator: always_true}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Client(tmp_path_factory.mktemp("projects")) as started:
        yield started
    assert started.process.returncode == 0
    assert b"Traceback" not in b"".join(started.errors)


@pytest.fixture
def client(server, tmp_path):
    """One conversation for all tests, as an editor has it; each test has a folder of its own."""
    server.folder = tmp_path
    server.notes.clear()
    yield server
    server.close_all()
    assert server.process.poll() is None


def codes(diagnostics):
    return [one["code"] for one in diagnostics]


def edited(text, edits):
    """Apply edits of a text in which every character is one unit."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for edit in sorted(edits, key=lambda e: list(e["range"]["start"].values()), reverse=True):
        start, end = (
            starts[edit["range"][side]["line"]] + edit["range"][side]["character"]
            for side in ("start", "end")
        )
        text = text[:start] + edit["newText"] + text[end:]
    return text


def test_the_server_says_what_it_can(client):
    assert client.capabilities["positionEncoding"] == "utf-16"
    for name in ("hover", "definition", "references", "documentHighlight", "documentSymbol"):
        assert client.capabilities[f"{name}Provider"]
    assert "." in client.capabilities["completionProvider"]["triggerCharacters"]
    assert "source.fixAll.interlock" in client.capabilities["codeActionProvider"]["codeActionKinds"]


def test_findings_are_those_of_lint(client, tmp_path, interlock, monkeypatch):
    text = RULEBOOK + "severity_matrix: {P1: {sla_minutes: 60}, P2: {sla_minutes: 15}}\n"
    (tmp_path / "rulebook.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    client.open(text)
    linted = json.loads(interlock("lint", "rulebook.yaml", "--format", "json").out)["diagnostics"]
    shown = client.diagnostics()
    assert linted
    assert [
        (d["code"], d["range"]["start"]["line"] + 1, d["range"]["start"]["character"] + 1)
        for d in shown
    ] == [(d["code"], *(d["range"]["start"][k] for k in ("line", "column"))) for d in linted]


def test_a_finding_has_its_remedy_and_its_page(client):
    client.open(RULEBOOK)
    [found] = [one for one in client.diagnostics() if one["severity"] == 1]
    assert found["code"] == "G301"
    assert found["source"] == "interlock"
    assert found["range"] == span(3, 27, 36)
    assert "did you mean `MITIGATING`?" in found["message"]
    page = Path(unquote(urlparse(found["codeDescription"]["href"]).path)).read_text("utf-8")
    assert page.startswith("G301 undefined-state")


def test_a_finding_points_at_the_other_place(client):
    client.open("guards: {a: 'true'}\nguards: {b: 'true'}\n")
    found = client.diagnostics()[0]
    [related] = found["relatedInformation"]
    assert related["location"] == {"uri": client.uri("rulebook.yaml"), "range": span(0, 0, 6)}


def test_changes_are_applied_in_utf_16(client):
    client.open(RULEBOOK)
    client.change((span(0, 0, 0), "# 😀ü\n"), (span(0, 4, 5), "u"), (span(4, 27, 36), "MITIGATING"))
    assert not [one for one in client.diagnostics() if one["severity"] == 1]
    client.change("# 😀\nname: '😀' \nguards: {a: '\"😀\" == nme'}\n")
    [found] = [one for one in client.diagnostics() if one["code"] == "X202"]
    assert found["range"] == span(2, 21, 24)


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 23), ("utf-32", 20)])
def test_another_encoding_is_spoken_where_the_editor_prefers_it(tmp_path, encoding, character):
    preferred = {"general": {"positionEncodings": [encoding, "utf-16"]}}
    with Client(tmp_path, capabilities=preferred) as client:
        client.open("guards: {a: '\"😀\" == nme'}\n")
        assert client.diagnostics()[0]["range"]["start"]["character"] == character


def test_while_typing_goes_on_findings_wait(client):
    uri = client.open("name: x\n")
    client.diagnostics()
    for number in range(20):
        client.change(f"name: x\nnmae{number}: 1\n")
    client.change("name: x\n")
    assert client.diagnostics() == []
    shown = [n["params"]["version"] for n in client.notes if n["params"].get("uri") == uri]
    assert shown == sorted(shown)
    assert shown[-1] == 22
    assert len(shown) < 22


@pytest.mark.parametrize(
    "text",
    ["", "a: [", "\t", "- x", "a: 1\n---\nb: 2", "\ud800", "a: &a [*a]", "guards: [" * 80],
)
def test_a_broken_text_ends_nothing(client, text):
    client.open(text)
    client.diagnostics()
    for method in ("hover", "completion", "definition", "documentHighlight"):
        client.ask(method, 0, 3)
    client.change(RULEBOOK)
    assert "G301" in codes(client.diagnostics())


def test_other_yaml_files_are_left_alone(client):
    client.open("name: CI\non: push\njobs: {}\n", "ci.yaml")
    assert client.diagnostics("ci.yaml") == []
    assert client.ask("completion", 0, 0, "ci.yaml") is None


def test_completion_goes_on_with_the_last_names_while_the_text_is_broken(client):
    client.open(RULEBOOK)
    client.diagnostics()
    client.change((span(1, 0, 0), "scope: b [\n"))
    client.diagnostics()
    labels = [item["label"] for item in client.ask("completion", 1, 8)]
    assert "burning" in labels


def test_a_completion_replaces_the_word_and_may_have_places_to_fill(client):
    client.open("workflow_rules:\n  - tran\n")
    item = client.ask("completion", 1, 8)[0]
    assert item["label"] == "transition"
    assert item["textEdit"] == {"range": span(1, 4, 8), "newText": "transition: $1"}
    assert item["insertTextFormat"] == 2
    assert "`A -> B`" in item["documentation"]["value"]


def test_an_editor_without_snippets_gets_plain_text(tmp_path):
    with Client(tmp_path, capabilities={"textDocument": {}}) as client:
        client.open("workflow_rules:\n  - tran\n")
        item = client.ask("completion", 1, 8)[0]
        assert item["textEdit"]["newText"] == "transition:"
        assert "insertTextFormat" not in item


def test_a_space_completes_only_where_something_is_expected(client):
    client.open("workflow_rules:\n  - transition: A \n  - transition: A -> \n")
    context = {"triggerKind": 2, "triggerCharacter": " "}
    assert client.ask("completion", 1, 18, context=context) is None
    assert client.ask("completion", 2, 21, context=context)


def test_a_hover_is_markdown_about_a_range(client):
    client.open(RULEBOOK)
    shown = client.ask("hover", 2, 50)
    assert shown["range"] == span(2, 48, 55)
    assert "incident.metrics.error_rate > 0.2" in shown["contents"]["value"]


def test_a_name_is_followed_to_its_declaration_and_to_its_uses(client):
    client.open(RULEBOOK)
    declared = {"uri": client.uri("rulebook.yaml"), "range": span(0, 9, 16)}
    used = {"uri": client.uri("rulebook.yaml"), "range": span(2, 48, 55)}
    assert client.ask("definition", 2, 50) == [declared]
    every = client.ask("references", 2, 50, context={"includeDeclaration": True})
    assert every == [declared, used]
    assert client.ask("references", 0, 9, context={"includeDeclaration": False}) == [used]
    assert [one["range"] for one in client.ask("documentHighlight", 0, 9)] == [
        declared["range"],
        used["range"],
    ]


def test_renaming_edits_every_place_or_says_why_not(client):
    client.open(RULEBOOK)
    assert client.ask("prepareRename", 2, 50) == {
        "range": span(2, 48, 55),
        "placeholder": "burning",
    }
    edit = client.ask("rename", 2, 50, newName="hot")
    renamed = edited(RULEBOOK, edit["changes"][client.uri("rulebook.yaml")])
    assert renamed == RULEBOOK.replace("burning", "hot")
    with pytest.raises(ServerError, match="`a b` is no name of a named guard"):
        client.ask("rename", 2, 50, newName="a b")
    with pytest.raises(ServerError, match="there is no name here"):
        client.ask("prepareRename", 1, 2)


def test_a_fix_and_a_comment_are_offered(client):
    text = RULEBOOK + "severity_matrix: {P1: {sla_minutes: 60}, P2: {sla_minutes: 15}}\n"
    client.open(text)
    diagnostics = client.diagnostics()

    def actions(code, **context):
        [found] = [one for one in diagnostics if one["code"] == code]
        return client.request(
            "textDocument/codeAction",
            {
                "textDocument": {"uri": client.uri("rulebook.yaml")},
                "range": found["range"],
                "context": {"diagnostics": [found], **context},
            },
        )

    [fix] = actions("G301")
    assert fix["title"] == "Replace `MITIGATNG` by `MITIGATING` (G301)"
    assert fix["isPreferred"]
    assert fix["diagnostics"] == [one for one in diagnostics if one["code"] == "G301"]
    client.change(edited(text, fix["edit"]["changes"][client.uri("rulebook.yaml")]))
    diagnostics = client.diagnostics()
    assert "G301" not in codes(diagnostics)
    text = text.replace("MITIGATNG", "MITIGATING")
    [comment] = actions("T703", only=["quickfix"])
    assert comment["title"] == "Ignore T703 here, with a reason"
    assert actions("T703", only=["refactor"]) == []
    client.change(edited(text, comment["edit"]["changes"][client.uri("rulebook.yaml")]))
    assert "T703" not in codes(client.diagnostics())


def test_all_safe_fixes_are_one_action_on_saving(client):
    client.open(RULEBOOK.replace("burning}\n", "burnig}\n"))
    client.diagnostics()
    [every] = client.request(
        "textDocument/codeAction",
        {
            "textDocument": {"uri": client.uri("rulebook.yaml")},
            "range": span(0, 0, 0),
            "context": {"diagnostics": [], "only": ["source.fixAll"]},
        },
    )
    assert every["kind"] == "source.fixAll.interlock"
    assert len(every["edit"]["changes"][client.uri("rulebook.yaml")]) == 2


def formatting(client):
    return client.request(
        "textDocument/formatting",
        {
            "textDocument": {"uri": client.uri("rulebook.yaml")},
            "options": {"tabSize": 2, "insertSpaces": True},
        },
    )


def test_formatting_is_that_of_fmt(client, interlock):
    text = "name:   x\nguards:   {a:   'true'}\nversion: 1\n"
    client.open(text)
    assert edited(text, formatting(client)) == interlock("fmt", "-", stdin=text).out
    client.change(interlock("fmt", "-", stdin=text).out)
    assert formatting(client) == []


def test_formatting_ends_lines_as_fmt_does(client, interlock):
    text = "name:   x\r\nguards: {a: 'true'}\r\n"
    client.open(text)
    assert edited(text, formatting(client)) == interlock("fmt", "-", stdin=text).out


def test_what_is_no_yaml_is_not_formatted(client):
    client.open("a: [\n")
    with pytest.raises(ServerError, match="not formatted: the text is no valid YAML"):
        formatting(client)


def test_the_outline_stays_while_the_text_is_broken(client):
    client.open(RULEBOOK)

    def names():
        document = {"textDocument": {"uri": client.uri("rulebook.yaml")}}
        return [one["name"] for one in client.request("textDocument/documentSymbol", document)]

    assert names() == ["guards", "workflow_rules"]
    client.change((span(0, 0, 0), "["))
    assert names() == ["guards", "workflow_rules"]


def test_a_folder_is_one_rulebook(client, tmp_path):
    shared = "remediation_hooks:\n  - {id: scale, endpoint: 'https://a.example.test'}\n"
    own = "scope: 'true'\nrunbooks: {r: {steps: [{hook: scale}]}}\n"
    (tmp_path / "_shared.yaml").write_text(shared)
    (tmp_path / "db.yaml").write_text(own)
    client.open(own, "db.yaml")
    assert "A501" not in codes(client.diagnostics("db.yaml"))
    [found] = client.ask("definition", 1, 33, "db.yaml")
    assert found == {"uri": client.uri("_shared.yaml"), "range": span(1, 9, 14)}
    edit = client.ask("rename", 1, 33, "db.yaml", newName="grow")
    assert set(edit["changes"]) == {client.uri("_shared.yaml"), client.uri("db.yaml")}
    # The text that is open counts, not the file.
    client.open(shared.replace("scale", "grow"), "_shared.yaml")
    client.diagnostics("_shared.yaml")
    client.change(own + "# again\n", name="db.yaml")
    assert "A501" in codes(client.diagnostics("db.yaml"))


def test_another_file_of_the_folder_that_is_no_text_is_no_reason_to_stop(client, tmp_path):
    own = "scope: 'true'\nguards: {a: nme}\n"
    (tmp_path / "db.yaml").write_text(own)
    (tmp_path / "other.yaml").write_bytes(b"\xff\xfea\x00")
    client.open(own, "db.yaml")
    assert "X202" in codes(client.diagnostics("db.yaml"))


def test_settings_of_the_project_hold_and_are_read_again(client, tmp_path):
    text = "severity_matrix: {P1: {sla_minutes: 60}, P2: {sla_minutes: 15}}\n"
    client.open(text)
    assert "T703" in codes(client.diagnostics())
    (tmp_path / "interlock.toml").write_text('[lint.levels]\nT703 = "off"\n')
    client.notify("workspace/didChangeWatchedFiles", {"changes": []})
    client.change(text + "\n")
    assert "T703" not in codes(client.diagnostics())
    (tmp_path / "interlock.toml").write_text("[lint]\nprofil = 1\n")
    client.notify("workspace/didChangeWatchedFiles", {"changes": []})
    client.change(text)
    assert "T703" in codes(client.diagnostics())
    [told] = [n["params"]["message"] for n in client.notes if n["method"] == "window/showMessage"]
    assert "`lint` has no key `profil`" in told


def test_a_closed_text_has_no_findings(client):
    uri = client.open(RULEBOOK)
    client.diagnostics()
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert client.ask("hover", 2, 50) is None
    assert client.notes[-1]["params"] == {"uri": uri, "diagnostics": []}


def test_a_text_that_is_in_no_file_is_checked_too(client):
    document = {"uri": "untitled:Untitled-1", "languageId": "yaml", "version": 1, "text": RULEBOOK}
    client.notify("textDocument/didOpen", {"textDocument": document})
    position = {"textDocument": {"uri": document["uri"]}, "position": {"line": 2, "character": 50}}
    assert client.request("textDocument/hover", position)
    while not any("G301" in str(note) for note in client.notes):
        client._take()


def test_questions_are_answered_while_a_large_rulebook_is_looked_at(client):
    rules = "  - {transition: DETECTED -> TRIAGE, trigger: a.b, validator: incident.title != ''}\n"
    client.open("workflow_rules:\n" + "".join(rules.replace("''", f"'{n}'") for n in range(600)))
    for number in range(3):
        client.change((span(1, 0, 0), f"  # {number}\n"))
        assert client.ask("completion", 1, 0) is not None
    client.diagnostics()
    assert client.ask("hover", 30, 6)["range"] == span(30, 5, 15)


def test_an_end_without_goodbye_is_told_by_the_status(tmp_path):
    client = Client(tmp_path)
    client.notify("exit", None)
    assert client.end() == 1


def test_the_end_of_input_ends_the_server(tmp_path):
    client = Client(tmp_path)
    assert client.end() == 1


def test_one_sentence_says_what_is_missing(interlock, monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("pygls", "interlock.cli.lsp"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pygls", None)
    outcome = interlock("lsp")
    assert outcome.status == 2
    assert outcome.err == "Error: the language server needs pygls: pip install 'interlock[lsp]'\n"


def test_the_function_whose_call_is_typed_says_what_it_takes(client):
    text = "workflow_rules:\n  - transition: DETECTED -> TRIAGE\n    validator: on_call(\n"
    client.open(text)
    place = {
        "textDocument": {"uri": client.uri("rulebook.yaml")},
        "position": {"line": 2, "character": len("    validator: on_call(")},
    }
    found = client.request("textDocument/signatureHelp", place)
    [one] = found["signatures"]
    assert one["label"] == "on_call(Schedule) -> string"
    assert one["documentation"]["value"] == "who holds the pager of a schedule now"
    assert one["parameters"] == [{"label": [8, 16]}]
    assert found["activeParameter"] == 0
    place["position"]["character"] = 4
    assert client.request("textDocument/signatureHelp", place) is None


def test_what_runs_over_several_lines_can_be_folded(client):
    client.open(
        "severity_matrix:\n  P1:\n    sla_minutes: 15\n  P2: {sla_minutes: 60}\n\nname: x\n"
    )
    document = {"textDocument": {"uri": client.uri("rulebook.yaml")}}
    folds = client.request("textDocument/foldingRange", document)
    assert [(one["startLine"], one["endLine"]) for one in folds] == [(0, 3), (1, 2)]
    client.change((span(0, 0, 0), "["))
    assert client.request("textDocument/foldingRange", document) == []


def test_names_are_found_in_every_open_rulebook(client):
    client.open(RULEBOOK)
    client.open("runbooks: {burn_down: {steps: [{hook: h}]}}\n", "other.yaml")
    found = client.request("workspace/symbol", {"query": "BURN"})
    assert {(one["name"], one["containerName"]) for one in found} == {
        ("burning", "guards"),
        ("burn_down", "runbooks"),
    }
    uris = {client.uri("rulebook.yaml"), client.uri("other.yaml")}
    assert uris <= {one["location"]["uri"] for one in found}
