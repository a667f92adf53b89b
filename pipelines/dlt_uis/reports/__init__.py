"""What the API documents: a declarative table for each report; and names of our own."""

from __future__ import annotations

from collections.abc import Mapping

from .call_legs import CALL_LEGS_REPORT
from .calls import CALLS_REPORT
from .chats import CHATS_REPORT
from .communications import COMMUNICATIONS_REPORT
from .fields import Report

DEFAULT_REPORT = CALLS_REPORT
"""The report that is read where none is named."""

REPORTS: Mapping[str, Report] = {
    report.table: report
    for report in (
        CALLS_REPORT,
        CALL_LEGS_REPORT,
        COMMUNICATIONS_REPORT,
        CHATS_REPORT,
    )
}
"""All reports, by the name of their table."""

TABLES = tuple(table for report in REPORTS.values() for table in report.tables)
"""The data tables of all reports."""
