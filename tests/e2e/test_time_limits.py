"""A slow or stalled server, odd refusals and ended sessions are got over, and told in a line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dlt_uis.cli.main import cli
from dlt_uis.sandbox import Account, Fault, Sandbox

from .truth import Warehouse, arrays_but, assert_equals_truth

REPORT = "get.calls_report"


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    account = Account(calls=120, days=10, now=datetime.now(UTC).replace(microsecond=0))
    with Sandbox(account) as served:
        monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", served.access_token)
        monkeypatch.setenv("SOURCES__UIS__API_URL", served.url)
        monkeypatch.setenv("SOURCES__UIS__EXCLUDE_FIELDS", json.dumps(arrays_but("tags")))
        yield served


@pytest.fixture
def hurried(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The same; a try has a second and a half."""
    monkeypatch.setenv("SOURCES__UIS__REQUEST_TIMEOUT", "1.5")
    return sandbox


def sync() -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(cli, ["sync"])


def assert_right(sandbox: Sandbox, result: Result) -> None:
    assert result.exit_code == 0, result.output
    with Warehouse() as warehouse:
        assert_equals_truth(sandbox.account, warehouse, arrays=["tags"])


def limits(sandbox: Sandbox) -> list[int]:
    return [each.params["limit"] for each in sandbox.stats.log]


@pytest.mark.parametrize(
    "kind",
    [
        "stall_after_headers",
        # the same to the client, as its unit tests tell
        pytest.param("stall_in_headers", marks=pytest.mark.cross),
        pytest.param("drip", marks=pytest.mark.cross),
    ],
)
def test_a_try_that_takes_too_long_is_followed_by_one_for_half_a_page(
    hurried: Sandbox, kind: Any
) -> None:
    hurried.inject(Fault(kind, method=REPORT, seconds=30 if kind != "drip" else 0.05))
    began = time.monotonic()
    assert_right(hurried, sync())
    assert time.monotonic() - began < 25
    assert min(limits(hurried)) <= 5_000


def test_a_slow_line_gets_there_by_smaller_pages(
    hurried: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many halves it takes: as long as something comes, it is not given up."""
    monkeypatch.setenv("SOURCES__UIS__PAGE_SIZE", "200")
    monkeypatch.setenv("SOURCES__UIS__REQUEST_TIMEOUT", "0.8")
    monkeypatch.setenv("SOURCES__UIS__REQUEST_ATTEMPTS", "1")
    monkeypatch.setenv("SOURCES__UIS__PARALLEL_WINDOWS", "2")
    # 25 calls are some 16,000 bytes, packed
    hurried.switches.bytes_per_second = 24_000
    result = sync()
    assert_right(hurried, result)
    assert "from now on" in result.output
    assert limits(hurried)[-1] <= 50
    hurried.switches.bytes_per_second = None
    hurried.stats.reset()
    assert_right(hurried, sync())
    assert limits(hurried) == [200]


def test_a_server_that_never_ends_its_answers_is_given_up_in_a_line(
    hurried: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__UIS__REQUEST_ATTEMPTS", "1")
    hurried.inject(Fault("stall_after_headers", times=9, method=REPORT, seconds=30))
    result = sync()
    assert result.exit_code == 1
    assert "127.0.0.1 did not answer within 1.5 seconds" in result.output
    assert "SOURCES__UIS__REQUEST_TIMEOUT" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "1e9"])
def test_a_time_limit_that_can_not_be_is_refused(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("SOURCES__UIS__REQUEST_TIMEOUT", value)
    result = sync()
    assert (result.exit_code, sandbox.stats.requests) == (2, 0)
    assert "request_timeout" in result.output


@pytest.mark.parametrize(
    "kind",
    [
        "http_200_empty",
        pytest.param("http_503_until", marks=pytest.mark.cross),
        pytest.param("http_204", marks=pytest.mark.cross),
    ],
)
def test_answers_that_are_none_are_asked_for_again(sandbox: Sandbox, kind: Any) -> None:
    sandbox.inject(Fault(kind, method=REPORT, seconds=1))
    assert_right(sandbox, sync())
    assert sandbox.stats.by_method[REPORT] == 2


def test_a_login_that_others_use_too_gets_its_calls(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sessions are ended after each answer, with errors longer than pages of calls may be."""
    monkeypatch.delenv("SOURCES__UIS__ACCESS_TOKEN")
    monkeypatch.setenv("SOURCES__UIS__LOGIN", sandbox.login)
    monkeypatch.setenv("SOURCES__UIS__PASSWORD", sandbox.password)
    monkeypatch.setenv("SOURCES__UIS__PAGE_SIZE", "30")
    monkeypatch.setenv("SOURCES__UIS__REQUEST_ATTEMPTS", "1")
    sandbox.switches.long_errors = True
    sandbox.switches.session_answers = 1
    assert_right(sandbox, sync())
    assert sandbox.stats.by_method["login.user"] > 4
    sandbox.switches.session_answers = 0
    result = sync()
    assert (result.exit_code, "access_token_expired" in result.output) == (2, True)
    assert "Traceback" not in result.output
    sandbox.switches.session_answers = None
    assert_right(sandbox, sync())
