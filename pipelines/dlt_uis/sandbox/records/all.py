"""The records of all reports of an account."""

from __future__ import annotations

from collections.abc import Mapping

from ...reports import DEFAULT_REPORT, REPORTS
from ..clockwork import Clock
from .base import Archive
from .calls import Calls
from .campaign_stat import CampaignStat
from .chat_messages import ChatMessages
from .chats import Chats
from .communications import Communications
from .employee_stat import EmployeeStat
from .encounters import Encounters
from .financial_legs import FinancialLegs
from .goals import Goals
from .legs import CallLegs
from .offline_messages import OfflineMessages
from .visits import Visits


def archives(clock: Clock, seed: int, calls: Calls, average: float) -> Mapping[str, Archive]:
    """The records of each report by its name, consistent among each other.

    Args:
        average: calls a day.
    """
    days = calls.first_day
    encounters = Encounters(DEFAULT_REPORT, clock, seed, average, days)
    chats = Chats(REPORTS["chats"], clock, seed, encounters)
    messages = OfflineMessages(REPORTS["offline_messages"], clock, seed, encounters)
    goals = Goals(REPORTS["goals"], clock, seed, encounters)
    communications = Communications(
        REPORTS["communications"], clock, calls, encounters, (chats, messages, goals)
    )
    visits = Visits(REPORTS["visitor_sessions"], clock, seed, calls, encounters, communications)
    made: tuple[Archive, ...] = (
        calls,
        CallLegs(REPORTS["call_legs"], clock, calls),
        FinancialLegs(REPORTS["financial_call_legs"], clock, calls),
        communications,
        chats,
        ChatMessages(REPORTS["chat_messages"], clock, seed, chats),
        messages,
        goals,
        visits,
        EmployeeStat(REPORTS["employee_stat"], clock, seed, days),
        CampaignStat(REPORTS["campaign_daily_stat"], clock, days, visits, communications),
    )
    return {archive.report.table: archive for archive in made}
