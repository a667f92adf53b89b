"""What a destination complains of, in our words: dlt passes on each database's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from dlt.common.configuration.exceptions import (
    ConfigFieldMissingException,
    ConfigValueCannotBeCoercedException,
)
from dlt.common.configuration.specs.exceptions import NativeValueError
from dlt.common.exceptions import MissingDependencyException
from dlt.common.schema.exceptions import InvalidSchemaName

from ..errors import (
    NAMES,
    DestinationFailed,
    DestinationForbids,
    DestinationMisconfigured,
    DestinationNotConfigured,
    DestinationUnreachable,
    FileForbids,
    FileLocked,
    InvalidName,
    MissingExtra,
    MissingPackage,
    NoSpace,
    UisError,
    UnreadableSetting,
    ViewsDepend,
    safe_line,
)
from ..process.system_errors import of_system
from .postgres import DEPENDENT_OBJECTS, INSUFFICIENT_PRIVILEGE

_DENIED = ("permission denied", "access denied", "must be owner", "must be able to")
"""How Postgres and BigQuery begin when a right is missing; what follows names it."""

_UNREACHABLE = (
    "connection refused",
    "could not translate host name",
    "timeout expired",
    "timed out",
    "network is unreachable",
    "no route to host",
    "server closed the connection",
    "terminating connection",
    "connection already closed",
    "connection reset",
    "the database system is",
    "not currently accepting connections",
)

_REFUSED = ("password authentication failed", "no pg_hba.conf entry", "invalid dsn")
_LACKING = re.compile(r'FATAL: +(role|database) "[^"]*" does not exist')

_REFUSED_CODES = ("28", "3D")
"""SQLSTATE classes: invalid authorization; no such database."""

_UNREACHABLE_CODES = ("08", "57P", "53300")
"""Connection exceptions; a server that stops, crashes or starts; too many connections."""

_NOT_CONNECTED = re.compile(r"connection to server (at|on) .* failed: ")
_SERVERS_WORDS = re.compile(r"failed: [^\W\d_a-z]{4,}:  ?")
"""FATAL, in the server's language, in which it told why it refuses."""

_LOCK = re.compile(r'set lock on file "([^"]+)"(?:.*held in (\S+) \(PID (\d+)\))?')
_FILE = re.compile(r'(?:Cannot open|The|database|from) (?:file )?"([^"]+)"')
_AMBIGUOUS = re.compile(r'Ambiguous reference to catalog or schema "([^"]+)"')
_FULL = ("no space left", "file too large", "disk quota")
_READ_ONLY = (*_DENIED, "access is denied", "read-only")

_EXTRAS = ("postgres", "bigquery")
_EXAMPLES = {
    "postgres": "postgresql://user:password@host:5432/database",
    "duckdb": "the path of a file that DuckDB wrote, or may write in a folder that exists",
}


def our_error(error: BaseException, destination: str) -> UisError:
    """The error of ours at the bottom of dlt's, or one that speaks of the destination."""
    chain = list(chain_of(error))
    for each in chain:
        if isinstance(each, UisError):
            return each
        if isinstance(each, MissingDependencyException | ImportError):
            return _missing(each, destination)
        if isinstance(each, ConfigFieldMissingException):
            return DestinationNotConfigured(destination, ", ".join(each.fields))
        if isinstance(each, ConfigValueCannotBeCoercedException):
            return UnreadableSetting(each.field_name)
        if isinstance(each, NativeValueError):
            # what it says would repeat the value, and with it a password
            return DestinationNotConfigured(destination, "its credentials can't be read")
        if isinstance(each, InvalidSchemaName):
            # dlt makes a schema of a pipeline's name
            return InvalidName("--pipeline-name", each.name, NAMES)
        if isinstance(each, OSError) and (found := of_system(each)):
            return found
    root = safe_line(str(chain[-1]))
    return _of_code(_code_in(chain), root, destination) or _of_words(root, destination)


def _code_in(chain: Sequence[BaseException]) -> str:
    """The SQLSTATE that a driver tells of an error; nothing of one while it connects."""
    codes = (getattr(each, name, None) for each in chain for name in ("pgcode", "sqlstate"))
    return next((code for code in codes if isinstance(code, str) and code), "")


def _of_code(code: str, root: str, destination: str) -> UisError | None:
    """What a code tells: a server's words are in the language that it is set up for."""
    if code.startswith(_REFUSED_CODES):
        return DestinationMisconfigured(destination, root, _example(destination))
    if code.startswith(_UNREACHABLE_CODES):
        return DestinationUnreachable(destination, root, address=destination in _EXAMPLES)
    if code == INSUFFICIENT_PRIVILEGE:
        return DestinationForbids(destination, root)
    if code == DEPENDENT_OBJECTS:
        return ViewsDepend(root)
    return None


def _missing(error: BaseException, destination: str) -> UisError:
    if destination in _EXTRAS or not isinstance(error, MissingDependencyException):
        return MissingExtra(destination)
    return MissingPackage(f"the destination {destination}", " ".join(error.dependencies))


def _of_words(root: str, destination: str) -> UisError:
    words = root.lower()
    if destination == "duckdb":
        return _of_file(root, destination)
    if _has(words, _REFUSED) or _LACKING.search(root):
        return DestinationMisconfigured(destination, root, _example(destination))
    if _has(words, _UNREACHABLE):
        return DestinationUnreachable(destination, root, address=destination in _EXAMPLES)
    if _has(words, _DENIED):
        return DestinationForbids(destination, root)
    if _NOT_CONNECTED.match(root):
        # in a language that is not known here: a server has refused the login, or there is none
        if _SERVERS_WORDS.search(root):
            return DestinationMisconfigured(destination, root, _example(destination))
        return DestinationUnreachable(destination, root, address=destination in _EXAMPLES)
    return DestinationFailed(f"the destination {destination} failed: {root}")


def _of_file(root: str, destination: str) -> UisError:
    if _has(root.lower(), _FULL):
        return NoSpace(root)
    if locked := _LOCK.search(root):
        path, program, process = locked.groups()
        holder = f"{Path(program).name} (process {process})" if program else "another program"
        return FileLocked(path, holder)
    if both := _AMBIGUOUS.search(root):
        return InvalidName("--dataset", both.group(1), "another name than that of DuckDB's file")
    named = _FILE.search(root)
    if named and _has(root.lower(), _READ_ONLY):
        return FileForbids(named.group(1))
    if named and root.startswith("IO Error"):
        return DestinationMisconfigured(destination, root, _example(destination))
    return DestinationFailed(f"the destination {destination} failed: {root}")


def _has(words: str, parts: Sequence[str]) -> bool:
    return any(part in words for part in parts)


def _example(destination: str) -> str:
    return _EXAMPLES.get(destination, "its user, password and address")


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """An error, what it was raised from, and so on to the bottom."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
