from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from interlock.rulebook import check_rulebook
from interlock.rulebook import model as m
from interlock.rulebook.document import conformance
from interlock.rulebook.document.conformance import validator
from interlock.rulebook.document.decoder import convert_element, decode_rulebook
from interlock.rulebook.document.reader import read_document
from interlock.rulebook.elements import NODE_KEY, Element
from interlock.rulebook.source import SourceFile
from interlock.schemas import load

HERE = Path(__file__).parent
EVERYTHING = (HERE / "everything.yaml").read_text("utf-8")
SCHEMA = load("rulebook.v1.json")


def read(text: str):
    return read_document(SourceFile("t.yaml", text)).root


def is_accepted_fast(root) -> bool:
    try:
        convert_element(root, m.Rulebook)
    except msgspec.ValidationError:
        return False
    return True


# --- the two definitions of the language are one


def elements() -> list[type[Element]]:
    found, pending = [], [Element]
    while pending:
        kinds = pending.pop().__subclasses__()
        found += kinds
        pending += kinds
    return found


SCHEMA_NAMES = {
    "Rulebook": None, "RunbookStep": "runbook_step", "ActionCall": "action_call",
    "WorkflowRule": "workflow_rule", "SeverityRow": "severity_row", "OnCall": "on_call",
    "EscalationLevel": "escalation_level", "PostMortem": "post_mortem",
    "PagerDutyChannel": "pagerduty_channel", "SlackChannel": "slack_channel",
    "EmailChannel": "email_channel", "WebhookChannel": "webhook_channel",
    "LogChannel": "log_channel", "OpsgenieChannel": "opsgenie_channel",
    "TeamsChannel": "teams_channel", "Rate": "channel_rate",
    "InDoubt": "in_doubt", "DoubtQuery": "doubt_query",
    "SourceAuth": "source_auth",
}  # fmt: skip


def schema_of(kind: type[Element]):
    name = SCHEMA_NAMES.get(kind.__name__, kind.__name__.lower())
    return SCHEMA if name is None else SCHEMA["$defs"][name]


def resolved(schema):
    return SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


@pytest.mark.parametrize("kind", elements(), ids=lambda kind: kind.__name__)
def test_every_element_has_the_keys_of_its_schema(kind):
    described = inspect.type_info(kind)
    keys = {item.encode_name for item in described.fields if item.encode_name != NODE_KEY}
    required = {item.encode_name for item in described.fields if item.required}
    if described.tag_field is not None:
        keys.add(described.tag_field)
        required.add(described.tag_field)
    schema = schema_of(kind)
    assert schema["additionalProperties"] is False
    assert keys == set(schema["properties"])
    assert required == set(schema.get("required", ()))


@pytest.mark.parametrize("kind", elements(), ids=lambda kind: kind.__name__)
def test_every_simple_default_is_that_of_the_schema(kind):
    for item in inspect.type_info(kind).fields:
        if item.default is inspect.NODEFAULT or item.default in (None, (), {}):
            continue
        written = schema_of(kind)["properties"][item.encode_name]
        default = written.get("default", resolved(written).get("default"))
        assert default == item.default, item.encode_name


# --- the fast verdict is that of the schema


def places(node, path=()):
    yield path
    items = enumerate(node) if isinstance(node, list) else node.items()
    for step, value in items:
        if isinstance(value, dict | list):
            yield from places(value, (*path, step))
        else:
            yield (*path, step)


ROOT = read(EVERYTHING)
PLAIN = msgspec.json.encode(dict(ROOT))
KINDS = ["drop", "set", "exchange", "add"]
PLACES = [path for path in places(ROOT) if path]
KEYS = sorted(
    {key for schema in (SCHEMA, *SCHEMA["$defs"].values()) for key in schema.get("properties", {})}
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([1.0, 1.5, -2.0, 10**6, 10**7, 525_601]),
    st.sampled_from(
        [
            "", "a", "A B", "x.y", "5m", "5 m", "0s", "P1", "auto", "off", "none", "default",
            "${env:A}", "${file:/a/b}", "${A}", "https://a.test/x", "http://", "ftp://a", "a@b",
            "é", "opens", "any", "slack", "weekly", "10:00-11:00", "stop", "5m\n", "a\n",
        ]
    ),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS) | st.sampled_from(["x y", "zz", "é", "P1"]), inner, max_size=3
        )
    ),
    max_leaves=4,
)


def holder(root, path):
    for step in path[:-1]:
        root = root[step]
    return root


@st.composite
def changed_documents(draw):
    """Everything, with one to three places dropped, replaced, exchanged or added to."""
    root = msgspec.json.decode(PLAIN)
    for _ in range(draw(st.integers(1, 3))):
        path, other = draw(st.sampled_from(PLACES)), draw(st.sampled_from(PLACES))
        kind, key, value = draw(st.sampled_from(KINDS)), draw(st.sampled_from(KEYS)), draw(VALUES)
        try:
            parent = holder(root, path)
            if kind == "drop":
                del parent[path[-1]]
            elif kind == "set":
                parent[path[-1]] = value
            elif kind == "exchange":
                parent[path[-1]] = holder(msgspec.json.decode(PLAIN), other)[other[-1]]
            elif isinstance(parent, dict):
                parent[key] = value
            elif isinstance(parent, list):
                parent.append(value)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    return root


def positioned(value):
    """Write plain values as a document and read it, so that it has places."""
    text = msgspec.json.encode(value).decode()
    return read(text.replace("\x7f", "\\u007f"))


@settings(max_examples=200, deadline=None)
@given(changed_documents())
def test_fast_verdict_is_that_of_the_schema(document):
    root = positioned(document)
    assert is_accepted_fast(root) == (next(iter(validator().iter_errors(root)), None) is None)


@settings(max_examples=60, deadline=None)
@given(changed_documents())
def test_what_does_not_conform_is_explained_and_the_rest_is_decoded(document):
    root = positioned(document)
    decoded = decode_rulebook(root)
    assert bool(decoded.diagnostics) != is_accepted_fast(root)
    for found in decoded.diagnostics:
        assert found.span.source is root.source
        assert found.code in ("Y003", "Y004", "Y005", "Y006", "A509")
        assert not found.message.endswith(".")


@settings(max_examples=60, deadline=None)
@given(changed_documents())
def test_checking_never_raises_and_a_graph_comes_only_without_errors(document):
    text = msgspec.json.encode(document).decode()
    checked = check_rulebook([SourceFile("t.yaml", text)])
    assert (checked.graph is None) == any(d.level == "error" for d in checked.diagnostics)


def test_everything_conforms_and_uses_every_key():
    assert is_accepted_fast(ROOT)
    used = {step for path in places(ROOT) for step in path if isinstance(step, str)}
    assert set(KEYS) - used == set()


# --- explanations


def test_every_error_of_a_file_is_found_in_one_run(golden):
    source = SourceFile("wrong.yaml", (HERE / "wrong.yaml").read_text("utf-8"))
    golden(describe(check_rulebook([source])), HERE / "wrong.out")


def describe(checked) -> str:
    lines = []
    for found in checked.diagnostics:
        subject = f" ({found.subject})" if found.subject else ""
        lines.append(
            f"{found.span.line}:{found.span.column} {found.code} {found.message}{subject}\n"
            f"    at: {found.span.text.partition(chr(10))[0]}\n"
        )
        lines += [f"    help: {found.help}\n"] if found.help else []
        lines += [f"    note: {note}\n" for note in found.notes]
    return "".join(lines)


def test_parts_that_conform_are_decoded_beside_those_that_do_not():
    root = read(
        "severity_matrix: {P1: {sla_minutes: x}, P2: {sla_minutes: 5}}\n"
        "workflow_rules:\n"
        "  - {transition: A -> B, validator: a, gate: {approvals: 0, expires: 5m}}\n"
        "  - {transition: 5}\n"
        "  - {transition: B -> C, validator: b}\n"
    )
    decoded = decode_rulebook(root)
    assert {name: row.sla_minutes for name, row in decoded.model.severity_matrix.items()} == {
        "P1": None,
        "P2": 5,
    }
    assert [rule.transition for rule in decoded.model.workflow_rules] == ["A -> B", "B -> C"]
    assert decoded.model.workflow_rules[0].gate.expires == "5m"
    assert m.span(decoded.model.workflow_rules[1], "validator").text == "b"
    assert decoded.lost == {
        "severity_matrix": frozenset({"P1", "P2"}),
        "workflow_rules": frozenset(),
    }


def test_findings_have_a_limit_and_still_cover_large_files():
    text = "workflow_rules:\n" + "  - {transition: A -> B, wrong: 1}\n" * 3000
    decoded = decode_rulebook(read(text))
    assert 200 <= len(decoded.diagnostics) <= 210


def test_document_that_only_the_converter_refuses_is_refused_all_the_same(monkeypatch):
    class Tolerant:
        def iter_errors(self, _document):
            return iter(())

    monkeypatch.setattr(conformance, "validator", Tolerant)
    decoded = decode_rulebook(read("guards: {a: 5}\nname: x"))
    assert [found.message for found in decoded.diagnostics] == ["this rulebook does not conform"]
    assert decoded.model.name == "x"


def test_element_that_was_not_read_has_no_place():
    with pytest.raises(LookupError, match="Gate was not read from a document"):
        m.span(m.Gate())


def test_a_version_is_the_number_one_and_no_other():
    for text, is_right in (("1", True), ("1.0", False), ("2", False), ("1.10", False)):
        root = read(f"version: {text}\n")
        assert is_accepted_fast(root) is is_right is (not decode_rulebook(root).diagnostics)
