"""What we change in dlt does what it is meant for."""

from __future__ import annotations

from pathlib import Path

import pytest
from dlt.common.storages import FileStorage, PackageStorage

from dlt_uis.upstream import load_large_files_first


def test_the_largest_file_is_loaded_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PackageStorage, "list_new_jobs", PackageStorage.list_new_jobs)
    load_large_files_first()
    packages = PackageStorage(FileStorage(str(tmp_path), makedirs=True), "normalized")
    packages.create_package("1")
    sizes = {"tags": 30, "calls": 5_000, "employees": 700, "sync_windows": 1}
    for name, size in sizes.items():
        file = f"{name}.1a2b3c.0.parquet"
        (tmp_path / packages.get_job_state_folder_path("1", "new_jobs") / file).write_bytes(
            bytes(size)
        )
    listed = [Path(job).name.split(".")[0] for job in packages.list_new_jobs("1")]
    assert listed == ["calls", "employees", "tags", "sync_windows"]
