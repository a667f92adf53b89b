"""What the documentation demands of requests for each report, besides what the tables tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MONTHS = 3
"""The longest window, where nothing else is said."""


@dataclass(frozen=True)
class Terms:
    """Of one method.

    ``days`` is the longest window; ``flags`` are parameters that are true or false. ``by_chat``:
    a chat or several may be asked for in place of a window, and where messages have no id they
    must be.
    """

    days: int | None = None
    flags: tuple[str, ...] = ()
    by_chat: bool = False


TERMS: Mapping[str, Terms] = {
    "get.offline_messages_report": Terms(flags=("include_tech_offline_messages",)),
    "get.chat_messages_report": Terms(days=30, by_chat=True),
    "get.employee_stat": Terms(flags=("only_default_statuses_in_stats",)),
    "get.campaign_daily_stat": Terms(days=90),
}
"""Those that have any."""
