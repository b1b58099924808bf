"""Rulebook-like YAML in any layout: a hypothesis strategy for texts with comments in odd places."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = [
    *["a", "on", "1:30", "2026-01-05", "x y", "it's", 'say "x"', "", "{{ x }}", "a: b", "é", "#c"],
    *["- a", "null", "0x1F", "~", "tail:", "90m", "back\\slash", "a, b", "?", "=", "a\nb", "1_0"],
]
GUARDS = ["a==1", "incident.x  ==  'y'", "a&&( b||c )", "{'k':v}.k", "a ? b:c", "(((", "r'\\d'"]
PLAIN_VALUES = ["15", "0x10", "true", "1.50", "~", "no"]
KEYS = ["zebra", "on", "a b", "id", "match"]
SECTION_SHAPES = {
    "name": "scalar",
    "version": "scalar",
    "severity_matrix": ["post_mortem", "sla_minutes", "notification_channels", "odd"],
    "guards": "guards",
    "runbooks": ["steps", "match", "description"],
    "post_mortem": "fields",
    "workflow_rules": ["action", "validator", "transition", "after", "id", "gate"],
    "surprise": ["b", "a"],
}


@st.composite
def documents(draw):
    """Return a text; it may be no valid YAML."""
    writer = _Writer(draw)
    lines = writer.comments(0)
    if draw(st.booleans()):
        lines += ["---"]
    names = draw(st.lists(st.sampled_from(sorted(SECTION_SHAPES)), unique=True, min_size=1))
    for name in names:
        lines += writer.comments(0)
        lines += writer.pair(name, 0, depth=0)
    lines += writer.comments(0)
    ending = draw(st.sampled_from(["\n", "\n", "\n\n\n", ""]))
    text = "\n".join(lines) + ending
    return text.replace("\n", "\r\n") if draw(st.booleans()) and "\n\r" not in text else text


class _Writer:
    def __init__(self, draw):
        self.draw = draw
        self.count = 0

    def one_of(self, options):
        return self.draw(st.sampled_from(options))

    def comment(self):
        self.count += 1
        return f"# {self.count}{self.one_of(['', ' trailing  ', ': x', ' [a, {b', ' # more'])}"

    def comments(self, indent):
        lines = []
        for kind in self.draw(st.lists(st.sampled_from(["", "#", "#"]), max_size=3)):
            margin = " " * max(0, indent + self.one_of([0, 0, 0, -2, 2, 4]))
            lines.append(margin + self.comment() if kind else self.one_of(["", "   "]))
        return lines if self.one_of([False, False, True]) else []

    def end(self):
        gap = self.one_of([" ", "  ", "        "])
        return gap + self.comment() if self.one_of([False, False, False, True]) else ""

    def pair(self, key, indent, depth):
        start = " " * indent + self.key(key) + ":"
        return self.value(start, indent, depth, self.kind(key), can_be_flat=True)

    def key(self, key):
        return self.one_of([key, f'"{key}"', f"'{key}'"])

    def kind(self, key):
        if key in ("validator", "match", "guards"):
            return "guard"
        return "duration" if key == "after" else "any"

    def value(self, start, indent, depth, kind, *, can_be_flat):
        shape = self.one_of(["scalar", "map", "list", "flow"] if depth < 3 else ["scalar", "flow"])
        if shape == "scalar":
            return self.scalar(start, indent, kind)
        if shape == "flow":
            return [f"{start} {self.flow(depth, indent)}{self.end()}"]
        step = self.one_of([2, 2, 4, 3])
        if shape == "list" and can_be_flat and self.one_of([True, False]):
            step = 0
        lines = [start + self.end()] if can_be_flat else []
        inner = indent + step if can_be_flat else indent + 2
        body = (
            self.block_map(inner, depth + 1)
            if shape == "map"
            else self.block_list(inner, depth + 1)
        )
        if can_be_flat:
            return [*lines, *self.comments(inner), *body]
        return [start + " " + body[0].lstrip(), *body[1:]]

    def block_map(self, indent, depth):
        pool = self.one_of([*(s for s in SECTION_SHAPES.values() if isinstance(s, list)), KEYS])
        keys = self.draw(st.lists(st.sampled_from(pool), unique=True, min_size=1, max_size=4))
        lines = []
        for number, key in enumerate(keys):
            lines += self.comments(indent) if number else []
            lines += self.pair(key, indent, depth)
        return lines

    def block_list(self, indent, depth):
        lines = []
        for number in range(self.one_of([1, 2, 3])):
            lines += self.comments(indent) if number else []
            dash = " " * indent + "-"
            lines += self.value(dash, indent, depth, "guard", can_be_flat=False)
        return lines

    def scalar(self, start, indent, kind):
        if self.one_of([True, False, False, False]):
            return self.block_scalar(start, indent)
        if self.one_of([True] + [False] * 9):
            return [start + self.end()]
        return [f"{start}{self.one_of([' ', '  '])}{self.text(kind)}{self.end()}"]

    def text(self, kind):
        if kind == "duration":
            return self.one_of(["90m", "1h", "'60s'", "120s", "1x"])
        pool = GUARDS + WORDS if kind == "guard" else WORDS + PLAIN_VALUES
        text = self.one_of(pool)
        single = text.replace("'", "''")
        double = text.replace("\\", "\\\\").replace('"', '\\"')
        quoted = [f"'{single}'", f'"{double}"']
        is_simple = text.replace("=", "").replace(" ", "").isalnum()
        return self.one_of([text, *quoted] if is_simple or text in PLAIN_VALUES else quoted)

    def block_scalar(self, start, indent):
        mark = self.one_of(["|", ">", "|-", ">-", "|+", ">+", "|2", ">2-"])
        content = indent + (2 if "2" in mark else self.one_of([2, 5]))
        lines = [f"{start} {mark}{self.end()}"]
        options = st.sampled_from(["a  ==b", "&& c", "", "  deep", "# no"])
        written = self.draw(st.lists(options, max_size=4))
        return lines + [" " * content + line if line else "" for line in written]

    def flow(self, depth, indent):
        items = [self.flow_item(depth, indent) for _ in range(self.one_of([0, 1, 2, 5]))]
        separator = self.one_of([", ", ",", " ,  ", ",\n" + " " * (indent + 3)])
        if self.one_of([True] + [False] * 7):
            separator = f", {self.comment()}\n{' ' * (indent + 3)}"
        if self.one_of([True, False]):
            return "[" + separator.join(items) + "]"
        keys = self.draw(st.permutations(["transition", "action", "id", "z", "after"]))
        return "{" + separator.join(f"{k}: {v}" for k, v in zip(keys, items, strict=False)) + "}"

    def flow_item(self, depth, indent):
        if depth < 4 and self.one_of([True, False, False]):
            return self.flow(depth + 1, indent)
        return self.text("guard") if self.one_of([True, False]) else self.text("any")
