"""No secret is in what a command prints, logs, writes or sends, however it is written there."""

from __future__ import annotations

import json
import logging
import subprocess
import threading
import traceback
import warnings
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from click.testing import CliRunner, Result

from dlt_uis.api.auth import LoginAuth
from dlt_uis.cli.main import cli
from dlt_uis.errors import DestinationFailed
from dlt_uis.monitoring import slack
from dlt_uis.monitoring.run_summary import RunSummary
from dlt_uis.process.outputs import without_secrets
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.secrecy.scrubbing import look_again, scrubbed

from ..benchmarks.harness import checkout_environment, dlt_uis_command

PASSWORDS = {
    "plain": "Zx9-kvQ7tyu",
    "blank": "kvq zx77 wru",
    "percent": "50%Zx9%2kvq",
    "address": "zq/kv9#x?8w@7y:t",
    "quotes": "zq'kv\"9x\\w77",
    "Cyrillic": "пароль-Щ77",
}


def ways(secret: str) -> set[str]:
    """How others may write it."""
    once = {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        quote(secret, safe="").lower(),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        repr(secret.encode())[2:-1],
        secret.replace("\\", "\\\\").replace("'", "\\'"),
        secret.replace("'", "''"),
    }
    return once | {repr(each)[1:-1] for each in once} | {json.dumps(each)[1:-1] for each in once}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Account(calls=20, days=5)) as served:
        yield served


def run(sandbox: Sandbox, *options: str) -> tuple[Result, str]:
    """A sync, and all that it said and wrote."""
    url = () if "--api-url" in options else ("--api-url", sandbox.url)
    result = CliRunner().invoke(cli, ["sync", *url, "--summary-file", "summary.json", *options])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result, result.output + Path("summary.json").read_text(encoding="utf-8")


def assert_hidden(text: str, *secrets: str) -> None:
    for secret in secrets:
        for way in ways(secret):
            assert way not in text, (way, text)


CREDENTIALS: Mapping[str, str] = {
    "an address": "postgresql://loader:{quoted}@127.0.0.1:1/warehouse",
    "an address that is not quoted": "postgresql://loader:{plain}@127.0.0.1:1/warehouse",
    "no scheme": "loader:{plain}@127.0.0.1:1/warehouse",
    "half a scheme": "postgresql//loader:{plain}@127.0.0.1:1/warehouse",
    "a bad port": "postgresql://loader:{quoted}@127.0.0.1:port/warehouse",
    "parameters": "host=127.0.0.1 port=1 user=loader password={plain}",
}


@pytest.mark.parametrize(
    "password",
    [
        pytest.param(
            password, id=kind,
            marks=() if kind in ("blank", "address", "quotes") else pytest.mark.cross,
        )
        for kind, password in PASSWORDS.items()
    ],
)  # fmt: skip
def test_a_postgres_password(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
    pieces = [piece for piece in (password.split() if " " in password else []) if len(piece) > 3]
    for form in CREDENTIALS.values():
        credentials = form.format(plain=password, quoted=quote(password, safe=""))
        monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", credentials)
        for options in (("--debug",), ("--debug", "--log-format", "json")):
            result, told = run(sandbox, "--destination", "postgres", *options)
            assert result.exit_code in (1, 2), told
            assert_hidden(told, password, sandbox.access_token, *pieces)


def test_a_postgres_password_by_itself(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
    given = {"username": "loader", "host": "127.0.0.1", "port": "1", "database": "warehouse"}
    for name, value in given.items():
        monkeypatch.setenv(f"DESTINATION__POSTGRES__CREDENTIALS__{name.upper()}", value)
    for password in PASSWORDS.values():
        monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS__PASSWORD", password)
        result, told = run(sandbox, "--destination", "postgres", "--debug")
        assert result.exit_code == 1, told
        assert_hidden(told, password)


def test_a_postgres_password_in_a_file(sandbox: Sandbox) -> None:
    """dlt's document of secrets.toml is read by a private name: this tells if that goes."""
    password = PASSWORDS["plain"]
    Path(".dlt").mkdir()
    secrets = f"""
        sources.uis.access_token = "{sandbox.access_token}"
        destination.postgres.credentials = "host=127.0.0.1 port=1 user=loader password={password}"
    """
    Path(".dlt/secrets.toml").write_text(secrets, encoding="utf-8")
    command = [*dlt_uis_command(), "sync", "--destination", "postgres", "--api-url", sandbox.url]
    done = subprocess.run(
        [*command, "--debug"],
        env=checkout_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (1, 2), done.stderr
    assert_hidden(done.stdout + done.stderr, password, sandbox.access_token)


KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nKcwggSjAgEAAoIBAQC7VJTUt9Us\n"
SERVICE_ACCOUNT = json.dumps(
    {"project_id": "proj", "client_email": "loader@proj.iam", "private_key": KEY, "type": "x"}
)

OTHERS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "BigQuery, as JSON": ("bigquery", {"bigquery__credentials": SERVICE_ACCOUNT}),
    "BigQuery, as broken JSON": ("bigquery", {"bigquery__credentials": SERVICE_ACCOUNT[:-3]}),
    "BigQuery, one by one": (
        "bigquery",
        {
            "bigquery__credentials__private_key": KEY,
            "bigquery__credentials__client_email": "loader@proj.iam",
            "bigquery__credentials__project_id": "proj",
        },
    ),
    "filesystem": (
        "filesystem",
        {
            "filesystem__bucket_url": "s3://calls/%zz",
            "filesystem__credentials__endpoint_url": "http://127.0.0.1:1",
            "filesystem__credentials__aws_access_key_id": "AKIAZX9KVQ77",
            "filesystem__credentials__aws_secret_access_key": "zq/kv9+x8w7yt==",
        },
    ),
    "a share with a login": (
        "filesystem",
        {"filesystem__bucket_url": "sftp://loader:Zx9-kvQ7tyu@127.0.0.1:1/calls"},
    ),
    "DuckDB": ("duckdb", {"duckdb__credentials": "duckdb:////no/such?token=Zx9-kvQ7tyu"}),
}


@pytest.mark.parametrize(("destination", "settings"), OTHERS.values(), ids=OTHERS.keys())
def test_what_other_destinations_are_given(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    destination: str,
    settings: Mapping[str, str],
) -> None:
    monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", sandbox.access_token)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name, value in settings.items():
        monkeypatch.setenv(f"DESTINATION__{name.upper()}", value)
    result, told = run(sandbox, "--destination", destination, "--debug")
    assert result.exit_code in (1, 2), told
    lines = KEY.splitlines()[1:]
    assert_hidden(told, "AKIAZX9KVQ77", "zq/kv9+x8w7yt==", "Zx9-kvQ7tyu", *lines)


@pytest.mark.parametrize("scheme", ["", "https//", "https:", "htp://", "http://"])
def test_a_login_in_the_apis_address(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", "tok-Zx9-kvQ7tyu")
    monkeypatch.setenv("SOURCES__UIS__REQUEST_ATTEMPTS", "1")
    address = f"{scheme}caller:kvQ-zx77@127.0.0.1:1/v2.0"
    monkeypatch.setenv("SOURCES__UIS__API_URL", address)
    result, told = run(sandbox, "--debug", "--api-url", address)
    assert result.exit_code in (1, 2), told
    assert_hidden(told, "kvQ-zx77", "tok-Zx9-kvQ7tyu")


def test_the_token_of_a_session() -> None:
    """Which nobody has configured, and which is made while the command runs."""
    made = {"access_token": "session-Zx9-kvQ7", "expire_at": 4e9}
    auth: Any = LoginAuth("analyst", "p-Zx9-kvQ7")
    auth.token(lambda *_: SimpleNamespace(data=made), datetime.now(UTC))
    assert scrubbed("token=session-Zx9-kvQ7&password=p-Zx9-kvQ7") == "token=***&password=***"


def test_every_way_of_every_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "SOURCES__UIS__PRIVACY_KEY",
        "RUNTIME__SENTRY_DSN",
        "MOTHERDUCK_TOKEN",
        "PGPASSWORD",
    ):
        for secret in PASSWORDS.values():
            value = f"https://{quote(secret, safe='')}@o1.example/7" if "DSN" in name else secret
            monkeypatch.setenv(name, value)
            look_again()
            for way in ways(secret):
                assert way not in scrubbed(f"before {way} after"), (name, way)
            for user in ("", "u", "us", "use"):
                basic = b64encode(f"{user}:{secret}".encode()).decode()
                assert basic not in scrubbed(f"Authorization: Basic {basic}"), (name, basic)


def test_a_short_or_common_password_does_not_blank_what_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for password in ("postgres", "x", "1234", "data", "password"):
        address = f"postgresql://postgres:{password}@db.example:5432/uis_data"
        monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", address)
        look_again()
        line = 'password authentication failed for user "postgres": 1234 calls of uis_data at x'
        assert scrubbed(line) == line
        assert f":{password}@" not in scrubbed(f"can't connect to {address}")
        assert f"password={password}" not in scrubbed(f"host=db password={password} port=1")


def test_warnings_threads_chains_and_other_loggers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = PASSWORDS["plain"]
    monkeypatch.setenv("SOURCES__UIS__ACCESS_TOKEN", secret)
    look_again()

    def fail() -> None:
        try:
            raise ValueError(secret)
        except ValueError as error:
            raise KeyError(secret) from error

    with without_secrets(debug=True):
        try:
            fail()
        except KeyError:
            logging.getLogger("another").exception("it was %s", secret)
            traceback.print_exc()
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(secret, stacklevel=1)
        print(secret)
        args = threading.ExceptHookArgs((KeyError, KeyError(secret), None, None))
        threading.__excepthook__(args)
    shown = capsys.readouterr()
    assert "KeyError" in shown.err
    assert secret not in shown.out + shown.err


def test_slack_is_not_told_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    password = PASSWORDS["blank"]
    told: list[Any] = []

    def post(*_: object, **given: Any) -> _Answer:
        told.append(given["json"])
        return _Answer()

    monkeypatch.setattr("requests.post", post)
    summary = RunSummary(
        "sync", "uis", datetime.now(UTC), datetime.now(UTC), 1,
        DestinationFailed(f"no connection as loader:{password}@host"), {}, 0, None,
    )  # fmt: skip
    monkeypatch.setenv(
        "DESTINATION__POSTGRES__CREDENTIALS", f"postgresql://loader:{password}@host/d"
    )
    look_again()
    config = SimpleNamespace(slack_incoming_hook="https://hooks.example/services/T0/B0/secret")
    monkeypatch.setattr(slack, "active", lambda: SimpleNamespace(runtime_config=config))
    slack.notify(summary)
    assert "failed" in told[0]["text"]
    assert_hidden(told[0]["text"], password)


class _Answer:
    def raise_for_status(self) -> None:
        """It went well."""
