"""A BigQuery emulator of the test session's own, which Google's real client talks to.

It lives in an environment of its own, because it needs an older DuckDB.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ...environments import locked_environment, plain_environment, quietly
from .postgres import free_port

PROJECT = "proj"

_STOPS_WITH_US = '"$@" & read -r _; kill -TERM $!; wait'
_EXTENSION = "from duckdb_extensions import import_extension; import_extension('spatial')"
_PATIENCE = 60.0


@dataclass(frozen=True)
class BigQueryServer:
    """A running emulator; ``environment`` leads dlt and Google's client to it."""

    url: str
    environment: Mapping[str, str]


@contextmanager
def bigquery_server() -> Iterator[BigQueryServer]:
    """Starts an emulator on free ports, its data in memory; stops it at the end."""
    home = _environment()
    port = free_port()
    command = [str(home / "bin" / "bqemulator"), "start", "--ephemeral", "--project", PROJECT]
    command += ["--rest-port", str(port), "--grpc-port", "0", "--log-level", "error"]
    process = subprocess.Popen(
        ["sh", "-c", _STOPS_WITH_US, "sh", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**plain_environment(), "HOME": str(home)},
        start_new_session=True,
    )
    with (
        process,
        tempfile.TemporaryDirectory(prefix="dlt-uis-bigquery-") as folder,
        _tokens() as at,
    ):
        url = f"http://127.0.0.1:{port}"
        account = Path(folder) / "account.json"
        account.write_text(json.dumps(_service_account(at)))
        _wait_for(url, process)
        yield BigQueryServer(
            url,
            {
                "BIGQUERY_EMULATOR_HOST": url,
                "GOOGLE_APPLICATION_CREDENTIALS": str(account),
                "DESTINATION__BIGQUERY__CREDENTIALS__PROJECT_ID": PROJECT,
                # the emulator does not read compressed JSON lines, in which dlt's own tables come
                "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
            },
        )


def _environment() -> Path:
    """The folder of the emulator's interpreter, made if it is not there yet."""

    def finish(home: Path) -> None:
        quietly(str(home / "bin" / "python"), "-c", _EXTENSION, HOME=str(home))

    return locked_environment("emulator", finish)


def _service_account(tokens_at: str) -> Mapping[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "1",
        "private_key": key.decode(),
        "client_email": f"loader@{PROJECT}.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": tokens_at,
    }


@contextmanager
def _tokens() -> Iterator[str]:
    """The address of a server that gives anybody a token."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer = {"access_token": "any", "expires_in": 3600, "token_type": "Bearer"}
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/token"
        server.shutdown()
        thread.join()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            requests.get(f"{url}/bigquery/v2/projects/{PROJECT}/datasets", timeout=5)
            return
        except requests.ConnectionError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
