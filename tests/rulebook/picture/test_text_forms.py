from __future__ import annotations

import json
import re

import jsonschema
import pytest

from interlock import schemas
from interlock.rulebook.picture import Highlight, outline, to_document, to_dot, to_mermaid


@pytest.mark.parametrize("write", [to_mermaid, to_dot, to_document])
def test_the_same_rulebook_always_gives_the_same_text(drawn, write):
    assert write(drawn) == write(drawn)


@pytest.mark.parametrize("highlight", [None, *Highlight])
def test_the_json_is_as_its_schema_says(graph, highlight):
    schema = schemas.load("graph.v1.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(to_document(outline(graph, highlight)))
    jsonschema.validate(document, schema)
    assert document["digest"] == graph.digest
    assert [one["rule"] for one in document["transitions"]] == [rule.id for rule in graph.rules]


def test_the_schema_describes_every_key_that_is_written(tricky):
    schema = schemas.load("graph.v1.json")
    document = json.loads(to_document(outline(tricky)))
    gated = next(one for one in document["transitions"] if one["gate"])
    for written, described in (
        (document, schema),
        (document["states"][0], schema["$defs"]["state"]),
        (gated, schema["$defs"]["transition"]),
        (gated["gate"], schema["$defs"]["gate"]),
        (gated["guard"], schema["$defs"]["guard"]),
        (gated["gate"]["expires"], schema["$defs"]["duration"]),
    ):
        assert set(written) == set(described["required"]) == set(described["properties"])


def test_mermaid_styles_the_links_it_points_out(tricky):
    text = to_mermaid(outline(tricky, Highlight.TIMERS))
    links = [line for line in text.splitlines() if re.search(r"-->|-\.->", line)]
    styled = re.search(r"linkStyle ([\d,]+) ", text)[1].split(",")
    assert all("-.->" in links[int(number)] for number in styled)
    assert len(styled) == sum("-.->" in link for link in links)


def test_no_text_of_the_author_ends_a_label(tricky):
    for text in (to_mermaid(outline(tricky)), to_dot(outline(tricky))):
        line = next(line for line in text.splitlines() if "script" in line)
        assert re.search(r"</?script", line) is None or '\\"' in line


def test_a_highlight_with_nothing_to_point_out_changes_nothing(tricky):
    plain = to_mermaid(outline(tricky))
    assert "classDef" not in plain
    assert to_mermaid(outline(tricky, Highlight.UNREACHABLE)).startswith(plain)
