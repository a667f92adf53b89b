"""Load the shop and the calls of two accounts; print what came."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import dlt
import dlt_uis
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract import DltSource
from dlt_uis import uis_source

from shop import shop

ARCHIVE = (
    datetime(2026, 2, 20, tzinfo=UTC),
    datetime(2026, 2, 22, tzinfo=UTC),
)
uis_north = uis_source.clone(name="uis_north", section="uis_north")


def weekday(calls: pa.Table) -> pa.Table:
    """Add a column: items are Arrow tables, a page of calls each."""
    day = pc.day_of_week(calls["start_time"])
    return calls.append_column("weekday", day)


def calls(now: datetime) -> DltSource:
    """Tables that the shop wants, with a column of its own."""
    source = uis_source(reference_data=["tags"], clock=lambda: now)
    source.calls.add_map(weekday)
    source.calls.apply_hints(
        columns={"ext_id": {"description": "Number of the order."}}
    )
    return source.with_resources("calls", "calls__tags", "tags")


def calls_of_the_north(now: datetime) -> DltSource:
    """Another account, in tables of its own."""
    source = uis_north(clock=lambda: now).with_resources("calls")
    source.calls.apply_hints(table_name="north_calls")
    return source


def archive() -> DltSource:
    """Days of the past, once."""
    start, end = ARCHIVE
    cursor = dlt.sources.incremental(
        "start_time", initial_value=start, end_value=end
    )
    source = uis_source(start_time=cursor).with_resources("calls")
    source.calls.add_map(weekday)
    return source


def refused(pipeline: dlt.Pipeline, now: datetime, **run: Any) -> str:
    """Run what must be refused; return why."""
    try:
        pipeline.run(calls(now), **run)
    except Exception as error:  # noqa: BLE001 - it is what is asked for
        cause = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        return f"{type(cause).__name__}: {cause}"
    return "nothing"


def main() -> None:
    """Run it all."""
    now = datetime.fromisoformat(sys.argv[1])
    pipeline = dlt.pipeline(
        "shop_pipeline",
        destination=dlt.destinations.duckdb("shop.duckdb"),
        dataset_name="shop_data",
    )
    scd2 = {"disposition": "merge", "strategy": "scd2"}
    outcome: dict[str, Any] = {"package": dlt_uis.__file__}
    outcome["scd2"] = refused(pipeline, now, write_disposition=scd2)
    pipeline.run([shop(), calls(now), calls_of_the_north(now)])
    outcome["state"] = str(pipeline.state["sources"])
    frozen = {"tables": "freeze", "columns": "freeze"}
    pipeline.run(archive(), schema_contract=frozen)
    outcome["state_after"] = str(pipeline.state["sources"])
    sys.stdout.write(json.dumps(outcome))


if __name__ == "__main__":
    main()
