"""Silencing findings by comments, and saying when a comment is of no use.

Errors of the language cannot be silenced: such a rulebook does not run. While there are any, unused
comments are not reported, for what they silence may only be hidden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from interlock.rulebook.diagnostics import Diagnostic, Fix, Level, replacing
from interlock.rulebook.guard.suggest import nearest
from interlock.rulebook.lint.comments import Comment, find_comments
from interlock.rulebook.lint.page import Page
from interlock.rulebook.lint.settings import is_language_error
from interlock.rulebook.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from interlock.rulebook.document.nodes import MapNode
    from interlock.rulebook.source import SourceFile

USELESS = Page(
    code="T711",
    name="useless-suppression",
    level=Level.WARNING,
    summary="A comment that silences a finding, but finds none, is over, or gives no reason.",
    why=(
        "It would silence the next finding of that kind as well, without anybody having decided "
        "so; and without a reason nobody dares to remove it."
    ),
    bad="""\
severity_matrix:
  # interlock: ignore[T703] agreed with the vendor
  P1: {sla_minutes: 15}
  P2: {sla_minutes: 60}
""",
    good="""\
severity_matrix:
  # interlock: ignore[T703] agreed with the vendor
  P1: {sla_minutes: 60}
  P2: {sla_minutes: 15}
""",
    limits=(
        "While the rulebook has errors, unused comments are not reported. A missing reason is "
        "reported in the profile `strict` only."
    ),
)


class Silenced(NamedTuple):
    """A finding that a comment silences."""

    finding: Diagnostic
    comment: Comment


class Suppressed(Struct, frozen=True):
    """What is left of the findings, what was silenced, and what is wrong with the comments."""

    kept: tuple[Diagnostic, ...]
    silenced: tuple[Silenced, ...] = ()


class Rules(NamedTuple):
    """What comments are held to.

    Attributes:
        codes: Every code there is.
        today: The day on which snoozes are looked at; None: none is over.
        is_reason_required: Whether a comment must say why.
    """

    codes: frozenset[str]
    today: date | None = None
    is_reason_required: bool = False


def suppress(
    source: SourceFile, document: MapNode | None, found: Iterable[Diagnostic], rules: Rules
) -> Suppressed:
    """Silence what the comments of a text name, and add what is wrong with the comments.

    Args:
        source: The text the findings are about.
        document: What it holds, None when it could not be read.
        found: The findings.
        rules: What comments are held to.
    """
    findings = tuple(found)
    comments = find_comments(source, document)
    if not comments:
        return Suppressed(findings)
    active = [one for one in comments if not one.is_expired(rules.today)]
    kept, silenced = [], []
    for item in findings:
        comment = next((one for one in active if _covers(one, item)), None)
        if comment is None:
            kept.append(item)
        else:
            silenced.append(Silenced(item, comment))
    is_whole = not any(is_language_error(item) for item in findings)
    for one in comments:
        kept += _problems(one, findings, rules, is_whole=is_whole)
    return Suppressed(tuple(kept), tuple(silenced))


def _covers(comment: Comment, item: Diagnostic) -> bool:
    is_near = comment.first_line <= item.span.line <= comment.last_line
    is_here = item.span.source is comment.span.source and is_near
    return is_here and item.code in comment.codes and not is_language_error(item)


def _problems(
    one: Comment, found: tuple[Diagnostic, ...], rules: Rules, *, is_whole: bool
) -> Iterator[Diagnostic]:
    used = {code for code in one.codes if any(i.code == code and _covers(one, i) for i in found)}
    is_in_vain = is_whole and not used and rules.codes.issuperset(one.codes)
    for code in one.codes:
        if code not in rules.codes:
            near = nearest(code, sorted(rules.codes))
            remedy = f"did you mean `{near}`?" if near else "`interlock explain` lists all codes"
            yield USELESS.finding(f"`{code}` is no diagnostic code", one.span, help=remedy)
        elif is_whole and code not in used and not one.is_expired(rules.today):
            yield USELESS.finding(
                f"there is no {code} here to ignore",
                one.span,
                help="remove the comment" if is_in_vain else f"remove {code} from the comment",
                fix=_without(one) if is_in_vain else None,
            )
    yield from _problems_of_date(one, rules)
    if not one.reason and rules.is_reason_required:
        yield USELESS.finding(
            "this comment gives no reason", one.span, help="say why after the bracket"
        )


def _problems_of_date(one: Comment, rules: Rules) -> Iterator[Diagnostic]:
    if one.is_snooze and one.until is None:
        yield USELESS.finding(
            "this snooze has no date that it holds until",
            one.span,
            help="such as `snooze[X210] until 2027-01-31 reason`",
        )
    elif one.is_expired(rules.today):
        yield USELESS.finding(
            f"this snooze was over on {one.until}",
            one.span,
            help="repair what it was for, or decide anew until when",
        )


def _without(comment: Comment) -> Fix:
    """Return the fix that removes a comment, with its line where it stands alone."""
    source, start, end = comment.span.source, comment.span.start, comment.span.end
    line = source.position(start)[0]
    begin = source.offset(line, 1)
    if comment.is_alone:
        stop = source.text.find("\n", end)
        return replacing(Span(source, begin, len(source.text) if stop < 0 else stop + 1), "")
    while start > begin and source.text[start - 1] in " \t":
        start -= 1
    return replacing(Span(source, start, end), "")
