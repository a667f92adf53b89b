"""What the API documents: a declarative table for each report; and names of our own."""

from __future__ import annotations

from collections.abc import Mapping

from .call_legs import CALL_LEGS_REPORT
from .calls import CALLS_REPORT
from .campaign_daily_stat import CAMPAIGN_DAILY_STAT_REPORT
from .chat_messages import CHAT_MESSAGES_REPORT, NOVOFON_CHAT_MESSAGES_REPORT
from .chats import CHATS_REPORT
from .communications import COMMUNICATIONS_REPORT
from .employee_stat import EMPLOYEE_STAT_REPORT
from .fields import Listing, Report
from .financial_call_legs import FINANCIAL_CALL_LEGS_REPORT
from .goals import GOALS_REPORT
from .lists import LISTS
from .offline_messages import OFFLINE_MESSAGES_REPORT
from .visitor_sessions import VISITOR_SESSIONS_REPORT

DEFAULT_REPORT = CALLS_REPORT
"""The report that is read where none is named."""

REPORTS: Mapping[str, Report] = {
    report.table: report
    for report in (
        CALLS_REPORT,
        CALL_LEGS_REPORT,
        FINANCIAL_CALL_LEGS_REPORT,
        COMMUNICATIONS_REPORT,
        CHATS_REPORT,
        CHAT_MESSAGES_REPORT,
        OFFLINE_MESSAGES_REPORT,
        GOALS_REPORT,
        VISITOR_SESSIONS_REPORT,
        EMPLOYEE_STAT_REPORT,
        CAMPAIGN_DAILY_STAT_REPORT,
    )
}
"""All reports, by the name of their table."""

LISTINGS: Mapping[str, Listing] = {**REPORTS, **LISTS}
"""All that becomes tables, reports and lists."""

TABLES = tuple(table for report in REPORTS.values() for table in report.tables)
"""The data tables of all reports."""

LIST_TABLES = tuple(table for listing in LISTS.values() for table in listing.tables)
"""The tables of all lists of reference data."""

_OF_BRANDS = {(CHAT_MESSAGES_REPORT.table, "novofon"): NOVOFON_CHAT_MESSAGES_REPORT}

VARIANTS = (*REPORTS.values(), *_OF_BRANDS.values())
"""All reports, and what some brands have instead of them."""


def of_brand(report: Report, brand: str | None) -> Report:
    """The report as a brand has it: its tables are the same for all, not so their keys."""
    return _OF_BRANDS.get((report.table, brand or ""), report)
