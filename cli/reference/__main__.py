"""`python -m interlock.cli.reference`: compare the generated pages with `docs/`, or write them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import interlock.cli
from interlock.cli.exits import ExitStatus
from interlock.cli.reference.pages import PAGES

DOCS = Path(interlock.cli.__file__).parents[1] / "docs"


@click.command("python -m interlock.cli.reference")
@click.option("--write", is_flag=True, help="Write the pages instead of comparing them.")
def command(*, write: bool) -> None:
    """Generate the reference pages in docs/."""
    different = []
    for name, render in PAGES.items():
        file = DOCS / name
        text = render()
        if file.is_file() and file.read_text("utf-8") == text:
            continue
        different.append(name)
        if write:
            file.write_text(text, "utf-8")
            print(f"wrote docs/{name}")
        else:
            print(f"docs/{name} differs: run `make docs`")
    if different and not write:
        sys.exit(ExitStatus.FINDINGS)


if __name__ == "__main__":
    command()
