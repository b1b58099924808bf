"""The looks of an SVG, by day and by night.

Responsible for colours and type as CSS in the drawing itself: no variables, no imports and no
fonts from elsewhere, so that every viewer shows the same. Knows no shape.
"""

from __future__ import annotations

from typing import NamedTuple

ROOT = "interlock-graph"
_SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
_MONO = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace'

_SHAPES = (
    f"text {{ font-family: {_MONO}; dominant-baseline: central; }}",
    f".name {{ font-family: {_SANS}; font-size: 15px; font-weight: 600; }}",
    ".name, .gate-text, .anywhere-name, .state-note { text-anchor: middle; }",
    f".state-note {{ font-family: {_SANS}; font-size: 11.5px; }}",
    ".note, .state-note { font-weight: 600; }",
    ".removed .card, .removed .state { stroke-dasharray: 2 3; }",
    f".anywhere-name {{ font-family: {_SANS}; font-size: 12.5px; font-style: italic; }}",
    f".heading {{ font-family: {_SANS}; font-size: 17px; font-weight: 650; }}",
    f".legend {{ font-family: {_SANS}; font-size: 12px; }}",
    ".state { stroke-width: 1.6; }",
    ".ring { fill: none; stroke-width: 1.2; }",
    ".card { stroke-width: 1; }",
    ".timer-card { stroke-dasharray: 5 3; }",
    ".gate { stroke-width: 1.5; }",
    ".link { fill: none; stroke-width: 1.5; }",
    ".timer-link { stroke-dasharray: 6 4; }",
    ".quiet-link { stroke-width: 1.1; }",
    ".guard { font-weight: 500; }",
    ".dim { opacity: .3; }",
    ".marked .link, .marked .card, .marked .gate, .marked .state { stroke-width: 2.6; }",
)


class Palette(NamedTuple):
    """Colours; names ending in `_fill` are surfaces, the others lines and letters."""

    page: str
    ink: str
    muted: str
    link: str
    quiet: str
    timer: str
    gate: str
    gate_fill: str
    card: str
    card_fill: str
    event: str
    action: str
    initial: str
    initial_fill: str
    open: str
    open_fill: str
    resolved: str
    resolved_fill: str
    final: str
    final_fill: str
    mark: str
    added: str
    removed: str


DAY = Palette(
    page="#ffffff", ink="#1c2430", muted="#6a7482", link="#5b6675", quiet="#a3acb8",
    timer="#b4540a", gate="#8333c4", gate_fill="#f6edff", card="#d5dce5", card_fill="#f8fafc",
    event="#1a56b0", action="#0b7264", initial="#1673c4", initial_fill="#e4f1fd",
    open="#4b5666", open_fill="#eef1f5", resolved="#188448", resolved_fill="#e1f6e8",
    final="#4b5666", final_fill="#ffffff", mark="#e0480b", added="#188448", removed="#c02637",
)  # fmt: skip
NIGHT = Palette(
    page="#0f141b", ink="#e3e9f0", muted="#8d98a7", link="#8b97a7", quiet="#566170",
    timer="#f0a04b", gate="#c08bf5", gate_fill="#261a36", card="#303a47", card_fill="#171e28",
    event="#7db4f7", action="#5fd0bd", initial="#57aef5", initial_fill="#12293f",
    open="#8b97a7", open_fill="#1d2530", resolved="#4fc47f", resolved_fill="#12301f",
    final="#8b97a7", final_fill="#0f141b", mark="#ff7a3d", added="#4fc47f", removed="#ff6b78",
)  # fmt: skip


def stylesheet() -> str:
    """Return the CSS of a drawing; every rule is confined to it."""
    day = [*_SHAPES, *_colours(DAY)]
    night = "\n".join(f"  .{ROOT} {rule}" for rule in _colours(NIGHT))
    confined = "\n".join(_confined(rule) for rule in day)
    return f"\n{confined}\n@media (prefers-color-scheme: dark) {{\n{night}\n}}\n"


def _confined(rule: str) -> str:
    selectors, brace, body = rule.partition(" {")
    scoped = ", ".join(f".{ROOT} {one.strip()}" for one in selectors.split(","))
    return f"{scoped}{brace}{body}"


def _colours(of: Palette) -> list[str]:
    rules = [
        f".page {{ fill: {of.page}; }}",
        f"text {{ fill: {of.ink}; }}",
        f".keyword {{ fill: {of.muted}; }}",
        f".legend {{ fill: {of.muted}; }}",
        f".event {{ fill: {of.event}; }}",
        f".timer {{ fill: {of.timer}; }}",
        f".action {{ fill: {of.action}; }}",
        f".quiet-text {{ fill: {of.muted}; }}",
        f".card {{ fill: {of.card_fill}; stroke: {of.card}; }}",
        f".quiet-card {{ fill: {of.page}; stroke: none; }}",
        f".timer-card {{ stroke: {of.timer}; }}",
        f".gate {{ fill: {of.gate_fill}; stroke: {of.gate}; }}",
        f".gate-text {{ fill: {of.gate}; }}",
        f".start {{ fill: {of.ink}; }}",
        f".anywhere {{ fill: {of.page}; stroke: {of.quiet}; }}",
        f".anywhere-name {{ fill: {of.muted}; }}",
    ]
    for name, line in (("link", of.link), ("timer-link", of.timer), ("quiet-link", of.quiet)):
        rules.append(f".{name} {{ stroke: {line}; }}")
        rules.append(f".{name}-head {{ fill: {line}; }}")
    for role in ("initial", "open", "resolved", "final"):
        line, fill = getattr(of, role), getattr(of, f"{role}_fill")
        rules.append(f".state.{role} {{ fill: {fill}; stroke: {line}; }}")
        rules.append(f".ring.{role} {{ stroke: {line}; }}")
    marks = {"mark": of.mark, "changed": of.mark, "added": of.added, "removed": of.removed}
    for mark, line in marks.items():
        rules += [
            f".marked.{mark} .{name} {{ stroke: {line}; }}"
            for name in ("link", "card", "gate", "state")
        ]
        rules.append(f".{mark} .note, .{mark} .state-note {{ fill: {line}; }}")
        rules.append(f".{mark}-link-head {{ fill: {line}; }}")
    return rules
