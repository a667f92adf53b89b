"""Recordings over HTTP, and what may come in place of them."""

from __future__ import annotations

from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from threading import Event
from urllib.parse import unquote

from .audio import Audio
from .recordings import PARTS, WHOLE, Recordings
from .switches import RecordingFault, Switches

_BY_ANOTHER_WAY = "?again"
_HTML = b"<!DOCTYPE html><html><body>Log in, please</body></html>"
_JSON = b'{"error": "no such recording"}'
_STATUSES: Mapping[str, tuple[int, bytes]] = {
    "http_400": (400, b"no files"),
    "http_403": (403, _HTML),
    "http_404": (404, b"not found"),
    "http_429": (429, b""),
    "http_500": (500, _HTML),
    "http_503": (503, b""),
}
_LIES: Mapping[str, tuple[str, bytes]] = {
    "html": ("text/html; charset=utf-8", _HTML),
    "json": ("application/json", _JSON),
    "empty": ("audio/mpeg", b""),
    "html_as_audio": ("audio/mpeg", _HTML),
}


def is_of_recordings(path: str) -> bool:
    return path.startswith((PARTS, WHOLE))


class MediaAnswer:
    """Answers one request for a recording.

    Args:
        stopped: is set when the sandbox stops.
    """

    def __init__(
        self,
        handler: BaseHTTPRequestHandler,
        recordings: Recordings,
        switches: Switches,
        stopped: Event,
    ) -> None:
        self._handler = handler
        self._recordings = recordings
        self._switches = switches
        self._stopped = stopped

    def send(self) -> RecordingFault | None:
        """Sends it; returns the fault that is left to whoever holds the connection."""
        whole = self._handler.path
        path = unquote(whole.removesuffix(_BY_ANOTHER_WAY))
        before = self._recordings.ask(path)
        if self._switches.latency:
            self._stopped.wait(self._switches.latency)
        ask = self._switches.recording_fault
        fault = ask(path, before) if ask else None
        if fault == "reset":
            return fault
        if fault == "stall":
            self._stopped.wait()
        elif fault and fault in _STATUSES:
            status, body = _STATUSES[fault]
            self._answer(status, "text/html", body)
        elif fault and fault in _LIES:
            self._answer(200, *_LIES[fault])
        elif fault == "redirect_elsewhere":
            self._redirect("https://example.com/login")
        elif fault == "redirect" and whole == path:
            self._redirect(f"{whole}{_BY_ANOTHER_WAY}")
        else:
            self._send_file(path, fault)
        return None

    def _send_file(self, path: str, fault: RecordingFault | None) -> None:
        found = self._recordings.found(path)
        if isinstance(found, int):
            self._answer(found, "text/plain", b"no files" if found == 400 else b"not found")
            return
        content_type = None if fault == "no_type" else found.content_type
        length = None if fault == "no_length" else found.length
        self._begin(200, content_type, length)
        if fault == "cut":
            self._handler.wfile.write(next(iter(found.pieces()))[:100])
            self._handler.close_connection = True
        elif fault == "drip":
            self._drip(found)
        else:
            self._write(found)
            if length is not None:
                self._recordings.was_sent(path)
        self._handler.close_connection |= length is None

    def _write(self, audio: Audio) -> None:
        speed = self._switches.bytes_per_second
        for piece in audio.pieces():
            self._handler.wfile.write(piece)
            if speed:
                self._stopped.wait(len(piece) / speed)
        self._handler.wfile.flush()

    def _drip(self, audio: Audio) -> None:
        for piece in audio.pieces():
            for start in range(len(piece)):
                self._handler.wfile.write(piece[start : start + 1])
                self._handler.wfile.flush()
                if self._stopped.wait(0.05):
                    return

    def _redirect(self, location: str) -> None:
        self._answer(308, "text/html", b"", {"Location": location})

    def _answer(
        self, status: int, content: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        self._begin(status, content, len(body), headers)
        self._handler.wfile.write(body)
        self._handler.wfile.flush()

    def _begin(
        self,
        status: int,
        content: str | None,
        length: int | None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._handler.send_response(status)
        told = {"Content-Type": content, "Content-Length": length, **(headers or {})}
        for name, value in told.items():
            if value is not None:
                self._handler.send_header(name, str(value))
        self._handler.end_headers()
