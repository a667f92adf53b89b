"""Slices of time of equal length, by which a warehouse counts rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlt.destinations.sql_client import SqlClientBase

_BY_DIALECT: Mapping[str, str] = {"bigquery": "DIV(UNIX_SECONDS(TIMESTAMP({instant})), {seconds})"}
_ELSEWHERE = "CAST(FLOOR(EXTRACT(EPOCH FROM {instant}) / {seconds}) AS BIGINT)"


def slice_of(sql: SqlClientBase[Any], instant: str, seconds: int) -> str:
    """The number of the slice that an instant is in, from the beginning of 1970 on, as SQL."""
    dialect = str(sql.capabilities.sqlglot_dialect or "")
    return _BY_DIALECT.get(dialect, _ELSEWHERE).format(instant=instant, seconds=seconds)
