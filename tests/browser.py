"""A headless browser, where there is one, which reaches no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=127.0.0.1:1", "--enable-logging=stderr", "--virtual-time-budget=10000",
)  # fmt: skip


def find_browser() -> str | None:
    """The browser that is named in CHROME, or else one on the path."""
    named = os.environ.get("CHROME", "")
    return next(filter(None, map(shutil.which, filter(None, (named, *_NAMES)))), None)


def browse(browser: str, page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Opens a page, does what ``options`` ask for, and ends."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        return subprocess.run(
            [browser, *_OPTIONS, *options, f"--user-data-dir={profile}", page.resolve().as_uri()],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
