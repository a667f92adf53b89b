"""Warehouses that the benchmarks load into, each with a working folder of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import duckdb
import psycopg2

from dlt_uis.reports import DEFAULT_REPORT
from dlt_uis.reports.own_names import SYNC_WINDOWS
from dlt_uis.warehouse.indexes import wanted_indexes

from ..e2e.servers.postgres import PostgresServer
from .harness import Measured, dlt_uis_command, measure, workplace

Row: TypeAlias = tuple[Any, ...]
Execute: TypeAlias = Callable[[str], list[Row]]
"""Runs a statement by itself, and returns its rows."""

Fresh: TypeAlias = Callable[[], AbstractContextManager["Warehouse"]]
"""Makes a warehouse without tables, which is gone after the ``with`` block."""


@dataclass(frozen=True)
class Warehouse(ABC):
    """A warehouse, and where and how processes that load into it are run."""

    destination: ClassVar[str]
    folder: Path
    environment: Mapping[str, str]

    @abstractmethod
    def session(self) -> AbstractContextManager[Execute]:
        """A connection, on which times are read in UTC."""

    @abstractmethod
    def filling(self) -> AbstractContextManager[Execute]:
        """A connection for inserting much; afterwards the tables are as if syncs had done it."""

    @property
    @abstractmethod
    def megabytes(self) -> float:
        """What it takes on disk."""

    def query(self, statement: str) -> list[Row]:
        with self.session() as execute:
            return execute(statement)

    def sync(self, sandbox: Mapping[str, str], *options: str) -> Measured:
        """Runs ``dlt-uis sync`` as a process of its own."""
        return self.load("sync", sandbox, *options)

    def load(self, command: str, sandbox: Mapping[str, str], *options: str) -> Measured:
        """The same with any command that loads calls."""
        environment = {**self.environment, "SOURCES__UIS__ACCESS_TOKEN": sandbox["access_token"]}
        target = ["--destination", self.destination, "--api-url", sandbox["url"]]
        return measure([*dlt_uis_command(), command, *target, *options], self.folder, environment)


@contextmanager
def opened(database: Path) -> Iterator[Execute]:
    """A connection to a DuckDB file, on which times are read in UTC."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield lambda statement: connection.execute(statement).fetchall()


class DuckDb(Warehouse):
    destination = "duckdb"

    @property
    def megabytes(self) -> float:
        return (self.folder / "uis.duckdb").stat().st_size / 1e6

    def session(self) -> AbstractContextManager[Execute]:
        return opened(self.folder / "uis.duckdb")

    @contextmanager
    def filling(self) -> Iterator[Execute]:
        with self.session() as execute:
            yield execute
            execute("ANALYZE")
            execute("CHECKPOINT")


@dataclass(frozen=True)
class Postgres(Warehouse):
    destination = "postgres"
    url: str

    @property
    def megabytes(self) -> float:
        ((size,),) = self.query("SELECT pg_database_size(current_database()) / 1e6")
        return float(size)

    @contextmanager
    def session(self) -> Iterator[Execute]:
        with closing(psycopg2.connect(self.url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:

                def execute(statement: str) -> list[Row]:
                    cursor.execute(statement)
                    rows: list[Row] = cursor.fetchall() if cursor.description else []
                    return rows

                execute("SET TimeZone = 'UTC'")
                yield execute

    @contextmanager
    def filling(self) -> Iterator[Execute]:
        loaded = (*DEFAULT_REPORT.tables, SYNC_WINDOWS)
        wanted = {index.name for index in wanted_indexes() if index.table in loaded}
        with self.session() as execute:
            execute("SET maintenance_work_mem = '512MB'")
            existing = execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'uis_data'"
            )
            indexes = {name: made for name, made in existing if name in wanted}
            assert indexes.keys() == wanted
            for name in indexes:
                execute(f"DROP INDEX uis_data.{name}")
            yield execute
            for made in indexes.values():
                execute(made)
            execute("VACUUM ANALYZE")


@contextmanager
def fresh_duckdb() -> Iterator[Warehouse]:
    with workplace() as (folder, environment):
        yield DuckDb(folder, environment)


def fresh_postgres(server: PostgresServer) -> Fresh:
    """Makes databases on a server."""

    @contextmanager
    def fresh() -> Iterator[Warehouse]:
        with workplace() as (folder, environment), server.fresh_database() as url:
            environment["DESTINATION__POSTGRES__CREDENTIALS"] = url
            yield Postgres(folder, environment, url)

    return fresh
