"""What failed and killed runs had read by halves does not fill the disk."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dlt_uis import uis_source
from dlt_uis.errors import UisError
from dlt_uis.progress import Progress
from dlt_uis.runner.job import run
from dlt_uis.runner.leftovers import leftovers
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Fault, Sandbox

from .truth import arrays_but

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def sync(sandbox: Sandbox) -> None:
    source = uis_source(
        api_url=sandbox.url, access_token=sandbox.access_token, clock=sandbox.account.now,
        page_size=50, parallel_windows=1, request_attempts=1, exclude_fields=arrays_but(),
    )  # fmt: skip
    run(make_pipeline(), source, Progress())


def halves() -> list[str]:
    places = Path(make_pipeline().working_dir, "normalize").glob("*/")
    return [place.name for place in places if place.name != "extracted"]


def test_a_sync_that_fails_leaves_nothing_that_it_has_read() -> None:
    with Sandbox(Account(200, days=5, now=NOW)) as sandbox:
        sandbox.inject(Fault("not_json", after=3))
        with pytest.raises(UisError):
            sync(sandbox)
        assert not halves()
        sync(sandbox)
    assert not halves()


def test_what_a_killed_run_has_left_is_deleted_two_days_later() -> None:
    """Not before: another process may be reading it."""
    with Sandbox(Account(20, days=5, now=NOW)) as sandbox:
        sync(sandbox)
        for name, days in (("0123456789abcdef", 3), ("fedcba9876543210", 1)):
            left = Path(make_pipeline().working_dir, "normalize", name)
            left.mkdir()
            then = time.time() - days * 86_400
            os.utime(left, (then, then))
        sync(sandbox)
    assert halves() == ["fedcba9876543210"]


def test_a_package_that_nobody_normalizes_any_more_is_deleted() -> None:
    """The one that it was made from was damaged, and dropped."""
    with Sandbox(Account(20, days=5, now=NOW)) as sandbox:
        sync(sandbox)
        left = Path(make_pipeline().working_dir, "load", "new", "1700000000.5", "new_jobs")
        left.mkdir(parents=True)
        sync(sandbox)
    assert not left.parent.exists()


def test_a_file_that_a_killed_run_was_about_to_rename_is_deleted() -> None:
    """It lies beside the packages, and is none."""
    with Sandbox(Account(20, days=5, now=NOW)) as sandbox:
        sync(sandbox)
        places = (Path(make_pipeline().working_dir, "load", each) for each in ("normalized", "new"))
        old, new = (place / "9397060041a891bc" for place in places)
        for file in (old, new):
            file.write_text('{"created_at"')
        assert not leftovers(make_pipeline())
        then = time.time() - 120
        os.utime(old, (then, then))
        sync(sandbox)
    assert not old.exists()
    assert new.exists()
