"""What a drawing must be for people to read it: whole, apart, inside, and heard too."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from interlock.rulebook import compile_rulebook
from interlock.rulebook.picture import Highlight, outline, to_svg
from interlock.rulebook.picture.graphviz import LayoutUnavailableError, arrange
from interlock.rulebook.picture.plan import make_plan

pytest.importorskip("pygraphviz", reason="the drawing is laid out by pygraphviz, an extra")

NAMESPACE = "{http://www.w3.org/2000/svg}"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
HEADLESS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
MEASURE = """
const box = e => (b => [b.left, b.top, b.right, b.bottom])(e.getBoundingClientRect())
const svg = document.querySelector('svg'), page = box(svg), wrong = []
const inside = (a, b) => a[0] > b[0] - 1 && a[1] > b[1] - 1 && a[2] < b[2] + 1 && a[3] < b[3] + 1
let texts = 0
for (const text of svg.querySelectorAll('text')) {
  texts += 1
  const around = [...text.parentElement.children].filter(e => /rect|polygon/.test(e.tagName))
  const isLoose = text.matches('.heading, .legend')
  const holds = isLoose ? [page] : around.map(box)
  if (!holds.some(b => inside(box(text), b))) wrong.push(text.textContent)
}
document.title = JSON.stringify({texts, wrong})
"""


def elements(root, name):
    return list(root.iter(NAMESPACE + name))


def boxes_of(plan, placed):
    for key, size in plan.boxes.items():
        x, y = placed.centres[key]
        half, rise = size.width / 2, size.height / 2
        yield key, (x - half, y - rise, x + half, y + rise)


def test_no_two_boxes_overlap(drawn):
    plan = make_plan(drawn)
    for (one, a), (other, b) in combinations(boxes_of(plan, arrange(plan)), 2):
        is_apart = a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
        assert is_apart, (one, other)


def test_every_box_and_route_lies_on_the_page(drawn):
    plan = make_plan(drawn)
    placed = arrange(plan)
    for key, box in boxes_of(plan, placed):
        assert box[0] >= -1, key
        assert box[1] >= -1, key
        assert box[2] <= placed.size.width + 1, key
        assert box[3] <= placed.size.height + 1, key
    for route in placed.routes:
        assert len(route) % 3 == 1
        assert len(route) >= 4


def test_every_link_runs_from_its_tail_to_its_head(drawn):
    plan = make_plan(drawn)
    placed = arrange(plan)
    boxes = dict(boxes_of(plan, placed))
    for link, route in zip(plan.links, placed.routes, strict=True):
        for key, (x, y) in ((link.tail, route[0]), (link.head, route[-1])):
            left, top, right, bottom = boxes[key]
            assert left - 3 <= x <= right + 3, link
            assert top - 3 <= y <= bottom + 3, link


def test_it_is_xml_with_every_state_and_the_author_never_writes_markup(graph):
    root = ET.fromstring(to_svg(outline(graph), arrange))
    names = [e.text for e in elements(root, "text") if e.get("class") == "name"]
    assert names == list(graph.lifecycle.states)
    assert elements(root, "script") == []
    assert elements(root, "image") == []
    assert elements(root, "foreignObject") == []


def test_every_rule_is_told_in_the_description(graph):
    root = ET.fromstring(to_svg(outline(graph), arrange))
    told = root.find(NAMESPACE + "desc").text
    assert root.get("role") == "img"
    for rule in graph.rules:
        assert f"to {rule.target}" in told
    for name in root.get("aria-labelledby").split():
        assert root.find(f"*[@id='{name}']") is not None


def test_it_needs_nothing_from_elsewhere(drawn):
    text = to_svg(drawn, arrange)
    assert re.findall(r"https?://[^\"\s]+", text) == ["http://www.w3.org/2000/svg"]
    assert "@import" not in text
    assert "@font-face" not in text
    assert re.findall(r"url\(([^)]*)\)", text)
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", text))
    assert "prefers-color-scheme: dark" in text


def test_all_text_lies_in_the_view_box(drawn):
    root = ET.fromstring(to_svg(drawn, arrange))
    width, height = map(float, root.get("viewBox").split()[2:])
    parents = {child: parent for parent in root.iter() for child in parent}
    for text in elements(root, "text"):
        x, y, node = float(text.get("x")), float(text.get("y")), text
        while (node := parents.get(node)) is not None:
            if moved := re.fullmatch(r"translate\((\S+) (\S+)\)", node.get("transform", "")):
                x, y = x + float(moved[1]), y + float(moved[2])
        size = float(text.get("font-size", "15"))
        room = len(text.text) * size * 0.605
        start = x - room / 2 if text.get("class") in ("name", "gate-text") else x
        assert start >= 0
        assert start + room <= width
        assert size < y < height


def test_gates_timers_and_defaults_have_shapes_of_their_own(tricky):
    root = ET.fromstring(to_svg(outline(tricky), arrange))
    kinds = [e.get("class") for e in root.iter() if e.get("class")]
    assert kinds.count("gate") == 2  # the rule's, and the legend's
    assert "card timer-card" in kinds
    assert "link timer-link" in kinds
    assert "link quiet-link" in kinds
    assert "ring final" in kinds


def test_a_rule_that_leaves_every_state_is_drawn_once(tricky):
    plan = make_plan(outline(tricky))
    assert len(plan.anywheres) == 1
    assert sum(link.head == "state CANCELLED" for link in plan.links) == 1


def test_what_is_not_pointed_out_is_dimmed(tricky):
    root = ET.fromstring(to_svg(outline(tricky, Highlight.GATES), arrange))
    groups = [group.get("class") for group in elements(root, "g")]
    assert "marked mark" in groups
    assert "dim" in groups
    plain = ET.fromstring(to_svg(outline(tricky), arrange))
    assert {group.get("class") for group in elements(plain, "g")} == {None}


def test_the_same_rulebook_always_gives_the_same_drawing(drawn):
    assert to_svg(drawn, arrange) == to_svg(drawn, arrange)


def test_without_graphviz_one_sentence_says_how_to_get_it(drawn, monkeypatch):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    with pytest.raises(LayoutUnavailableError, match=r"interlock\[graph\]"):
        to_svg(drawn, arrange)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH to draw with")
def test_a_browser_finds_every_text_inside_its_shape(drawn, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        f"<meta charset=utf-8><body style='margin:0'>{to_svg(drawn, arrange)}"
        f"<script>{MEASURE}</script>",
        "utf-8",
    )
    done = subprocess.run(
        [
            CHROMIUM,
            *HEADLESS,
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    measured = re.search(r"<title>(\{.*?\})</title>", done.stdout)
    assert measured is not None
    found = json.loads(measured[1].replace("&amp;", "&"))
    assert found["texts"] > 5
    assert found["wrong"] == []


def test_layout_sees_sizes_and_no_word_of_the_author():
    words = ('incident.title == "one"', 'incident.title == "two"')
    rule = "workflow_rules: [{transition: A -> B, validator: '%s'}]"
    texts = [f"lifecycle: {{initial: A, states: [A, B]}}\n{rule % word}" for word in words]
    plans = [make_plan(outline(compile_rulebook(text))) for text in texts]
    assert arrange(plans[0]) == arrange(plans[1])


def test_lines_enter_a_card_at_its_top_and_leave_it_below(drawn):
    plan = make_plan(drawn)
    placed = arrange(plan)
    shaping = [
        (link, route)
        for link, route in zip(plan.links, placed.routes, strict=True)
        if link.is_shaping and not link.is_beside
    ]
    for link, route in shaping:
        for key, (x, _) in ((link.tail, route[0]), (link.head, route[-1])):
            if key in plan.cards:
                assert abs(x - placed.centres[key][0]) <= 1, link
