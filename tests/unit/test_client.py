"""One call against whatever a server, or a proxy before it, may do to its answer."""

from __future__ import annotations

import json
import socketserver
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from dlt_uis.api.auth import Auth, LoginAuth, TokenAuth
from dlt_uis.api.client import DataApi
from dlt_uis.api.envelope import Envelope
from dlt_uis.api.points import Governor
from dlt_uis.api.retrying import RetryPolicy
from dlt_uis.api.slots import Slots
from dlt_uis.errors import (
    AccessTokenExpired,
    AccessTokenInvalid,
    ConnectionFailed,
    Forbidden,
    InternalServerError,
    IpNotWhitelisted,
    MalformedResponse,
    NotADataApi,
    RequestRefused,
    RequestTimedOut,
    ServerFailed,
    UisError,
)

Request = Mapping[str, Any]
Part = bytes | float
"""Bytes of an answer, or seconds of silence."""

Server = Callable[[Request], Iterable[Part]]
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@contextmanager
def serving(answer: Server) -> Iterator[tuple[str, list[Request]]]:
    """A server that answers so; its address, and the requests that came."""
    requests: list[Request] = []
    over = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while line := self.rfile.readline():
                length = 0
                while line.strip():
                    name, _, value = line.decode("latin-1").partition(":")
                    length = int(value) if name.lower() == "content-length" else length
                    line = self.rfile.readline()
                request = json.loads(self.rfile.read(length))
                requests.append(request)
                for part in answer(request):
                    if isinstance(part, bytes):
                        self.wfile.write(part)
                    elif over.wait(part):
                        return
                if request["method"].endswith("closed"):
                    return

    class Threads(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that goes away is no error."""

    with Threads(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v2.0", requests
        finally:  # else its thread would ask a closed socket without end
            over.set()
            server.shutdown()


def http(body: bytes | str | Mapping[str, Any], status: int = 200, **headers: str) -> bytes:
    """An HTTP answer."""
    if isinstance(body, Mapping):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    named = {"Content-Length": str(len(body))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [
        f"HTTP/1.1 {status} Whatever",
        *(f"{name}: {named[name]}" for name in named if named[name]),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def success(request: Request, data: Any = "yes", **more: Any) -> dict[str, Any]:
    result = {"metadata": {"total_items": 1}, "data": data}
    return {"jsonrpc": "2.0", "id": request["id"], "result": result, **more}


def failure(request: Request, error: Any, **more: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request["id"], "error": error, **more}


EXPIRED = {"code": -32001, "message": "Over", "data": {"mnemonic": "access_token_expired"}}


def api_at(
    url: str,
    *,
    attempts: int = 1,
    timeout: float = 5.0,
    auth: Auth | None = None,
    slept: list[float] | None = None,
) -> DataApi:
    waits = [] if slept is None else slept
    return DataApi(
        url,
        auth or TokenAuth("t0ken"),
        governor=Governor(clock=lambda: NOW, sleep=waits.append),
        slots=Slots(4),
        retry=RetryPolicy(attempts=attempts),
        timeout=timeout,
        clock=lambda: NOW,
        sleep=waits.append,
    )


def asked(answer: Server, method: str = "get.account", **options: Any) -> Envelope[Any]:
    """What comes of a call."""
    with serving(answer) as (url, _), api_at(url, **options) as api:
        return api.call(method, {})


def in_turn(*servers: Server) -> Server:
    """Answers each request as the next one of them does."""
    left = iter(servers)

    def answer(request: Request) -> Iterable[Part]:
        return next(left)(request)

    return answer


def well(request: Request) -> list[Part]:
    return [http(success(request))]


def dripping(body: bytes, pause: float = 0.02) -> Iterator[Part]:
    for index in range(len(body)):
        yield body[index : index + 1]
        yield pause


def stalls_after_headers(request: Request) -> Iterator[Part]:
    del request
    yield http(b"", Content_Length="100")
    yield 60.0


def stalls_in_headers(request: Request) -> Iterator[Part]:
    del request
    yield http("{}")[:30]
    yield 60.0


def stalls_in_its_answer(request: Request) -> Iterator[Part]:
    """The whole of it comes, but more is announced."""
    head, _, body = http(success(request)).partition(b"\r\n\r\n")
    yield head.replace(str(len(body)).encode(), b"9999") + b"\r\n\r\n"
    yield 0.02
    yield body
    yield 60.0


def drips_its_answer(request: Request) -> Iterator[Part]:
    whole = http(success(request, "x" * 500))
    head, _, body = whole.partition(b"\r\n\r\n")
    yield head + b"\r\n\r\n"
    yield from dripping(body)


def drips_its_headers(request: Request) -> Iterator[Part]:
    yield from dripping(http(success(request), X_Long="x" * 500))


def says_nothing(request: Request) -> Iterator[Part]:
    del request
    yield 60.0


SLOW = [
    stalls_after_headers,
    stalls_in_headers,
    stalls_in_its_answer,
    drips_its_answer,
    drips_its_headers,
    says_nothing,
]


@pytest.mark.parametrize("slow", SLOW)
def test_a_try_ends_when_its_time_is_over_whatever_came_of_the_answer(slow: Server) -> None:
    slept: list[float] = []
    envelope = asked(in_turn(slow, well), attempts=2, timeout=0.7, slept=slept)
    assert (envelope.data, len(slept)) == ("yes", 1)


def test_a_server_that_does_not_answer_is_named_with_the_seconds_that_it_had() -> None:
    with pytest.raises(RequestTimedOut, match=r"127\.0\.0\.1 did not answer within 0\.1 seconds"):
        asked(says_nothing, timeout=0.1)


def test_an_answer_that_comes_in_pieces_comes_in_time() -> None:
    def in_pieces(request: Request) -> Iterator[Part]:
        whole = http(success(request))
        for start in range(0, len(whole), 20):
            yield whole[start : start + 20]
            yield 0.005

    assert asked(in_pieces).data == "yes"


def test_a_page_that_does_not_come_in_time_is_asked_for_by_halves_until_it_comes() -> None:
    """As often as it takes, as long as some of it comes; a stalled server gets its tries only."""

    def slow_line(request: Request) -> Iterator[Part]:
        head, _, body = http(success(request)).partition(b"\r\n\r\n")
        yield head + b"\r\n\r\n"
        yield from dripping(body) if request["params"]["limit"] > 100 else [body]

    def less(params: Mapping[str, Any]) -> Mapping[str, Any] | None:
        return {**params, "limit": params["limit"] // 2} if params["limit"] > 1 else None

    with serving(slow_line) as (url, requests), api_at(url, timeout=1.0) as api:
        assert api.call("get.calls_report", {"limit": 300}, less=less).data == "yes"
        assert [each["params"]["limit"] for each in requests] == [300, 150, 75]
    for stalled in (stalls_after_headers, stalls_in_its_answer):
        with serving(stalled) as (url, requests), api_at(url, timeout=0.4, attempts=2) as api:
            with pytest.raises(RequestTimedOut):
                api.call("get.calls_report", {"limit": 300}, less=less)
            assert [each["params"]["limit"] for each in requests] == [300, 150]


def test_a_connection_has_a_short_time_of_its_own() -> None:
    # nobody answers there: addresses for documentation (RFC 5737)
    with api_at("http://192.0.2.1/v2.0", timeout=0.05) as api, pytest.raises(ConnectionFailed):
        api.call("get.account", {})


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"Retry_After": "7"}, 7, 7),
        ({"Retry_After": "7.5"}, 7.5, 7.5),
        ({"Retry_After": "Wed, 04 Mar 2026 12:00:40 GMT"}, 40, 40),
        ({"Retry_After": "Wednesday, 04-Mar-26 12:00:40 GMT"}, 40, 40),
        ({"Retry_After": "Wed Mar  4 12:00:40 2026"}, 40, 40),
        ({"Retry_After": "Wed, 04 Mar 2026 15:00:40 +0300"}, 40, 40),
        ({"Retry_After": "2026-03-04T12:00:40Z"}, 40, 40),
        ({"Retry_After": "Wed, 04 Mar 1998 12:00:40 GMT"}, 0, 0.5),
        ({"Retry_After": "Wed, 04 Mar 2099 12:00:40 GMT"}, 60, 60),
        ({"Retry_After": "9" * 400}, 60, 60),
        ({"Retry_After": "-5"}, 0, 0.5),
        ({"Retry_After": "soon"}, 0, 0.5),
        ({"Retry_After": "inf"}, 0, 0.5),
        ({"Retry_After": "Wed, 04 Mar 2026 99:00:40 GMT"}, 0, 0.5),
    ],
)
@pytest.mark.parametrize("body", ["busy", '{"message": "busy"}'])
def test_a_server_is_asked_again_when_it_wants_to_be(
    headers: dict[str, str], least: float, most: float, body: str
) -> None:
    slept: list[float] = []
    dated = {"Date": "Wed, 04 Mar 2026 12:00:00 GMT", **headers}
    server = in_turn(lambda _: [http(body, 503, **dated)], well)
    assert asked(server, attempts=2, slept=slept).data == "yes"
    (wait,) = slept
    assert least <= wait <= most


PAGE = "<html><body>Busy</body></html>"
LONG = {**EXPIRED, "data": {**EXPIRED["data"], "extended_helper": "x" * 300_000}}  # type: ignore[dict-item]
CASES: list[tuple[Callable[[Request], bytes], type[UisError]]] = [
    (lambda r: http(failure(r, LONG)), AccessTokenExpired),
    (lambda r: http(failure(r, EXPIRED, result=None)), AccessTokenExpired),
    (lambda r: http(failure(r, EXPIRED), 401), AccessTokenExpired),
    (lambda r: http(failure(r, {"code": -32003, "message": "No"}), 403), Forbidden),
    (lambda r: http(failure(r, "ip_not_whitelisted"), 403), IpNotWhitelisted),
    (lambda r: http(failure(r, -32001)), AccessTokenInvalid),
    (lambda r: http(failure(r, [EXPIRED])), AccessTokenExpired),
    (lambda r: http(failure(r, {"code": "-32602", "message": "No"})), RequestRefused),
    (lambda r: http(failure(r, "Something broke")), InternalServerError),
    (lambda r: http(failure(r, {})), InternalServerError),
    (lambda r: http(failure(r, {"code": -32603}), 500), InternalServerError),
    (lambda r: http(failure(r, {"code": -32000}), 500), ServerFailed),
    (lambda _: http({"error": "Internal Server Error", "status": 500}, 500), ServerFailed),
    (lambda _: http({"error": "Too many"}, 429), ServerFailed),
    (lambda _: http({"error": "Unauthorized"}, 401), NotADataApi),
    (lambda _: http(PAGE, 403), NotADataApi),
    (lambda _: http(PAGE, 408), ServerFailed),
    (lambda _: http(PAGE, 200), ServerFailed),
    (lambda _: http("", 200), MalformedResponse),
    (lambda _: http("", 204), MalformedResponse),
    (lambda _: http("", 204, Content_Length=""), MalformedResponse),
    (lambda _: http(success({"id": "another"})), MalformedResponse),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "kind"), CASES)
def test_what_is_no_answer_becomes_the_error_that_says_why(
    answer: Callable[[Request], bytes], kind: type[UisError]
) -> None:
    with pytest.raises(UisError) as raised:
        asked(lambda request: [answer(request)])
    assert type(raised.value) is kind
    assert "t0ken" not in str(raised.value)


WHOLE: list[Callable[[Request], bytes]] = [
    lambda r: http(success(r, error=None)),
    lambda r: http(success(r, error={})),
    lambda r: http(success({"id": str(r["id"])})),
    lambda r: http(success({"id": float(r["id"])})),
    lambda r: http(json.dumps(success(r)), Content_Encoding="identity"),
    lambda r: http(zlib.compress(json.dumps(success(r)).encode()), Content_Encoding="deflate"),
]


@pytest.mark.parametrize("answer", WHOLE)
def test_answers_are_taken_in_all_their_forms(answer: Callable[[Request], bytes]) -> None:
    assert asked(lambda request: [answer(request)]).data == "yes"


def chunked(body: bytes, *, ends: bool) -> bytes:
    head = http(b"", Content_Length="", Transfer_Encoding="chunked")
    return head + f"{len(body):x}\r\n".encode() + body + b"\r\n" + (b"0\r\n\r\n" if ends else b"")


CUT: list[Callable[[bytes], bytes]] = [
    lambda body: chunked(body[:-9], ends=False),
    lambda body: chunked(body, ends=True)[:-30],
    lambda body: http(body[:-9], Content_Length=str(len(body))),
    lambda body: http(body, Content_Length=str(len(body) - 9)),
    lambda body: http(body[:-9], Content_Length=""),
    lambda body: http(zlib.compress(body)[:-9], Content_Encoding="deflate"),
]


@pytest.mark.parametrize("cut", CUT)
def test_an_answer_that_is_cut_off_is_asked_for_again(cut: Callable[[bytes], bytes]) -> None:
    """And what is left of it on the connection is not taken for the next one."""
    answers = iter([cut])

    def answer(request: Request) -> Iterator[Part]:
        body = json.dumps(success(request)).encode()
        yield next(answers, http)(body)

    # the connection that the server closes may be used once more before that is known
    assert asked(answer, "get.closed", attempts=3).data == "yes"


class Sessions:
    """The sessions of a login that others use, too: each is good for so many answers."""

    def __init__(self, good_for: int) -> None:
        self._good_for = good_for
        self._left: dict[str, int] = {}
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Iterator[Part]:
        with self._lock:
            if request["method"] == "login.user":
                token = f"session-{len(self._left)}"
                self._left = {**dict.fromkeys(self._left, 0), token: self._good_for}
                yield http(success(request, {"access_token": token, "expire_at": 1}))
                return
            token = request["params"]["access_token"]
            self._left[token] -= 1
            ended = self._left[token] < 0
        yield http(failure(request, EXPIRED) if ended else success(request))


def test_a_session_that_others_end_is_renewed_as_often_as_answers_come() -> None:
    """Also by threads at once, and each ended session only once."""
    with serving(Sessions(1)) as (url, requests):
        with api_at(url, auth=LoginAuth("me", "pass")) as api:
            threads = [
                threading.Thread(target=lambda: [api.call("get.account", {}) for _ in range(4)])
                for _ in range(3)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        logins = [each for each in requests if each["method"] == "login.user"]
        assert len(logins) == 12


def test_a_session_that_is_no_good_is_not_renewed_for_ever() -> None:
    slept: list[float] = []
    with serving(Sessions(0)) as (url, requests):
        with (
            pytest.raises(AccessTokenExpired),
            api_at(url, auth=LoginAuth("me", "pass"), slept=slept) as api,
        ):
            api.call("get.account", {})
        logins = [each for each in requests if each["method"] == "login.user"]
        assert (len(logins), len(slept)) == (4, 2)
