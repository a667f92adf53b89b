"""The project's wheel, a Data API to read, and a Postgres to load into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dlt_uis.sandbox import Account, Sandbox

from ..e2e.servers.postgres import PostgresServer, postgres_server
from .installing import build_wheel, install, make_environment


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, alone in its folder."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Installs the project beside the packages of a locked file; returns the commands' folder."""

    def make(packages: str) -> Path:
        commands = make_environment(tmp_path / "environment", packages)
        install(commands, wheel)
        return commands

    return make


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An account of 300 calls of the last 80 days."""
    now = datetime.now(UTC).replace(microsecond=0)
    with Sandbox(Account(300, days=80, now=now)) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def postgres(postgres_cluster: PostgresServer) -> Iterator[str]:
    """The URL of an empty database."""
    with postgres_cluster.fresh_database() as url:
        yield url
