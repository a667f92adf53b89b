"""The sandbox over HTTP: threads, connections kept alive, gzip when asked for, and faults."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from .account import Account
from .bodies import Body
from .budget import Limits
from .media import MediaAnswer, is_of_recordings
from .recordings import WHOLE, Recordings
from .refusals import Refusal
from .rpc import CACHE_BYTES, Api, Stats
from .switches import Fault, Faults, Switches
from .zipping import stream

_PATH = "/v2.0"
_HTML = b"<html><body><h1>Bad gateway</h1><p>nginx</p></body></html>"
_MAX_REQUEST = 1024 * 1024


class Sandbox:
    """A local Data API of an account; serves inside a ``with`` block, or from start to stop.

    ``api`` is the account's API itself, ``switches`` change its behaviour while it runs. Answers
    are cached, up to ``cache_bytes`` of them. ``recordings`` are the account's.
    """

    def __init__(
        self,
        account: Account,
        port: int = 0,
        switches: Switches | None = None,
        limits: Limits | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.account = account
        self.switches = switches or Switches()
        self.api = Api(account, self.switches, limits or Limits(), cache_bytes)
        self.recordings = Recordings(account, self.switches)
        self.faults = Faults()
        self.stopped = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.sandbox = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def url(self) -> str:
        return f"{self.media_url}{_PATH}"

    @property
    def media_url(self) -> str:
        """What stands before the links of parts of calls."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def records_url(self) -> str:
        """What stands before the links of whole calls."""
        return f"{self.media_url}{WHOLE.rstrip('/')}"

    @property
    def access_token(self) -> str:
        return self.api.access.access_token

    @property
    def agent_token(self) -> str:
        """A partner's token: every request with it needs a ``user_id``."""
        return self.api.access.agent_token

    @property
    def login(self) -> str:
        return self.api.access.login

    @property
    def password(self) -> str:
        return self.api.access.password

    @property
    def stats(self) -> Stats:
        return self.api.stats

    @property
    def points(self) -> int:
        """Points spent so far."""
        return self.api.budget.points

    @property
    def over_budget(self) -> int:
        """Requests that were refused for want of points."""
        return self.api.budget.over_budget

    def describe(self) -> dict[str, str]:
        """What a client needs to know."""
        return {
            "url": self.url,
            "access_token": self.access_token,
            "login": self.login,
            "password": self.password,
            "media_url": self.media_url,
            "records_url": self.records_url,
        }

    def inject(self, fault: Fault) -> None:
        """Lets something go wrong with requests to come."""
        self.faults.add(fault)

    def expire_sessions(self) -> None:
        self.api.access.expire_sessions()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    sandbox: Sandbox

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Says nothing."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The ``Date`` of answers is that of the account's clock."""
        told = self.server.sandbox.account.now().timestamp() if timestamp is None else timestamp
        return super().date_time_string(int(told))

    def do_GET(self) -> None:
        sandbox = self.server.sandbox
        if not is_of_recordings(self.path):
            self._send(405, [Body(_HTML)], "text/html")
            return
        answer = MediaAnswer(self, sandbox.recordings, sandbox.switches, sandbox.stopped)
        if answer.send() == "reset":
            self.reset()

    def do_PUT(self) -> None:
        self._send(405, [Body(_HTML)], "text/html")

    do_DELETE = do_HEAD = do_PUT

    def do_POST(self) -> None:
        sandbox = self.server.sandbox
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(min(length, _MAX_REQUEST))
        if self.path.rstrip("/") != _PATH:
            self._send(404, [Body(_HTML)], "text/html")
            return
        try:
            request = json.loads(raw)
        except ValueError:
            sandbox.api.count(None)
            refusal = Refusal("parse_error", "The request is not JSON")
            self._send(200, sandbox.api.refusal(refusal))
            return
        method = request.get("method") if isinstance(request, dict) else None
        sandbox.api.count(method)
        if sandbox.switches.latency:
            sandbox.stopped.wait(sandbox.switches.latency)
        fault = sandbox.faults.next(method)
        if fault is None:
            self._send(200, self._rewritten(sandbox.api.answer(request)))
        else:
            _Misbehaviour(self, fault, request).happen()

    def reset(self) -> None:
        """Breaks the connection off."""
        # lingering for no time makes the system send a reset instead of an orderly end
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def _rewritten(self, parts: list[Body]) -> list[Body]:
        rewrite = self.server.sandbox.switches.rewrite
        if rewrite is None:
            return parts
        return [Body(rewrite(b"".join(part.plain for part in parts)))]

    def _send(
        self,
        status: int,
        parts: list[Body],
        content: str = "application/json; charset=UTF-8",
        headers: dict[str, str] | None = None,
        cut: int | None = None,
        pause: float | None = None,
    ) -> None:
        """Sends an answer; with ``cut``, only so many bytes of it, and closes the connection; with
        ``pause``, byte by byte."""
        zips = "gzip" in self.headers.get("Accept-Encoding", "")
        if zips:
            pieces = list(stream(part.zipped for part in parts))
        else:
            pieces = [part.plain for part in parts]
        self.send_response(status)
        self.send_header("Content-Type", content)
        self.send_header("Content-Length", str(sum(map(len, pieces))))
        if zips:
            self.send_header("Content-Encoding", "gzip")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if cut is not None:
            self.wfile.write(b"".join(pieces)[:cut])
            self.close_connection = True
            return
        speed = self.server.sandbox.switches.bytes_per_second
        if pause is not None:
            self._trickle(b"".join(pieces), 1, pause)
        elif speed:
            self._trickle(b"".join(pieces), max(1, speed // 20), 0.05)
        else:
            for piece in pieces:
                self.wfile.write(piece)
        self.wfile.flush()

    def _trickle(self, body: bytes, step: int, pause: float) -> None:
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            self.wfile.flush()
            if self.server.sandbox.stopped.wait(pause):
                return


class _Misbehaviour:
    """What a fault does to an answer."""

    def __init__(self, handler: _Handler, fault: Fault, request: Any) -> None:
        self._handler = handler
        self._fault = fault
        self._request = request
        self._api = handler.server.sandbox.api

    def happen(self) -> None:
        getattr(self, f"_{self._fault.kind}")()

    def _answer(self) -> list[Body]:
        return self._api.answer(self._request)

    def _send(self, status: int, parts: list[Body], content: str, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._handler._send(status, parts, content, named)

    def _refuse(self, refusal: Refusal, status: int = 200) -> None:
        parts = self._api.refusal(refusal, self._request.get("id"))
        self._send(status, parts, "application/json")

    def _http_500_html(self) -> None:
        self._send(500, [Body(_HTML)], "text/html")

    def _http_502_html(self) -> None:
        self._send(502, [Body(_HTML)], "text/html")

    def _http_200_html(self) -> None:
        self._send(200, [Body(_HTML)], "text/html")

    def _http_404_html(self) -> None:
        self._send(404, [Body(_HTML)], "text/html")

    def _http_503(self) -> None:
        self._send(503, [Body(b"")], "text/plain")

    def _http_503_until(self) -> None:
        at = self._api.account.now().timestamp() + self._fault.seconds
        until = self._handler.date_time_string(at)
        self._send(503, [Body(b"")], "text/plain", Retry_After=until)

    def _http_200_empty(self) -> None:
        self._send(200, [Body(b"")], "application/json")

    def _http_204(self) -> None:
        self._handler.send_response(204)
        self._handler.end_headers()

    def _http_429(self) -> None:
        self._send(429, [Body(b"")], "text/plain", Retry_After="1")

    def _redirect(self) -> None:
        self._send(302, [Body(_HTML)], "text/html", Location="https://example.com/login")

    def _http_500_json_rpc(self) -> None:
        self._refuse(Refusal("internal_error", "Internal error"), status=500)

    def _internal_error(self) -> None:
        self._refuse(Refusal("internal_error", "Internal error"))

    def _minute_limit_exceeded(self) -> None:
        self._refuse(self._api.limit_exceeded("minute"))

    def _day_limit_exceeded(self) -> None:
        self._refuse(self._api.limit_exceeded("day"))

    def _not_json(self) -> None:
        self._send(200, [Body(b"OK")], "text/plain")

    def _wrong_shape(self) -> None:
        answer = {"jsonrpc": "2.0", "id": self._request["id"], "result": ["surprise"]}
        self._send(200, [Body(json.dumps(answer).encode())], "application/json")

    def _wrong_id(self) -> None:
        other = {**self._request, "id": "somebody-else"}
        self._send(200, self._api.answer(other), "application/json")

    def _truncate(self) -> None:
        parts = self._answer()
        self._handler._send(200, parts, cut=sum(len(part.plain) for part in parts) // 20 + 20)

    def _stall(self) -> None:
        self._handler.server.sandbox.stopped.wait(self._fault.seconds)
        self._handler._send(200, self._answer())

    def _stall_in_headers(self) -> None:
        self._stop_behind(b"HTTP/1.1 200 OK\r\nContent-")

    def _stall_after_headers(self) -> None:
        self._stop_behind(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")

    def _stop_behind(self, sent: bytes) -> None:
        self._handler.wfile.write(sent)
        self._handler.wfile.flush()
        self._handler.server.sandbox.stopped.wait(self._fault.seconds)
        self._handler.close_connection = True

    def _drip(self) -> None:
        self._handler._send(200, self._answer(), pause=self._fault.seconds)

    def _reset(self) -> None:
        self._handler.reset()
