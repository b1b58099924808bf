"""Writing an expression and reading it again gives the same expression, whatever it is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.rulebook.guard import Uint, parse, unparse
from interlock.rulebook.guard.functions import FUNCTIONS, NAMESPACES
from interlock.rulebook.guard.macros import MACROS
from interlock.rulebook.guard.nodes import (
    Binary,
    Bind,
    Call,
    Comprehension,
    Conditional,
    Entry,
    Has,
    Ident,
    Index,
    ListExpr,
    Literal,
    Logical,
    MapExpr,
    OptionalMap,
    Select,
    Unary,
)
from interlock.rulebook.guard.tables import load_tables

AT = (0, 0)


def local(name):
    return Ident(name=name, is_absolute=False, start=0, end=0)


def absolute(name):
    return Ident(name=name, is_absolute=True, start=0, end=0)


KEYWORDS = set(load_tables().keywords)
words = st.from_regex(r"[_a-zA-Z][_a-zA-Z0-9]{0,5}", fullmatch=True)
names = words.filter(lambda word: word not in KEYWORDS | NAMESPACES | {"google"})
fields = words | st.from_regex(r"[a-zA-Z0-9_.\-/ ]{1,8}", fullmatch=True)
methods = words.filter(
    lambda word: word not in MACROS and word not in {"true", "false", "null", "in"}
)
idents = st.builds(local, names)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 2**64 - 1).map(Uint),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.binary(max_size=8),
)
leaves = st.one_of(
    st.builds(lambda value: Literal(value, *AT), values),
    idents,
    st.builds(absolute, names),
    st.just(local("google.protobuf.Duration")),
)


def logical(operator, operands):
    """A chain as the parser makes it: flat."""
    flat = []
    for operand in operands:
        is_same = isinstance(operand, Logical) and operand.operator == operator
        flat.extend(operand.operands if is_same else (operand,))
    return Logical(operator, tuple(flat), *AT)


def lists(children):
    def build(elements):
        optional = tuple(i for i, (_, is_optional) in enumerate(elements) if is_optional)
        return ListExpr(tuple(element for element, _ in elements), optional, *AT)

    return st.lists(st.tuples(children, st.booleans()), max_size=3).map(build)


def calls(children):
    args = st.lists(children, max_size=3).map(tuple)
    qualified = st.sampled_from([name for name in FUNCTIONS if "." in name])
    functions = names.filter(lambda name: name != "has")
    return st.one_of(
        st.builds(lambda name, a: Call(name, None, a, *AT), functions | qualified, args),
        st.builds(lambda name, target, a: Call(name, target, a, *AT), methods, children, args),
    )


def macros(children):
    def two(macro, iterated, variables, condition, result):
        pair = tuple(local(name) for name in variables)
        return Comprehension(macro, iterated, pair, condition, result, *AT)

    predicates = st.sampled_from(["all", "exists", "exists_one", "existsOne"])
    pairs = st.lists(names, min_size=2, max_size=2, unique=True)
    return st.one_of(
        st.builds(two, predicates, children, names.map(lambda n: [n]), children, st.none()),
        st.builds(two, predicates, children, pairs, children, st.none()),
        st.builds(two, st.just("filter"), children, names.map(lambda n: [n]), children, st.none()),
        st.builds(
            two, st.just("map"), children, names.map(lambda n: [n]), st.none() | children, children
        ),
        st.builds(
            two,
            st.sampled_from(["transformList", "transformMap", "transformMapEntry"]),
            children,
            pairs,
            st.none() | children,
            children,
        ),
        st.builds(lambda v, x, body: Bind(v, x, body, *AT), idents, children, children),
        st.builds(
            lambda macro, x, v, body: OptionalMap(macro, x, v, body, *AT),
            st.sampled_from(["optMap", "optFlatMap"]),
            children,
            idents,
            children,
        ),
    )


def composed(children):
    entry = st.builds(lambda k, v, o: Entry(k, v, o, *AT), children, children, st.booleans())
    binary = st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in"])
    return st.one_of(
        st.builds(lambda x, f, o: Select(x, f, o, *AT), children, fields, st.booleans()),
        st.builds(lambda x, f: Has(x, f, *AT), children, fields),
        st.builds(lambda x, i, o: Index(x, i, o, *AT), children, children, st.booleans()),
        st.builds(lambda o, x: Unary(o, x, *AT), st.sampled_from("!-"), children),
        st.builds(lambda o, a, b: Binary(o, a, b, *AT), binary, children, children),
        st.builds(
            logical, st.sampled_from(["&&", "||"]), st.lists(children, min_size=2, max_size=4)
        ),
        st.builds(lambda c, a, b: Conditional(c, a, b, *AT), children, children, children),
        st.lists(entry, max_size=3).map(lambda entries: MapExpr(tuple(entries), *AT)),
        lists(children),
        calls(children),
        macros(children),
    )


expressions = st.recursive(leaves, composed, max_leaves=12)


@settings(max_examples=600, deadline=None)
@given(expressions)
def test_written_expression_is_read_back_as_itself(expr):
    text = unparse(expr)
    assert parse(text, nesting_max=None) == expr, text
    assert unparse(parse(text, nesting_max=None)) == text


@given(texts, st.binary(max_size=20))
def test_written_text_and_bytes_are_read_back_exactly(text, data):
    assert parse(unparse(Literal(text, *AT))).value == text
    assert parse(unparse(Literal(data, *AT))).value == data
