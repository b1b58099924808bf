"""The bytes of records and heads, pinned.

`golden/` holds what this format wrote, each with its hash after the genesis. A line is never
changed: journals of every release must read for ever. A kind or field that no line holds yet gets
one: `python tests/interpreter/core/test_canonical.py` adds what is missing.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.interpreter.core.canonical import (
    GENESIS,
    DamagedBytesError,
    chain,
    decode_incident,
    decode_record,
    encode,
)
from interlock.interpreter.core.change import Change, Noted
from interlock.interpreter.core.control import (
    Control,
    LiveRulebook,
    OperatorSilence,
    Override,
    decode_control,
)
from interlock.interpreter.core.event import Event, EventInput, Facts, Input, Origin
from interlock.interpreter.core.holding import Holding, decode_holding
from interlock.interpreter.core.incident import Incident
from interlock.interpreter.core.record import Effect, Record, Tried, Truth
from interlock.interpreter.core.suppressor import Suppressing, decode_suppressing
from interlock.rulebook.graph.state_graph import Automation
from support.filling import fill, kinds, structs

GOLDEN = Path(__file__).parent / "golden"
DECODERS = {
    "records": decode_record,
    "incidents": decode_incident,
    "controls": decode_control,
    "groups": decode_holding,
    "suppressors": decode_suppressing,
}


def read_golden(name: str) -> dict[str, dict[str, str]]:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


LINES = [(name, title) for name in DECODERS for title in read_golden(name)]


@pytest.mark.parametrize(("name", "title"), LINES)
def test_golden_bytes_read_and_write_the_same(name, title):
    line = read_golden(name)[title]
    data = line["bytes"].encode()
    assert chain(GENESIS, data).hex() == line["hash"]
    assert encode(DECODERS[name](data)) == data


def _record(**fields: Any) -> Record:
    event = Event(type="alert.triggered", origin=Origin.ALERT)
    given_ = {
        "stream": "incident/A",
        "revision": 1,
        "at": 0,
        "actor": "engine",
        "input": EventInput(event),
        "facts": Facts(),
        "disposition": "applied",
    }
    return Record(**(given_ | fields))


def make_samples() -> dict[str, dict[str, Any]]:
    records = {"full": fill(Record, changes=(), effects=()), "bare": fill(Record, bare=True)}
    for cls in (*kinds(Input), *kinds(Change), *kinds(Effect)):
        part = "input" if cls in kinds(Input) else "changes" if cls in kinds(Change) else "effects"
        for amount in ("full", "bare"):
            value = fill(cls, bare=amount == "bare")
            held = {part: value if part == "input" else (value,)}
            records[f"{cls.__struct_config__.tag}, {amount}"] = _record(**held)
    override = Override(mode=Automation.OFF, until=7, by="ada", reason="storm")
    return {
        "records": records,
        "incidents": {"full": fill(Incident), "bare": fill(Incident, bare=True)},
        "controls": {
            "full": Control(
                revision=3,
                overrides={"*": override, "restart": override},
                rulebook=LiveRulebook(
                    digest="sha256:1", name="shop", commit="1", at=1, by="ada", reason="fix"
                ),
                authors={"sha256:1": "ada"},
            ),
            "silences": Control(silences={"s-1": fill(OperatorSilence)}),
            "bare": Control(),
        },
        "groups": {"full": fill(Holding), "bare": Holding()},
        "suppressors": {"full": fill(Suppressing), "bare": Suppressing()},
    }


SAMPLES = [
    (name, title, value)
    for name, samples in make_samples().items()
    for title, value in samples.items()
]


@pytest.mark.parametrize(("name", "title", "value"), SAMPLES)
def test_every_kind_with_every_field_has_a_golden_line(name, title, value):
    assert encode(value).decode() in [line["bytes"] for line in read_golden(name).values()], title


def test_a_record_is_written_byte_for_byte_like_this():
    record = _record(
        stream="incident/checkout-1",
        revision=2,
        at=1_767_225_600_000_000_001,
        actor="ada",
        changes=(Noted(reason='Größe "4"\n\0\u2028🚨'),),
        trace=(Tried("DETECTED->TRIAGE", Truth.ERROR, "error", "no such key", 3, 9),),
    )
    data = encode(record)
    assert data.decode() == (
        '{"actor":"ada","at":1767225600000000001,"changes":[{"kind":"note","reason":'
        '"Größe \\"4\\"\\n\\u0000\u2028🚨"}],"disposition":"applied","effects":[],"facts":{},'
        '"input":{"event":{"origin":"alert","type":"alert.triggered"},"kind":"event"},'
        '"revision":2,"stream":"incident/checkout-1","trace":[{"end":9,"error":"no such key",'
        '"guard":"error","outcome":"error","rule":"DETECTED->TRIAGE","start":3}],"v":1}'
    )
    assert decode_record(data) == record


NUMBERS = [
    (1e16, "1e16"),
    (0.1, "0.1"),
    (-0.0, "-0.0"),
    (5e-324, "5e-324"),
    (1.0, "1.0"),
    (1.7976931348623157e308, "1.7976931348623157e308"),
    (1e15, "1000000000000000.0"),
    (1e-7, "1e-7"),
    (123456789012345680.0, "1.2345678901234568e17"),
    (2 / 3, "0.6666666666666666"),
    ((1 << 63) - 1, "9223372036854775807"),
    (-(1 << 63), "-9223372036854775808"),
    (0, "0"),
]


@pytest.mark.parametrize(("number", "text"), NUMBERS)
def test_numbers_have_one_spelling(number, text):
    assert encode(number).decode() == text
    back = msgspec.json.decode(text)
    assert (back, type(back)) == (number, type(number))
    assert str(back) == str(number)  # tells -0.0 from 0.0


STRINGS = {
    "": '""',
    "\0\x1f": '"\\u0000\\u001f"',
    "\b\f\n\r\t": '"\\b\\f\\n\\r\\t"',
    '"\\/': '"\\"\\\\/"',
    "\x7f\u2028é": '"\x7f\u2028é"',
    "e\u0301 is not é": '"e\u0301 is not é"',
    "\U0010ffff": '"\U0010ffff"',
}


@pytest.mark.parametrize(("string", "text"), STRINGS.items())
def test_strings_have_one_spelling(string, text):
    assert encode(string) == text.encode()


def test_keys_stand_in_the_order_of_their_code_points():
    keys = ["b", "a", "", "Z", "\uffff", "\U00010000", "ab", "é", "e\u0301", "\0"]
    (found,) = [list(json.loads(encode(dict.fromkeys(keys, 1))))]
    assert found == sorted(keys)
    assert found == ["", "\0", "Z", "a", "ab", "b", "e\u0301", "é", "\uffff", "\U00010000"]


@pytest.mark.parametrize("value", [{1: 1}, "\ud800", {"\udfff": 1}, object()])
def test_what_has_no_canonical_bytes_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        encode(value)


@given(structs(Record))
def test_any_record_reads_back_as_it_was_written(record):
    data = encode(record)
    assert decode_record(data) == record
    assert encode(decode_record(data)) == data


@given(structs(Incident))
def test_any_incident_reads_back_as_it_was_written(incident):
    data = encode(incident)
    assert decode_incident(data) == incident
    assert encode(decode_incident(data)) == data


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 9)))
def test_the_order_of_making_leaves_no_trace_in_the_bytes(values):
    assert encode(values) == encode(dict(reversed(values.items())))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"null",
        b'{"v":1}',
        encode(_record())[:-1],
        encode(_record()) + b"}",
        encode(_record()).replace(b'"revision":1', b'"revision":1.5'),
        encode(_record()).replace(b'"origin":"alert"', b'"origin":"nobody"'),
        encode(_record()).replace(b'"kind":"event"', b'"kind":"wish"'),
        encode(_record()).replace(b"engine", b"\xff"),
    ],
)
def test_bytes_that_are_no_record_are_never_interpreted(data):
    with pytest.raises(DamagedBytesError, match="a record cannot be read"):
        decode_record(data)


@pytest.mark.parametrize("data", [b"", b"[]", b'{"id":"A"}'])
def test_bytes_that_are_no_incident_are_never_interpreted(data):
    with pytest.raises(DamagedBytesError, match="an incident head cannot be read"):
        decode_incident(data)


def test_a_field_of_a_later_version_is_no_damage():
    data = encode(_record()).replace(b'"v":1', b'"later":{"x":1},"v":1')
    assert decode_record(data) == _record()


def test_the_chain_is_sha_256_over_the_hash_before_and_the_bytes():
    first = chain(GENESIS, b"one")
    assert first == hashlib.sha256(bytes(32) + b"one").digest()
    assert chain(first, b"two") == hashlib.sha256(first + b"two").digest()
    assert chain(first, b"two") != chain(GENESIS, b"onetwo")


def _add_missing() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name, samples in make_samples().items():
        path = GOLDEN / f"{name}.json"
        lines = read_golden(name) if path.exists() else {}
        for title, value in samples.items():
            data = encode(value)
            line = {"bytes": data.decode(), "hash": chain(GENESIS, data).hex()}
            if line not in lines.values():
                lines[f"{title} ({len(lines)})" if title in lines else title] = line
        path.write_text(json.dumps(lines, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _add_missing()
