"""The window that a request asks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import inf
from typing import Any

from .clockwork import local_of
from .refusals import Refusal
from .switches import Switches
from .terms import MONTHS, Terms

BOUNDS = ("date_from", "date_till")

EVER = (-inf, inf)


def window(params: Mapping[str, Any], terms: Terms, switches: Switches) -> tuple[float, float]:
    """Local seconds, both included.

    Raises:
        Refusal: they are missing, wrong, or too far apart.
    """
    for name in BOUNDS:
        if params.get(name) is None:
            raise Refusal("required_parameter_missed", f"{name} is required", field=name)
    start, end = (_time(params[name], name) for name in BOUNDS)
    if start > end:
        raise Refusal(
            "invalid_parameters_combination", "date_from is after date_till", field="date_from"
        )
    if end > _latest(start, terms):
        longest = f"{MONTHS} months" if terms.days is None else f"{terms.days} days"
        raise Refusal(
            "date_interval_limit_reached", f"The interval exceeds {longest}", field="date_till"
        )
    return (
        local_of(start) + (not switches.inclusive_from),
        local_of(end) - (not switches.inclusive_till),
    )


def _time(value: Any, name: str) -> datetime:
    if not isinstance(value, str):
        raise Refusal("data_type_error", f"{name} must be a string", field=name)
    try:
        return datetime.strptime(value, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        raise Refusal(
            "invalid_parameter_value",
            f"{name} must be YYYY-MM-DD hh:mm:ss",
            field=name,
            value=value,
        ) from None


def _latest(moment: datetime, terms: Terms) -> datetime:
    """When a window ends at the latest that begins at a moment."""
    if terms.days is not None:
        return moment + timedelta(days=terms.days)
    months = moment.month - 1 + MONTHS
    year, month = moment.year + months // 12, months % 12 + 1
    for day in range(moment.day, 0, -1):
        try:
            return moment.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")
