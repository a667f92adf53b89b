"""Columns that all views of days have."""

from __future__ import annotations

from ..view import Column


def day(alias: str) -> tuple[Column, Column]:
    """The day, and the instant by which it is filtered."""
    start = f"{alias}.start_time"
    return (
        Column("start_time", "TIMESTAMPTZ", start, "When the day began; filter by it."),
        Column("date", "DATE", f"{alias}.date", "The day, in the account's zone."),
    )


def owner(alias: str) -> Column:
    """Whose rows were counted."""
    meaning = "Customer that the row is of, where several are loaded into the dataset."
    return Column("user_id", "BIGINT", f"{alias}.user_id", meaning)


def share(part: str, whole: str) -> str:
    """The share of a count in another one, null of none."""
    return f"CAST({part} AS DOUBLE) / nullif({whole}, 0)"


def count_if(condition: str) -> str:
    """How many rows fulfil a condition."""
    return f"count(CASE WHEN {condition} THEN 1 END)"
