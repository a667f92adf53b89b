"""The warehouses of the soak: emptied, saved as a backup, put back, and read."""

from __future__ import annotations

import os
import shutil
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

import psycopg2

from ..e2e.servers.postgres import PostgresServer
from ..e2e.truth import Warehouse
from ..e2e.warehouses import PostgresWarehouse

_PATIENCE = 30.0


class Shelf(ABC):
    """Where a warehouse and its backups, each known by a name, are kept.

    Attributes:
        destination: dlt's name of it.
        environment: what tells the command of it.
    """

    destination: str
    environment: Mapping[str, str]

    @abstractmethod
    def save(self, name: str) -> None:
        """Makes a backup."""

    @abstractmethod
    def restore(self, name: str) -> None:
        """Puts a backup in the place of the warehouse."""

    @abstractmethod
    def forget(self, name: str) -> None:
        """Removes a backup."""

    @abstractmethod
    def open(self) -> Warehouse:
        """The warehouse, to be read."""


class DuckdbShelf(Shelf):
    """``uis.duckdb`` in a folder, and copies of it."""

    destination = "duckdb"

    def __init__(self, folder: Path) -> None:
        self.environment = {}
        self._folder = folder

    def _files(self, name: str) -> list[Path]:
        return [self._folder / f"{name}.duckdb", self._folder / f"{name}.duckdb.wal"]

    def save(self, name: str) -> None:
        _copy(self._files("uis"), self._files(name))

    def restore(self, name: str) -> None:
        _copy(self._files(name), self._files("uis"))

    def forget(self, name: str) -> None:
        for file in self._files(name):
            file.unlink(missing_ok=True)

    def open(self) -> Warehouse:
        return Warehouse(str(self._files("uis")[0]))


def _copy(sources: list[Path], targets: list[Path]) -> None:
    for source, target in zip(sources, targets, strict=True):
        target.unlink(missing_ok=True)
        if source.exists():
            shutil.copyfile(source, target)


class PostgresShelf(Shelf):
    """A database of a server, and others made from it as a template."""

    destination = "postgres"

    def __init__(self, server: PostgresServer, database: str) -> None:
        self._server = server
        self._database = database
        # the tests' server loses the last commits when it crashes, as no real one does
        server.execute("ALTER ROLE postgres SET synchronous_commit = on")
        self._drop(database)
        server.execute(f"CREATE DATABASE {database}")
        self.environment = {"DESTINATION__POSTGRES__CREDENTIALS": server.url(database)}

    def _drop(self, database: str) -> None:
        self._server.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def _backup(self, name: str) -> str:
        return f"{self._database}_{name}"

    def save(self, name: str) -> None:
        self.end_connections()
        self._server.execute(f"CREATE DATABASE {self._backup(name)} TEMPLATE {self._database}")

    def restore(self, name: str) -> None:
        self._drop(self._database)
        self._server.execute(f"CREATE DATABASE {self._database} TEMPLATE {self._backup(name)}")

    def forget(self, name: str) -> None:
        self._drop(self._backup(name))

    def open(self) -> Warehouse:
        return PostgresWarehouse(self._server.url(self._database))

    def _connections(self, what: str) -> list[int]:
        found = self._server.execute(
            f"SELECT {what} FROM pg_stat_activity WHERE datname = '{self._database}'"
        )
        return [pid for (pid,) in found]

    def end_connections(self) -> int:
        """Has the server end the connections to the database; returns how many there were."""
        return len(self._connections("pg_terminate_backend(pid)"))

    def crash(self) -> int:
        """Kills a process of the server, which then ends all others and starts again."""
        pids = self._connections("pid")
        if pids:
            os.kill(pids[-1], signal.SIGKILL)
            self._wait()
        return len(pids)

    def _wait(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        time.sleep(0.2)
        while True:
            try:
                self._server.execute("SELECT 1")
                return
            except psycopg2.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
