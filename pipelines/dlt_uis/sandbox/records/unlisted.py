"""Fields that no page of the documentation lists, but that a public client asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...reports.fields import Report

UNLISTED: Mapping[str, tuple[str, ...]] = {
    "calls": ("utm_referrer",),
    "chats": ("utm_referrer", "source"),
    "offline_messages": ("utm_referrer", "source"),
    "goals": ("utm_referrer",),
    "visitor_sessions": ("hit_time", "hit_duration", "hit_url", "segment_name", "segment_id"),
}
"""By report, what comagic-data-api-sdk 0.0.3.4 asks for."""


def unlisted(report: Report, record: Mapping[str, Any]) -> dict[str, Any]:
    """Their values in a record; those of visits stand in the elements of its arrays instead."""
    return {name: _value(name, record) for name in UNLISTED.get(report.table, ())}


def _value(name: str, record: Mapping[str, Any]) -> Any:
    if name == "utm_referrer":
        return record["referrer"] if record["utm_source"] else None
    return record["source_name"] if name == "source" else None
