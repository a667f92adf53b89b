"""A first look at a warehouse, for newcomers: the ten busiest hours."""

from __future__ import annotations

import dlt
from rich.console import Console
from rich.table import Table

BUSIEST_HOURS = """
SELECT {hour} AS hour,
       count(*) AS calls,
       sum(CASE WHEN is_lost THEN 1 ELSE 0 END) AS lost,
       round(avg(total_duration)) AS seconds
FROM calls
GROUP BY 1
ORDER BY calls DESC, hour
LIMIT 10
"""

_HOUR = "date_trunc('hour', start_time)"
_HOUR_ELSEWHERE = {"bigquery": "timestamp_trunc(start_time, HOUR)"}


def show_busiest_hours(console: Console, pipeline: dlt.Pipeline) -> None:
    """Prints the ten hours (UTC) with the most calls."""
    table = Table()
    for name in ("hour (UTC)", "calls", "lost", "average seconds"):
        table.add_column(name, justify="right")
    with pipeline.sql_client() as client:
        dialect = client.capabilities.sqlglot_dialect or ""
        query = BUSIEST_HOURS.format(hour=_HOUR_ELSEWHERE.get(dialect, _HOUR))
        console.print(f"\n[bold]The ten busiest hours[/bold]{query}")
        with client.execute_query(query) as cursor:
            found = cursor.fetchall()
        for hour, calls, lost, seconds in found:
            table.add_row(f"{hour:%Y-%m-%d %H:%M}", str(calls), str(lost), f"{seconds:.0f}")
    console.print(table)
