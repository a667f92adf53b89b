"""Airflow: new calls every hour, and the history month by month on as many workers as there are.

Put this file into the dags folder, ``dlt-uis[postgres]`` into the workers' environment, and the
settings there too: SOURCES__UIS__ACCESS_TOKEN and DESTINATION__POSTGRES__CREDENTIALS.

The tasks run what ``dlt-uis`` runs. dlt's PipelineTasksGroup would do for a sync that is alone: it
loads without the lock that keeps processes apart that load the same calls at once, and makes no
indexes. Airflow reads this file again and again: what takes long to import is imported in tasks.
"""

from datetime import date, datetime, timedelta
from tempfile import TemporaryDirectory

from airflow.sdk import Param, dag, task

DESTINATION = "postgres"

# Postgres lets them in to load one after the other, while the rest of them read. DuckDB and
# BigQuery need 1 here, and no sync meanwhile; DuckDB a file in DESTINATION__DUCKDB__CREDENTIALS.
MONTHS_AT_ONCE = 4


@dag(
    schedule="@hourly",
    start_date=datetime(2026, 1, 1),
    catchup=False,  # the cursor knows what is missing: one run brings all of it
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
)
def uis_sync() -> None:
    """New and changed calls."""

    @task
    def sync() -> dict[str, int]:
        from dlt_uis import uis_source
        from dlt_uis.progress import Progress
        from dlt_uis.runner import make_pipeline, run

        # the cursor lives in the warehouse: nothing has to stay on the worker
        with TemporaryDirectory() as folder:
            pipeline = make_pipeline(DESTINATION, pipelines_dir=folder)
            return dict(run(pipeline, uis_source, Progress()).rows)

    sync()


@dag(
    schedule=None,
    params={
        "first": Param("2025-01", pattern=r"^\d{4}-\d\d$", description="first month"),
        "last": Param("2025-12", pattern=r"^\d{4}-\d\d$", description="last month"),
    },
)
def uis_backfill() -> None:
    """The calls of past months, a task for each."""

    @task
    def months(params: dict[str, str]) -> list[str]:
        month, last = (date.fromisoformat(f"{params[name]}-01") for name in ("first", "last"))
        found = []
        while month <= last:
            found.append(str(month))
            month = _next(month)
        return found

    # tried again so often that it outlives a day whose API points are spent; it then goes on
    # where it stopped
    @task(max_active_tis_per_dagrun=MONTHS_AT_ONCE, retries=30, retry_delay=timedelta(hours=1))
    def backfill(month: str) -> int:
        from dlt_uis.backfill import Backfill
        from dlt_uis.runner import make_pipeline

        first = date.fromisoformat(month)
        with TemporaryDirectory() as folder:
            # what is done is remembered under the name, so each month needs its own
            pipeline = make_pipeline(DESTINATION, name=f"uis_{first:%Y_%m}", pipelines_dir=folder)
            return Backfill(pipeline, first, _next(first) - timedelta(days=1)).run().calls

    backfill.expand(month=months())


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


uis_sync()
uis_backfill()
