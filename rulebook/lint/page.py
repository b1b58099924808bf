"""What is known of one diagnostic code: the single source of its page and of its golden test.

Rules of this file: `bad` gives exactly this code when it is checked, `good` gives no finding at
all; a test runs both. A code is never reused or re-meant.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.rulebook.diagnostics import Diagnostic, Fix, Label, Level

if TYPE_CHECKING:
    from interlock.rulebook.source import Span


class Profile(StrEnum):
    """How much is reported: `minimal` errors alone, `strict` also what is a matter of taste."""

    MINIMAL = "minimal"
    RECOMMENDED = "recommended"
    STRICT = "strict"

    @property
    def rank(self) -> int:
        """0 for `minimal` to 2 for `strict`."""
        return list(Profile).index(self)


class Page(Struct, frozen=True, kw_only=True):
    """A diagnostic code and its explanation.

    Attributes:
        code: Catalogue code such as `X203`.
        name: Kebab-case slug of the defect.
        level: The level its findings have unless one says otherwise.
        summary: The defect in one sentence.
        why: What goes wrong in an incident because of it.
        bad: A whole rulebook that has the defect.
        good: The same rulebook without it.
        limits: What the check does not see, or None.
        since: The first version that reports it.
        profile: The least profile that reports its warnings; errors are reported in all.
        strict_level: Its level in `strict`, where that is another one.
    """

    code: str
    name: str
    level: Level
    summary: str
    why: str
    bad: str
    good: str
    limits: str | None = None
    since: str = "0.1"
    profile: Profile = Profile.RECOMMENDED
    strict_level: Level | None = None

    def finding(  # noqa: PLR0913 - the attributes of a diagnostic, all but two by name
        self,
        message: str,
        span: Span,
        *,
        help: str | None = None,  # noqa: A002 - the attribute's name
        notes: tuple[str, ...] = (),
        labels: tuple[Label, ...] = (),
        subject: str | None = None,
        level: Level | None = None,
        fix: Fix | None = None,
        trace: tuple[Label, ...] = (),
    ) -> Diagnostic:
        """Make a diagnostic of this code, at the page's level unless another is given."""
        return Diagnostic(
            code=self.code,
            name=self.name,
            level=level or self.level,
            message=message,
            span=span,
            help=help,
            notes=notes,
            labels=labels,
            subject=subject,
            fix=fix,
            trace=trace,
        )
