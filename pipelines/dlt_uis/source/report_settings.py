"""Which reports are read, and what is asked of each: the setting ``reports``, and their sections.

The plain settings ``fields``, ``exclude_fields`` and ``filter`` are those of the default report.
Each report has a section of its own, as ``[sources.uis.call_legs]``, or in code
``reports={"call_legs": {"fields": […]}}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import dlt

from ..errors import InvalidSetting, UnknownReport
from ..privacy.pages import Privacy
from ..reports import DEFAULT_REPORT, REPORTS
from ..reports.fields import Report
from ..reports.own_names import SOURCE
from .settings import ReportSettings

OWN: Mapping[str, type] = {"fields": list, "exclude_fields": list, "filter": dict}
"""Settings that each report has for itself."""

_ALL = "all"


def reports_of(value: Any) -> Mapping[str, Mapping[str, Any]]:
    """The reports that the setting names, each with what is set there for it alone.

    Args:
        value: a list, names with commas between them, ``all``, or a mapping of names to settings.

    Raises:
        InvalidSetting: it is none of these.
        UnknownReport: there is no such report.
    """
    value = _parsed(value)
    if value is None:
        return {DEFAULT_REPORT.table: {}}
    if value == _ALL:
        return {name: {} for name in REPORTS}
    if isinstance(value, str):
        value = [name.strip() for name in value.split(",") if name.strip()]
    if not isinstance(value, list | tuple | dict) or not value:
        raise InvalidSetting("reports", "all, or a list of names of reports")
    for name in value:
        if name not in REPORTS:
            near = get_close_matches(str(name), REPORTS, n=1, cutoff=0.6)
            raise UnknownReport(str(name), list(REPORTS), near[0] if near else None)
    given = value if isinstance(value, dict) else dict.fromkeys(value)
    # in the order of the documentation, whatever the order of the setting
    return {name: given[name] or {} for name in REPORTS if name in given}


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value.strip()[:1] in ("[", "{", '"'):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value or None


def settings_of(
    report: Report,
    given: Mapping[str, Any],
    plain: Mapping[str, Any],
    *,
    brand: str,
    privacy: Privacy,
    tell_changes: bool,
    include_ongoing_calls: bool,
) -> ReportSettings:
    """What is asked of a report.

    Args:
        given: what is set for it in code.
        plain: settings without a section, which are those of the default report.

    Raises:
        InvalidSetting: a setting has no such name, or a value that can't be used.
        UnknownField: see :class:`.FieldSelection`.
    """
    for name in given:
        if name not in OWN:
            raise InvalidSetting("reports", f"for each report {', '.join(OWN)}")
    found = {**(plain if report is DEFAULT_REPORT else {}), **dict(_own(report)), **given}
    return ReportSettings(
        report, brand, privacy,
        tell_changes=tell_changes, include_ongoing_calls=include_ongoing_calls, **found,
    )  # fmt: skip


def _own(report: Report) -> Iterator[tuple[str, Any]]:
    """What stands in the section of a report."""
    for name, type_ in OWN.items():
        value: Any = dlt.config.get(f"sources.{SOURCE}.{report.table}.{name}", type_)
        if value is not None:
            yield name, value
