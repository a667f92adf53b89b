"""Warehouses to load into: each is started when the first test asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .servers.postgres import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def postgres(postgres_cluster: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of an empty database, which is also where dlt's postgres destination goes."""
    with postgres_cluster.fresh_database() as url:
        monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", url)
        yield url
