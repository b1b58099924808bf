"""Diagnostics as JUnit XML, for services that show test results.

Rules of this file: one suite per file, one case per finding; a file without findings has one case
that passed, so that it is seen to have been checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from interlock.rulebook.report.cells import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.diagnostics import Diagnostic


def render_junit(diagnostics: Iterable[Diagnostic], files: Iterable[str]) -> str:
    """Return the document with a line end.

    Args:
        diagnostics: The findings, in order.
        files: The names of all files that were checked.
    """
    by_file: dict[str, list[Diagnostic]] = {name: [] for name in files}
    for item in diagnostics:
        by_file.setdefault(item.span.source.name, []).append(item)
    suites = ET.Element("testsuites", name="interlock lint")
    for name, found in sorted(by_file.items()):
        suite = ET.SubElement(
            suites,
            "testsuite",
            name=clean(name),
            tests=str(max(1, len(found))),
            failures=str(len(found)),
        )
        if not found:
            ET.SubElement(suite, "testcase", classname=clean(name), name="no findings")
        for item in found:
            _add_case(suite, item)
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def _add_case(suite: ET.Element, item: Diagnostic) -> None:
    line, column = item.span.source.position(item.span.start)
    case = ET.SubElement(
        suite,
        "testcase",
        classname=clean(item.span.source.name),
        name=f"{item.code} {item.name} at {line}:{column}",
    )
    failure = ET.SubElement(case, "failure", type=item.level.value, message=clean(item.message))
    said = [f"{item.span}: {item.level.value}[{item.code}]: {item.message}"]
    said += [f"help: {item.help}"] if item.help else []
    said += [f"note: {note}" for note in item.notes]
    failure.text = "\n".join(map(clean, said))
