"""What sqlglot can't carry over from DuckDB's dialect: local time, days, quantiles, durations.

These are macros: functions in the definitions' SQL, for which each dialect has a text of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """Texts of the macros, in one dialect; ``{0}`` and ``{1}`` are arguments, ``{zone}`` is a
    literal.

    Attributes:
        local: the local time (without a zone) of an instant.
        weekday_of: the weekday of a day or a time, 1 (Monday) to 7.
        seconds_between: whole seconds from one instant to another.
        nearest_rank: the least value that a share of all values does not exceed.
        falls_on: whether an instant is on a day, which is a row of ``days_of``.
        days_of: a query: the local days from the first to the last instant of a column ``{times}``
            of ``{table}``, with the instants at which they begin and end.
        no_days: the same where there is no such table.
        joins: whether what is summed up for each call comes by a join, which DuckDB reads for the
            calls that are asked for only. Others look it up call by call, and not where nobody
            asks for it: a join would sum up the whole table.
    """

    local: str
    weekday_of: str
    seconds_between: str
    nearest_rank: str
    falls_on: str
    days_of: str
    no_days: str
    joins: bool = False


_NO_DAYS = (
    "SELECT CAST(NULL AS DATE) AS date, CAST(NULL AS {instant}) AS start_time,"
    " CAST(NULL AS {instant}) AS end_time LIMIT 0"
)

_DUCKDB = Dialect(
    local="({0} AT TIME ZONE {zone})",
    weekday_of="EXTRACT(ISODOW FROM {0})",
    seconds_between="DATE_DIFF('second', {0}, {1})",
    nearest_rank="QUANTILE_DISC({0}, {1})",
    # the day decides. The instants are for the rows that a table need not be searched in
    falls_on=(
        "(CAST({0} AT TIME ZONE {zone} AS DATE) = {1}.date"
        " AND {0} >= {1}.start_time - INTERVAL '3' HOUR"
        " AND {0} < {1}.end_time + INTERVAL '3' HOUR)"
    ),
    days_of="""
SELECT CAST(day AS DATE) AS date, day AT TIME ZONE {zone} AS start_time,
    (day + INTERVAL '1' DAY) AT TIME ZONE {zone} AS end_time
FROM (
    SELECT UNNEST(GENERATE_SERIES(
        CAST(CAST(MIN({times}) AT TIME ZONE {zone} AS DATE) AS TIMESTAMP),
        CAST(CAST(MAX({times}) AT TIME ZONE {zone} AS DATE) AS TIMESTAMP),
        INTERVAL '1' DAY
    )) AS day
    FROM {table}
) AS days
""",
    no_days=_NO_DAYS.format(instant="TIMESTAMPTZ"),
    joins=True,
)

_POSTGRES = Dialect(
    local="({0} AT TIME ZONE {zone})",
    weekday_of="EXTRACT(ISODOW FROM {0})",
    seconds_between="CAST(EXTRACT(EPOCH FROM {1} - {0}) AS BIGINT)",
    nearest_rank="PERCENTILE_DISC({1}) WITHIN GROUP (ORDER BY {0})",
    # the day decides, in a form by which Postgres can't join: it would read the whole table for
    # that. So it looks the instants up by their index, day by day; a clock's change is within 3 h
    falls_on=(
        "({0} >= {1}.start_time - INTERVAL '3 HOURS' AND {0} < {1}.end_time + INTERVAL '3 HOURS'"
        " AND CAST({0} AT TIME ZONE {zone} AS DATE) - {1}.date = 0)"
    ),
    days_of="""
SELECT CAST(day AS DATE) AS date, day AT TIME ZONE {zone} AS start_time,
    (day + INTERVAL '1 DAY') AT TIME ZONE {zone} AS end_time
FROM GENERATE_SERIES(
    (SELECT CAST(CAST(MIN({times}) AT TIME ZONE {zone} AS DATE) AS TIMESTAMP) FROM {table}),
    (SELECT CAST(CAST(MAX({times}) AT TIME ZONE {zone} AS DATE) AS TIMESTAMP) FROM {table}),
    INTERVAL '1 DAY'
) AS day
""",
    no_days=_NO_DAYS.format(instant="TIMESTAMPTZ"),
)

_BIGQUERY = Dialect(
    local="DATETIME({0}, {zone})",
    weekday_of="(MOD(EXTRACT(DAYOFWEEK FROM {0}) + 5, 7) + 1)",
    seconds_between="TIMESTAMP_DIFF({1}, {0}, SECOND)",
    nearest_rank=(
        "ARRAY_AGG({0} IGNORE NULLS ORDER BY {0})"
        "[SAFE_OFFSET(CAST(CEIL({1} * COUNT({0})) AS INT64) - 1)]"
    ),
    falls_on="(DATE({0}, {zone}) = {1}.date)",
    days_of="""
SELECT day AS date, TIMESTAMP(DATETIME(day), {zone}) AS start_time
FROM UNNEST(GENERATE_DATE_ARRAY(
    (SELECT DATE(MIN({times}), {zone}) FROM {table}),
    (SELECT DATE(MAX({times}), {zone}) FROM {table})
)) AS day
""",
    no_days=_NO_DAYS.format(instant="TIMESTAMP"),
)

DIALECTS: Mapping[str, Dialect] = {
    "duckdb": _DUCKDB,
    "postgres": _POSTGRES,
    "bigquery": _BIGQUERY,
}
"""The dialects that views are written in, by sqlglot's name."""
