"""The SQL of the views in each dialect, as it is kept for a test."""

from __future__ import annotations

from pathlib import Path

from dlt_uis.views.dataset import Dataset
from dlt_uis.views.definitions import VIEWS
from dlt_uis.views.dialects import DIALECTS
from dlt_uis.views.inputs import INPUTS
from dlt_uis.views.writing import query_of

SNAPSHOTS = Path(__file__).parents[1] / "unit" / "views_sql"

_PATHS = {"bigquery": ("project", "uis_data")}


def whole() -> dict[str, set[str]]:
    """All columns that views read, but for those of several customers."""
    return {name: {each.times, *each.columns} - {"user_id"} for name, each in INPUTS.items()}


def snapshot_of(dialect: str) -> str:
    """All views of a dataset that has everything, each with its name before it."""
    path = _PATHS.get(dialect, ("uis_data",))
    dataset = Dataset(dialect, path, whole(), "Europe/Moscow", "app.uiscom.ru")
    return "".join(f"-- {name}\n{query_of(view, dataset)};\n\n" for name, view in VIEWS.items())


def write_snapshots() -> None:
    for dialect in DIALECTS:
        SNAPSHOTS.joinpath(f"{dialect}.sql").write_text(snapshot_of(dialect), encoding="utf-8")
