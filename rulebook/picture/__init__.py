"""A state graph as a picture: Mermaid, DOT, JSON and SVG.

Responsible for what `interlock graph` shows. `outline` is what every form draws; each form has a
module of its own. The same graph always gives the same text. Never decides what a rule means.
"""

from interlock.rulebook.picture.difference import outline_difference
from interlock.rulebook.picture.document import to_document
from interlock.rulebook.picture.dot import to_dot
from interlock.rulebook.picture.mermaid import to_mermaid
from interlock.rulebook.picture.outline import Highlight, Outline, narrow, outline
from interlock.rulebook.picture.svg import to_svg
from interlock.rulebook.picture.trace import Trace, strangers, trace_of, with_trace

__all__ = [
    "Highlight",
    "Outline",
    "Trace",
    "narrow",
    "outline",
    "outline_difference",
    "strangers",
    "to_document",
    "to_dot",
    "to_mermaid",
    "to_svg",
    "trace_of",
    "with_trace",
]
