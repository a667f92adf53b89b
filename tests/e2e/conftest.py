"""Warehouses to load into: each is started when the first test asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google.cloud.bigquery import Client

from dlt_uis.process.dlt_patches import PATCHES
from dlt_uis.process.memory import collect_seldom
from dlt_uis.process.patching import apply

from .servers.bigquery import BigQueryServer, bigquery_server
from .servers.postgres import PostgresServer, postgres_server


@pytest.fixture(scope="session", autouse=True)
def as_in_a_process_of_their_own() -> None:
    """Commands that tests run in this process run as they do in their own."""
    apply(PATCHES)
    collect_seldom()


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


@pytest.fixture(scope="session")
def bigquery_emulator() -> Iterator[BigQueryServer]:
    with bigquery_server() as server:
        yield server


@pytest.fixture
def bigquery(bigquery_emulator: BigQueryServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The emulator's address, which is also where dlt's bigquery destination goes; no datasets."""
    for name, value in bigquery_emulator.environment.items():
        monkeypatch.setenv(name, value)
    yield bigquery_emulator.url
    with Client() as client:
        for dataset in list(client.list_datasets()):
            client.delete_dataset(dataset, delete_contents=True, not_found_ok=True)
