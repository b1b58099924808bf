from __future__ import annotations

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.sources.delivery import Problem, ProblemCode
from interlock.interpreter.sources.strict_json import DEPTH_MAX, decode_json

TAKEN = [
    (b"null", None),
    (b"0", 0),
    (b"-0", 0),
    (b"1.0", 1.0),
    (b"1e5", 100000.0),
    (b"5e-324", 5e-324),
    (b"1E-400", 0.0),
    (b"9007199254740993", 2**53 + 1),
    (b"9223372036854775807", 2**63 - 1),
    (b"-9223372036854775808", -(2**63)),
    (b"0.12345678901234567890123", 0.12345678901234568),
    (b'"\\u0000"', "\0"),
    (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
    (b'  {"a" : [1,\n2]} ', {"a": [1, 2]}),
    (b'{"": {"__proto__": 1, "a.b": 2}}', {"": {"__proto__": 1, "a.b": 2}}),
    (b'{"a": {"k": 1}, "b": {"k": 1}}', {"a": {"k": 1}, "b": {"k": 1}}),
    (b'{"a":"\\":","b":":8080"}', {"a": '":', "b": ":8080"}),
    (b'{"a":"\\u0022\\u003a","b":"\\u0026"}', {"a": '":', "b": "&"}),
]

REFUSED = [
    (b"", "empty"),
    (b" \n", "empty"),
    (b"{", "cut off"),
    (b'{"a":1} x', "trailing"),
    (b"[1,]", "trailing comma"),
    (b"NaN", "invalid character"),
    (b"[Infinity]", "invalid character"),
    (b"[-Infinity]", "invalid"),
    (b"1e400", "out of range"),
    (b"-1e999999999999", "out of range"),
    (b"1" * 400 + b".5", "out of range"),
    (b"9223372036854775808", "64 bits"),
    (b"-9223372036854775809", "64 bits"),
    (b"18446744073709551615", "64 bits"),
    (b"1" * 25, "64 bits"),
    (b"9" * 1_000_000, "out of range"),
    (b"01", "invalid number"),
    (b'{"a":1,"a":2}', "'a' stands twice"),
    (b'{"a" :1,"a":2}', "'a' stands twice"),
    (b'{"a":1,"\\u0061":2}', "'a' stands twice"),
    (b'[{"b":{"a":1,"c":0,"a":{}}}]', "'a' stands twice"),
    (b'{"a":1,"a":"\\u0022:"}', "'a' stands twice"),
    (b'{"a":1,"a":"\\"\\u003A"}', "'a' stands twice"),
    (b'{"a"\t:1,"a"\n:2,"a"\r:3}', "'a' stands twice"),
    (b'"\\ud800"', ""),
    (b'"\\ud800abcdefgh"', "surrogate"),
    (b'"\\udc00\\ud800"', "surrogate"),
    (b'"\xed\xa0\x80"', "not UTF-8"),
    (b'"\xc0\x80"', "not UTF-8"),
    (b'"\xff"', "not UTF-8"),
    (b'{"\xff":1}', "not UTF-8"),
    ('"ä"'.encode("latin-1"), "not UTF-8"),
    (b"\xef\xbb\xbf{}", "invalid character"),
    ("{}".encode("utf-16"), "invalid character"),
    (b'"a\nb"', "invalid character"),
    (b'"\\x41"', "escape"),
]


@pytest.mark.parametrize(("data", "value"), TAKEN)
def test_json_is_read_as_written(data, value):
    read = decode_json(data, bytes_max=2**20)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(("data", "words"), REFUSED, ids=lambda part: repr(part)[:40])
def test_what_readers_disagree_on_is_refused(data, words):
    problem = decode_json(data, bytes_max=2**20)
    assert isinstance(problem, Problem)
    assert problem.code is ProblemCode.MALFORMED
    assert words in problem.detail
    assert len(problem.detail) < 200


def test_more_bytes_than_allowed_are_not_read():
    assert decode_json(b'"abc"', bytes_max=5) == "abc"
    problem = decode_json(b'"abcd"', bytes_max=5)
    assert isinstance(problem, Problem)
    assert problem.code is ProblemCode.TOO_LARGE


@pytest.mark.parametrize("container", [b"[]", b"{}", b'"["'])
def test_a_body_of_mere_brackets_is_not_read(container):
    data = b"[" + (container + b",") * 500_000 + b"0]"
    problem = decode_json(data, bytes_max=2**24)
    assert isinstance(problem, Problem)
    assert problem.code is ProblemCode.TOO_LARGE
    assert "500001 opening brackets" in problem.detail


@pytest.mark.parametrize(
    ("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")]
)
@pytest.mark.parametrize("levels", [65, 66, 900, 100_000])
def test_deep_nesting_is_refused_without_recursion(opening, closing, levels):
    times = levels if len(closing) == 1 else levels // 2 + 1
    data = opening * times + b"0" + closing * times
    problem = decode_json(data, bytes_max=2**20)
    assert isinstance(problem, Problem)
    assert "deeper than 64" in problem.detail


def test_nesting_up_to_the_limit_is_read():
    data = b"[" * DEPTH_MAX + b"]" * DEPTH_MAX
    assert not isinstance(decode_json(data, bytes_max=2**20), Problem)


def test_many_shallow_members_are_read():
    data = encode([{"labels": {"n": n}} for n in range(1_000)])
    assert decode_json(data, bytes_max=2**20) == [{"labels": {"n": n}} for n in range(1_000)]


def _reference(text: str):
    """Read by other means: the standard library with a check at each node; None when refused."""
    refused = ValueError()

    def unique(pairs):
        if len(dict(pairs)) != len(pairs):
            raise refused
        return dict(pairs)

    def integer(digits):
        if not -(2**63) <= int(digits) < 2**63:
            raise refused
        return int(digits)

    def double(digits):
        if not math.isfinite(float(digits)):
            raise refused
        return float(digits)

    def constant(_):
        raise refused

    return json.loads(
        text,
        object_pairs_hook=unique,
        parse_int=integer,
        parse_float=double,
        parse_constant=constant,
    )


keys = st.sampled_from(
    ['"a"', '"b"', '"\\u0061"', '"\\":"', '":"', '"\\u0022:"', '"a" ', '"a"\t', '"\\\\"', '""']
)
scalars = st.sampled_from(
    ["1", "-1", "9223372036854775808", "1234567890123456789", "1e400", "1.5", "null", "true"]
) | keys.map(str.strip)
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
        | st.lists(st.tuples(keys, inner), max_size=4).map(
            lambda pairs: "{" + ",".join(f"{key}:{value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=12,
)


@given(documents)
@example('{"a" :1,"a":"\\":"}')
@example('{"a":"x","a":"\\u0022\\u003a"}')
def test_the_quick_way_agrees_with_a_check_at_every_node(text):
    try:
        expected = _reference(text)
    except ValueError:
        assert isinstance(decode_json(text.encode(), bytes_max=2**20), Problem)
    else:
        assert decode_json(text.encode(), bytes_max=2**20) == expected


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_no_bytes_raise(data):
    decode_json(data, bytes_max=2**20)
