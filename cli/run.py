"""`interlock run`: the daemon.

Rules of this file: reads options, says what is wrong with them, and starts the daemon; every
decision is the runtime's.
"""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click
from click.core import ParameterSource

from interlock.cli.exits import ConfigurationError, ExitStatus, UnavailableError
from interlock.cli.identity import load_identity, load_identity_or_report
from interlock.cli.inputs import STDIN
from interlock.cli.loading import load_or_report
from interlock.cli.python_hooks import accepted_by_modules
from interlock.cli.rulebook_files import OnDisk, find_commit
from interlock.cli.terminal import color_option
from interlock.interpreter.hooks import EgressPolicy, HookLoadError, parse_cidr
from interlock.interpreter.identity import Directory
from interlock.interpreter.journal.postgres_address import without_password
from interlock.interpreter.journal.store import StoreAddressError, StoreError
from interlock.interpreter.runtime.daemon import run_daemon
from interlock.interpreter.runtime.reload import Loaded
from interlock.interpreter.runtime.settings import (
    CheckpointSettings,
    Settings,
    SettingsError,
    parse_drain,
    parse_external_url,
    parse_listen,
    parse_rate,
)
from interlock.interpreter.runtime.telemetry import LogFormat, configure_logging
from interlock.interpreter.server.app import HttpServer
from interlock.rulebook.graph.state_graph import Automation
from interlock.rulebook.literals import Problem, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from interlock.interpreter.runtime.reload import RulebookFiles


class _Options(TypedDict):
    listen: str
    store: str
    automation: str
    rate: str
    drain: str
    networks: tuple[str, ...]
    modules: tuple[str, ...]
    secrets: Path | None
    post_mortems: Path | None
    watch: bool
    commit: str | None
    identity: str | None
    author: str | None
    external_url: str | None
    smtp: str | None
    smtp_from: str | None
    log_format: str
    retain: str | None
    checkpoints: Path | None
    checkpoint_key: Path | None
    checkpoint_every: str


@click.command("run")
@click.argument("rulebook", metavar="RULEBOOK")
@click.option(
    "--listen",
    default="127.0.0.1:3000",
    show_default=True,
    metavar="HOST:PORT",
    help="Where to listen; port 0 lets the system choose.",
)
@click.option(
    "--store",
    default="sqlite:///interlock.db",
    show_default=True,
    metavar="URL",
    help="Where the journal is kept; sqlite:///x is relative, sqlite:////x absolute; or "
    "postgresql://user@host/database.",
)
@click.option(
    "--automation",
    type=click.Choice([mode.value for mode in Automation]),
    default=Automation.AUTO.value,
    show_default=True,
    help="How far remediation may go on its own, at most.",
)
@click.option(
    "--automation-limit",
    "rate",
    default="30/h",
    show_default=True,
    metavar="RATE",
    help="How many hook calls nobody approved may be made in a time, all hooks together, or none "
    "for no bound; what is over it waits for a person.",
)
@click.option(
    "--drain",
    default="20s",
    show_default=True,
    metavar="DURATION",
    help="How long running hook calls may take to end after SIGTERM, before they are cut off.",
)
@click.option(
    "--allow-cidr",
    "networks",
    multiple=True,
    metavar="CIDR",
    help="A network that hooks may connect to beside public addresses; may be repeated.",
)
@click.option(
    "--hooks",
    "modules",
    multiple=True,
    metavar="MODULE",
    help="A Python module that registers hooks, installed or in this folder; may be repeated.",
)
@click.option(
    "--secrets",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="CREDENTIALS_DIRECTORY",
    metavar="FOLDER",
    help="Where ${file:NAME} is looked up [default: $CREDENTIALS_DIRECTORY, which systemd sets].",
)
@click.option(
    "--post-mortems",
    type=click.Path(exists=True, file_okay=False, writable=True, path_type=Path),
    metavar="FOLDER",
    help="Where post-mortems are kept that the rulebook names no target for [default: the log].",
)
@click.option(
    "--watch", is_flag=True, help="Reload the rulebook when its files change; SIGHUP does so too."
)
@click.option(
    "--commit",
    envvar="INTERLOCK_COMMIT",
    metavar="ID",
    help="The rulebook's commit, recorded with it [default: what git says].",
)
@click.option(
    "--identity",
    metavar="FILE",
    help="Who may speak, with which roles and tokens; without it everyone is anonymous.",
)
@click.option(
    "--rulebook-author",
    "author",
    metavar="PRINCIPAL",
    help="Who wrote the rulebook's change; gates may exclude them.",
)
@click.option(
    "--retain",
    metavar="DURATION",
    help="Erase closed incidents and raw payloads that are older, as 400d [default: keep all].",
)
@click.option(
    "--checkpoints",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Append signed checkpoints of the journal to this file; it belongs on another machine.",
)
@click.option(
    "--checkpoint-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The key that signs them, from `interlock audit keygen`.",
)
@click.option(
    "--checkpoint-every",
    default="10m",
    show_default=True,
    metavar="DURATION",
    help="How often one is appended.",
)
@click.option(
    "--external-url",
    metavar="URL",
    help="Where people reach this daemon; notifications link to it.",
)
@click.option(
    "--smtp",
    metavar="HOST:PORT",
    help="The mail server of email channels that name none.",
)
@click.option(
    "--smtp-from",
    metavar="ADDRESS",
    help="The sender of email channels that name none.",
)
@click.option(
    "--log-format",
    type=click.Choice([form.value for form in LogFormat]),
    default=LogFormat.CONSOLE.value,
    show_default=True,
    help="What log lines on standard error look like.",
)
@color_option
def command(rulebook: str, **options: Unpack[_Options]) -> ExitStatus:
    """Run the daemon: take alerts, decide by the rulebook, record, and act.

    RULEBOOK is a YAML file, or - for standard input. SIGTERM and SIGINT drain; a second one ends at
    once. SIGHUP reloads the rulebook and the identity file.
    """
    settings = _read_settings(options)
    accepted = accepted_by_modules(settings.hook_modules)
    loaded = load_or_report(rulebook, accepted)
    if loaded is None:
        return ExitStatus.FINDINGS
    directory = None
    if options["identity"] is not None:
        identity = load_identity_or_report(options["identity"])
        if identity is None:
            return ExitStatus.FINDINGS
        directory = Directory(identity, partial(load_identity, options["identity"]))
    configure_logging(settings.log_format)
    try:
        graph, sources = loaded
        commit = options["commit"]
        files = None if rulebook == STDIN else OnDisk(rulebook, commit, accepted)
        known = commit if files is None else commit or find_commit(rulebook)
        brought = Loaded(graph, sources, known, options["author"])
        _run_loop(_serve(settings, brought, files, directory))
    except (SettingsError, HookLoadError, StoreAddressError) as error:
        raise ConfigurationError(str(error)) from error
    except StoreError as error:
        raise UnavailableError(f"the store {without_password(settings.store)}: {error}") from error
    except OSError as error:
        raise ConfigurationError(f"cannot listen on {settings.listen}: {error.strerror}") from error
    return ExitStatus.OK


def _is_given(option: str) -> bool:
    source = click.get_current_context().get_parameter_source(option)
    return source is not ParameterSource.DEFAULT


def _read_settings(options: _Options) -> Settings:
    try:
        return Settings(
            listen=parse_listen(options["listen"]),
            store=options["store"],
            is_store_named=_is_given("store"),
            automation=Automation(options["automation"]),
            automation_rate=parse_rate(options["rate"]),
            drain_s=parse_drain(options["drain"]),
            egress=EgressPolicy(tuple(parse_cidr(network) for network in options["networks"])),
            hook_modules=options["modules"],
            post_mortems=options["post_mortems"],
            watches_rulebook=options["watch"],
            secrets_folder=options["secrets"],
            retain_ns=_read_duration("--retain", options["retain"]),
            checkpoints=_read_checkpoints(options),
            log_format=LogFormat(options["log_format"]),
            external_url=_read_external_url(options["external_url"]),
            mail_server=options["smtp"],
            mail_sender=options["smtp_from"],
        )
    except (SettingsError, ValueError) as error:
        raise ConfigurationError(str(error)) from error


def _read_duration(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    duration = parse_duration(text)
    if isinstance(duration, Problem) or duration <= 0:
        raise SettingsError(f"{option} takes a duration such as 400d or 10m, not {text!r}")
    return duration


def _read_checkpoints(options: _Options) -> CheckpointSettings | None:
    file, key = options["checkpoints"], options["checkpoint_key"]
    if file is None and key is None:
        return None
    if file is None or key is None:
        raise SettingsError("--checkpoints and --checkpoint-key go together")
    every = _read_duration("--checkpoint-every", options["checkpoint_every"])
    assert every is not None, "it has a default"
    return CheckpointSettings(file=file, key=key, every_ns=every)


def _read_external_url(text: str | None) -> str | None:
    return None if text is None else parse_external_url(text)


async def _serve(
    settings: Settings,
    loaded: Loaded,
    files: RulebookFiles | None,
    directory: Directory | None,
) -> None:
    await run_daemon(
        settings,
        loaded,
        HttpServer,
        lambda url: click.echo(f"listening on {url}"),
        files=files,
        directory=directory,
    )


def _run_loop(main: Coroutine[Any, Any, None]) -> None:
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    try:
        import uvloop  # noqa: PLC0415 - not on every platform, and faster where it is

        factory = uvloop.new_event_loop
    except ImportError:
        pass
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main)
