"""Merging straight from files: the same rows as by dlt's own staging and merge, in any mixture."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import dlt
import pyarrow as pa
import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from dlt_uis import destinations, uis_source
from dlt_uis.errors import PackageTooOld
from dlt_uis.sandbox import Account, Sandbox

from .merging import Row, Target, elements, pipeline_into
from .test_sync import change
from .truth import arrays_but, assert_equals_truth
from .warehouses import PostgresWarehouse

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
LARGE = 2_000_000
"""Bytes of a file whose job commits alone."""


@pytest.fixture(params=["duckdb", "postgres"])
def target(request: pytest.FixtureRequest) -> Target:
    return Target.of(request)


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each table that a resource yields becomes a file of its own."""
    for name in ("BUFFER_MAX_ITEMS", "FILE_MAX_ITEMS"):
        monkeypatch.setenv(f"DATA_WRITER__{name}", "1")


OLD: list[Row] = [(1, 0, "old", None), (1, 3, "old", None), (2, 0, "old", None), (3, 0, "3", None)]
NEW: tuple[list[Row], ...] = (
    [(1, 0, "new", None), (2, 0, None, True)],
    [(1, 1, "new", None), (4, 0, "new", None)],
)
AFTERWARDS = [(1, 0, "new"), (1, 1, "new"), (3, 0, "3"), (4, 0, "new")]


@pytest.mark.usefixtures("small_files")
def test_a_call_in_two_files_is_merged_as_one(target: Target) -> None:
    """Old elements go, those of the other file stay; neither needs a staging dataset."""
    pipeline = pipeline_into(target.ours)
    pipeline.run(elements(OLD))
    pipeline.run(elements(*NEW))
    assert target.elements() == AFTERWARDS
    assert target.datasets() == {"uis_data"}


@pytest.mark.usefixtures("small_files")
def test_jobs_run_again_after_their_commit_change_nothing(target: Target, tmp_path: Path) -> None:
    """A killed process leaves files that it has merged, and that look as if it had only begun."""
    pipeline = pipeline_into(target.ours)
    pipeline.run(elements(OLD))
    pipeline.extract(elements(*NEW))
    pipeline.normalize()
    (load,) = pipeline.list_normalized_load_packages()
    packages = tmp_path / "dlt/pipelines/uis/load"
    package = packages / "normalized" / load
    shutil.copytree(package, tmp_path / "package")
    pipeline.load()
    shutil.rmtree(packages / "loaded" / load)
    shutil.copytree(tmp_path / "package", package)
    begun = list((package / "new_jobs").glob("elements.*"))
    assert len(begun) == 2
    for file in begun:
        file.rename(package / "started_jobs" / file.name)
    pipeline.load()
    assert target.elements() == AFTERWARDS


@pytest.mark.usefixtures("small_files")
def test_a_package_ends_as_it_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What dlt's own destination has staged before it failed is merged, not lost."""
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")
    pipeline = pipeline_into(dlt.destinations.duckdb)
    pipeline.run(elements(OLD))
    pipeline.extract(elements(*NEW))
    pipeline.normalize()
    jobs = tmp_path / "dlt/pipelines/uis/load/normalized"
    second = sorted(jobs.glob("*/new_jobs/elements.*"))[1]
    content = second.read_bytes()
    second.write_bytes(b"no parquet")
    with pytest.raises(PipelineStepFailed):
        pipeline.load()
    (failed,) = jobs.glob("*/new_jobs/elements.*")
    failed.write_bytes(content)
    pipeline_into(destinations.duckdb).load()
    assert Target("duckdb").elements() == AFTERWARDS


@pytest.mark.parametrize("workers", [None, pytest.param("1", marks=pytest.mark.cross)])
def test_large_files_beside_small_ones_are_all_merged(
    workers: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On DuckDB each of the large ones waits until it is alone: nobody may wait for ever."""
    if workers:
        monkeypatch.setenv("LOAD__WORKERS", workers)
    rows: list[Row] = [(call, 0, random.randbytes(60).hex(), None) for call in range(20_000)]
    tables = {"elements": rows, "others": rows, "few": rows[:9], "fewer": rows[:1]}
    pipeline = pipeline_into(destinations.duckdb)
    pipeline.extract([elements(part, name=name) for name, part in tables.items()])
    pipeline.normalize()
    (load,) = pipeline.list_normalized_load_packages()
    files = pipeline.get_load_package_info(load).jobs["new_jobs"]
    assert sum(file.file_size > LARGE for file in files) == 2
    pipeline.load()
    target = Target("duckdb")
    for name, part in tables.items():
        found = target.query(f"SELECT call_id, value FROM uis_data.{name} ORDER BY 1")
        assert found == [(call, value) for call, _, value, _ in part]


def test_dlts_own_destination_and_ours_take_turns(target: Target) -> None:
    """Who upgrades, or goes back, goes on with the same tables, cursor and state."""
    account = Account(200, days=20, now=NOW)
    changed = ("tags", "recognized_text")
    read = []
    with Sandbox(account) as sandbox:
        for destination in (target.dlts, target.ours, target.dlts):
            source = uis_source(
                api_url=sandbox.url, access_token=sandbox.access_token, clock=account.now,
                exclude_fields=arrays_but(*changed),
            )  # fmt: skip
            pipeline_into(destination).run(source)
            with target.look() as warehouse:
                assert_equals_truth(account, warehouse, arrays=changed)
                ((rows,),) = warehouse.query(
                    "SELECT rows FROM uis_data.sync_windows ORDER BY finished_at DESC LIMIT 1"
                )
            read.append(rows)
            change(account)
    assert read[0] == 200
    assert max(read[1:]) < 100


def test_numbers_arrive_as_they_are(target: Target) -> None:
    """Also those with groups of zeros, which ADBC's older drivers moved about."""
    whole = [Decimal(10) ** places for places in range(29)]
    numbers = [value.scaleb(-9) * sign for value in whole for sign in (1, -1, 37)]
    numbers += [value + rest for value in whole for rest in (Decimal("0.68"), Decimal("1e-9"))]

    @dlt.resource(name="numbers", file_format="parquet")
    def rows() -> Iterator[pa.Table]:
        values = pa.array(numbers, pa.decimal128(38, 9))
        yield pa.table({"place": pa.array(range(len(numbers))), "number": values})

    pipeline_into(target.ours).run(rows)
    found = target.query("SELECT number FROM uis_data.numbers ORDER BY place")
    assert [number for (number,) in found] == numbers


def test_a_driver_that_alters_numbers_is_refused(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By dlt's own destination as well, before a row is written."""
    monkeypatch.setattr("dlt_uis.warehouse.postgres.version", lambda _: "1.11.0")
    account = Account(10, days=2, now=NOW)
    with Sandbox(account) as sandbox:
        for destination in (dlt.destinations.postgres, destinations.postgres):
            source = uis_source(
                api_url=sandbox.url, access_token=sandbox.access_token, clock=account.now
            )
            with pytest.raises(PipelineStepFailed) as failed:
                pipeline_into(destination).run(source)
            assert isinstance(failed.value.exception.__cause__, PackageTooOld)
    with PostgresWarehouse(postgres) as warehouse:
        assert warehouse.types("calls") == {}


def test_what_is_merged_in_another_way_is_left_to_dlt() -> None:
    """With a disposition of the user's own, rows are added as dlt adds them."""
    pipeline = pipeline_into(destinations.duckdb)
    for _ in range(2):
        pipeline.run(elements(OLD), write_disposition="append")
    assert len(Target("duckdb").elements()) == 2 * len(OLD)
