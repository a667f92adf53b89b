"""A first look at a warehouse, for newcomers: the ten busiest hours."""

from __future__ import annotations

import dlt
from rich.console import Console
from rich.table import Table

BUSIEST_HOURS = """
SELECT date_trunc('hour', start_time) AS hour,
       count(*) AS calls,
       sum(CASE WHEN is_lost THEN 1 ELSE 0 END) AS lost,
       round(avg(total_duration)) AS seconds
FROM calls
GROUP BY 1
ORDER BY calls DESC, hour
LIMIT 10
"""


def show_busiest_hours(console: Console, pipeline: dlt.Pipeline) -> None:
    """Prints the ten hours (UTC) with the most calls."""
    console.print(f"\n[bold]The ten busiest hours[/bold]{BUSIEST_HOURS}")
    table = Table()
    for name in ("hour (UTC)", "calls", "lost", "average seconds"):
        table.add_column(name, justify="right")
    with pipeline.sql_client() as client, client.execute_query(BUSIEST_HOURS) as cursor:
        for hour, calls, lost, seconds in cursor.fetchall():
            table.add_row(f"{hour:%Y-%m-%d %H:%M}", str(calls), str(lost), f"{seconds:.0f}")
    console.print(table)
