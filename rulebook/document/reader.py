"""YAML text to a positioned document.

Responsible for YAML 1.2 core semantics over libyaml's events: string keys, no implicit surprises,
duplicate keys, one document, and limits on size, depth and aliases that hold before anything is
walked. The only module that knows the YAML library. Never knows what a key means.
"""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING, Any

import yaml
from msgspec import Struct
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # re-exported from its C part

from interlock.rulebook.catalogue import finding
from interlock.rulebook.diagnostics import Diagnostic, Label
from interlock.rulebook.document.characters import check_characters
from interlock.rulebook.document.nodes import MapNode, Place, SeqNode
from interlock.rulebook.document.positions import PLAIN, skip_properties
from interlock.rulebook.document.scalars import resolve_plain
from interlock.rulebook.document.yaml_errors import explain_yaml_error
from interlock.rulebook.source import SourceFile, Span

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT_MAX = 16 * 1024 * 1024
DEPTH_MAX = 64
ALIASES_MAX = 100
EXPANSION_MAX = 50_000
_INT64 = 2**63


class Reading(Struct, frozen=True):
    """What reading gave: the top-level mapping unless the text is unreadable, and the findings."""

    root: MapNode | None
    diagnostics: tuple[Diagnostic, ...]


class _Refused(Exception):  # noqa: N818 - no error of the program, and never seen outside
    """The text cannot be read further; holds the one finding that says why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def read_document(source: SourceFile) -> Reading:
    """Read one YAML document whose top level is a mapping.

    Returns:
        The document with every duplicate key reported (its first value is kept), or without a root
        when the text is not YAML, too large, too deep or expands too far.
    """
    if len(source.text) > TEXT_MAX:
        limit = finding(
            "Y001",
            f"the file has {len(source.text):,} characters; at most {TEXT_MAX:,} are read",
            Span(source, 0, 0),
        )
        return Reading(None, (limit,))
    if forbidden := check_characters(source):
        return Reading(None, tuple(forbidden))
    builder = _Builder(source)
    try:
        root = builder.build()
    except _Refused as refused:
        return Reading(None, (*builder.diagnostics, refused.diagnostic))
    except yaml.MarkedYAMLError as error:
        return Reading(None, (*builder.diagnostics, _explain(source, error)))
    return Reading(root, tuple(builder.diagnostics))


def _explain(source: SourceFile, error: yaml.MarkedYAMLError) -> Diagnostic:
    mark: Any = error.problem_mark or error.context_mark
    context: Any = error.context_mark
    return explain_yaml_error(
        source,
        problem=error.problem or error.context or "",
        at=mark.index if mark else 0,
        began=context.index if context else None,
    )


class _Builder:
    """Builds nodes from the event stream; one per document."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.diagnostics: list[Diagnostic] = []
        self._next: Callable[[], Any] = CParser(source.text).get_event
        self._anchors: dict[str, tuple[Any, Place, int]] = {}
        self._open_anchors: set[str] = set()
        self._depth = 0
        self._aliases = 0
        self._nodes = 0  # literal nodes read so far, and those that aliases stand for
        self._expanded = 0

    def build(self) -> MapNode:
        self._next()  # stream start
        if isinstance(self._next(), yaml.StreamEndEvent):
            raise self._refuse("Y001", "the file is empty", 0, 0)
        value, place = self._value(self._next())
        self._next()  # document end
        after = self._next()
        if not isinstance(after, yaml.StreamEndEvent):
            start = after.start_mark.index
            raise self._refuse(
                "Y001",
                "a second YAML document begins here; a rulebook is one document",
                start,
                min(start + 3, len(self.source.text)),
                help="put it in a file of its own",
            )
        if not isinstance(value, MapNode):
            raise self._refuse(
                "Y005",
                f"a rulebook is a mapping such as `severity_matrix:`, this is {_kind(value)}",
                place[0],
                place[1],
            )
        return value

    def _value(self, event: Any) -> tuple[Any, Place]:
        self._nodes += 1
        kind = type(event)
        if kind is yaml.ScalarEvent:
            return self._scalar(event)
        if kind is yaml.AliasEvent:
            return self._alias(event)
        anchor, before = event.anchor, self._nodes + self._expanded
        if anchor is not None:
            self._open_anchors.add(anchor)
            self._anchors.pop(anchor, None)
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise self._refuse(
                "Y010", f"nested deeper than {DEPTH_MAX} levels", event.start_mark.index, None
            )
        self._check_tag(event, "map" if kind is yaml.MappingStartEvent else "seq")
        node = self._mapping(event) if kind is yaml.MappingStartEvent else self._sequence(event)
        self._depth -= 1
        place: Place = (node.start, node.end, None)
        if anchor is not None:
            self._open_anchors.discard(anchor)
            self._anchors[anchor] = (node, place, self._nodes + self._expanded - before + 1)
        return node, place

    def _scalar(self, event: Any) -> tuple[Any, Place]:
        start, end = event.start_mark.index, event.end_mark.index
        style = event.style or PLAIN
        if event.anchor is not None or event.tag is not None:
            start = skip_properties(self.source.text, start, end)
            self._check_tag(event, "str")
        text: str = event.value
        place = (start, end, style)
        value: Any = text
        if style == PLAIN and event.implicit[0]:
            value = resolve_plain(text)
            if isinstance(value, int | float):
                self._check_number(value, start, end)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, place, 1)
        return value, place

    def _check_number(self, value: float, start: int, end: int) -> None:
        if not (-_INT64 <= value < _INT64 if isinstance(value, int) else math.isfinite(value)):
            raise self._refuse(
                "Y005",
                "numbers are finite, and whole ones fit 64 bits",
                start,
                end,
                help="quote it where a string is meant",
            )

    def _alias(self, event: Any) -> tuple[Any, Place]:
        start, end = event.start_mark.index, event.end_mark.index
        name = event.anchor
        if name in self._open_anchors:
            raise self._refuse("Y010", f"`*{name}` stands inside what it repeats", start, end)
        if name not in self._anchors:
            raise self._refuse("Y001", f"no anchor `&{name}` stands before this alias", start, end)
        value, place, size = self._anchors[name]
        self._aliases += 1
        self._expanded += size - 1
        if self._aliases > ALIASES_MAX:
            raise self._refuse("Y010", f"more than {ALIASES_MAX} aliases", start, end)
        if self._expanded > EXPANSION_MAX:
            raise self._refuse(
                "Y010",
                f"aliases expand to more than {EXPANSION_MAX:,} values",
                start,
                end,
                help="write the repeated parts out, or as a named guard, hook or runbook",
            )
        return value, place

    def _sequence(self, event: Any) -> SeqNode:
        text = self.source.text
        start = event.start_mark.index
        if event.anchor is not None or event.tag is not None:
            start = skip_properties(text, start, len(text))
        node = SeqNode(self.source, start)
        places = node.places
        following = self._next()
        while type(following) is not yaml.SequenceEndEvent:
            value, place = self._value(following)
            node.append(value)
            places.append(place)
            following = self._next()
        node.end = _end(following, places[-1][1] if places else start)
        return node

    def _mapping(self, event: Any) -> MapNode:
        text = self.source.text
        start = event.start_mark.index
        if event.anchor is not None or event.tag is not None:
            start = skip_properties(text, start, len(text))
        node = MapNode(self.source, start)
        places, key_places = node.places, node.key_places
        place: Place = (start, start, None)
        following = self._next()
        while type(following) is not yaml.MappingEndEvent:
            key, key_place = self._key(following)
            value, place = self._value(self._next())
            if key in node:
                self._report_duplicate(key, key_place, key_places[key])
            else:
                node[key] = value
                places[key] = place
                key_places[key] = key_place
            following = self._next()
        node.end = _end(following, place[1])
        if not all(map(str.isascii, node)):
            self._check_normal_forms(node)
        return node

    def _key(self, event: Any) -> tuple[str, Place]:
        start, end = event.start_mark.index, event.end_mark.index
        if type(event) is yaml.AliasEvent:
            value, _ = self._alias(event)
            if isinstance(value, str):
                return value, (start, end, None)
        if type(event) is not yaml.ScalarEvent:
            raise self._refuse("Y005", "a key must be a plain word or a string", start, None)
        self._nodes += 1
        key: str = event.value
        if event.anchor is not None or event.tag is not None:
            start = skip_properties(self.source.text, start, end)
            self._check_tag(event, "str")
            if event.anchor is not None:
                self._anchors[event.anchor] = (key, (start, end, event.style or PLAIN), 1)
        if key == "<<" and not event.style:
            raise self._refuse(
                "Y010",
                "merge keys (`<<`) are not part of YAML 1.2",
                start,
                end,
                help="write the keys out; an alias may stand for a whole value",
            )
        if not key.isprintable():
            raise self._refuse("Y005", f"the key {key!a} holds a control character", start, end)
        return key, (start, end, event.style or PLAIN)

    def _check_tag(self, event: Any, kind: str) -> None:
        tag = event.tag
        if tag in (None, "!", f"tag:yaml.org,2002:{kind}"):
            return
        start = self.source.text.find("!", event.start_mark.index)
        end = start
        while end < len(self.source.text) and not self.source.text[end].isspace():
            end += 1
        raise _Refused(explain_yaml_error(self.source, problem="unknown tag", at=start, until=end))

    def _report_duplicate(self, key: str, place: Place, first: Place) -> None:
        before = Span(self.source, first[0], first[1])
        self.diagnostics.append(
            finding(
                "Y002",
                f"the key `{key}` is written twice: here and on line {before.line}",
                Span(self.source, place[0], place[1]),
                labels=(Label(before, "first written here"),),
                help="keep one of the two",
            )
        )

    def _check_normal_forms(self, node: MapNode) -> None:
        seen: dict[str, str] = {}
        for key, place in node.key_places.items():
            normal = unicodedata.normalize("NFC", key)
            first = seen.setdefault(normal, key)
            if first == key:
                continue
            before = node.key_places[first]
            self.diagnostics.append(
                finding(
                    "Y002",
                    f"the key `{key}` looks like the one on line "
                    f"{Span(self.source, before[0], before[1]).line} but is spelled with other "
                    "Unicode characters",
                    Span(self.source, place[0], place[1]),
                    labels=(Label(Span(self.source, before[0], before[1]), "looks the same"),),
                    help="write both in Unicode normal form C and keep one",
                )
            )

    def _refuse(
        self,
        code: str,
        message: str,
        start: int,
        end: int | None,
        help: str | None = None,  # noqa: A002 - the attribute's name
    ) -> _Refused:
        span = Span(
            self.source, start, min(start + 1, len(self.source.text)) if end is None else end
        )
        return _Refused(finding(code, message, span, help=help))


def _end(event: Any, last: int) -> int:
    """Return where a collection ends: after its bracket, or in block style with its last value."""
    after: int = event.end_mark.index
    return after if after > event.start_mark.index else last


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else "a single value"
