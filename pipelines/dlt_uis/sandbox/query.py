"""A request for a report, once it is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..reports.fields import Report

Predicate = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class Query:
    """What is asked for.

    Attributes:
        window: local seconds, both included.
        sort: fields, and whether each is sorted against its order; none where no order is asked.
        keep: what the filter says of a record, which looks at the fields ``filters_by``.
        options: parameters that only some reports have.
    """

    report: Report
    window: tuple[float, float]
    limit: int
    offset: int
    fields: tuple[str, ...]
    sort: tuple[tuple[str, bool], ...]
    keep: Predicate | None
    filters_by: frozenset[str]
    options: Mapping[str, Any] = field(default_factory=dict)
