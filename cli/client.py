"""The HTTP client of the operating commands: they speak to a running daemon and to nothing else.

Rules of this file: `INTERLOCK_URL` and `INTERLOCK_TOKEN` say where and as whom; a refusal becomes
an error with the daemon's own words and the exit status that fits it. Never opens a store.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

import click

from interlock.cli.exits import ConfigurationError, ExitStatus, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEFAULT_URL: Final = "http://127.0.0.1:3000"
TIMEOUT_S: Final = 30.0
_UNAVAILABLE: Final = 500


class RejectedError(click.ClickException):
    """The daemon understood and said no."""

    exit_code = ExitStatus.FINDINGS


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry the token elsewhere."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Follow nothing."""


class ApiClient:
    """Sends requests to the daemon's API."""

    def __init__(self, url: str | None = None, token: str | None = None) -> None:
        """Take the daemon's URL and token; by default those of the environment."""
        self._url = (url or os.environ.get("INTERLOCK_URL") or DEFAULT_URL).rstrip("/")
        self._token = token or os.environ.get("INTERLOCK_TOKEN")
        parts = urlsplit(self._url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(f"INTERLOCK_URL is no http:// or https:// URL: {self._url!r}")
        # No proxy: the daemon is on this machine or in this network, and gets a token.
        self._opener = build_opener(ProxyHandler({}), _NoRedirect())

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON at a path; parameters that are None are left out."""
        given = {name: value for name, value in (query or {}).items() if value is not None}
        return self._send("GET", path + (f"?{urlencode(given)}" if given else ""))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send a JSON body and return the answer's."""
        return self._send("POST", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send a JSON body and return the answer's."""
        return self._send("PUT", path, body)

    def delete(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """Take something away and return the answer's JSON; parameters as in `get`."""
        given = {name: value for name, value in (query or {}).items() if value is not None}
        return self._send("DELETE", path + (f"?{urlencode(given)}" if given else ""))

    def pages(self, path: str, member: str, query: Mapping[str, Any]) -> Iterator[Any]:
        """Yield the items of every page of a listing."""
        after: str | None = None
        while True:
            page = self.get(path, {**query, "after": after})
            yield from page[member]
            after = page["next"]
            if after is None:
                return

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        request = Request(  # noqa: S310 - the scheme was checked
            self._url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers=self._headers(),
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise _refusal(error) from None
        except (URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            raise UnavailableError(
                f"no daemon answers at {self._url}: {reason}; set INTERLOCK_URL, or start one with "
                "`interlock run`"
            ) from None
        except ValueError:
            raise UnavailableError(f"{self._url} answers, but not as Interlock does") from None

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return (
            headers if self._token is None else headers | {"Authorization": f"Bearer {self._token}"}
        )


def path_of(*parts: str) -> str:
    """Return a path with each part escaped."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _refusal(error: HTTPError) -> click.ClickException:
    try:
        message = str(json.load(error)["error"]["message"])
    except (ValueError, KeyError, TypeError, OSError):
        message = f"the daemon answers {error.code} {error.reason}"
    if error.code >= _UNAVAILABLE:
        return UnavailableError(message)
    return RejectedError(message) if error.code == 409 else ConfigurationError(message)  # noqa: PLR2004 - HTTP's own number
