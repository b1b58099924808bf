"""The page about sources tells of every type there is, and each map names the page it follows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from interlock.interpreter.sources import NORMALISERS
from interlock.schemas import load, source_map, source_maps

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/sources.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z-]+)` \| [^|]+ \| [^|]+ \| `[a-z_]+` \| [^|]+ \|$", re.MULTILINE)


def test_the_table_of_senders_is_the_registry():
    types = sorted({*NORMALISERS, *source_maps()} - {"ingest"})
    assert ROW.findall(PAGE) == types
    assert load("rulebook.v1.json")["$defs"]["source"]["properties"]["type"]["enum"] == types


def test_every_way_to_authenticate_is_told_of():
    for name in load("rulebook.v1.json")["$defs"]["source_auth"]["properties"]:
        assert f"`{name}`" in PAGE, name


def test_the_maps_listed_are_the_files_there_are():
    files = sorted(path.stem for path in (ROOT / "schemas/sources").glob("*.yaml"))
    assert list(source_maps()) == files


@pytest.mark.parametrize("type_", source_maps())
def test_a_map_names_its_page_and_can_be_copied_into_a_rulebook(type_):
    text = source_map(type_)
    assert re.search(r"^# https://\S+$", text, re.MULTILINE)
    assert "\ntype: json\n" in text
