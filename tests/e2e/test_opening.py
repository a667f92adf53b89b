"""The warehouse is connected to once for what is asked of it together."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import dlt
import duckdb
import pytest
from dlt.common.exceptions import DltException

from dlt_uis import uis_source
from dlt_uis.progress import Progress
from dlt_uis.runner.job import run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.warehouse.connection import connected_client, opened_ahead

OTHER = "import duckdb; duckdb.connect('uis.duckdb', read_only=True)"


def can_be_opened_by_others() -> bool:
    command = [sys.executable, "-c", OTHER]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_blocks_inside_one_another_share_a_client() -> None:
    pipeline, other = make_pipeline(), make_pipeline(name="other")
    with connected_client(pipeline) as client:
        with connected_client(pipeline) as again, connected_client(other) as of_other:
            assert again is client
            assert of_other is not client
        assert client.sql_client.execute_sql("SELECT 1") == [(1,)]  # type: ignore[attr-defined]
    with connected_client(pipeline) as anew:
        assert anew is not client


def test_duckdb_is_free_for_others_outside_of_the_block() -> None:
    pipeline = make_pipeline()
    with connected_client(pipeline):
        assert not can_be_opened_by_others()
    assert can_be_opened_by_others()
    with opened_ahead(pipeline), connected_client(pipeline):
        pass
    assert can_be_opened_by_others()


def test_duckdb_is_closed_after_an_error_too() -> None:
    pipeline = make_pipeline()
    with pytest.raises(ZeroDivisionError), opened_ahead(pipeline), connected_client(pipeline):
        1 / 0  # noqa: B018
    assert can_be_opened_by_others()


def test_a_file_opened_ahead_stays_open() -> None:
    pipeline = make_pipeline()
    with connected_client(pipeline):
        pass
    with opened_ahead(pipeline):
        with connected_client(pipeline):
            pass
        assert not can_be_opened_by_others()


def test_what_can_not_be_opened_ahead_fails_where_it_is_needed() -> None:
    pipeline = make_pipeline()
    with duckdb.connect("uis.duckdb") as holder:
        holder.execute("CREATE TABLE t (a INTEGER)")
    program = "import duckdb; c = duckdb.connect('uis.duckdb'); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        refused = pytest.raises(DltException, match="lock")
        with opened_ahead(pipeline), refused, connected_client(pipeline):
            pass
        process.communicate(b"\n")


def test_a_server_that_is_not_there_is_an_error_of_dlt(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://loader:s3cret@127.0.0.1:1/none"
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", url)
    pipeline = make_pipeline("postgres")
    with pytest.raises(DltException, match="refused"), connected_client(pipeline):
        pass


def test_a_file_in_the_working_folder_is_not_written_to_after_it_is_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """dlt deletes the folder of a pipeline that comes back to its warehouse, and DuckDB's file with
    it, if it is there: what is loaded then has to be in the file that takes its place."""

    def synced() -> int:
        pipeline = make_pipeline()
        source = uis_source(sandbox.access_token, api_url=sandbox.url, clock=sandbox.account.now)
        run(pipeline, source.with_resources("calls", "sync_windows"), Progress())
        with pipeline.sql_client() as client:
            ((calls,),) = client.execute_sql("SELECT count(*) FROM calls") or ()
        return int(calls)

    with Sandbox(Account(120, days=20, now=datetime(2026, 3, 4, 12, tzinfo=UTC))) as sandbox:
        for place in (":pipeline:", "elsewhere.duckdb", ":pipeline:"):
            monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", place)
            assert synced() == 120


@pytest.mark.usefixtures("postgres")
def test_only_duckdb_is_opened_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = make_pipeline("postgres")
    monkeypatch.setattr(dlt.Pipeline, "destination_client", None)
    with opened_ahead(pipeline):
        pass
