"""What an error of PostgreSQL means: worth another try, or what to tell the people who run it.

Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html. Never swallows one, and
never shows a password: what names the server is an address without it.
"""

from __future__ import annotations

import asyncpg

from interlock.interpreter.journal.store import (
    MalformedCommitError,
    StoreDamagedError,
    StoreError,
    StoreUnavailableError,
    StoreVersionError,
)

_LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    # a promoted or demoted server: another connection may find the one that writes
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,
)

_REASONS = {
    "28": "it does not let this user in",
    "3D": "there is no such database; create it first (createdb)",
    "42501": "this user lacks a right; it must own the schema interlock, or be granted its tables",
    "53100": "the server's disk is full; free some space, then it goes on",
    "53": "the server has no room left",
    "55P03": "another transaction keeps what is needed locked",
    "57014": "the server was too slow and the statement was cut off",
    "58": "the server's system failed; look at its log",
}

_MIGRATE = "its tables are not those of this version; run: interlock store migrate"


def is_lost(error: BaseException) -> bool:
    """Tell whether the connection failed, and not what was asked of it."""
    if isinstance(error, asyncpg.InterfaceError):
        # its subclasses are about values and settings, the class itself about a closed connection
        return type(error) is asyncpg.InterfaceError
    return isinstance(error, _LOST)


def is_conflict(error: BaseException) -> bool:
    """Tell whether the transaction was a victim of another, and nothing is wrong with it."""
    return isinstance(error, asyncpg.TransactionRollbackError)


def explain(error: BaseException, location: str) -> StoreError:
    """Return the StoreError that an error met while using the database stands for."""
    if is_lost(error):
        text = str(error) or type(error).__name__
        return StoreUnavailableError(f"{location}: the server cannot be reached ({text})")
    if is_conflict(error):
        return StoreUnavailableError(f"{location}: transactions keep colliding ({error})")
    if isinstance(error, asyncpg.PostgresError):
        return _explain_code(error, location)
    return MalformedCommitError(f"a value cannot be stored: {error}")


def _explain_code(error: asyncpg.PostgresError, location: str) -> StoreError:
    code = error.sqlstate or ""
    if code[:2] == "XX" and code != "XX000":
        return StoreDamagedError(
            f"{location}: it is damaged ({error}); nothing is written to it any more; restore it"
            " from a backup"
        )
    if code in ("42P01", "42703", "3F000", "42883"):  # no such table, column, schema, function
        return StoreVersionError(f"{location}: {_MIGRATE} ({error})")
    reason = _REASONS.get(code) or _REASONS.get(code[:2])
    if reason is not None:
        return StoreUnavailableError(f"{location}: {reason} ({error})")
    if code[:2] == "22":
        return MalformedCommitError(f"{location}: a value cannot be stored: {error} ({code})")
    if code[:2] in ("23", "54"):  # integrity, limits
        return MalformedCommitError(f"{location}: refused by the database: {error} ({code})")
    return StoreError(f"{location}: PostgreSQL says {error} ({code})")
