"""The README's pictures: made-up accounts, loaded and shown by the code of the real commands."""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console

from dlt_uis import uis_source
from dlt_uis.backfill import Backfill
from dlt_uis.cli import overview
from dlt_uis.cli.sync import show_summary
from dlt_uis.process.set_up import set_up
from dlt_uis.progress import Progress
from dlt_uis.runner import DATASET, make_pipeline, run
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.verify import Verify
from tests.browser import browse, find_browser

_NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
_FONT_OF_THE_NET = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_DAY = timedelta(days=1)


def write_terminal(path: Path) -> None:
    """An SVG of what ``dlt-uis sync`` prints, for an account whose clock stands still.

    It is left as it is where only the seconds would be others.
    """
    console = Console(
        record=True, width=76, height=20, file=io.StringIO(), force_terminal=True, emoji=False
    )
    account = Account(calls=5_000, now=_NOW)
    set_up()
    with folder(), Sandbox(account) as sandbox:
        pipeline = make_pipeline()
        summary = run(pipeline, uis_source(**_source(account, sandbox)), Progress())
        console.print("[bold green]$[/] dlt-uis sync")
        show_summary(console, summary, f"uis.duckdb, schema {DATASET}")
    picture = console.export_svg(title="dlt-uis sync", unique_id="sync")
    picture = _FONT_OF_THE_NET.sub("", picture)
    if not path.exists() or _timeless(path.read_text("utf-8")) != _timeless(picture):
        path.write_text(picture, encoding="utf-8", newline="\n")


def _timeless(picture: str) -> str:
    took = picture.index(">took")
    return picture[:took] + re.sub(r"[\d.]+", "", picture[took:])


def write_overview(path: Path) -> None:
    """A picture of the page that ``dlt-uis overview`` writes, as a browser shows it.

    Its warehouse has a bit of everything: loads, a gap, days that were verified, two that differ.
    """
    browser = find_browser()
    if browser is None:
        raise SystemExit("No browser: install chromium or Google Chrome, or name one in CHROME.")
    now = datetime.now(UTC).replace(microsecond=0)
    account = Account(calls=24_000, days=150, now=now)
    with folder() as here, Sandbox(account) as sandbox:
        source = _source(account, sandbox)
        account.set_now(now - 13 * _DAY)
        run(make_pipeline(), uis_source(**source, start_date=_ago(now, 60)), Progress())
        for first, last in ((140, 101), (93, 61)):
            Backfill(make_pipeline(), _ago(now, first), _ago(now, last), source=source).run()
        for _ in range(13):
            account.advance(_DAY)
            run(make_pipeline(), uis_source(**source), Progress())
        with duckdb.connect("uis.duckdb") as warehouse:
            warehouse.execute(
                f"DELETE FROM {DATASET}.calls WHERE id % 40 = 0 AND start_time::DATE IN (?, ?)",
                [_ago(now, 33), _ago(now, 21)],
            )
        Verify(make_pipeline(), _ago(now, 93), _ago(now, 10), source=source).run()
        page = here / "overview.html"
        overview.write_overview(make_pipeline(), "duckdb", page, None, "en")
        done = browse(
            browser, page, "--hide-scrollbars", "--window-size=1120,1400", f"--screenshot={path}"
        )
    if done.returncode:
        raise SystemExit(done.stderr)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder to work in, with dlt's own in it."""
    with tempfile.TemporaryDirectory() as made, contextlib.chdir(made):
        os.environ["DLT_DATA_DIR"] = str(Path(made, "dlt"))
        yield Path(made)


def _source(account: Account, sandbox: Sandbox) -> dict[str, Any]:
    return {
        "api_url": sandbox.url,
        "access_token": sandbox.access_token,
        "clock": account.now,
    }


def _ago(now: datetime, days: int) -> str:
    return str((now - days * _DAY).date())
