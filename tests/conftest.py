"""Every test has dlt's working folder, and a current folder, of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from dlt_uis.secrecy import scrubbing as secrecy

# an example's time depends on the machine and on what else it does: it is no promise
for name, examples in {"few": 40, "many": 150}.items():
    settings.register_profile(
        name,
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Where each promise is tested once (``make test``), hypothesis is content with less."""
    settings.load_profile("few" if config.option.markexpr == "not cross" else "many")


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")


@pytest.fixture(autouse=True)
def no_secrets_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process remembers what it was given for as long as it runs: no other test's secrets."""
    monkeypatch.setattr(secrecy, "_secrets", secrecy._Secrets())


@pytest.fixture(autouse=True)
def no_logs_of_others() -> Iterator[None]:
    """A command that runs in a test's process sets up its log: the next test's is as it was."""
    loggers = [logging.getLogger(name) for name in ("dlt_uis", "dlt", "py.warnings")]
    before = [(each.handlers[:], each.propagate, each.level) for each in loggers]
    yield
    for each, (handlers, propagate, level) in zip(loggers, before, strict=True):
        each.handlers, each.propagate = handlers, propagate
        each.setLevel(level)
