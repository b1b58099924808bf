"""What the operator asked for when starting the daemon, checked once.

Rules of this file: frozen values; a setting that cannot be honoured is an error with a sentence
that says what would be right, before anything is opened or bound.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from yarl import URL

from interlock.interpreter.channels import ChannelError, check_channel
from interlock.interpreter.hooks import EgressPolicy, SecretError
from interlock.interpreter.hooks.credentials import read_credentials
from interlock.interpreter.journal.outbox import Rate
from interlock.interpreter.runtime.gate_check import gate_obstacle
from interlock.interpreter.runtime.source_keys import named_user, read_keys
from interlock.interpreter.runtime.telemetry import LogFormat
from interlock.interpreter.runtime.terms import DEFAULT_RATE
from interlock.interpreter.sources.proof import is_sns
from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.state_graph import Automation
from interlock.rulebook.literals import Problem, parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.interpreter.hooks import HookRegistry, SecretReader
    from interlock.interpreter.identity import Identity
    from interlock.rulebook.graph.state_graph import StateGraph

_PORT_MAX = 65_535
_COUNT_DIGITS_MAX = 9


class SettingsError(Exception):
    """A setting that cannot be honoured; the text is for the operator."""


class Address(Struct, frozen=True):
    """Where to listen; port 0 lets the system choose one."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """True where only this machine reaches it."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class CheckpointSettings(Struct, frozen=True, kw_only=True):
    """A file of checkpoints, the private key that signs them, and how often one is added."""

    file: Path
    key: Path
    every_ns: int


class Settings(Struct, frozen=True, kw_only=True):
    """The daemon's settings.

    Attributes:
        is_store_named: Whether the operator named the store, and does not run on the default.
        automation: The daemon's own level of the automation ladder.
        egress: Where hooks may connect.
        hook_modules: Python modules that register hooks.
        post_mortems: Folder for post-mortems that the rulebook names no target for; None: the log.
        watches_rulebook: Whether a change of the rulebook's files reloads it.
        secrets_folder: Where `${file:NAME}` is looked up; None: nowhere.
        automation_rate: How many calls of hooks may be made in a time that nobody approved.
        retain_ns: How long closed incidents and raw payloads are kept; None: for good.
        checkpoints: Where checkpoints are exported to, and how; None: nowhere.
        drain_s: How long running hook calls may take to end after a SIGTERM.
        external_url: Where people reach the daemon; messages link to it.
        mail_server: `HOST:PORT` for email channels that name none; `mail_sender`: their sender.
    """

    listen: Address = Address("127.0.0.1", 3000)
    store: str = "sqlite:///interlock.db"
    is_store_named: bool = True
    automation: Automation = Automation.AUTO
    egress: EgressPolicy = EgressPolicy()
    hook_modules: tuple[str, ...] = ()
    log_format: LogFormat = LogFormat.CONSOLE
    post_mortems: Path | None = None
    watches_rulebook: bool = False
    secrets_folder: Path | None = None
    automation_rate: Rate | None = DEFAULT_RATE
    retain_ns: int | None = None
    checkpoints: CheckpointSettings | None = None
    drain_s: float = 20.0
    external_url: str | None = None
    mail_server: str | None = None
    mail_sender: str | None = None


def parse_listen(text: str) -> Address:
    """Read `HOST:PORT`, `[IPv6]:PORT` or `:PORT`, which is loopback.

    Raises:
        SettingsError: it is none of these.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not (port.isascii() and port.isdecimal()) or int(port) > _PORT_MAX:
        raise SettingsError(f"--listen takes HOST:PORT such as 127.0.0.1:3000, not {text!r}")
    return Address(host or "127.0.0.1", int(port))


def parse_rate(text: str) -> Rate | None:
    """Read `30/h`, `5/10m` or `none`.

    Raises:
        SettingsError: it is none of these.
    """
    if text == "none":
        return None
    count, slash, window = text.partition("/")
    per_ns = parse_duration(window if window[:1].isdigit() else f"1{window}")
    is_count = count.isascii() and count.isdecimal() and len(count) <= _COUNT_DIGITS_MAX
    if not (slash and is_count) or isinstance(per_ns, Problem):
        raise SettingsError(f"--automation-limit takes a rate such as 30/h, or none, not {text!r}")
    return Rate(int(count), per_ns)


def parse_drain(text: str) -> float:
    """Read how long draining may take, in seconds; raises SettingsError."""
    length = parse_duration(text)
    if isinstance(length, Problem):
        raise SettingsError(f"--drain takes a duration such as 20s, not {text!r}")
    return length / 1_000_000_000


def parse_external_url(text: str) -> str:
    """Read the URL that people reach the daemon at.

    Raises:
        SettingsError: it is none.
    """
    try:
        url = URL(text)
        is_right = url.scheme in ("http", "https") and url.host and not url.query_string
    except ValueError:
        is_right = False
    if not is_right or not text.isprintable() or set(text) & set("<>|\"' "):
        raise SettingsError(
            f"--external-url takes a URL such as https://interlock.example.test, not {text!r}"
        )
    return text


def check_settings(
    settings: Settings,
    graph: StateGraph,
    registry: HookRegistry,
    secrets: SecretReader,
    *,
    identity: Identity | None = None,
    author: str | None = None,
) -> None:
    """Refuse what cannot be run safely or would only fail later; raises SettingsError.

    Args:
        settings: The daemon's.
        graph: The rulebook to run.
        registry: The Python hooks there are.
        secrets: Where references are looked up.
        identity: Who may speak; None: authentication is off.
        author: Who wrote the rulebook's change, where the operator says so.
    """
    if not settings.listen.is_loopback:
        _check_exposed(settings, graph, identity)
    if graph.unsupported:
        listed = "\n".join(f"  - {what}" for what in graph.unsupported)
        raise SettingsError(f"this version checks but cannot run what the rulebook uses:\n{listed}")
    if author is not None and identity is not None and author not in identity.principals:
        raise SettingsError(f"the rulebook's author {author} is no principal of the identity file")
    if (obstacle := gate_obstacle(graph, identity, author)) is not None:
        raise SettingsError(obstacle)
    _check_sources(graph)
    _check_secrets(graph, secrets)
    _check_channels(settings, graph, secrets)
    lost = [h.id for h in graph.hooks.values() if h.endpoint is None and not registry.find(h.id)]
    if lost:
        raise SettingsError(
            f"no function carries out {', '.join(lost)}: give an `endpoint`, or name the Python "
            "module that registers it with --hooks"
        )


def _check_exposed(settings: Settings, graph: StateGraph, identity: Identity | None) -> None:
    """Refuse to be reached from outside while somebody need not say who they are."""
    listen = settings.listen
    if not settings.is_store_named:
        raise SettingsError(
            f"--listen {listen}: off loopback say where the journal is kept; give --store"
        )
    if identity is None:
        raise SettingsError(
            f"--listen {listen}: off loopback every caller must authenticate; give --identity, or "
            "listen on 127.0.0.1"
        )
    unknown = [source.name for source in graph.sources.values() if source.auth is None]
    if unknown:
        raise SettingsError(
            f"--listen {listen}: off loopback every source must authenticate, and "
            f"{', '.join(unknown)} has no `auth`"
        )
    for file in graph.whole_files:
        _check_outward(listen, file)


def _check_outward(listen: Address, file: StateGraph) -> None:
    channels = [file.channels.get(name) for name in file.row("P1").channels]
    if all(channel is None or channel.type == "log" for channel in channels):
        raise SettingsError(
            f"--listen {listen}: off loopback P1 needs a channel that is not the log"
        )


def _check_secrets(graph: StateGraph, secrets: SecretReader) -> None:
    """Refuse references to secrets that are not there; each is read again when it is used."""
    for source in graph.sources.values():
        if source.auth is not None:
            with _saying(f"source {source.name}"):
                read_keys(source.auth, secrets)
                named_user(source.auth, secrets)
            if is_sns(source.auth) and find_spec("cryptography") is None:
                raise SettingsError(
                    f"source {source.name}: SNS signatures need `cryptography`: pip install "
                    "'interlock[sns]'"
                )
    for hook in graph.hooks.values():
        with _saying(f"hook {hook.id}"):
            read_credentials(hook.auth, secrets)


@contextmanager
def _saying(what: str) -> Iterator[None]:
    try:
        yield
    except SecretError as error:
        raise SettingsError(f"{what}: {error}") from error


def _check_sources(graph: StateGraph) -> None:
    """Refuse a source whose `auth` was forgotten; the one that is always there has none."""
    forgotten = [
        source.name
        for source in graph.sources.values()
        if source.auth is None and not source.is_open and source.name != defaults.SOURCE
    ]
    if forgotten:
        raise SettingsError(
            f"no `auth` for {', '.join(forgotten)}: say how the sender authenticates, or `auth: "
            "none`, which listens on loopback only"
        )


def _check_channels(settings: Settings, graph: StateGraph, secrets: SecretReader) -> None:
    """Refuse channels that could not be told anything."""
    for channel in graph.channels.values():
        try:
            check_channel(
                channel, secrets, server=settings.mail_server, sender=settings.mail_sender
            )
        except ChannelError as error:
            raise SettingsError(str(error)) from error
