"""Postgres as a warehouse: a real server."""

from __future__ import annotations

from .servers.postgres import PostgresServer


def test_each_test_has_a_database_of_its_own(
    postgres: str, postgres_cluster: PostgresServer
) -> None:
    name = postgres.rsplit("/", 1)[-1]
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert postgres_cluster.execute(tables, name) == [(0,)]
