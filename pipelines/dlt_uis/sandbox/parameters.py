"""Parameters that requests of all lists and reports have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .refusals import Refusal


def number(params: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    """The whole number that a parameter gives.

    Raises:
        Refusal: it is none, or out of its range.
    """
    value = params.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refusal("data_type_error", f"{name} must be a number", field=name)
    if not least <= value <= most:
        raise Refusal(
            "invalid_parameter_value", f"{name} is from {least} to {most}", field=name, value=value
        )
    return value
