"""Load calls in ways that projects want; print how many came."""

import json
import os
import sys
from datetime import datetime
from typing import Any

import dlt
from dlt.extract import DltSource
from dlt_uis import uis_source

NOW = datetime.fromisoformat(sys.argv[1])
AGENT_TOKEN = sys.argv[2]


def calls(**settings: Any) -> DltSource:
    """Take calls and their tags only."""
    source = uis_source(clock=lambda: NOW, **settings)
    return source.with_resources("calls", "calls__tags")


def loaded(
    name: str,
    sources: list[DltSource],
    key: str = "id",
    **run: Any,
) -> list[tuple[int, int]]:
    """Rows and calls of a dataset, after each source was run."""
    pipeline = dlt.pipeline(
        name,
        destination=dlt.destinations.duckdb("variations.duckdb"),
        dataset_name=name,
    )
    found = []
    for source in sources:
        pipeline.run(source, **run)
        with pipeline.sql_client() as client:
            rows = client.execute_sql(
                f"SELECT count(*), count(DISTINCT {key}) FROM calls"  # noqa: S608
            )
        found += [tuple(row) for row in rows or ()]
    return found


def scheduled() -> DltSource:
    """Read the interval that a scheduler gives, whatever the cursor."""
    cursor = dlt.sources.incremental(
        "start_time", allow_external_schedulers=True
    )
    return calls(start_time=cursor)


def main() -> None:
    """Run it all."""
    outcome = {
        "limited": loaded(
            "limited",
            [calls(page_size=20).add_limit(2), calls()],
        ),
        "appended": loaded(
            "appended", [calls(), calls()], write_disposition="append"
        ),
        "replaced": loaded(
            "replaced", [calls(), calls()], write_disposition="replace"
        ),
        "customers": loaded(
            "customers",
            [
                calls(access_token=AGENT_TOKEN, user_id=[101]),
                calls(access_token=AGENT_TOKEN, user_id=[101, 102]),
            ],
            key="(id, user_id)",
        ),
    }
    os.environ["DLT_INTERVAL_START"] = "2026-02-20T00:00:00Z"
    os.environ["DLT_INTERVAL_END"] = "2026-02-22T00:00:00Z"
    outcome["scheduled"] = loaded("scheduled", [scheduled()])
    sys.stdout.write(json.dumps(outcome))


if __name__ == "__main__":
    main()
