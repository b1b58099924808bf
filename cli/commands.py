"""The commands: where each lives and the one line that `interlock --help` shows for it.

Rules of this file: data only. The line stands here because reading it from the command would
import the command; a test holds the two equal. To add a command, write its module and add a row.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One command.

    Attributes:
        target: `module:attribute` of the click command, imported when it runs.
        summary: What it does, in one line; the first line of the command's own help.
    """

    target: str
    summary: str


SECTIONS: dict[str, dict[str, Entry]] = {
    "Author": {
        "init": Entry(
            "interlock.cli.init:command",
            "Start a rulebook, from a shipped policy or from an alertmanager.yml.",
        ),
        "lint": Entry(
            "interlock.cli.lint:command",
            "Check rulebooks: schema, types, graph, gates, hooks, channels.",
        ),
        "fmt": Entry(
            "interlock.cli.fmt:command",
            "Write rulebooks in canonical layout.",
        ),
        "explain": Entry(
            "interlock.cli.explain:command",
            "Show what a diagnostic code means, or why an event did what it did.",
        ),
        "graph": Entry(
            "interlock.cli.graph:command",
            "Draw the states and transitions of a rulebook.",
        ),
        "lsp": Entry(
            "interlock.cli.lsp.command:command",
            "Run the language server for editors.",
        ),
    },
    "Review": {
        "check": Entry(
            "interlock.cli.check:command",
            "Check layout and rulebooks: fmt --check, then lint.",
        ),
        "dry-run": Entry(
            "interlock.cli.dry_run:command",
            "Show what a rulebook would have done to recorded alerts; nothing is sent.",
        ),
    },
    "Run": {
        "run": Entry(
            "interlock.cli.run:command",
            "Run the daemon: take alerts, decide by the rulebook, record, and act.",
        ),
    },
    "Operate": {
        "incidents": Entry(
            "interlock.cli.incidents:command",
            "Read and steer the incidents of a running daemon.",
        ),
        "approve": Entry(
            "interlock.cli.approve:approve",
            "Approve what waits at a gate of an incident.",
        ),
        "deny": Entry(
            "interlock.cli.approve:deny",
            "Deny what waits at a gate of an incident.",
        ),
        "identity": Entry(
            "interlock.cli.identity:command",
            "Check the identity file; make API tokens.",
        ),
        "automation": Entry(
            "interlock.cli.automation:command",
            "Show or set how far remediation may go on its own.",
        ),
        "silence": Entry(
            "interlock.cli.silence:command",
            "Silence alerts or an incident for a time, list silences, or end one.",
        ),
        "channels": Entry(
            "interlock.cli.channels:command",
            "See where notifications go; send a test.",
        ),
        "rulebook": Entry(
            "interlock.cli.rulebook:command",
            "Show or reload the rulebook of a running daemon.",
        ),
        "effects": Entry(
            "interlock.cli.effects:command",
            "See what the daemon was asked to do; retry or drop what failed or waits.",
        ),
        "backup": Entry(
            "interlock.cli.backup:backup",
            "Copy the journal to a new file, also while its daemon runs.",
        ),
        "restore": Entry(
            "interlock.cli.backup:restore",
            "Make a journal from a backup, where there is none yet.",
        ),
        "store": Entry(
            "interlock.cli.store:command",
            "Prepare a PostgreSQL store, or lead it to a new version.",
        ),
    },
    "Audit": {
        "audit": Entry(
            "interlock.cli.evidence:command",
            "Prove that the journal is what was written; take evidence out of it.",
        ),
    },
}
COMMANDS: dict[str, Entry] = {
    name: entry for section in SECTIONS.values() for name, entry in section.items()
}
